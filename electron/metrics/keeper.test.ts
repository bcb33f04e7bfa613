import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { mostSamples } from '#shared/metrics/series.ts';
import { openKeeper } from './keeper.ts';
import { readUsage, usagePath } from './usage-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-usage-'));
  path = usagePath(folder, 7);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fails = (error: unknown): never => {
  throw error;
};

const sample = (second: number): UsageSample => ({
  at: second * 1000,
  seconds: 1,
  cpus: (second % 10) / 10,
  memoryBytes: 1_000_000 + second,
  networkIn: null,
  networkOut: null,
  diskRead: 5,
  diskWritten: 0,
  gpus: second % 2 === 0 ? 1.5 : null,
  gpuMemoryBytes: null,
});

it('keeps every sample over restarts, also after a line that was cut off', async () => {
  const first = await openKeeper(path, fails);
  for (let second = 1; second <= 5; second += 1) first.add(sample(second));
  await first.close();
  appendFileSync(path, '6000 1 0.6 10');
  const second = await openKeeper(path, fails);
  expect(second.series().samples.map(({ at }) => at)).toEqual([1000, 2000, 3000, 4000, 5000]);
  second.add(sample(7));
  second.add(sample(8));
  await second.close();
  const kept = await readUsage(path);
  expect(kept).toEqual(second.series());
  expect(kept.samples.at(-1)).toEqual(sample(8));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('stays small however long a job runs, and what is kept is what was shown', async () => {
  const keeper = await openKeeper(path, fails);
  let most = 0;
  for (let second = 1; second <= 20_000; second += 1) {
    keeper.add(sample(second));
    if (second % 1000 === 0) most = Math.max(most, keeper.series().samples.length);
  }
  await keeper.close();
  expect(most).toBeLessThanOrEqual(mostSamples);
  expect(statSync(path).size).toBeLessThan(64 * 1024);
  const { interval, samples } = await readUsage(path);
  expect([interval, samples.length]).toEqual([keeper.series().interval, keeper.series().samples.length]);
  expect(samples.at(-1)?.at).toBe(20_000_000);
});

it('takes a file that is none of its own for an empty one, and replaces it', async () => {
  writeFileSync(path, 'PK\u0003\u0004\n1 2 3\n');
  const keeper = await openKeeper(path, fails);
  expect(keeper.series().samples).toEqual([]);
  keeper.add(sample(1));
  await keeper.close();
  expect(readFileSync(path, 'utf8')).toMatch(/^stowage-usage 1 1\n1000 1 0\.1 1000001 - - 5 0 - -\n$/);
});

it('tells what could not be written, and writes it with what comes later', async () => {
  rmSync(folder, { recursive: true });
  const errors: unknown[] = [];
  const keeper = await openKeeper(path, (error) => errors.push(error));
  keeper.add(sample(1));
  keeper.add(sample(2));
  await keeper.close();
  expect(errors.length).toBeGreaterThan(0);
});
