import type { EngineId } from '#shared/contract/engines.ts';
import type { GpuSlots } from '#shared/contract/plan.ts';
import { isStowageError } from '#shared/errors.ts';
import { gpuIds, takeTurns } from '#shared/jobs/queue.ts';
import { activeStates, hasEnded } from '#shared/jobs/state.ts';
import type { Engine } from '../engines/engine.ts';
import type { EngineRegistry } from '../services.ts';
import { waitAtMost } from '../waiting.ts';
import { diskOf, guardDisk } from './disk-guard.ts';
import type { JobJournal } from './journal.ts';
import { type JobRun, type RunnerOptions, startRun } from './runner.ts';

/** What the user sets for the queue; a lower limit lets those that run go on. */
export interface QueueLimits {
  /** Jobs at the engines at once; further ones wait. */
  readonly jobsAtOnce: number;
  /** GPUs that jobs may use; null: they are not counted. */
  readonly gpuSlots: GpuSlots | null;
}

/** How long the start waits for engines that say nothing, before it lets new jobs begin. */
const sweepMilliseconds = 5_000;

/** Between looks at the disk while jobs run. */
const guardMilliseconds = 1_000;

/** How long quitting waits for a call to an engine that hangs. What it would have told is asked for at the next start. */
const closeMilliseconds = 3_000;

export interface JobQueue {
  /** The run in this process's hands, if the job is with an engine. */
  run(id: number): JobRun | null;
  /** Starts what may start now. */
  pump(): void;
  /** Takes up what a former process left, then begins with the queue. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions extends RunnerOptions {
  readonly limits: () => QueueLimits;
}

export function createQueue(options: QueueOptions): JobQueue {
  const { journal, engines, limits } = options;
  const runs = new Map<number, JobRun>();
  let open = false;
  let guard: NodeJS.Timeout | null = null;

  const take = (id: number, resumed: boolean): void => {
    const run = startRun(id, resumed, options);
    runs.set(id, run);
    // A look that fails is followed by the next.
    guard ??= setInterval(
      () => void guardDisk([...runs.values()], () => diskOf(options.logsDirectory)).catch(() => {}),
      guardMilliseconds,
    );
    void run.settled.then(() => {
      runs.delete(id);
      if (runs.size === 0 && guard) {
        clearInterval(guard);
        guard = null;
      }
      pump();
    });
  };
  const pump = (): void => {
    if (!open) return;
    const waiting = journal.queued().filter(({ id }) => !runs.has(id));
    const { jobsAtOnce, gpuSlots } = limits();
    const room = {
      places: jobsAtOnce - runs.size,
      jobsAtOnce,
      gpus: gpuIds(gpuSlots),
      taken: new Set(journal.takenGpus()),
    };
    takeTurns(waiting, room).forEach((turn, index) => {
      if (turn.starts) {
        journal.begin(turn.id, turn.gpus);
        take(turn.id, false);
      } else if (waiting[index]?.progress !== turn.why) {
        journal.advance(turn.id, { type: 'progress', text: turn.why });
      }
    });
  };
  return {
    run: (id) => runs.get(id) ?? null,
    pump,
    start: async () => {
      for (const id of journal.idsIn(activeStates)) take(id, true);
      await waitAtMost(sweep(journal, engines), sweepMilliseconds);
      open = true;
      pump();
    },
    close: async () => {
      open = false;
      await waitAtMost(Promise.all([...runs.values()].map((run) => run.detach())), closeMilliseconds);
    },
  };
}

/**
 * Removes from the engines what belongs to jobs that ended (the former process did not come to it), and keeps the numbers
 * of runs that the journal does not know from being given again: an engine finds runs by number.
 */
async function sweep(journal: JobJournal, engines: EngineRegistry): Promise<void> {
  const engineOf = (id: EngineId): Engine[] => {
    try {
      return [engines.get(id)];
    } catch (error) {
      // Of an engine that this version does not know nothing can be swept.
      if (isStowageError(error, 'not-found')) return [];
      throw error;
    }
  };
  const swept = new Set([...engines.used(), ...journal.engines().flatMap(engineOf)]);
  await Promise.all(
    [...swept].map(async (engine) => {
      // An engine that is away now is swept at the next start.
      const found = await engine.find().catch(() => []);
      for (const run of found) {
        const job = journal.get(run.jobId);
        if (!job) journal.reserveIds(run.jobId);
        else if (hasEnded(job.life.state) && job.engine === engine.id && run.state !== 'running')
          await engine.remove(run.reference).catch(() => {});
      }
    }),
  );
}
