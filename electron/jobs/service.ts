import type { Job, JobDetail, jobsContract } from '#shared/contract/jobs.ts';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { uniqueName } from '#shared/jobs/name.ts';
import { cannotBe, gpuIds } from '#shared/jobs/queue.ts';
import { maskSpec } from '#shared/jobs/secret-variables.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { parseInnerPath } from '#shared/paths.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, InputRecorder, JobSecrets, Staging, VfolderLookup } from '../services.ts';
import type { JobPlanner } from './jobs.ts';
import type { JobJournal, JobRecord, NewJob } from './journal.ts';
import { readLogPage } from './log-reader.ts';
import { searchLog } from './log-search.ts';
import { mountAddress, outputsVfolder, vfolderUses } from './preparation.ts';
import type { JobQueue, QueueLimits } from './queue.ts';
import { defaultGraceSeconds } from './runner.ts';

interface ServiceOptions {
  readonly journal: JobJournal;
  readonly queue: JobQueue;
  readonly planner: JobPlanner;
  readonly engines: EngineRegistry;
  readonly lookup: VfolderLookup;
  readonly staging: Staging;
  readonly inputs: InputRecorder;
  readonly secrets: JobSecrets;
  readonly logsDirectory: string;
  readonly limits: () => QueueLimits;
  readonly view: (job: JobRecord) => Job;
  /** Deletes the job's log and tells that the job is gone. */
  readonly forget: (id: number) => void;
}

export function createJobService(options: ServiceOptions): Service<typeof jobsContract> {
  const { journal, queue, engines, staging, inputs, logsDirectory, view } = options;
  const detail = (job: JobRecord): JobDetail => ({
    ...view(job),
    spec: journal.spec(job.id),
    plan: journal.plan(job.id),
    copiedBack: journal.copiedBack(job.id) ?? [],
  });
  const launch = createLauncher(options);
  const copyingBack = new Set<number>();
  return {
    list: (input) =>
      (input?.ids
        ? journal.listByIds(input.ids)
        : journal.list({ limit: input?.limit ?? 100, before: input?.before, states: input?.states })
      ).map((job) => view(job)),
    find: ({ filter }) => journal.find(filter),
    get: ({ id }) => detail(journal.require(id)),
    run: async ({ spec, requestId, shown }) => view(await launch(spec, requestId ?? null, shown)),
    rerun: async ({ id, inputs: which }, { signal = new AbortController().signal }) => {
      const spec = journal.spec(id);
      if (which === 'same') await inputs.verify(id, signal);
      return view(await launch(spec, null));
    },
    stop: async ({ id, graceSeconds }) => {
      const job = journal.require(id);
      if (hasEnded(job.life.state)) throw new StowageError('wrong-state', `Job ${id} “${job.name}” has ended already.`);
      journal.advance(id, { type: 'stop', at: Date.now() });
      await queue.run(id)?.stop(graceSeconds ?? defaultGraceSeconds);
      return view(journal.require(id));
    },
    copyBack: async ({ id }, { signal = new AbortController().signal }) => {
      const job = journal.require(id);
      const subject = `Job ${id} “${job.name}”`;
      if (!hasEnded(job.life.state)) throw new StowageError('wrong-state', `${subject} has not ended.`);
      await queue.run(id)?.settled;
      if (journal.copiedBack(id) !== null)
        throw new StowageError('wrong-state', `Everything of ${subject.toLowerCase()} is back already.`);
      if (copyingBack.has(id)) throw new StowageError('in-use', `${subject} is being copied back already.`);
      copyingBack.add(id);
      const results = await staging
        .finish(id, journal.plan(id), { signal, tell: () => {} })
        .finally(() => copyingBack.delete(id));
      if (results.length === 0) throw new StowageError('wrong-state', `Nothing is kept of ${subject.toLowerCase()}.`);
      journal.setCopiedBack(id, results);
      await staging.release(id);
      return detail(journal.require(id));
    },
    remove: async ({ id }) => {
      const job = journal.require(id);
      const subject = `Job ${id} “${job.name}”`;
      if (!hasEnded(job.life.state))
        throw new StowageError('wrong-state', `${subject} has not ended: stop it before you remove it.`);
      await queue.run(id)?.settled;
      // Removed at the engine when it ended; what is left of it then (the engine was away) goes now, if the engine answers.
      if (job.life.reference !== null)
        await engines
          .get(job.engine)
          .remove(job.life.reference)
          .catch(() => {});
      inputs.forget(id);
      journal.remove(id);
      options.secrets.release(id);
      options.forget(id);
      return { removed: true };
    },
    readLog: async ({ id, from, limit }) => {
      const ended = hasEnded(journal.require(id).life.state);
      const page = await readLogPage(logsDirectory, id, from, limit);
      return { ...page, end: ended && page.next >= page.size };
    },
    searchLog: ({ id, ...search }, { signal }) => {
      journal.require(id);
      return searchLog(logsDirectory, id, search, signal);
    },
  };
}

