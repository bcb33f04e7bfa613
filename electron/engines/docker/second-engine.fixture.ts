import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { type Certificates, makeCertificates } from './certificates.fixture.ts';

/** For tests: a Docker engine in a network of its own, which is reached over TLS only and has the image `busybox:local`. */
export interface SecondEngine {
  readonly host: string;
  readonly port: number;
  readonly certificates: Certificates;
  /** Its own client. */
  readonly docker: Docker;
  stop(): Promise<void>;
}

const port = 2376;
const image = 'busybox:local';

/** Many may run at once: each has its own four addresses. */
export async function startSecondEngine(): Promise<SecondEngine> {
  const folder = mkdtempSync('/run/stowage-second-');
  const number = process.pid % 16_000;
  const subnet = `10.${200 + (number >> 12)}.${(number >> 4) & 255}`;
  const at = (number & 15) * 16;
  const [here, host] = [`${subnet}.${at + 1}`, `${subnet}.${at + 2}`];
  const link = `sw${process.pid}`;
  const certificates = makeCertificates(folder, host);
  // A process that does nothing keeps the network there.
  const keeper = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  let daemon: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (daemon && daemon.exitCode === null && daemon.signalCode === null) {
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
    }
    keeper.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until(() => namespaceOf(keeper) !== namespaceOf(process));
    const inside = ['nsenter', `--net=/proc/${keeper.pid}/ns/net`];
    const ip = (...args: string[]): Buffer => execFileSync('ip', args, { stdio: 'pipe' });
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'outside', 'netns', String(keeper.pid));
    ip('addr', 'add', `${here}/30`, 'dev', link);
    ip('link', 'set', link, 'up');
    const [program = '', ...enter] = inside;
    for (const line of [`addr add ${host}/30 dev outside`, 'link set outside up', 'link set lo up'])
      execFileSync(program, [...enter, 'ip', ...line.split(' ')], { stdio: 'pipe' });
    const log = join(folder, 'log');
    const output = openSync(log, 'a');
    daemon = spawn(
      program,
      [
        ...enter,
        'dockerd',
        ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
        ...['-H', `tcp://${host}:${port}`, '--tlsverify', '--tlscacert', join(certificates.server, 'ca.pem')],
        ...['--tlscert', join(certificates.server, 'cert.pem'), '--tlskey', join(certificates.server, 'key.pem')],
        // Its jobs need no way out.
        ...['--iptables=false', '--ip6tables=false', '--bip', '10.199.0.1/24'],
      ],
      { stdio: ['ignore', output, output] },
    );
    const docker = new Docker({ protocol: 'https', host, port, ...pems(certificates.client) });
    await until(async () => {
      if (daemon?.exitCode !== null) throw new Error(`the second dockerd ended:\n${readFileSync(log, 'utf8').slice(-2000)}`);
      return docker.ping().then(
        () => true,
        () => false,
      );
    });
    await copyImage(new Docker({ socketPath: '/var/run/docker.sock' }), docker, image);
    return { host, port, certificates, docker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The texts of the files of one side. */
export const pems = (folder: string): { ca: string; cert: string; key: string } => ({
  ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
  cert: readFileSync(join(folder, 'cert.pem'), 'utf8'),
  key: readFileSync(join(folder, 'key.pem'), 'utf8'),
});

export async function copyImage(from: Docker, to: Docker, reference: string): Promise<void> {
  const told = await to.loadImage(await from.getImage(reference).get());
  await once(told.resume(), 'end');
}

const namespaceOf = ({ pid }: { pid?: number | undefined }): string => {
  try {
    return execFileSync('readlink', [`/proc/${pid}/ns/net`]).toString();
  } catch {
    return namespaceOf(process);
  }
};

/** Looks again until it holds, at most as long as a test may take. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}
