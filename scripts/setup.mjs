// Makes a checkout ready to run, on any Node from 20 on and with nothing installed: the packages of the lockfile, the
// project's own Node 24, and the built app. Each step looks first and does nothing when there is nothing to do.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';
const at = (...names) => join(root, ...names);

const wantedMajor = 24;
const installMark = at('node_modules', '.stowage-lock');
const buildMark = at('out', '.stowage-build');

/** A step that could not be done; its message is for people. */
export class SetupError extends Error {}

/**
 * Installs what the lockfile names, unless it is there. Says so with `log`, once it has to.
 * @throws SetupError when npm fails
 */
export async function ensureInstalled(log = console.error) {
  if (isInstalled() && existsSync(nodePath())) return;
  await alone(log, () => install(log));
}

const installedMark = (lock) => `${sha256(lock)} ${process.platform} ${process.arch}`;

const isInstalled = () => readMark(installMark) === installedMark(readFileSync(at('package-lock.json'), 'utf8'));

async function install(log) {
  const lock = readFileSync(at('package-lock.json'), 'utf8');
  const mark = installedMark(lock);
  if (readMark(installMark) !== mark) {
    if (!isInstalledAs(JSON.parse(lock))) {
      log('Installing the packages of Stowage (once)…');
      await run(...npm('ci', '--no-audit', '--no-fund', '--loglevel=error'));
    }
    writeFileSync(installMark, mark);
  }
  await ensureNode(log);
}

/** Whether every package of the lockfile is there in its version; packages for other platforms may be missing. */
function isInstalledAs(lock) {
  let present;
  try {
    present = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  return Object.entries(lock.packages).every(
    ([path, { version, optional, link }]) =>
      path === '' || link || (present[path] ? present[path].version === version && existsSync(at(path)) : optional),
  );
}

/** How to run npm: the one that runs us, the one beside this Node, or the one on the PATH. */
function npm(...args) {
  const beside = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => path && /npm-cli\.[cm]?js$/.test(path) && existsSync(path));
  return beside ? [process.execPath, [beside, ...args]] : [windows ? 'npm.cmd' : 'npm', args, { shell: windows }];
}

const nodePath = () => at('node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');

/** The Node that runs Stowage: the project's own, or this one when it is new enough. */
export function projectNode() {
  if (existsSync(nodePath())) return nodePath();
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  throw new SetupError(`Stowage needs Node ${wantedMajor}, and its own is not installed. Run: npm ci`);
}

/** The package `node` fetches its program in an install script, which some configurations of npm skip. */
async function ensureNode(log) {
  if (existsSync(nodePath())) return;
  const script = at('node_modules', 'node', 'installArchSpecificPackage.js');
  if (!existsSync(script)) return;
  log(`Installing Node ${wantedMajor} for Stowage…`);
  await run(process.execPath, [script], { cwd: dirname(script) });
}

const sourceFolders = ['electron', 'renderer', 'shared', 'resources'];
const sourceFiles = ['package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.json'];

/**
 * Builds the app into `out/`, unless what is there was made from these sources.
 * @throws SetupError with what the builder said
 */
export async function ensureBuilt(log = console.error) {
  if (!isBuilt(hashSources())) await alone(log, () => build(log));
}

const entries = ['main/main.js', 'main/serve.js', 'main/cli.js', 'preload/preload.cjs', 'renderer/index.html'];

const isBuilt = (mark) => readMark(buildMark) === mark && entries.every((entry) => existsSync(at('out', entry)));

async function build(log) {
  const mark = hashSources();
  if (isBuilt(mark)) return;
  log('Building Stowage…');
  await run(projectNode(), [at('node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build'], {
    quiet: true,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  writeFileSync(buildMark, mark);
}

/** One hash over the names and contents of everything that is built; tests are not. */
function hashSources() {
  const hash = createHash('sha256');
  for (const path of [...sourceFiles.map((name) => at(name)), ...sourceFolders.flatMap((name) => [...walk(at(name))])]) {
    hash
      .update(`${relative(root, path).split(sep).join('/')}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function* walk(folder) {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isDirectory()) yield* walk(join(folder, entry.name));
    else if (entry.isFile() && !/\.(test|suite)\.\w+$/.test(entry.name)) yield join(folder, entry.name);
  }
}

/**
 * Runs `work` while no other start in this checkout installs or builds. The lock is a listening socket: the system drops
 * it with its process, however that ends, so no process id can be mistaken and nothing stale can block.
 */
async function alone(log, work) {
  const id = sha256(root).slice(0, 24);
  // A name of the system's, not a file, where there are such: Linux's abstract sockets and Windows's pipes.
  const name = windows
    ? `\\\\.\\pipe\\stowage-${id}`
    : process.platform === 'linux'
      ? `\0stowage-setup-${id}`
      : join(tmpdir(), `stowage-${id}.sock`);
  let said = false;
  for (;;) {
    const server = await listen(name);
    if (server) {
      try {
        return await work();
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    }
    if (!said) log('Waiting for another start of Stowage that installs or builds…');
    said = true;
    await untilFree(name);
  }
}

/** A server on this name; null when another process has it. */
function listen(name) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket.on('error', () => {}));
    });
    const close = server.close.bind(server);
    server.close = (done) => {
      close(done);
      for (const socket of waiting) socket.destroy();
      return server;
    };
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(new SetupError(`No other start could be kept out: ${error.message}`));
    });
    server.listen(name, () => resolve(server));
  });
}

/** Waits until the holder of this name lets it go; a socket file that a killed holder left is removed. */
function untilFree(name) {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.on('error', (error) => {
      if (error.code === 'ECONNREFUSED' && !windows && !name.startsWith('\0')) rmSync(name, { force: true });
    });
    socket.on('close', () => setTimeout(resolve, 20));
    socket.resume();
  });
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function readMark(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Runs a program to its end. `quiet`: its output is shown only when it fails. */
function run(command, args, { cwd = root, env = process.env, shell = false, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', quiet ? 'pipe' : 2, quiet ? 'pipe' : 2] });
    const said = [];
    child.stdout?.on('data', (chunk) => said.push(chunk));
    child.stderr?.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => reject(new SetupError(`“${command}” could not be started: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const output = Buffer.concat(said).toString().trimEnd();
      reject(new SetupError(`${output}${output ? '\n' : ''}“${[command, ...args].join(' ')}” failed (${code}).`));
    });
  });
}

/** Runs a program in place of this one: same terminal, its signals, its exit code. */
export function become(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  // The terminal sends Ctrl+C to both; this one waits for the other to end in good order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new SetupError(`“${command}” could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15)));
  });
}

/** Ends a script with what went wrong in one line, rather than with a stack. */
export function fail(error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ensureInstalled()
    .then(() => ensureBuilt())
    .catch(fail);
}
