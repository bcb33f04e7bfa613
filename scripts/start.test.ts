import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let checkout: string;

/** A checkout of our scripts with stand-ins for what is installed and built. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'stowage-start-'));
  cpSync(import.meta.dirname, join(checkout, 'scripts'), { recursive: true });
  write('package.json', JSON.stringify({ name: 'stowage', type: 'module' }));
  lock({ 'node_modules/one': '1.0.0' });
  write('node_modules/one/package.json', '{}');
  write('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/one': { version: '1.0.0' } } }));
  write('node_modules/electron-vite/bin/electron-vite.js', builderText());
  write('node_modules/electron-vite/package.json', '{"type":"module"}');
  write('node_modules/electron/package.json', '{"version":"1.2.3"}');
  installer('process.exit(1)');
  for (const name of ['electron/cli.ts', 'electron.vite.config.ts', 'tsconfig.json']) write(name, '');
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** The builder's stand-in: notes that it ran, and makes every entry say how it was called. */
function builderText(): string {
  return `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('built', 'x');
for (const name of ['main/main.js', 'main/serve.js', 'main/cli.js', 'preload/preload.cjs', 'renderer/index.html']) {
  mkdirSync('out/' + name.split('/')[0], { recursive: true });
  writeFileSync('out/' + name, 'console.log(${'`'}${'$'}{process.argv[1].split("/").pop()} ${'$'}{process.argv.slice(2).join(" ")}${'`'}); process.exitCode = 7;');
}`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

const lock = (versions: Record<string, string>): void =>
  write(
    'package-lock.json',
    JSON.stringify({
      packages: { '': {}, ...Object.fromEntries(Object.entries(versions).map(([path, version]) => [path, { version }])) },
    }),
  );

const installer = (script: string): void => write('node_modules/electron/install.js', `const fs = require('node:fs'); ${script}`);

const working = `fs.mkdirSync(__dirname + '/dist', { recursive: true });
fs.writeFileSync(__dirname + '/dist/electron', '#!/bin/sh\\necho electron "$@"\\nexit 5\\n', { mode: 0o755 });
fs.writeFileSync(__dirname + '/path.txt', 'electron');`;

function run(script: string, args: string[] = [], environment: NodeJS.ProcessEnv = {}) {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, npm_execpath: _npm, ...rest } = process.env;
  const started = Date.now();
  const result = spawnSync(process.execPath, [join(checkout, 'scripts', script), ...args], {
    cwd: checkout,
    env: { ...rest, ...environment },
    encoding: 'utf8',
  });
  return { code: result.status, out: result.stdout, error: result.stderr, seconds: (Date.now() - started) / 1000 };
}

const builds = (): number => readFileSync(join(checkout, 'built'), 'utf8').length;

it('builds once, and again when a source changes but not a test', () => {
  write('shared/a.ts', '1');
  expect(run('stowage.mjs', ['vfolder', 'ls', 'a b']).out).toBe('cli.js vfolder ls a b\n');
  expect(run('setup.mjs').code).toBe(0);
  expect(builds()).toBe(1);
  write('shared/a.test.ts', '1');
  expect(run('setup.mjs').code).toBe(0);
  expect(builds()).toBe(1);
  write('shared/a.ts', '2');
  expect(run('setup.mjs').code).toBe(0);
  expect(builds()).toBe(2);
});

it('passes on the exit code of the command line', () => {
  expect(run('stowage.mjs').code).toBe(7);
});

it('installs when the lockfile names what is not there, with the npm of this Node', () => {
  lock({ 'node_modules/one': '1.0.0', 'node_modules/two': '2.0.0' });
  write('fake/npm-cli.js', `require('node:fs').writeFileSync('npm-ran', process.argv.slice(2).join(' '));`);
  write('fake/package.json', '{"type":"commonjs"}');
  const result = run('setup.mjs', [], { npm_execpath: join(checkout, 'fake', 'npm-cli.js') });
  expect(result.error).toContain('Installing the packages of Stowage');
  expect(readFileSync(join(checkout, 'npm-ran'), 'utf8')).toBe('ci --no-audit --no-fund --loglevel=error');
});

it('opens Electron where its binary is', () => {
  installer(working);
  const first = run('start.mjs', [], { DISPLAY: ':0' });
  expect(first.error).toContain('Fetching Electron 1.2.3 (once)');
  expect(first.out).toContain(`electron ${checkout}`);
  expect(first.code).toBe(5);
  expect(run('start.mjs', [], { DISPLAY: ':0' }).error).not.toContain('Fetching');
});

