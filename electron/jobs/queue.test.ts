import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, RunRequest } from '../engines/engine.ts';
import { type JobsFixture, openJobs, scriptJob } from './jobs.fixture.ts';

let home: string;
const opened: JobsFixture[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-queue-'));
});
afterEach(async () => {
  for (const jobs of opened.splice(0)) {
    for (const { id } of await jobs.service.list({ states: ['queued', 'preparing', 'starting', 'running'] }, {}))
      await Promise.resolve(jobs.service.stop({ id, graceSeconds: 0 }, {})).catch(() => {});
    await jobs.quit();
  }
  rmSync(home, { recursive: true, force: true });
});

function open(wrap?: (engine: Engine) => Engine): JobsFixture {
  const jobs = openJobs(home, 'process', wrap);
  opened.push(jobs);
  return jobs;
}

const untilGo = 'while [ ! -e out/go ]; do sleep 0.02; done';
const run = (jobs: JobsFixture, script: string, more: Parameters<typeof scriptJob>[2] = {}) =>
  Promise.resolve(jobs.service.run({ spec: scriptJob('process', script, more) }, {}));
const stop = (jobs: JobsFixture, id: number) => Promise.resolve(jobs.service.stop({ id, graceSeconds: 0 }, {}));

test('a higher limit starts jobs that wait at once, a lower one lets those that run go on', async () => {
  const jobs = open();
  jobs.setLimits({ jobsAtOnce: 1 });
  await jobs.start();
  const [first, second, third] = [await run(jobs, untilGo), await run(jobs, untilGo), await run(jobs, untilGo)];
  await jobs.until(first.id, ({ state }) => state === 'running');
  expect(await jobs.service.get({ id: second.id }, {})).toMatchObject({
    state: 'queued',
    progress: 'Waiting: one job runs at a time',
  });
  jobs.setLimits({ jobsAtOnce: 2 });
  await jobs.until(second.id, ({ state }) => state === 'running');
  jobs.setLimits({ jobsAtOnce: 1 });
  await stop(jobs, first.id);
  expect(await jobs.service.get({ id: second.id }, {})).toMatchObject({ state: 'running' });
  expect(await jobs.service.get({ id: third.id }, {})).toMatchObject({ state: 'queued' });
  await stop(jobs, second.id);
  await jobs.until(third.id, ({ state }) => state === 'running');
});

test('each job has GPUs of its own, over a restart too; what can never be had is refused', async () => {
  const requests: RunRequest[] = [];
  const noting = (engine: Engine): Engine => ({
    ...engine,
    status: async () => ({ ...(await engine.status()), gpus: { state: 'ready', count: 4, message: '4 GPUs.' } }),
    create: (request) => {
      requests.push(request);
      return engine.create({ ...request, gpus: null });
    },
  });
  const jobs = open(noting);
  jobs.setLimits({ gpuSlots: ['0', '3'] });
  await jobs.start();
  const gpuJob = (script: string, gpus: number | 'all') => run(jobs, script, { resources: { gpus } });
  const one = await gpuJob(untilGo, 1);
  const all = await gpuJob('true', 'all');
  const small = await gpuJob(untilGo, 1);
  const without = await run(jobs, 'true');
  expect(await jobs.ended(without.id)).toMatchObject({ state: 'succeeded' });
  expect(await jobs.service.get({ id: all.id }, {})).toMatchObject({ progress: 'Waiting for 2 GPUs: 1 of 2 free' });
  expect(await jobs.service.get({ id: small.id }, {})).toMatchObject({
    progress: `Waiting: job ${all.id} is before it in the queue for GPUs`,
  });
  await expect(gpuJob('true', 3)).rejects.toMatchObject({
    code: 'plan-conflict',
    message: 'The job cannot start: it asks for 3 GPUs, and Settings give 2 to jobs.',
  });
  await jobs.until(one.id, ({ state }) => state === 'running');
  opened.splice(0);
  await jobs.quit();

  const again = open(noting);
  again.setLimits({ gpuSlots: ['0', '3'] });
  await again.start();
  expect(await again.service.get({ id: all.id }, {})).toMatchObject({ state: 'queued' });
  await stop(again, one.id);
  expect(await again.ended(all.id)).toMatchObject({ state: 'succeeded' });
  await again.until(small.id, ({ state }) => state === 'running');
  expect(requests.map(({ jobId, gpus }) => [jobId, gpus])).toEqual([
    [one.id, ['0']],
    [without.id, null],
    [all.id, ['0', '3']],
    [small.id, ['0']],
  ]);
});

