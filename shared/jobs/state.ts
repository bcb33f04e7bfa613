import type { Problem } from '../contract/base.ts';
import type { JobState, ProgressStep } from '../contract/jobs.ts';
import { assertNever, StowageError } from '../errors.ts';

/**
 * The life of a job as a pure machine:
 *
 *     queued → preparing → starting → running → finalizing → succeeded | failed | stopped | timed-out
 *
 * Every event has an answer in every state: a new life, or `wrong-state`. An end state is never left, and the times at
 * which states were entered never run backwards, whatever the clock does.
 */

/** What of a job changes while it lives; exactly what the journal keeps of it. */
export interface JobLife {
  readonly state: JobState;
  /** When each state was entered, ms since the epoch. */
  readonly times: Partial<Record<JobState, number>>;
  /** The engine's name of the run, once it was created. */
  readonly reference: string | null;
  /** Known from `finalizing` on; null when the engine could not tell. */
  readonly exitCode: number | null;
  /** Why it did not succeed. */
  readonly problem: Problem | null;
  readonly progress: string | null;
  readonly progressStep: ProgressStep | null;
  readonly stopRequested: boolean;
  /** When the command itself began and ended, by the engine's clock where it has one. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type JobEvent =
  /** It has a place at the engine; preparations begin. */
  | { readonly type: 'prepare'; readonly at: number }
  /** Preparations broke off before anything was created; it waits again. */
  | { readonly type: 'requeue'; readonly at: number }
  | { readonly type: 'progress'; readonly text: string | null; readonly step?: ProgressStep | null }
  /** The run exists at the engine, not started. */
  | { readonly type: 'created'; readonly reference: string }
  /** The engine is about to be told to start. Journaled first, so that nothing is launched twice. */
  | { readonly type: 'start'; readonly at: number }
  | { readonly type: 'started'; readonly at: number }
  /** The command ended, and its output is kept whole. */
  | {
      readonly type: 'ended';
      readonly at: number;
      readonly exitCode: number | null;
      readonly problem: Problem | null;
      readonly startedAt: number | null;
      readonly endedAt: number | null;
    }
  | { readonly type: 'finalized'; readonly at: number }
  /** It cannot go on. */
  | { readonly type: 'fail'; readonly at: number; readonly problem: Problem }
  /** The user wants it stopped. */
  | { readonly type: 'stop'; readonly at: number };

export type StepResult = { readonly ok: true; readonly job: JobLife } | { readonly ok: false; readonly error: StowageError };

export const endStates = ['succeeded', 'failed', 'stopped', 'timed-out'] as const satisfies readonly JobState[];
/** States in which a job takes one of the places at once. */
export const activeStates = ['preparing', 'starting', 'running', 'finalizing'] as const satisfies readonly JobState[];

export const hasEnded = (state: JobState): boolean => (endStates as readonly JobState[]).includes(state);

/** A job as it is journaled first. */
export const newLife = (at: number): JobLife => ({
  state: 'queued',
  times: { queued: at },
  reference: null,
  exitCode: null,
  problem: null,
  progress: null,
  progressStep: null,
  stopRequested: false,
  startedAt: null,
  endedAt: null,
});

/** One step of a job's life. Never throws. */
export function step(job: JobLife, event: JobEvent): StepResult {
  if (hasEnded(job.state)) return refuse(job, event);
  switch (event.type) {
    case 'prepare':
      return job.state === 'queued' ? enter(job, 'preparing', event.at) : refuse(job, event);
    case 'requeue':
      return job.state === 'preparing' && job.reference === null ? requeue(job) : refuse(job, event);
    case 'progress':
      return accept({ ...job, progress: event.text, progressStep: event.step ?? null });
    case 'created':
      return job.state === 'preparing' ? accept({ ...job, reference: event.reference }) : refuse(job, event);
    case 'start':
      return job.state === 'preparing' && job.reference !== null ? enter(job, 'starting', event.at) : refuse(job, event);
    case 'started':
      return job.state === 'starting' ? started(job, event.at) : refuse(job, event);
    case 'ended':
      return job.state === 'starting' || job.state === 'running' ? ended(job, event) : refuse(job, event);
    case 'finalized':
      return job.state === 'finalizing' ? enter(job, outcome(job), event.at) : refuse(job, event);
    case 'fail':
      return failed(job, event.problem, event.at);
    case 'stop':
      return stop(job, event);
    default:
      return assertNever(event);
  }
}

/** How a job that ended is called: asked to stop, it was stopped, whatever code its command answered with. */
function outcome(job: JobLife): (typeof endStates)[number] {
  if (job.problem?.code === 'timed-out') return 'timed-out';
  if (job.stopRequested) return 'stopped';
  return job.exitCode === 0 && job.problem === null ? 'succeeded' : 'failed';
}

function started(job: JobLife, at: number): StepResult {
  const next = enter(job, 'running', at);
  return next.ok ? accept({ ...next.job, startedAt: next.job.times.running ?? at }) : next;
}

function ended(job: JobLife, event: Extract<JobEvent, { type: 'ended' }>): StepResult {
  const next = enter(job, 'finalizing', event.at);
  if (!next.ok) return next;
  const startedAt = event.startedAt ?? job.startedAt;
  const endedAt = event.endedAt ?? next.job.times.finalizing ?? event.at;
  return accept({
    ...next.job,
    exitCode: event.exitCode,
    problem: event.problem,
    startedAt,
    endedAt: startedAt === null ? endedAt : Math.max(startedAt, endedAt),
  });
}

function failed(job: JobLife, problem: Problem, at: number): StepResult {
  const state = problem.code === 'timed-out' ? 'timed-out' : job.stopRequested ? 'stopped' : 'failed';
  const next = enter(job, state, at);
  if (!next.ok) return next;
  const kept = state === 'stopped' && problem.code === 'cancelled' ? null : problem;
  return accept({ ...next.job, problem: kept, endedAt: job.endedAt ?? next.job.times[state] ?? at });
}

function stop(job: JobLife, event: Extract<JobEvent, { type: 'stop' }>): StepResult {
  if (job.state === 'finalizing') return refuse(job, event);
  if (job.state !== 'queued') return accept({ ...job, stopRequested: true });
  const next = enter({ ...job, stopRequested: true }, 'stopped', event.at);
  return next.ok ? accept({ ...next.job, endedAt: next.job.times.stopped ?? event.at }) : next;
}

function requeue(job: JobLife): StepResult {
  const { preparing: _, ...times } = job.times;
  return accept({ ...job, state: 'queued', times, progress: null, progressStep: null });
}

/** Enters a state not before the last one was entered, so that a clock set back cannot turn the order round. */
function enter(job: JobLife, state: JobState, at: number): StepResult {
  const time = Math.max(at, ...Object.values(job.times));
  return accept({ ...job, state, times: { ...job.times, [state]: time }, progress: null, progressStep: null });
}

const accept = (job: JobLife): StepResult => ({ ok: true, job });

const refuse = (job: JobLife, event: JobEvent): StepResult => ({
  ok: false,
  error: new StowageError('wrong-state', `A job that is ${job.state} cannot take the step “${event.type}”.`, {
    detail: `${event.type} in ${job.state}`,
  }),
});