it('says within seconds that Electron cannot be had, opens the browser host, and remembers it', () => {
  installer(`console.error("TypeError: fetch failed"); process.exit(1);`);
  const first = run('start.mjs', ['--port', '8123'], { DISPLAY: ':0' });
  expect(first.error).toContain('Electron cannot be had here: its download failed.');
  expect(first.out).toBe('serve.js --open --port 8123\n');
  expect(first.code).toBe(7);
  const second = run('start.mjs', [], { DISPLAY: ':0' });
  expect(second.error).not.toContain('Fetching');
  expect(second.error).toContain('--fetch-electron');
  installer(working);
  expect(run('start.mjs', ['--fetch-electron'], { DISPLAY: ':0' }).code).toBe(5);
});

it('gives up on a download from which nothing comes', () => {
  installer('setInterval(() => {}, 1000);');
  write(
    'scripts/fetch.mjs',
    `import { fetchElectron } from './electron-binary.mjs'; console.log((await fetchElectron({ patience: 1000 })).reason);`,
  );
  const result = run('fetch.mjs');
  expect(result.out).toBe('nothing arrived for 1 seconds\n');
  expect(result.seconds).toBeLessThan(10);
});

it('asks nothing of Electron without a display, or when the browser host is wanted', () => {
  installer(`fs.writeFileSync('asked', '');`);
  expect(run('start.mjs').out).toBe('serve.js --open\n');
  expect(run('start.mjs', ['--browser'], { DISPLAY: ':0' }).out).toBe('serve.js --open\n');
  expect(existsSync(join(checkout, 'asked'))).toBe(false);
});

it('refuses arguments that it does not know', () => {
  const result = run('start.mjs', ['--prot', '1']);
  expect([result.code, result.error]).toEqual([64, expect.stringContaining('Usage')]);
});

it('shows what the builder said when it fails', () => {
  write('node_modules/electron-vite/bin/electron-vite.js', 'console.error("a.ts: no such module"); process.exit(1)');
  const result = run('setup.mjs');
  expect([result.code, result.error]).toEqual([1, expect.stringContaining('a.ts: no such module')]);
  expect(existsSync(join(checkout, 'out', '.stowage-build'))).toBe(false);
});

/** Starts setup.mjs and resolves with its exit code and what it said. */
async function setUp(): Promise<{ code: number; error: string }> {
  const child = spawn(process.execPath, [join(checkout, 'scripts', 'setup.mjs')], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let error = '';
  child.stderr.on('data', (chunk) => {
    error += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, error };
}

it('lets one of several first starts install and build while the others wait for it', async () => {
  lock({ 'node_modules/one': '1.0.0', 'node_modules/two': '2.0.0' });
  write('node_modules/slow.mjs', `await new Promise((resolve) => setTimeout(resolve, 300));`);
  write('node_modules/electron-vite/bin/electron-vite.js', `await import('../../slow.mjs'); ${builderText()}`);
  write(
    'fake/npm-cli.js',
    `const fs = require('node:fs'); fs.appendFileSync('npm-ran', 'x');
setTimeout(() => fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/one': { version: '1.0.0' }, 'node_modules/two': { version: '2.0.0' } } })), 300);
fs.mkdirSync('node_modules/two', { recursive: true });`,
  );
  write('fake/package.json', '{"type":"commonjs"}');
  process.env.npm_execpath = join(checkout, 'fake', 'npm-cli.js');
  try {
    const ended = await Promise.all([setUp(), setUp(), setUp()]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ended.filter(({ error }) => error.includes('Waiting for another start')).length).toBeGreaterThan(0);
  } finally {
    delete process.env.npm_execpath;
  }
  expect(readFileSync(join(checkout, 'npm-ran'), 'utf8')).toBe('x');
  expect(builds()).toBe(1);
});

it('is not blocked by a start that was killed while it built', async () => {
  const builder = builderText();
  // Ends with its parent: its standard output is closed then.
  write(
    'node_modules/electron-vite/bin/electron-vite.js',
    `import { writeFileSync } from 'node:fs'; writeFileSync('building', ''); setTimeout(() => {}, 3000);`,
  );
  const child = spawn(process.execPath, [join(checkout, 'scripts', 'setup.mjs')], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // The builder has been read: what is written in its place next is not what it runs.
  await expect.poll(() => existsSync(join(checkout, 'building')), { timeout: 10_000 }).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  write('node_modules/electron-vite/bin/electron-vite.js', builder);
  expect((await setUp()).code).toBe(0);
  expect(builds()).toBe(1);
});
