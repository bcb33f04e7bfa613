import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { stowage } from '../fixtures/process.ts';

test('the queue is shown and set, and jobs are found among all', async () => {
  const home = await mkdtemp(join(tmpdir(), 'stowage-queue-'));
  try {
    const set = await stowage(home, ['job', 'queue', '--at-once', '2', '--gpus', '0,2']);
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('Jobs at once: 2. GPUs for jobs: 0, 2.') });
    expect(set.stdout).toContain('No job waits.');
    const wrong = await stowage(home, ['job', 'queue', '--at-once', '0']);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('from 1 to 64');
    for (const name of ['alpha', 'beta']) await stowage(home, ['run', '--engine', 'process', '--name', name, '--', 'true']);
    const found = await stowage(home, ['job', 'list', '--filter', 'BETA succeeded', '--json']);
    expect((JSON.parse(found.stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['beta']);
    const shown = await stowage(home, ['job', 'queue', '--json']);
    expect(JSON.parse(shown.stdout)).toEqual({ jobsAtOnce: 2, gpuSlots: ['0', '2'], waiting: [] });
  } finally {
    await rm(home, { recursive: true, force: true });
    await rm(`${home}.key`, { force: true });
  }
});
