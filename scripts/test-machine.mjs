// Gets a machine ready for the tests: Debian's packages, a Docker engine, the images. Stops what it started.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cephPackages } from './ceph.mjs';

const packages = {
  dockerd: 'docker.io',
  iptables: 'iptables',
  docker: 'docker.io',
  'docker-compose': 'docker-compose',
  'docker-registry': 'docker-registry',
  chromium: 'chromium',
  Xvfb: 'xvfb',
  bwrap: 'bubblewrap',
  rclone: 'rclone',
  fusermount3: 'fuse3',
  mmdebstrap: 'mmdebstrap',
  busybox: 'busybox-static',
  setpriv: 'util-linux',
  ip: 'iproute2',
  git: 'git',
  openssl: 'openssl',
  sshd: 'openssh-server',
  podman: 'podman',
  catatonit: 'catatonit',
  ...cephPackages,
};
const extraPackages = ['fonts-liberation'];

const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.slice(0, 4).join(' ')} … failed:\n${result.stderr}${result.stdout}`);
  return result.stdout;
};

/** Installs the Debian packages whose commands are missing; elsewhere names them. */
export function installPackages() {
  const missing = [
    ...new Set(
      Object.keys(packages)
        .filter((command) => !has(command))
        .map((command) => packages[command]),
    ),
  ];
  if (missing.length === 0) return;
  const debian = (() => {
    try {
      return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
    } catch {
      return false;
    }
  })();
  if (!debian || process.getuid?.() !== 0) {
    throw new Error(
      `The tests need these Debian packages (or their like on this system): ${missing.join(' ')}. As root on Debian they are installed by themselves.`,
    );
  }
  console.log(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update'], { env });
  run('apt-get', ['install', '-y', '--no-install-recommends', ...missing, ...extraPackages], { env });
}

const answers = () => spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5000 }).status === 0;

/** Starts dockerd when none answers. Returns what stops it again. */
export async function startDocker(logFile) {
  if (answers()) return async () => {};
  console.log('starting dockerd');
  const log = openSync(logFile, 'a');
  // State of its own: what a daemon that was killed left behind would be taken for one that runs.
  const state = mkdtempSync('/run/stowage-docker-');
  const own = ['--pidfile', join(state, 'pid'), '--exec-root', join(state, 'exec')];
  const daemon = spawn('dockerd', own, { stdio: ['ignore', log, log] });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  let running = true;
  ended.then(() => {
    running = false;
  });
  const deadline = Date.now() + 60_000;
  while (!answers()) {
    if (!running || Date.now() > deadline)
      throw new Error(`dockerd did not come up:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return async () => {
    daemon.kill('SIGTERM');
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
}

const hasImage = (reference) => spawnSync('docker', ['image', 'inspect', reference]).status === 0;

/** A root with busybox and its links: the smallest image with a shell. */
async function busyboxImage(folder) {
  const root = join(folder, 'busybox');
  await mkdir(join(root, 'bin'), { recursive: true });
  for (const name of ['tmp', 'etc']) await mkdir(join(root, name));
  await cp('/bin/busybox', join(root, 'bin', 'busybox'));
  for (const applet of run('/bin/busybox', ['--list']).trim().split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
  }
  run('chmod', ['1777', join(root, 'tmp')]);
  run('tar', ['-C', root, '-cf', join(folder, 'busybox.tar'), '.']);
  run('docker', ['import', join(folder, 'busybox.tar'), 'busybox:local']);
}

/** Python with scikit-learn from Debian's packages; its digits data come with the package. */
function sklearnImage(folder) {
  const tar = join(folder, 'sklearn.tar');
  const excluded = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/include/*', '*.a'];
  run('mmdebstrap', [
    '--variant=minbase',
    '--include=python3-minimal,python3-sklearn',
    ...excluded.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    'bookworm',
    tar,
  ]);
  run('docker', ['import', '--change', 'ENV PYTHONDONTWRITEBYTECODE=1', tar, 'sklearn:local']);
}

/** Makes the images that are not there yet. */
export async function buildImages() {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-images-'));
  try {
    if (!hasImage('busybox:local')) await busyboxImage(folder);
    if (!hasImage('sklearn:local')) {
      console.log('building the image sklearn:local (about a minute, once)');
      sklearnImage(folder);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
