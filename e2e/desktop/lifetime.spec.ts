import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, type RunningApp, test, withFolder } from '../fixtures/app.ts';
import { node, root, stowage, waitForOutput } from '../fixtures/process.ts';

test.skip(({ shell }) => shell !== 'double', 'asks the double of Electron');

const reports = (app: RunningApp, type: string) => app.reports.filter((each) => each.type === type);

/** True when no process owns the data directory. */
function isFree(home: string): boolean {
  const lock = new DatabaseSync(join(home, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE; ROLLBACK;');
    return true;
  } catch {
    return false;
  } finally {
    lock.close();
  }
}

test('the window comes back where it was', async ({ launch }) => {
  const first = await launch();
  const options = (app: RunningApp) => reports(app, 'window')[0]?.options as Record<string, unknown>;
  expect(options(first)).toMatchObject({ width: 1280, height: 800 });
  expect(options(first)).not.toHaveProperty('x');
  await first.ask('move-window', { x: 300, y: 120, width: 1010, height: 700 });
  await first.quit();

  const second = await launch();
  expect(options(second)).toMatchObject({ x: 300, y: 120, width: 1010, height: 700 });
  expect(reports(second, 'maximized')).toEqual([]);
  await second.ask('move-window', { x: 5000, y: 120, width: 1010, height: 700, maximized: true });
  await second.quit();

  // A place on a screen that is no more is forgotten; the size is kept.
  const third = await launch();
  expect(options(third)).not.toHaveProperty('x');
  expect(options(third)).toMatchObject({ width: 1010, height: 700 });
  expect(reports(third, 'maximized')).toHaveLength(1);
});

test('a damaged place of the window is no obstacle', async ({ home, launch }) => {
  await writeFile(join(home, 'window.json'), '{"width": "wide"');
  const app = await launch();
  expect(reports(app, 'window')[0]?.options).toMatchObject({ width: 1280, height: 800 });
});

const fileCount = 4000;

async function makeFiles(folder: string): Promise<void> {
  for (let part = 0; part < 40; part++) {
    const inner = join(folder, `part-${part}`);
    await mkdir(inner, { recursive: true });
    for (let file = 0; file < fileCount / 40; file++) await writeFile(join(inner, `${file}.txt`), `${part} ${file}\n`);
  }
}

const countFiles = async (folder: string): Promise<number> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isFile() && /^\d+\.txt$/.test(entry.name),
  ).length;

for (const way of ['closing the window', 'quitting twice'] as const) {
  test(`${way} while a transfer and a job run leaves all in order, and the next start goes on`, async ({ home, launch }) => {
    await withFolder('lifetime', async (folder) => {
      await makeFiles(join(folder, 'tree'));
      const app = await launch();
      const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
      const places = join(home, 'vfolders');
      expect((await cli('vfolder', 'create', 'data')).code).toBe(0);
      const job = await cli('run', '--engine', 'process', '-d', '--name', 'waits', '-m', 'data', '--', 'sleep', '300');
      expect(job).toMatchObject({ code: 0 });
      await expect.poll(async () => (await cli('job', 'list')).stdout).toMatch(/waits\s+running/);
      const upload = cli('vfolder', 'upload', 'data', './tree');
      await expect.poll(() => countFiles(places), { intervals: [5] }).toBeGreaterThan(0);

      if (way === 'closing the window') await app.ask('close-window');
      else await Promise.all([app.ask('quit'), app.ask('quit')]);
      expect(await app.ended).toBe(0);
      await upload;

      expect(isFree(home)).toBe(true);
      expect(existsSync(join(home, 'run', 'control.json'))).toBe(false);
      expect((await readdir(home)).filter((name) => name.endsWith('-wal'))).toEqual([]);
      expect(reports(app, 'error-box')).toEqual([]);
      expect(reports(app, 'will-quit')).toHaveLength(1);

      const again = await launch();
      await expect.poll(() => countFiles(places), { timeout: 60_000 }).toBe(fileCount);
      expect((await cli('job', 'list')).stdout).toMatch(/waits\s+running/);
      expect(reports(again, 'error-box')).toEqual([]);
      expect((await cli('job', 'stop', '1')).code).toBe(0);
    });
  });
}

test('a start over a data directory that another shell holds says so and ends with 1', async ({ home, launch }) => {
  const server = spawn(node, [join(root, 'out', 'main', 'serve.js')], {
    env: { ...process.env, STOWAGE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await waitForOutput(server, /Stowage is at/);
    const failure = await launch().then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).toContain('ended with 1');
    expect(failure).toContain('error-box');
    expect(failure).toContain('is already running on the data directory');
    expect(failure).not.toContain('"type":"window"');
    // The one that has it goes on.
    expect((await stowage(home, ['vfolder', 'list-hosts'])).code).toBe(0);
  } finally {
    server.kill('SIGTERM');
  }
});

test('Chromium keeps its files, and the lock of the single instance, in the data directory', async ({ app, home }) => {
  expect(reports(app, 'path')).toEqual([{ type: 'path', name: 'userData', path: join(home, 'electron') }]);
});