/** Plans and journals one job after the other, so that names and numbers are given once. */
function createLauncher(
  options: ServiceOptions,
): (spec: JobSpec, requestId: string | null, shown?: boolean) => Promise<JobRecord> {
  const { journal, queue, lookup, secrets } = options;
  let last: Promise<unknown> = Promise.resolve();
  const launch = async (spec: JobSpec, requestId: string | null, shown: boolean): Promise<JobRecord> => {
    const known = requestId === null ? null : journal.byRequest(requestId);
    if (known) return known;
    const id = journal.nextId();
    const named = secrets.name(spec);
    const { name, folder } = await uniqueName(spec, id, (candidate, output) => taken(options, spec, candidate, output));
    const made = await planToRun(options, named.spec, folder);
    const plan = shown ? asShown(made) : made;
    refuseGpus(plan, options.limits());
    const output = plan.mounts.find((mount) => mount.role === 'output');
    // Before the job is written down, so that there is none without them.
    await secrets.keep(id, named);
    const job = insertOrForget(options, {
      id,
      requestId,
      name,
      spec: maskSpec(named.spec),
      plan,
      output: (output && mountAddress(output)) ?? null,
      vfolders: vfolderUses(plan, lookup),
      at: Date.now(),
    });
    queue.pump();
    return journal.get(job.id) ?? job;
  };
  return (spec, requestId, shown = false) => {
    const launched = last.then(() => launch(spec, requestId, shown));
    last = launched.catch(() => {});
    return launched;
  };
}

function insertOrForget({ journal, secrets }: ServiceOptions, job: NewJob): JobRecord {
  try {
    return journal.insert(job);
  } catch (error) {
    secrets.release(job.id);
    throw error;
  }
}

/** @throws `plan-conflict` with every conflict that stands in the way */
async function planToRun(options: ServiceOptions, spec: JobSpec, folder: string): Promise<Plan> {
  const { planner, lookup } = options;
  const plan = await planner.plan(spec, folder);
  refuseConflicts(plan);
  if (spec.output !== undefined || lookup.find(outputsVfolder) !== null) return plan;
  // The first job: its plan was a promise of the vfolder that is made now.
  await lookup.ensure(outputsVfolder, { usage: 'output', note: 'What jobs wrote, a folder for each.' });
  const real = await planner.plan(spec, folder);
  refuseConflicts(real);
  return real;
}

const asShown = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => (step.kind === 'stage' ? { ...step, asShown: true } : step)),
});

/** It would wait for ever. @throws `plan-conflict` */
function refuseGpus({ resources: { gpus } }: Plan, { gpuSlots }: QueueLimits): void {
  const all = gpuIds(gpuSlots);
  const never = gpus && all && cannotBe(gpus, all);
  if (never)
    throw new StowageError('plan-conflict', `The job cannot start: ${never}.`, {
      hint: 'Ask for fewer GPUs, or change what Settings give to jobs.',
    });
}

function refuseConflicts(plan: Plan): void {
  const errors = plan.conflicts.filter((conflict) => conflict.severity === 'error');
  const first = errors[0];
  if (!first && plan.runnable) return;
  const fix = first?.fixes[0]?.label;
  throw new StowageError('plan-conflict', first?.message ?? 'The job cannot be run as it is planned.', {
    subject: first?.targets[0],
    detail: errors.map((conflict) => conflict.message).join('\n'),
    hint: fix,
  });
}

/** A name is free when no job has it and, for the default output, no folder of it is left from a job that was removed. */
async function taken(options: ServiceOptions, spec: JobSpec, name: string, folder: string): Promise<boolean> {
  if (options.journal.nameTaken(name, { vfolder: outputsVfolder, path: folder })) return true;
  if (spec.output !== undefined || options.lookup.find(outputsVfolder) === null) return false;
  try {
    const place = options.lookup.resolve(outputsVfolder, parseInnerPath(folder));
    await place.provider.stat(place.path);
    return true;
  } catch (error) {
    // Anything else than "not there" is for the planner to tell about the output.
    if (isStowageError(error)) return false;
    throw error;
  }
}
