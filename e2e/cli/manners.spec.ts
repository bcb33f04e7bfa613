import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { collect, type Finished, node, root, run, stowage, waitForOutput } from '../fixtures/process.ts';

const program = join(root, 'out', 'main', 'cli.js');
const shell = ['run', '--engine', 'process', '--', 'sh', '-c'];

/** Starts the command line, sends a signal when `pattern` was printed, and waits for its end. */
async function interrupted(home: string, args: string[], pattern: RegExp, signal: NodeJS.Signals): Promise<Finished> {
  const child = spawn(node, [program, ...args], {
    env: { ...process.env, STOWAGE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  await waitForOutput(child, pattern);
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

const noStack = /^\s+at .*:\d+|unhandled|node:internal/im;

test('a reader that goes away ends a command quietly, and the job that it watched', async ({ home }) => {
  const piped = (line: string) =>
    run('bash', ['-c', `stowage() { '${node}' '${program}' "$@"; }; set -o pipefail; ${line}`], { env: { STOWAGE_HOME: home } });
  await stowage(home, [...shell, 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo "line $i"; done']);
  const logs = await piped('stowage job logs 1 | head -1');
  expect(logs).toMatchObject({ code: 141, stdout: 'line 1\n', stderr: '' });
  const endless = await piped(
    `stowage ${shell.slice(0, 4).join(' ')} sh -c 'while true; do echo more; sleep 0.1; done' | head -2`,
  );
  expect(endless).toMatchObject({ code: 141, stdout: 'more\nmore\n', stderr: expect.not.stringMatching(noStack) });
  const [last] = JSON.parse((await stowage(home, ['job', 'list', '--json'])).stdout) as { state: string }[];
  expect(last?.state).toBe('stopped');
});

test('Ctrl+C stops the job, and cancels an upload without leaving a part of it', async ({ home }) => {
  const job = await interrupted(home, [...shell, 'echo begun; sleep 100'], /begun/, 'SIGINT');
  expect(job).toMatchObject({ code: 130, stdout: 'begun\n', stderr: expect.stringContaining('stopped') });
  await withFolder('upload', async (folder) => {
    await writeFile(join(folder, 'big'), '');
    await truncate(join(folder, 'big'), 20 * 1024 ** 3);
    await stowage(home, ['vfolder', 'create', 'data']);
    const child = spawn(node, [program, 'vfolder', 'upload', 'data', join(folder, 'big')], {
      env: { ...process.env, STOWAGE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = collect(child.stderr);
    // The upload shares its core: another command sees it, and tells when it runs.
    await expect
      .poll(
        async () =>
          (JSON.parse((await stowage(home, ['transfer', 'list', '--json'])).stdout || '[]') as { bytes: { done: number } }[])[0]
            ?.bytes.done ?? 0,
      )
      .toBeGreaterThan(0);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said: said() }).toEqual({ code: 130, said: 'stowage: The upload was cancelled.\n' });
    expect((await run('find', [join(home, 'vfolders', 'data'), '-type', 'f'])).stdout).toBe('');
  });
});

test('without a running app a detached job is started before the command ends, and goes on', async ({ home }) => {
  const started = await stowage(home, ['run', '-d', ...shell.slice(1), 'sleep 1; echo late']);
  expect(started).toMatchObject({ code: 0, stdout: 'Job 1 (sh-1) is running. Follow it with: stowage job logs -f 1\n' });
  expect(await stowage(home, ['job', 'logs', '-f', '1'])).toMatchObject({ code: 0, stdout: 'late\n' });
});

test('the core that goes away in the middle is said so', async ({ home }) => {
  const serve = spawn(node, [join(root, 'out', 'main', 'serve.js')], {
    env: { ...process.env, STOWAGE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await waitForOutput(serve, /Stowage is at/);
  const job = spawn(node, [program, ...shell, 'echo begun; sleep 30'], {
    env: { ...process.env, STOWAGE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = collect(job.stderr);
  await waitForOutput(job, /begun/);
  const ended = once(job, 'close');
  serve.kill('SIGKILL');
  const [code] = await ended;
  expect(said()).toMatch(/^stowage: (The connection to the running Stowage ended|The running Stowage went away)\.\n {2}\S.*\n$/);
  expect([69, 74]).toContain(code);
  expect((await stowage(home, ['job', 'stop', '1'])).code).toBe(0);
});

test('a refused command line is JSON, too, when JSON was asked for', async ({ home }) => {
  const refusals = [
    ['frob', '--json'],
    ['--json', 'vfolder', 'frob'],
    ['vfolder', 'create', '--json'],
    ['vfolder', 'upload', 'data', '', '--json'],
    ['run', '--memory', 'much', '--json', '--', 'true'],
    ['run', '-e', 'STOWAGE_NOT_SET', '--json', '--', 'true'],
    ['job', 'list', '-n', '1.5', '--json'],
    ['job', 'logs', '1e3', '--json'],
  ];
  for (const args of refusals) {
    const { code, stdout, stderr } = await stowage(home, args);
    expect.soft({ args, code, stdout }).toEqual({ args, code: 64, stdout: '' });
    expect
      .soft(JSON.parse(stderr), args.join(' '))
      .toMatchObject({ error: { code: 'bad-request', message: expect.stringMatching(/\S/) } });
  }
  const plain = await stowage(home, ['vfolder', 'frob']);
  expect(plain).toMatchObject({ code: 64, stderr: "stowage: unknown command 'frob'\n  See: stowage vfolder --help\n" });
  expect((await stowage(home, ['help', 'vfolder', 'upload'])).stdout).toMatch(/^Usage: stowage vfolder upload/);
});

test('a download over what is there says what to do, and does what it is told', async ({ home }) => {
  await withFolder('conflict', async (folder) => {
    const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
    await mkdir(join(folder, 'up', 'in'), { recursive: true });
    await writeFile(join(folder, 'up', 'in', 'ü b.txt'), 'new');
    await cli('vfolder', 'create', 'data');
    expect(await cli('vfolder', 'upload', 'data', 'up', '--to', 'x/y')).toMatchObject({
      code: 0,
      stdout: 'Uploaded 1 file, 3 B.\n',
    });
    expect((await cli('vfolder', 'download', 'data', 'x', '--to', 'down')).code).toBe(0);
    const file = join(folder, 'down', 'x', 'y', 'up', 'in', 'ü b.txt');
    await writeFile(file, 'mine');
    const refused = await cli('vfolder', 'download', 'data', 'x', '--to', 'down');
    expect(refused).toMatchObject({ code: 73, stderr: expect.stringMatching(/is there already\.\n {2}.*--conflict overwrite/) });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect((await cli('vfolder', 'download', 'data', 'x', '--to', 'down', '--conflict', 'skip')).stdout).toContain('1 skipped');
    expect((await cli('vfolder', 'download', 'data', 'x', '--to', 'down', '--conflict', 'overwrite')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('new');
    const missing = await cli('vfolder', 'download', 'data', 'nowhere');
    expect(missing).toMatchObject({ code: 66, stderr: 'stowage: “data/nowhere” does not exist.\n' });
  });
});
