import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ImageRegistry, startImageRegistry } from '../engines/docker/image-registry.fixture.ts';
import { type JobsFixture, openJobs, scriptJob } from './jobs.fixture.ts';
import { pullText } from './pull.ts';

let registry: ImageRegistry;
let home: string;
let jobs: JobsFixture;
beforeAll(async () => {
  registry = await startImageRegistry();
});
afterAll(() => registry.close());
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stowage-pull-'));
  jobs = openJobs(home, 'docker');
  await jobs.start();
});
afterEach(async () => {
  await jobs.quit();
  rmSync(home, { recursive: true, force: true });
});

const ballast = 8_000_000;
const sized = /^Pulling \S+ · [\d.]+ of [\d.]+ MB$/;

test('pulls the image that is not there while the job prepares, tells how far it is, and runs', async () => {
  const image = await registry.publish('job:1', ballast);
  const held = registry.hold(ballast / 2);
  const { id } = await jobs.service.run({ spec: scriptJob('docker', '', { image, command: [] }) }, {});
  const { plan } = await jobs.service.get({ id }, {});
  expect(plan.conflicts.find(({ code }) => code === 'image-missing')?.message).toContain('pulled before the start');
  await held;
  const pulling = await jobs.until(id, (job) => sized.test(job.progress ?? ''));
  expect(pulling).toMatchObject({ state: 'preparing', progress: expect.stringContaining(image) });
  await registry.hold(null);
  expect(await jobs.ended(id)).toMatchObject({ state: 'succeeded', progress: null });
  expect((await jobs.log(id)).map((chunk) => chunk.text).join('')).toBe('from the registry\n');
});

test('a job that is stopped in the middle of its pull ends at once and leaves nothing', async () => {
  const image = await registry.publish('stopped:1', ballast);
  const held = registry.hold(ballast / 2);
  const { id } = await jobs.service.run({ spec: scriptJob('docker', 'true', { image }) }, {});
  await held;
  expect(await jobs.service.stop({ id }, {})).toMatchObject({ state: 'stopped', problem: null, startedAt: null });
  await registry.hold(null);
  expect(await jobs.engine.find()).toEqual([]);
  await expect(jobs.engine.inspectImage(image)).rejects.toMatchObject({ code: 'image-missing' });
});

test('a job whose image cannot be pulled fails in the words of the registry (A17)', async () => {
  const image = `${registry.address}/none-such:1`;
  const unknown = await jobs.service.run({ spec: scriptJob('docker', 'true', { image }) }, {});
  const problem = (await jobs.ended(unknown.id)).problem;
  expect(problem).toMatchObject({ code: 'pull-failed', subject: image });
  expect(problem?.message).toMatch(
    /^The image “127\.0\.0\.1:\d+\/none-such:1” is not on this machine and could not be pulled: .*manifest unknown/,
  );
  const unreached = await jobs.service.run({ spec: scriptJob('docker', 'true', { image: '127.0.0.1:1/x:1' }) }, {});
  const job = await jobs.ended(unreached.id);
  expect(job).toMatchObject({ state: 'failed', startedAt: null, problem: { code: 'pull-failed' } });
  expect(job.problem?.message).toContain('connection refused');
  expect(job.problem?.hint).toContain('does not reach the registry');
});

test('says how far a pull is', () => {
  const progress = { message: 'a: Downloading', doneBytes: 120_400_000, totalBytes: 340_000_000 };
  expect(pullText('python:3.13', progress)).toBe('Pulling python:3.13 · 120 of 340 MB');
  expect(pullText('x', { message: 'a: Waiting', doneBytes: 0, totalBytes: 0 })).toBe('Pulling x');
  expect(pullText('x', { message: 'a: Downloading', doneBytes: 50_000, totalBytes: 2_345_678 })).toBe(
    'Pulling x · 0.1 of 2.3 MB',
  );
  expect(pullText('x', { ...progress, message: 'a: Extracting' })).toBe('Pulling x · unpacking 340 MB');
});
