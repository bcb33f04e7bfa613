import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobState } from '#shared/contract/jobs.ts';
import { type JobsFixture, openJobs, scriptJob } from './jobs.fixture.ts';

const jobsAtOnce = 4;

let home: string;
let jobs: JobsFixture;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-jobs-'));
  jobs = openJobs(home, 'process');
});
afterEach(async () => {
  for (const job of await jobs.service.list({ states: ['queued', 'preparing', 'starting', 'running'] }, {}))
    await stopNow(job.id).catch(() => {});
  await jobs.quit();
  rmSync(home, { recursive: true, force: true });
});

/** For tidying up: it may have ended meanwhile. */
const stopNow = async (id: number) => jobs.service.stop({ id, graceSeconds: 0 }, {});

const run = async (script: string, more: Parameters<typeof scriptJob>[2] = {}, requestId?: string) =>
  jobs.service.run({ spec: scriptJob('process', script, more), ...(requestId !== undefined && { requestId }) }, {});

test('runs a job through its states to its outputs, log and times', async () => {
  const states: JobState[] = [];
  jobs.changes.on((change) => {
    if (change.type === 'job' && states.at(-1) !== change.job.state) states.push(change.job.state);
  });
  await jobs.start();
  const queued = await run('echo hello; echo trouble >&2; echo 42 > out/answer', { name: 'My first' });
  const job = await jobs.ended(queued.id);
  expect(states).toEqual(['queued', 'preparing', 'starting', 'running', 'finalizing', 'succeeded']);
  expect(job).toMatchObject({ name: 'My first', exitCode: 0, problem: null, progress: null });
  expect(job.output).toEqual({ vfolder: 'outputs', path: 'My-first' });
  const place = jobs.lookup.resolve('outputs', 'My-first/answer');
  const folder = jobs.lookup.find('outputs');
  expect(readFileSync(join(folder?.localPath ?? '', place.inner), 'utf8')).toBe('42\n');
  expect(folder?.usage).toBe('output');
  const log = await jobs.log(job.id);
  expect(
    log
      .map((chunk) => chunk.text)
      .join('')
      .split('\n')
      .sort(),
  ).toEqual(['', 'hello', 'trouble']);
  expect((await jobs.service.readLog({ id: job.id, from: 0 }, {})).end).toBe(true);
  expect((await jobs.service.get({ id: job.id }, {})).logBytes).toBe(14);
  expect(job.endedAt ?? 0).toBeGreaterThanOrEqual(job.startedAt ?? Number.POSITIVE_INFINITY);
  expect(jobs.users(folder?.id ?? '')).toEqual([]);
});

test('leaves nothing of an ended run at the engine', async () => {
  await jobs.start();
  const { id } = await run('true');
  await jobs.ended(id);
  await jobs.service.remove({ id }, {});
  expect(await jobs.engine.find()).toEqual([]);
});

test('says why a job failed', async () => {
  await jobs.start();
  const three = await jobs.ended((await run('exit 3')).id);
  expect(three).toMatchObject({ state: 'failed', exitCode: 3, problem: { code: 'job-failed' } });
  const killed = await jobs.ended((await run('kill -SEGV $$')).id);
  expect(killed).toMatchObject({ state: 'failed', exitCode: 139 });
  expect(killed.problem?.message).toContain('SIGSEGV');
  const missing = await jobs.ended((await run('', { command: ['no-such-program'] })).id);
  expect(missing).toMatchObject({ state: 'failed', problem: { code: 'command-not-found' } });
});

test('refuses a plan with errors, naming all of them, and keeps nothing', async () => {
  await jobs.start();
  const mounts = [{ source: 'nowhere:/x' }, { source: 'neither:/y' }];
  const error = await run('true', { mounts }).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'plan-conflict', message: expect.stringContaining('nowhere') });
  expect(error).toMatchObject({ data: { detail: expect.stringContaining('neither') } });
  expect(await jobs.service.list(undefined, {})).toEqual([]);
  expect(jobs.lookup.find('outputs')).toBeNull();
});

