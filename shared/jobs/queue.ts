import type { GpuRequest, GpuSlots } from '../contract/plan.ts';

/**
 * Which of the waiting jobs start now: as many at once as are allowed, oldest first, and those that ask for GPUs only
 * while enough of them are free. A job for which GPUs are missing is overtaken by jobs that ask for none; others that
 * ask for GPUs stay behind it, so that small requests cannot keep a large one waiting for ever.
 */

/** A job in the queue. */
export interface WaitingJob {
  readonly id: number;
  readonly gpus: GpuRequest | null;
}

export interface QueueRoom {
  /** Jobs that may still start, beside those that run. */
  readonly places: number;
  /** Jobs that may run at once, for the words. */
  readonly jobsAtOnce: number;
  /** The GPUs that jobs may use, by id; null: nobody counts them, and a job's request goes to the engine as it is. */
  readonly gpus: readonly string[] | null;
  /** GPUs that running jobs have. */
  readonly taken: ReadonlySet<string>;
}

export type Turn =
  /** It starts, with these GPUs; null: as it asked. */
  | { readonly id: number; readonly starts: true; readonly gpus: readonly string[] | null }
  /** It waits, and why. */
  | { readonly id: number; readonly starts: false; readonly why: string };

/** Ids of the GPUs that jobs may use. */
export const gpuIds = (slots: GpuSlots | null): readonly string[] | null =>
  typeof slots === 'number' ? Array.from({ length: slots }, (_, index) => String(index)) : slots;

/** What each job of the queue does now, in its order. */
export function takeTurns(queue: readonly WaitingJob[], room: QueueRoom): Turn[] {
  const taken = new Set(room.taken);
  let { places } = room;
  /** The first job that waits for GPUs. */
  let first: number | null = null;
  return queue.map(({ id, gpus: wanted }): Turn => {
    const all = wanted === null ? null : room.gpus;
    if (wanted === null || all === null) {
      if (places <= 0) return { id, starts: false, why: full(room.jobsAtOnce) };
      places -= 1;
      return { id, starts: true, gpus: null };
    }
    const never = cannotBe(wanted, all);
    if (never !== null) return { id, starts: false, why: `Waiting: ${never}` };
    if (first !== null) return { id, starts: false, why: `Waiting: job ${first} is before it in the queue for GPUs` };
    const given = choose(wanted, all, taken);
    if (given === null) {
      first = id;
      return { id, starts: false, why: missing(wanted, all, taken) };
    }
    if (places <= 0) {
      // The next place is its own, and so must be the GPUs that are free for it then.
      first = id;
      return { id, starts: false, why: full(room.jobsAtOnce) };
    }
    places -= 1;
    for (const gpu of given) taken.add(gpu);
    return { id, starts: true, gpus: given };
  });
}

/** Why a request can never be met by these GPUs, about “it”, the job, without a full stop; null when it can. */
export function cannotBe(wanted: GpuRequest, all: readonly string[]): string | null {
  if (wanted === 'all') return all.length > 0 ? null : 'it asks for GPUs, and Settings give none to jobs';
  if (typeof wanted === 'number')
    return wanted <= all.length ? null : `it asks for ${gpuCount(wanted)}, and Settings give ${all.length} to jobs`;
  const unknown = wanted.filter((gpu) => !all.includes(gpu));
  return unknown.length === 0 ? null : `it asks for GPU ${unknown.join(', ')}, which Settings do not give to jobs`;
}

/** The GPUs for a request; null: too few are free. */
function choose(wanted: GpuRequest, all: readonly string[], taken: ReadonlySet<string>): readonly string[] | null {
  const free = all.filter((gpu) => !taken.has(gpu));
  if (wanted === 'all') return free.length === all.length ? free : null;
  if (typeof wanted === 'number') return free.length >= wanted ? free.slice(0, wanted) : null;
  const unique = [...new Set(wanted)];
  return unique.every((gpu) => !taken.has(gpu)) ? unique : null;
}

const full = (jobsAtOnce: number): string =>
  jobsAtOnce === 1 ? 'Waiting: one job runs at a time' : `Waiting: ${jobsAtOnce} jobs run at once`;

function missing(wanted: GpuRequest, all: readonly string[], taken: ReadonlySet<string>): string {
  if (typeof wanted === 'object') return `Waiting for GPU ${wanted.filter((gpu) => taken.has(gpu)).join(', ')}`;
  const free = all.filter((gpu) => !taken.has(gpu)).length;
  return `Waiting for ${gpuCount(wanted === 'all' ? all.length : wanted)}: ${free} of ${all.length} free`;
}

const gpuCount = (count: number): string => (count === 1 ? '1 GPU' : `${count} GPUs`);
