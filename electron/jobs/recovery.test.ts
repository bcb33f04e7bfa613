import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobState } from '#shared/contract/jobs.ts';
import { planSchema } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import type { Engine, RunRequest } from '../engines/engine.ts';
import { type EngineName, type JobsFixture, numberedLines, numbersOf, openJobs, scriptJob } from './jobs.fixture.ts';
import { toRunRequest } from './preparation.ts';

let home: string;
const opened: JobsFixture[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-recovery-'));
});
afterEach(async () => {
  for (const jobs of opened.splice(0)) await jobs.quit();
  rmSync(home, { recursive: true, force: true });
});

function open(name: EngineName, wrap?: (engine: Engine) => Engine): JobsFixture {
  const jobs = openJobs(home, name, wrap);
  opened.push(jobs);
  return jobs;
}
async function quit(jobs: JobsFixture): Promise<void> {
  opened.splice(opened.indexOf(jobs), 1);
  await jobs.quit();
}

const engines = ['process', 'docker'] as const;
const count = 1500;
const wholeLog = async (jobs: JobsFixture, id: number): Promise<void> => {
  const log = await jobs.log(id);
  expect(numbersOf(log, 'out')).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect(numbersOf(log, 'err')).toEqual(Array.from({ length: count / 2 }, (_, index) => (index + 1) * 2));
};

