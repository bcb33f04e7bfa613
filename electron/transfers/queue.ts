import { sweepParts } from './aftermath.ts';
import type { Journal } from './journal.ts';
import type { Reporter } from './reporter.ts';
import { type Run, type RunTools, startRun } from './run.ts';

/** How many transfers run at once; the others wait in their order. */
const lanes = 2;

/** Starts queued transfers in order, a few at once. */
export interface Queue {
  /** Starts what may start now. */
  pump(): void;
  running(id: number): Run | undefined;
  /** Stops a transfer and waits until nothing of it is under way; nothing when it does not run. */
  stop(id: number, how: 'keep' | 'remove'): Promise<void>;
  /** Takes away the half files of a transfer that does not run. */
  sweep(id: number): Promise<void>;
  close(): Promise<void>;
}

export function createQueue(journal: Journal, reporter: Reporter, tools: RunTools): Queue {
  const runs = new Map<number, Run>();
  let closed = false;
  const pump = (): void => {
    if (closed) return;
    for (const row of journal.inStates(['queued'])) {
      if (runs.size >= lanes) return;
      // Stopped a moment ago and still letting go of its files.
      if (runs.has(row.id)) continue;
      journal.setState(row.id, 'running');
      const run = startRun(row.id, tools);
      runs.set(row.id, run);
      reporter.changed(row.id);
      void run.ended.then(() => {
        runs.delete(row.id);
        pump();
      });
    }
  };
  return {
    pump,
    running: (id) => runs.get(id),
    stop: async (id, how) => {
      const run = runs.get(id);
      run?.stop(how);
      await run?.ended;
    },
    sweep: (id) => sweepParts(id, tools).catch(() => undefined),
    close: async () => {
      closed = true;
      const open = [...runs.values()];
      for (const run of open) run.stop('keep');
      await Promise.all(open.map((run) => run.ended));
    },
  };
}