test('launches a request once, however often it is sent, and gives every job its own name', async () => {
  await jobs.start();
  const same = await Promise.all([run('true', {}, 'a'), run('true', {}, 'a'), run('true', {}, 'a')]);
  expect(new Set(same.map((job) => job.id)).size).toBe(1);
  const named = await Promise.all([run('true', { name: 'train' }), run('true', { name: 'train' })]);
  const again = await jobs.service.rerun({ id: named[0].id }, {});
  expect([...named, again].map((job) => job.name)).toEqual(['train', 'train-2', 'train-3']);
  expect((await run('true')).name).toBe('sh-5');
  for (const job of [...same, ...named, again]) await jobs.ended(job.id);
});

test('does not write into the outputs of a job that was removed', async () => {
  await jobs.start();
  const first = await jobs.ended((await run('echo 1 > out/n', { name: 'n' })).id);
  await jobs.service.remove({ id: first.id }, {});
  expect(existsSync(join(home, 'logs', `${first.id}.log`))).toBe(false);
  const second = await jobs.ended((await run('echo 2 > out/n', { name: 'n' })).id);
  expect(second.output?.path).toBe('n-2');
  expect(readFileSync(join(jobs.lookup.find('outputs')?.localPath ?? '', 'n/n'), 'utf8')).toBe('1\n');
});

test('runs a limited number at once, the rest in their order', async () => {
  await jobs.start();
  const started = await Promise.all(
    Array.from({ length: jobsAtOnce + 2 }, () => run('while [ ! -e out/go ]; do sleep 0.02; done')),
  );
  for (const job of started.slice(0, jobsAtOnce)) await jobs.until(job.id, ({ state }) => state === 'running');
  const states = async () => (await jobs.service.list(undefined, {})).reverse().map((job) => job.state);
  expect((await states()).slice(jobsAtOnce)).toEqual(['queued', 'queued']);
  const folder = jobs.lookup.find('outputs');
  expect(jobs.users(folder?.id ?? '')).toHaveLength(jobsAtOnce + 2);
  expect(jobs.writers()).toHaveLength(jobsAtOnce + 2);
  const last = await jobs.service.stop({ id: started.at(-1)?.id ?? 0 }, {});
  expect(last).toMatchObject({ state: 'stopped', startedAt: null });
  await jobs.service.stop({ id: started[0]?.id ?? 0 }, {});
  await jobs.until(started.at(-2)?.id ?? 0, ({ state }) => state === 'running');
});

test('stops with SIGTERM, and after the grace for good', async () => {
  await jobs.start();
  const polite = await run('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.02; done');
  const stubborn = await run('trap "" TERM; echo ready; while :; do sleep 0.02; done');
  for (const { id } of [polite, stubborn])
    await expect.poll(async () => (await jobs.log(id)).length, { timeout: 10_000 }).toBe(1);
  expect(await jobs.service.stop({ id: polite.id }, {})).toMatchObject({ state: 'stopped', exitCode: 0 });
  expect((await jobs.log(polite.id)).map((chunk) => chunk.text).join('')).toContain('bye');
  expect(await jobs.service.stop({ id: stubborn.id, graceSeconds: 0.2 }, {})).toMatchObject({ state: 'stopped', exitCode: 137 });
  await expect(async () => jobs.service.stop({ id: polite.id }, {})).rejects.toMatchObject({ code: 'wrong-state' });
});

test('says when a folder to be mounted has gone while the job waited', async () => {
  const vfolder = await jobs.lookup.ensure('data', { usage: 'data', note: '' });
  const { id } = await run('true', { mounts: [{ source: 'data' }] });
  rmSync(vfolder.localPath ?? '', { recursive: true });
  await jobs.start();
  const job = await jobs.ended(id);
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'mount-failed' } });
  expect(job.problem?.message).toContain(vfolder.localPath);
});

test('a flood of output is kept whole', async () => {
  await jobs.start();
  const { id } = await run('seq 1 300000');
  await jobs.ended(id);
  const text = (await jobs.log(id)).map((chunk) => chunk.text).join('');
  expect(text.split('\n').slice(0, -1).map(Number)).toEqual(Array.from({ length: 300_000 }, (_, index) => index + 1));
  expect((await jobs.service.get({ id }, {})).logBytes).toBe(text.length);
  expect(statSync(join(home, 'logs', `${id}.zst`)).size).toBeLessThan(text.length / 2);
});