test.each(engines)('after kill -9 in the middle of a job the log has every line once (%s)', async (name) => {
  const script = join(import.meta.dirname, 'crash-child.ts');
  const child = spawn(process.execPath, [script, home, name, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (Number(line.split(' ')[2]) > 2000) break;
  child.kill('SIGKILL');
  await once(child, 'exit');

  const jobs = open(name);
  const before = await jobs.service.get({ id: 1 }, {});
  expect(before.state).toBe('running');
  expect(before.logBytes).toBeGreaterThan(2000);
  await jobs.start();
  expect(await jobs.ended(1)).toMatchObject({ state: 'failed', exitCode: 7 });
  await wholeLog(jobs, 1);
  expect(await jobs.service.list(undefined, {})).toHaveLength(1);
});

test.each(engines)('a job that ended while the app was away is finalized with its rest of output (%s)', async (name) => {
  const first = open(name);
  await first.start();
  const { id } = await first.service.run({ spec: scriptJob(name, numberedLines(count)) }, {});
  await expect.poll(async () => (await first.service.get({ id }, {})).logBytes, { timeout: 15_000 }).toBeGreaterThan(500);
  await quit(first);
  const second = open(name);
  await expect.poll(async () => (await second.engine.find())[0]?.state, { timeout: 15_000 }).toBe('ended');
  await second.start();
  expect(await second.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await wholeLog(second, id);
});

test('a trouble with the engine does not fail a running job, and its output has no hole and no repeat (A17)', async () => {
  const outage = createOutage();
  const jobs = open('process', outage.wrap);
  await jobs.start();
  const { id } = await jobs.service.run({ spec: scriptJob('process', numberedLines(count)) }, {});
  await expect.poll(async () => (await jobs.service.get({ id }, {})).logBytes, { timeout: 15_000 }).toBeGreaterThan(500);
  outage.begin();
  const troubled = await jobs.until(id, (job) => job.progress !== null);
  expect(troubled).toMatchObject({ state: 'running', progress: 'The engine does not answer. Trying again.' });
  outage.end();
  expect(await jobs.ended(id)).toMatchObject({ state: 'failed', exitCode: 7, progress: null });
  await wholeLog(jobs, id);
});

test('an unexpected error is tried three times in all, then ends the job and its run', async () => {
  let waits = 0;
  const failing =
    (times: number) =>
    (engine: Engine): Engine => ({
      ...bound(engine),
      wait: (reference, options) => {
        waits += 1;
        return waits <= times ? Promise.reject(new TypeError('x is not a function')) : engine.wait(reference, options);
      },
    });
  const lucky = open('process', failing(2));
  await lucky.start();
  const first = await lucky.service.run({ spec: scriptJob('process', numberedLines(count)) }, {});
  expect(await lucky.ended(first.id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await wholeLog(lucky, first.id);
  await quit(lucky);
  waits = 0;
  const broken = open('process', failing(99));
  await broken.start();
  const second = await broken.service.run({ spec: scriptJob('process', 'while :; do sleep 0.02; done') }, {});
  const job = await broken.ended(second.id);
  expect(job).toMatchObject({ state: 'failed', exitCode: null, problem: { code: 'internal', detail: 'x is not a function' } });
  expect(waits).toBe(3);
  await broken.service.remove({ id: second.id }, {});
  expect(await broken.engine.find()).toEqual([]);
});

test('a full disk under the log costs no line once there is room again', async () => {
  const jobs = open('process');
  const log = join(home, 'logs', '1.log');
  symlinkSync('/dev/full', log);
  await jobs.start();
  const { id } = await jobs.service.run({ spec: scriptJob('process', numberedLines(count)) }, {});
  const troubled = await jobs.until(id, (job) => job.progress?.includes('full') ?? false);
  expect(troubled.state).toBe('running');
  rmSync(log);
  expect(await jobs.ended(id)).toMatchObject({ state: 'failed', exitCode: 7 });
  await wholeLog(jobs, id);
});

test('a job waits for an engine that is away at the start (A17)', async () => {
  const first = open('process');
  await first.start();
  const { id } = await first.service.run({ spec: scriptJob('process', 'while [ ! -e out/go ]; do sleep 0.02; done') }, {});
  await first.until(id, (job) => job.state === 'running');
  await quit(first);
  const outage = createOutage();
  const second = open('process', outage.wrap);
  outage.begin();
  await second.start();
  expect((await second.until(id, (job) => job.progress !== null)).state).toBe('running');
  outage.end();
  await expect.poll(async () => (await second.service.get({ id }, {})).progress, { timeout: 15_000 }).toBeNull();
  expect(await second.service.stop({ id }, {})).toMatchObject({ state: 'stopped' });
});

test('tries a start that fails for no known reason three times, and no more', async () => {
  let starts = 0;
  const failing =
    (times: number) =>
    (engine: Engine): Engine => ({
      ...bound(engine),
      start: (reference, output) => {
        starts += 1;
        if (starts <= times) return Promise.reject(new StowageError('engine-error', 'The engine hiccups.'));
        return engine.start(reference, output);
      },
    });
  const patient = open('process', failing(2));
  await patient.start();
  const first = await patient.service.run({ spec: scriptJob('process', 'true') }, {});
  expect(await patient.ended(first.id)).toMatchObject({ state: 'succeeded' });
  expect(starts).toBe(3);
  await quit(patient);
  starts = 0;
  const hopeless = open('process', failing(9));
  await hopeless.start();
  const second = await hopeless.service.run({ spec: scriptJob('process', 'true') }, {});
  expect(await hopeless.ended(second.id)).toMatchObject({ state: 'failed', problem: { code: 'engine-error' } });
  expect(starts).toBe(3);
});

test('a job that is stopped while it is prepared never starts', async () => {
  const creating = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const jobs = open('process', (engine) => ({
    ...bound(engine),
    create: async (run) => {
      creating.resolve();
      await go.promise;
      return engine.create(run);
    },
    start: () => Promise.reject(new Error('started all the same')),
  }));
  await jobs.start();
  const { id } = await jobs.service.run({ spec: scriptJob('process', 'true') }, {});
  await creating.promise;
  const stopped = jobs.service.stop({ id }, {});
  go.resolve();
  expect(await stopped).toMatchObject({ state: 'stopped', startedAt: null, problem: null });
  expect(await jobs.engine.find()).toEqual([]);
});

/** As a crash at each place leaves it: what the journal says, and how far the engine had come. */
const crashes: [string, JobState, 'nothing' | 'created' | 'ended', boolean][] = [
  ['before anything was created', 'preparing', 'nothing', false],
  ['after the run was created and before it was journaled', 'preparing', 'created', false],
  ['before the start was journaled', 'preparing', 'created', true],
  ['after the start was journaled and before the engine was told', 'starting', 'created', true],
  ['after the engine was told and before that was journaled', 'starting', 'ended', true],
  ['while it ran', 'running', 'ended', true],
];
test.each(crashes)('a crash %s launches the job exactly once', async (_title, state, at, journaled) => {
  const first = open('process');
  const { id } = await first.service.run({ spec: scriptJob('process', 'echo once; echo run >> out/count') }, {});
  const job = await first.service.get({ id }, {});
  const reference = await reach(first, id, at);
  first.database.run(
    'UPDATE jobs SET state = ?, reference = ?, times = ? WHERE id = ?',
    state,
    journaled ? reference : null,
    JSON.stringify({ queued: 1, preparing: 2 }),
    id,
  );
  await quit(first);

  const second = open('process');
  await second.start();
  expect(await second.ended(id)).toMatchObject({ state: 'succeeded', exitCode: 0 });
  expect((await second.log(id)).map((chunk) => chunk.text).join('')).toBe('once\n');
  const output = job.plan.mounts.find((mount) => mount.role === 'output')?.localPath ?? '';
  expect(readFileSync(join(output, 'count'), 'utf8')).toBe('run\n');
});

test.each(['starting', 'running'] as const)('a %s job whose run is gone fails and says so', async (state) => {
  const first = open('process');
  const { id } = await first.service.run({ spec: scriptJob('process', 'true') }, {});
  first.database.run("UPDATE jobs SET state = ?, reference = 'none-such' WHERE id = ?", state, id);
  await quit(first);
  const second = open('process');
  await second.start();
  const job = await second.ended(id);
  expect(job).toMatchObject({ state: 'failed', exitCode: null, problem: { code: 'job-failed' } });
  expect(job.problem?.message).toContain('gone');
});

test('sweeps up runs of ended jobs, and never gives the number of a run that it does not know', async () => {
  const first = open('process');
  const { id } = await first.service.run({ spec: scriptJob('process', 'true') }, {});
  await reach(first, id, 'ended');
  await first.engine.create({ ...(await requestOf(first, id)), jobId: 40, binds: [] });
  first.database.run("UPDATE jobs SET state = 'failed' WHERE id = ?", id);
  await quit(first);
  const second = open('process');
  await second.start();
  expect((await second.engine.find()).map((run) => run.jobId)).toEqual([40]);
  const next = await second.service.run({ spec: scriptJob('process', 'true') }, {});
  expect(next.id).toBe(41);
  await second.ended(next.id);
});

const requestOf = async (jobs: JobsFixture, id: number): Promise<RunRequest> =>
  toRunRequest(id, planSchema.parse((await jobs.service.get({ id }, {})).plan));

/** Brings a queued job's run to a point at the engine, as the runner would. */
async function reach(jobs: JobsFixture, id: number, at: 'nothing' | 'created' | 'ended'): Promise<string | null> {
  if (at === 'nothing') return null;
  const { plan } = await jobs.service.get({ id }, {});
  for (const step of plan.steps) if (step.kind === 'make-host-directory') mkdirSync(step.path, { recursive: true });
  const reference = await jobs.engine.create(await requestOf(jobs, id));
  if (at === 'ended') {
    await jobs.engine.start(reference, { write: async () => {} });
    await jobs.engine.wait(reference);
  }
  return reference;
}

/** An engine whose connection breaks: until it is mended every call fails, and calls under way break off. */
function createOutage(): { wrap: (engine: Engine) => Engine; begin: () => void; end: () => void } {
  const absent = (): StowageError => new StowageError('engine-absent', 'The engine does not answer.');
  let away = false;
  let broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const guard = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> => (away ? Promise.reject(absent()) : Promise.race([call(...args), broken.promise]));
  };
  return {
    wrap: (engine) => ({
      ...bound(engine),
      create: guard((run) => engine.create(run)),
      start: guard((reference, output) => engine.start(reference, output)),
      follow: guard((reference, output, kept) => engine.follow(reference, output, kept)),
      wait: guard((reference, options) => engine.wait(reference, options)),
      stop: guard((reference, options) => engine.stop(reference, options)),
      remove: guard((reference) => engine.remove(reference)),
      find: guard(() => engine.find()),
    }),
    begin: () => {
      away = true;
      broken.reject(absent());
    },
    end: () => {
      away = false;
      broken = Promise.withResolvers<never>();
      broken.promise.catch(() => {});
    },
  };
}

const bound = (engine: Engine): Engine => ({
  id: engine.id,
  status: () => engine.status(),
  images: () => engine.images(),
  inspectImage: (reference) => engine.inspectImage(reference),
  probeImage: (reference, paths) => engine.probeImage(reference, paths),
  pull: (reference, options) => engine.pull(reference, options),
  create: (run) => engine.create(run),
  start: (reference, output) => engine.start(reference, output),
  follow: (reference, output, kept) => engine.follow(reference, output, kept),
  wait: (reference, options) => engine.wait(reference, options),
  stop: (reference, options) => engine.stop(reference, options),
  remove: (reference) => engine.remove(reference),
  find: () => engine.find(),
  close: () => engine.close(),
});
