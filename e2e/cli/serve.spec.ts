import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSilentServer } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright/test';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { windowBrowser } from '../fixtures/app-window.ts';
import { collect, node, root, run, stowage, waitForOutput } from '../fixtures/process.ts';

const program = join(root, 'out', 'main', 'serve.js');

interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
}

/** Runs `work` while the browser host serves `home`. */
async function whileServing<T>(
  home: string,
  work: (serving: Serving) => Promise<T>,
  args: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const env = { ...process.env, ...settings, STOWAGE_HOME: home };
  const child = spawn(node, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const [, url = ''] = await waitForOutput(child, /Stowage is at (http:\S+)/);
  try {
    return await work({ child, url, output: () => out() + err() });
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}

const serve = (home: string, ...args: string[]) => run(node, [program, ...args], { env: { STOWAGE_HOME: home } });

/** Command lines of all processes of this machine. */
async function commandLines(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
}

test('the key stands in no output, no argument, no log, no address that is requested, and no title (A12)', async ({ home }) => {
  await whileServing(home, async ({ url, output }) => {
    const key = (await readFile(join(home, 'run', 'key'), 'utf8')).trim();
    const openPage = await readFile(join(home, 'run', 'open.html'), 'utf8');
    expect(key.length).toBeGreaterThanOrEqual(43);
    expect(openPage).toContain(key);
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const page = await browser.newPage();
      const requested: string[] = [];
      page.on('request', (request) => requested.push(request.url()));
      page.on('websocket', (socket) => requested.push(socket.url()));
      await page.goto(`file://${join(home, 'run', 'open.html')}`);
      await page.waitForURL(url);
      await expect(page.getByText('Files').first()).toBeVisible();
      expect(page.url()).toBe(url);
      // A browser notes an address with its fragment for the events of its tools, but sends none of it.
      const sent = requested.map((address) => address.replace(/#.*$/, ''));
      expect(sent.length).toBeGreaterThan(3);
      expect(sent.filter((address) => address.includes(key))).toEqual([]);
      expect((await commandLines()).filter((line) => line.includes(key))).toEqual([]);
    } finally {
      await browser.close();
    }
    expect(output()).not.toContain(key);
    // A key signs in once: what the next browser needs is another one, and the used one is nowhere.
    expect((await run('grep', ['-rlF', '-e', key, home])).stdout).toBe('');
    const next = (await readFile(join(home, 'run', 'key'), 'utf8')).trim();
    const found = await run('grep', ['-rlF', '-e', next, home]);
    expect(found.stdout.trim().split('\n').toSorted()).toEqual([join(home, 'run', 'key'), join(home, 'run', 'open.html')]);
    const modes = await run('stat', ['-c', '%a', join(home, 'run'), join(home, 'run', 'key'), join(home, 'run', 'open.html')]);
    expect(modes.stdout).toBe('700\n600\n600\n');
  });
});

test('a data directory is its owner’s only, whichever program makes it', async ({ home }) => {
  // As it is for users: what is compiled is kept in the data directory.
  const settings = { NODE_COMPILE_CACHE: '' };
  const modes = async (path: string) => (await run('stat', ['-c', '%a', path, join(path, 'compiled')])).stdout;
  const served = join(home, 'served');
  await whileServing(served, async () => expect(await modes(served)).toBe('700\n700\n'), [], settings);
  const listed = join(home, 'listed');
  expect(await stowage(listed, ['vfolder', 'list'], { env: settings })).toMatchObject({ code: 0 });
  expect(await modes(listed)).toBe('700\n700\n');
});

test('Ctrl+C closes in good order, and the next start works', async ({ home }) => {
  await whileServing(home, async ({ child, output }) => {
    expect(await end(child, 'SIGINT')).toBe(0);
    expect(output()).toMatch(/Closing…\n$/);
    expect(await readdir(join(home, 'run'))).toEqual([]);
  });
  await whileServing(home, async ({ child }) => {
    expect(await end(child, 'SIGTERM')).toBe(0);
  });
});

test('it closes while a job of this machine runs, and the job goes on', async ({ home }) => {
  await whileServing(home, async ({ child }) => {
    const started = await stowage(home, ['run', '-d', '--engine', 'process', '--', 'sleep', '60']);
    expect(started.code).toBe(0);
    expect(await end(child, 'SIGTERM')).toBe(0);
  });
  await whileServing(home, async () => {
    // It may have been let go of while it was still starting.
    const state = async (): Promise<string> =>
      (JSON.parse((await stowage(home, ['job', 'show', '1', '--json'])).stdout) as { state: string }).state;
    await expect.poll(state).toBe('running');
    expect((await stowage(home, ['job', 'stop', '1', '--grace', '1'])).stdout).toContain('stopped');
  });
});

test('an engine that says nothing keeps neither a job of this machine from running nor the app from quitting', async ({
  home,
}) => {
  await withFolder('silent-engine', async (folder) => {
    const socket = join(folder, 'docker.sock');
    const silent = createSilentServer();
    await once(silent.listen(socket), 'listening');
    try {
      const settings = { DOCKER_HOST: `unix://${socket}` };
      await whileServing(
        home,
        async ({ child }) => {
          const ran = await stowage(home, ['run', '--engine', 'process', '--', 'echo', 'still here'], { env: settings });
          expect(ran.stdout).toContain('still here');
          const before = Date.now();
          expect(await end(child, 'SIGINT')).toBe(0);
          expect(Date.now() - before).toBeLessThan(15_000);
        },
        [],
        settings,
      );
    } finally {
      silent.close();
    }
  });
});

test('after kill -9 the next start works, with another key', async ({ home }) => {
  const key = () => readFile(join(home, 'run', 'key'), 'utf8');
  const first = await whileServing(home, async ({ child }) => {
    await end(child, 'SIGKILL');
    return key();
  });
  await whileServing(home, async () => {
    expect(await key()).not.toBe(first);
    expect((await stowage(home, ['vfolder', 'create', 'data'])).code).toBe(0);
  });
});

test('a second one over the same data directory points to the first', async ({ home }) => {
  await whileServing(home, async ({ child }) => {
    const second = await serve(home);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toContain(`Stowage is served already, by process ${child.pid}`);
    expect(second.stdout).toContain(join(home, 'run', 'open.html'));
  });
});

test('a port that is taken, or none, is said so', async ({ home }) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await serve(home, '--port', String(port));
  other.close();
  expect(taken).toMatchObject({
    code: 75,
    stdout: '',
    stderr: `Port ${port} cannot be used: another program has it.\nChoose another with --port, or leave it out.\n`,
  });
  expect(await serve(home, '--port', 'http')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('“http” is not a port.'),
  });
});

test('a data directory that cannot be written is said so, by the host and by the command line', async () => {
  await withFolder('unwritable', async (folder) => {
    // Root may write anywhere, but not below a file.
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'home'));
    for (const args of [[program], [join(root, 'out', 'main', 'cli.js'), 'vfolder', 'list']]) {
      const below = await run(node, args, { env: { STOWAGE_HOME: join(folder, 'file', 'home') } });
      expect(below).toMatchObject({
        code: 77,
        stdout: '',
        stderr: expect.stringMatching(/^.*The data directory “.*” cannot be written\.\n.*STOWAGE_HOME.*\n$/),
      });
      await run('chmod', ['755', folder]);
      const other = await run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', node, ...args], {
        env: { STOWAGE_HOME: join(folder, 'home'), HOME: folder },
      });
      expect(other).toMatchObject({ code: 77, stderr: expect.stringContaining('cannot be written') });
    }
  });
});

test('--open shows the app in a window, signed in, and at the same address every time', async ({ home }) => {
  await withFolder('browser', async (folder) => {
    const browser = await windowBrowser(folder);
    const settings = { STOWAGE_BROWSER: browser.path, DISPLAY: ':0' };
    const open = (): Promise<string> =>
      whileServing(
        home,
        async ({ child, url }) => {
          const [window, page] = await browser.attach();
          await expect(page.getByRole('navigation').getByRole('button', { name: 'Files' })).toBeVisible();
          expect(page.url()).toBe(url);
          await browser.close(window, join(home, 'browser-profile'));
          expect(await end(child, 'SIGTERM')).toBe(0);
          return url;
        },
        ['--open'],
        settings,
      );
    expect(await open()).toBe(await open());
  });
});
