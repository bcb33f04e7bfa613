import type { Problem } from '#shared/contract/base.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { engineKind } from '#shared/engines.ts';
import { assertNever, type ErrorCode, isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { causeOf } from '#shared/jobs/cause.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import type { Engine, FoundRun, RunExit } from '../engines/engine.ts';
import type { Dotfiles, EngineRegistry, InputRecorder, Redactor, Staged, Staging, TellStep, VfolderLookup } from '../services.ts';
import type { JobRecord } from './journal.ts';
import { ownOutputs, prepare, readWithheld, toRunRequest } from './preparation.ts';
import { pullForJob } from './pull.ts';
import { RunOutput, type RunOutputOptions } from './run-output.ts';
import { causeAtEnd, limitTime } from './time-limit.ts';

/** SIGTERM to SIGKILL, when the one who stops it says nothing else. */
export const defaultGraceSeconds = 10;
/** Tries of an engine that fails to start a run without saying why for good. */
const startAttempts = 3;
/** Tries after something unexpected inside Stowage, which may pass (no more open files) or be a mistake of ours. */
const internalAttempts = 3;
/** What may pass by itself, or says that the run was started already. */
const retriedAtStart: readonly ErrorCode[] = ['engine-absent', 'wrong-state', 'disk-full'];
const firstRetry = 500;
const longestRetry = 5_000;

export interface RunnerOptions extends RunOutputOptions {
  readonly engines: EngineRegistry;
  readonly lookup: VfolderLookup;
  readonly staging: Staging;
  readonly inputs: InputRecorder;
  readonly dotfiles: Dotfiles;
  readonly redactor: Redactor;
}

/**
 * Carries one job from `preparing` to its end, from whatever state the journal has. After a trouble with the engine it
 * looks the run up again and goes on; a job that was started is never failed because the engine is away.
 */
export interface JobRun {
  /** Resolves when the job ended, went back to the queue, or `detach` was called. Never rejects. */
  readonly settled: Promise<void>;
  /** Bytes of output kept so far; null before there are any. */
  logSize(): number | null;
  /** The journal says `stopRequested` now: acts on it. Resolves when the job has ended. @throws what the engine throws */
  stop(graceSeconds: number): Promise<void>;
  /** Stops it at once, for a cause that is then the job's. */
  abandon(cause: StowageError): void;
  /** Lets go; the job runs on at the engine. */
  detach(): Promise<void>;
}

/** `resumed`: a former process had this job in hand, so the engine is asked what became of it. */
export function startRun(id: number, resumed: boolean, options: RunnerOptions): JobRun {
  const run = new Run(id, resumed, options);
  const settled = run.live();
  return {
    settled,
    logSize: () => run.logSize(),
    stop: async (graceSeconds) => {
      await Promise.race([settled, run.stop(graceSeconds)]);
      await settled;
    },
    abandon: (cause) => run.abandon(cause),
    detach: async () => {
      run.detach();
      await settled;
    },
  };
}

class Run {
  readonly #id: number;
  readonly #options: RunnerOptions;
  readonly #engine: Engine;
  /** What the former process did is unknown until the engine was asked. */
  #unsure: boolean;
  #noted = false;
  #attached = false;
  #starts = 0;
  /** Unexpected errors in a row. */
  #internal = 0;
  /** Why the engine could not start it, when that is for good. */
  #verdict: StowageError | null = null;
  /** Why it was stopped by us, and not by the user. */
  #cause: StowageError | null = null;
  #grace = defaultGraceSeconds;
  readonly #output: RunOutput;
  readonly #detached = new AbortController();
  readonly #preparing = new AbortController();
  #wake: () => void = () => {};

  constructor(id: number, resumed: boolean, options: RunnerOptions) {
    this.#id = id;
    this.#unsure = resumed;
    this.#options = options;
    this.#output = new RunOutput(id, options);
    this.#engine = options.engines.get(options.journal.require(id).engine);
  }

  logSize(): number | null {
    return this.#output.size();
  }

  detach(): void {
    this.#detached.abort();
    this.#preparing.abort();
    this.#wake();
  }

  async stop(graceSeconds: number): Promise<void> {
    this.#grace = graceSeconds;
    this.#preparing.abort();
    this.#wake();
    const { state, reference } = this.#options.journal.require(this.#id).life;
    // Before it runs, the steps themselves look whether a stop was asked for.
    if (state === 'running' && reference !== null) await this.#engine.stop(reference, { graceSeconds });
  }

  abandon(cause: StowageError): void {
    const { state, reference } = this.#options.journal.require(this.#id).life;
    if (this.#cause || state !== 'running' || reference === null) return;
    this.#cause = cause;
    // An engine that cannot stop it now is asked again by the next look at the disk.
    this.#engine.stop(reference, { graceSeconds: 0 }).catch(() => {
      this.#cause = null;
    });
  }

  async live(): Promise<void> {
    let troubles = 0;
    for (;;) {
      const job = this.#options.journal.get(this.#id);
      if (!job || this.#detached.signal.aborted || hasEnded(job.life.state) || job.life.state === 'queued') break;
      try {
        this.#noteInputs(job);
        await this.#step(job);
        troubles = 0;
        this.#internal = 0;
      } catch (error) {
        if (this.#detached.signal.aborted) break;
        const trouble = this.#clean(error);
        troubles += 1;
        this.#internal = trouble.code === 'internal' ? this.#internal + 1 : 0;
        try {
          if (this.#isFinal(trouble)) await this.#fail(trouble);
          else await this.#waitOut(trouble, troubles);
        } catch {
          // The journal itself cannot be written, e.g. on a full disk: what cannot be noted is tried again.
          await this.#pause(troubles);
        }
      }
    }
    await this.#letGo();
  }

  #noteInputs(job: JobRecord): void {
    if (this.#noted) return;
    this.#options.inputs.begin(this.#id, this.#options.journal.plan(this.#id), job.life.state !== 'preparing');
    this.#noted = true;
  }

  async #step(job: JobRecord): Promise<void> {
    switch (job.life.state) {
      case 'preparing':
        return this.#prepare(job);
      case 'starting':
        return this.#start(job);
      case 'running':
        return this.#follow(job);
      case 'finalizing':
        return this.#finalize(job);
      case 'queued':
      case 'succeeded':
      case 'failed':
      case 'stopped':
      case 'timed-out':
        return;
      default:
        return assertNever(job.life.state);
    }
  }

  async #prepare(job: JobRecord): Promise<void> {
    const { journal, lookup, staging } = this.#options;
    if (job.life.stopRequested) throw new StowageError('cancelled', 'The job was stopped before it began.');
    if (job.life.reference !== null) {
      // Journaled before the engine is told: after a crash in between, the engine is asked instead of told again.
      journal.advance(this.#id, { type: 'start', at: Date.now() });
      this.#unsure = false;
      return;
    }
    if (this.#unsure) {
      const found = await this.#find();
      this.#unsure = false;
      if (found) journal.advance(this.#id, { type: 'created', reference: found.reference });
      else {
        await this.#options.inputs.abandon(this.#id);
        journal.advance(this.#id, { type: 'requeue', at: Date.now() });
      }
      return;
    }
    this.#tell('Preparing the folders');
    const plan = journal.plan(this.#id);
    const { signal } = this.#preparing;
    await prepare(plan, lookup, signal);
    const staged = await staging.prepare(this.#id, plan, { signal, tell: (text, step) => this.#tell(text, step) });
    signal.throwIfAborted();
    this.#tell(plan.image === null ? 'Laying out the run' : 'Creating the container');
    const reference = await this.#create(plan, staged);
    journal.advance(this.#id, { type: 'created', reference });
  }

  /** An image that the engine lacks is pulled, once. */
  async #create(plan: Plan, staged: Staged): Promise<string> {
    const { secrets, dotfiles, journal } = this.#options;
    const gpus = journal.gpusOf(this.#id) ?? plan.resources.gpus;
    const request = { ...toRunRequest(this.#id, plan, staged, readWithheld(plan, secrets, dotfiles)), gpus };
    try {
      return await this.#engine.create(request);
    } catch (error) {
      // An image that was made for this job is in no registry.
      if (plan.image === null || staged.image !== null || !isStowageError(error, 'image-missing')) throw error;
      const signal = this.#preparing.signal;
      signal.throwIfAborted();
      await pullForJob(this.#engine, plan.image, { signal, tell: (text, step) => this.#tell(text, step) });
    }
    this.#tell('Creating the container');
    return this.#engine.create(request);
  }

  async #start(job: JobRecord): Promise<void> {
    const reference = referenceOf(job);
    const state = this.#unsure ? (await this.#required()).state : 'created';
    // Whatever happens from here, the engine knows better than we do.
    this.#unsure = true;
    if (state === 'created') await this.#launch(reference);
    else await this.#attach(reference);
    this.#options.journal.advance(this.#id, { type: 'started', at: Date.now() });
  }

  async #launch(reference: string): Promise<void> {
    const { stopRequested } = this.#options.journal.require(this.#id).life;
    if (stopRequested) throw new StowageError('cancelled', 'The job was stopped before it began.');
    await this.#options.inputs.beforeStart(this.#id);
    this.#starts += 1;
    try {
      await this.#engine.start(reference, await this.#output.begin());
    } catch (error) {
      const trouble = this.#clean(error);
      const maybeLater = retriedAtStart.includes(trouble.code);
      if (!maybeLater && (trouble.code !== 'engine-error' || this.#starts >= startAttempts)) this.#verdict = trouble;
      throw trouble;
    }
    this.#attached = true;
  }

  async #attach(reference: string): Promise<void> {
    const { sink, kept } = await this.#output.resume();
    await this.#engine.follow(reference, sink, kept);
    this.#attached = true;
  }

  /** An engine may tell what it was given. */
  #clean(error: unknown): StowageError {
    return toStowageError(this.#options.redactor.error(error));
  }

  async #follow(job: JobRecord): Promise<void> {
    const reference = referenceOf(job);
    const plan = this.#options.journal.plan(this.#id);
    const found = this.#attached ? null : await this.#required();
    if (found?.state === 'created') await this.#launch(reference);
    else if (found) await this.#attach(reference);
    if (job.life.progress !== null) this.#tell(null);
    const stopping = this.#options.journal.require(this.#id).life.stopRequested
      ? this.#engine.stop(reference, { graceSeconds: this.#grace })
      : null;
    const watching = new AbortController();
    const { signal } = watching;
    void this.#stopFor(reference, () => this.#options.staging.watch(this.#id, signal), 0, signal);
    const { maxSeconds } = plan;
    const { startedAt } = job.life;
    if (maxSeconds !== null && startedAt !== null && found?.state !== 'ended')
      void this.#stopFor(reference, () => limitTime(startedAt, maxSeconds, signal), this.#grace, signal);
    const [exit] = await Promise.all([this.#engine.wait(reference, { signal: this.#detached.signal }), stopping]).finally(() =>
      watching.abort(),
    );
    this.#detached.signal.throwIfAborted();
    // Whole before the journal says so: from `finalizing` on nobody asks the engine for output again.
    this.#options.journal.setLogBytes(this.#id, await this.#output.finish());
    if (maxSeconds !== null) this.#cause = causeAtEnd(this.#cause, exit, maxSeconds);
    const context = { command: plan.command, memoryBytes: plan.resources.memoryBytes };
    this.#options.journal.advance(this.#id, {
      type: 'ended',
      at: Date.now(),
      exitCode: exit.code,
      problem: this.#cause ? toProblem(this.#cause) : causeOf(this.#cleanExit(exit), context),
      startedAt: exit.startedAt,
      endedAt: exit.endedAt,
    });
  }

  async #finalize(job: JobRecord): Promise<void> {
    const { journal, staging, inputs } = this.#options;
    this.#tell('Handing over the outputs');
    // Best effort: an output folder that was deleted meanwhile does not make the job a failure.
    const plan = journal.plan(job.id);
    await ownOutputs(plan).catch(() => {});
    // Before anything is copied back to where it was taken from.
    await inputs.finish(this.#id);
    this.#detached.signal.throwIfAborted();
    if (journal.copiedBack(this.#id) === null) {
      const options = { signal: this.#detached.signal, tell: ((text, step) => this.#tell(text, step)) as TellStep };
      journal.setCopiedBack(this.#id, await staging.finish(this.#id, plan, options));
    }
    await this.#release();
    journal.advance(this.#id, { type: 'finalized', at: Date.now() });
  }

  #cleanExit(exit: RunExit): RunExit {
    return exit.message === null ? exit : { ...exit, message: this.#options.redactor.text(exit.message) };
  }

  /** Stops the job when the watch fails, for that cause: it lost something that it uses, or its time is over. */
  async #stopFor(reference: string, watch: () => Promise<never>, graceSeconds: number, signal: AbortSignal): Promise<void> {
    try {
      await watch();
    } catch (error) {
      if (signal.aborted) return;
      const cause = toStowageError(error);
      // Whoever is stopping it has given it a grace of their own.
      if (cause.code === 'timed-out' && this.#options.journal.require(this.#id).life.stopRequested) return;
      this.#cause ??= cause;
      // An engine that cannot stop it now is asked again.
      while (!signal.aborted) {
        const stopped = await this.#engine.stop(reference, { graceSeconds }).then(
          () => true,
          () => false,
        );
        if (stopped) return;
        await this.#pause(1);
      }
    }
  }

  /** Before the end is journaled: a crash in between lets go once more. What cannot be let go of now is at the next start. */
  async #release(): Promise<void> {
    await this.#options.staging.release(this.#id).catch(() => {});
  }

  /** True when trying again cannot help, or must not be done. An engine or a disk that a started job needs is waited for. */
  #isFinal(error: StowageError): boolean {
    const { state, stopRequested } = this.#options.journal.require(this.#id).life;
    if (state === 'finalizing' || error instanceof RunGone || error === this.#verdict) return true;
    if (this.#internal >= internalAttempts) return true;
    if (stopRequested && error.code === 'cancelled') return true;
    return state === 'preparing' && !this.#unsure && error.code !== 'engine-absent';
  }

  async #fail(error: StowageError): Promise<void> {
    const { journal } = this.#options;
    const { life } = journal.require(this.#id);
    const at = Date.now();
    if ((life.state === 'starting' || life.state === 'running') && this.#mayHaveRun(error)) {
      // What it wrote until then is brought back as after any other end.
      const problem = toProblem(error);
      journal.advance(this.#id, { type: 'ended', at, exitCode: null, problem, startedAt: null, endedAt: null });
      return;
    }
    await this.#options.inputs.abandon(this.#id);
    await this.#release();
    const problem = toProblem(error);
    // The job's own end is told too.
    const own = life.state === 'finalizing' ? life.problem : null;
    const detail = [problem.detail, own && `The job itself: ${own.message}`].filter((part) => part).join('\n');
    journal.advance(this.#id, { type: 'fail', at, problem: { ...problem, ...(detail && { detail }) } });
  }

  /** Whether there may be changes to copy back. */
  #mayHaveRun(error: StowageError): boolean {
    if (error.code === 'cancelled' || error === this.#verdict) return false;
    return this.#options.journal.plan(this.#id).steps.some((step) => step.kind === 'stage' && !step.readOnly);
  }

  async #waitOut(error: StowageError, troubles: number): Promise<void> {
    this.#attached = false;
    await this.#output.disconnect();
    const detail = error.code === 'internal' && error.data.detail ? ` (${error.data.detail})` : '';
    this.#tell(`${error.message}${detail} Trying again.`);
    await this.#pause(troubles);
  }

  async #pause(troubles: number): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, Math.min(longestRetry, firstRetry * 2 ** Math.min(troubles - 1, 10)));
    await woken.promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }

  async #find(): Promise<FoundRun | null> {
    return (await this.#engine.find()).find((run) => run.jobId === this.#id) ?? null;
  }

  async #required(): Promise<FoundRun> {
    const found = await this.#find();
    if (!found) throw new RunGone(this.#engine.id);
    return found;
  }

  /** Says what it is doing; not worth a write when it said so already. */
  #tell(text: string | null, step?: Parameters<TellStep>[1]): void {
    if (this.#options.journal.require(this.#id).life.progress === text) return;
    const at = step && { at: step.at ?? null, part: step.part === undefined ? null : Math.min(1, Math.max(0, step.part)) };
    this.#options.journal.advance(this.#id, { type: 'progress', text, step: at ?? null });
  }

  async #letGo(): Promise<void> {
    await this.#output.close();
    if (this.#detached.signal.aborted) return;
    const life = this.#options.journal.get(this.#id)?.life;
    if (!life || !hasEnded(life.state) || life.reference === null) return;
    // What stays behind because the engine is away is swept up at the next start.
    await this.#engine.remove(life.reference).catch(() => {});
    // What an engine keeps for a run, as volumes, can go only now.
    await this.#release();
  }
}

/** The engine answers and does not know the run. */
class RunGone extends StowageError {
  constructor(engine: Engine['id']) {
    const what = engineKind(engine) === 'docker' ? 'The container of the job' : 'The run directory of the job';
    super('job-failed', `${what} is gone: it was removed while Stowage was away or outside of it.`, {
      hint: 'What it wrote to its output folder so far is still there. Run the job again.',
    });
  }
}

const toProblem = (error: StowageError): Problem => ({ code: error.code, message: error.message, ...error.data });

function referenceOf(job: JobRecord): string {
  if (job.life.reference === null)
    throw new StowageError('internal', `Job ${job.id} is ${job.life.state} without a reference to its run.`);
  return job.life.reference;
}
