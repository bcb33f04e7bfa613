import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { run, stowage } from '../fixtures/process.ts';
import { writeRandom } from '../fixtures/tree.ts';

interface TransferView {
  id: number;
  state: string;
  bytes: { done: number; total: number };
}

const lines = 400;
/** Numbered lines, one in about 25 ms, in both streams; the last one without a newline. */
const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && echo "err $i" >&2; sleep 0.025; done; printf end`;

for (const engine of ['docker', 'process'] as const) {
  test(`after kill -9 of the app a job on the ${engine} engine is found again, its log without a hole or a repeat`, async ({
    home,
    launch,
  }) => {
    const app = await launch();
    const image = engine === 'docker' ? ['--image', 'busybox:local'] : [];
    const started = await stowage(home, ['run', '-d', '--engine', engine, ...image, '--json', '--', 'sh', '-c', script]);
    expect(started.code).toBe(0);
    const { id } = JSON.parse(started.stdout) as { id: number };
    const log = async () => (await stowage(home, ['job', 'logs', String(id)])).stdout;
    await expect.poll(log, { timeout: 30_000 }).toContain('line 20\n');
    await app.kill();

    await launch();
    const followed = await stowage(home, ['job', 'logs', '-f', String(id)]);
    const numbered = followed.stdout.split('\n').filter((line) => line.startsWith('line '));
    expect(numbered).toEqual(Array.from({ length: lines }, (_, index) => `line ${index + 1}`));
    // Docker's own log ends an unterminated last line with a newline.
    expect(followed.stdout).toMatch(/end\n?$/);
    const errors = `${followed.stdout}\n${followed.stderr}`.split('\n').filter((line) => line.startsWith('err '));
    expect(errors).toEqual(Array.from({ length: lines / 10 }, (_, index) => `err ${(index + 1) * 10}`));
    const shown = JSON.parse((await stowage(home, ['job', 'show', String(id), '--json'])).stdout) as {
      state: string;
      exitCode: number;
    };
    expect(shown).toMatchObject({ state: 'succeeded', exitCode: 0 });
    expect(JSON.parse((await stowage(home, ['job', 'list', '--json'])).stdout)).toHaveLength(1);
  });
}

test('after kill -9 of the app an upload goes on from what is there, and the result is equal', async ({ home, launch }) => {
  await withFolder('restart', async (folder) => {
    const source = join(folder, 'big.bin');
    await writeRandom(source, 700 * 1024 * 1024);
    await truncate(source, 3 * 1024 ** 3);
    const app = await launch();
    await stowage(home, ['vfolder', 'create', 'data']);
    const uploading = stowage(home, ['vfolder', 'upload', 'data', source]);
    const transfers = async () => JSON.parse((await stowage(home, ['transfer', 'list', '--json'])).stdout) as TransferView[];
    await expect
      .poll(async () => (await transfers())[0]?.bytes.done ?? 0, { intervals: [10] })
      .toBeGreaterThan(200 * 1024 * 1024);
    await app.kill();
    expect((await uploading).code).not.toBe(0);
    const visible = async () => (await run('find', [join(home, 'vfolders', 'data'), '-name', 'big.bin'])).stdout;
    expect(await visible()).toBe('');

    await launch();
    const [transfer] = await transfers();
    expect(transfer?.bytes.done).toBeGreaterThan(30 * 1024 * 1024);
    expect(await stowage(home, ['transfer', 'wait', String(transfer?.id)])).toMatchObject({ code: 0, stderr: '' });
    expect((await run('cmp', [source, join(home, 'vfolders', 'data', 'big.bin')])).code).toBe(0);
    expect((await run('find', [join(home, 'vfolders'), '-name', '.stowage-part*'])).stdout).toBe('');
  });
});