test('a job that runs longer than it may is stopped and timed out, also when the app was away meanwhile', async () => {
  const jobs = open();
  await jobs.start();
  const polite = await run(jobs, 'trap "echo bye; exit 0" TERM; while :; do sleep 0.02; done', { maxSeconds: 1 });
  const quick = await run(jobs, 'exit 3', { maxSeconds: 60 });
  expect(await jobs.ended(quick.id)).toMatchObject({ state: 'failed', exitCode: 3 });
  expect(await jobs.ended(polite.id)).toMatchObject({
    state: 'timed-out',
    exitCode: 0,
    problem: { code: 'timed-out', message: 'The job was stopped: it had run for 1 second, which is its limit.' },
  });
  expect((await jobs.log(polite.id)).map(({ text }) => text).join('')).toContain('bye\n');
  const long = await run(jobs, untilGo, { maxSeconds: 1 });
  await jobs.until(long.id, ({ state }) => state === 'running');
  opened.splice(0);
  await jobs.quit();
  const again = open();
  await again.start();
  expect(await again.ended(long.id)).toMatchObject({ state: 'timed-out', problem: { code: 'timed-out' } });
});

test('50 jobs queued at once, four at a time, all end as they should, across a restart in the middle', async () => {
  const script = (index: number): string => (index % 5 === 0 ? `echo ${index}; exit ${index}` : `echo ${index} >> out/ran`);
  const first = open();
  await first.start();
  const ids: number[] = [];
  let most = 0;
  const active = new Set<number>();
  const watch = (jobs: JobsFixture): void =>
    void jobs.changes.on((change) => {
      if (change.type !== 'job') return;
      if (['preparing', 'starting', 'running', 'finalizing'].includes(change.job.state)) active.add(change.job.id);
      else active.delete(change.job.id);
      most = Math.max(most, active.size);
    });
  watch(first);
  for (let index = 1; index <= 50; index += 1) ids.push((await run(first, script(index), { name: `n${index}` })).id);
  await first.ended(ids[14] ?? 0);
  opened.splice(0);
  await first.quit();

  const second = open();
  active.clear();
  watch(second);
  await second.start();
  for (const [at, id] of ids.entries()) {
    const index = at + 1;
    const fails = index % 5 === 0;
    const job = await second.ended(id);
    const said = (await second.log(id)).map(({ text }) => text).join('');
    expect(job, `job ${index}: ${said}`).toMatchObject({
      state: fails ? 'failed' : 'succeeded',
      exitCode: fails ? index : 0,
    });
    const { plan } = await second.service.get({ id }, {});
    const output = plan.mounts.find((mount) => mount.role === 'output')?.localPath ?? '';
    if (!fails) expect(readFileSync(join(output, 'ran'), 'utf8'), `job ${index}`).toBe(`${index}\n`);
    else expect(said).toBe(`${index}\n`);
  }
  expect(most).toBeLessThanOrEqual(4);
});

test('jobs are found by every word, in name, state, engine, image or command, whatever its case', async () => {
  const jobs = open();
  await jobs.start();
  const bad = await run(jobs, 'exit 3', { name: 'Prüfung eins' });
  const good = await run(jobs, 'true # needle', { name: 'zwei' });
  for (const { id } of [bad, good]) await jobs.ended(id);
  const find = async (filter: string) => (await jobs.service.find({ filter }, {})).ids;
  expect(await jobs.service.find({ filter: ' ' }, {})).toEqual({ ids: [good.id, bad.id], total: 2 });
  expect(await find('PRÜFUNG failed')).toEqual([bad.id]);
  expect(await find('needle process this machine')).toEqual([good.id]);
  expect(await find("' OR 1=1")).toEqual([]);
  expect((await jobs.service.list({ ids: [bad.id, 99, good.id] }, {})).map(({ id }) => id)).toEqual([good.id, bad.id]);
  await jobs.service.remove({ id: bad.id }, {});
  expect(await jobs.service.find({ filter: '' }, {})).toEqual({ ids: [good.id], total: 1 });
});
