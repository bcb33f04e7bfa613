import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { type JobsFixture, openJobs, scriptJob } from '../jobs/jobs.fixture.ts';
import { createMetrics } from './metrics.ts';
import { usagePath } from './usage-file.ts';

function measure(home: string, jobs: JobsFixture): ReturnType<typeof createMetrics> {
  const { engine, changes } = jobs;
  const engines = { get: () => engine };
  const onError = (what: string, error: unknown): never => {
    throw new Error(what, { cause: error });
  };
  return createMetrics({ changes, engines, jobs, directory: join(home, 'metrics'), onError });
}

/** Resolves with the next sample of a job. */
const nextSample = (jobs: JobsFixture, id: number) =>
  new Promise<UsageSample>((resolve) => {
    const off = jobs.changes.on((change) => {
      if (change.type !== 'job-usage' || change.id !== id) return;
      off();
      resolve(change.sample);
    });
  });

it('measures a job over a restart of the app, keeps it after the end, and forgets it with the job', async () => {
  const home = mkdtempSync(join(tmpdir(), 'stowage-metrics-'));
  let jobs = openJobs(home, 'docker');
  let metrics = measure(home, jobs);
  metrics.start();
  await jobs.start();
  const { id } = await jobs.service.run({ spec: scriptJob('docker', 'while :; do :; done') }, {});
  const first = await nextSample(jobs, id);
  await metrics.close();
  await jobs.quit();

  jobs = openJobs(home, 'docker');
  metrics = measure(home, jobs);
  metrics.start();
  await jobs.start();
  const second = await nextSample(jobs, id);
  await jobs.service.stop({ id, graceSeconds: 0 }, {});
  const { samples } = await metrics.service.get({ id }, {});
  // A first span that was short is joined with the next; what was measured is all there.
  const measured = samples.reduce((sum, { seconds }) => sum + seconds, 0);
  expect(measured).toBeGreaterThanOrEqual(first.seconds + second.seconds - 0.01);
  expect(samples.at(-1)?.at).toBeGreaterThanOrEqual(second.at);
  const [sample] = samples;
  expect(sample?.cpus).toBeGreaterThan(0);
  expect(sample?.memoryBytes).toBeGreaterThan(0);
  // What the job used while nobody measured is no one's second.
  for (const { seconds, cpus } of samples) expect([seconds < 5, cpus < 3]).toEqual([true, true]);
  expect(await metrics.service.overview({ ids: [id, 99], points: 30 }, {})).toEqual([{ id, samples }]);

  expect(existsSync(usagePath(join(home, 'metrics'), id))).toBe(true);
  await jobs.service.remove({ id }, {});
  await metrics.close();
  await expect.poll(() => existsSync(usagePath(join(home, 'metrics'), id))).toBe(false);
  await jobs.quit();
  rmSync(home, { recursive: true });
});
