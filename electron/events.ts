import type { Change } from '#shared/contract/app.ts';

/** Tells every shell what changed. Slow listeners cannot grow memory: changes of one thing are merged per listener. */
export interface Changes {
  emit(change: Change): void;
  /** All changes from now on, until the signal fires. */
  subscribe(signal?: AbortSignal): AsyncGenerator<Change, void>;
  /** Calls back at once, for features of the core. Returns what ends it. */
  on(listener: (change: Change) => void): () => void;
}

/** The path inside the vfolder of a change of type `files`, as `InnerPath`s are written. */
export const changedPath = ({ path }: Extract<Change, { type: 'files' }>): string => path.replace(/^\/+|\/+$/g, '');

/** Changes with equal keys replace each other while they wait: only the newest state of a thing matters. */
function mergeKey(change: Change): string {
  switch (change.type) {
    case 'transfer':
      return `transfer ${change.transfer.id}`;
    case 'job':
      return `job ${change.job.id}`;
    case 'job-log':
    case 'job-usage':
    case 'job-removed':
      return `${change.type} ${change.id}`;
    case 'files':
      return `files ${change.vfolder} ${change.path}`;
    case 'edit':
      return `edit ${change.edit.id}`;
    case 'edit-closed':
      return `edit ${change.id}`;
    case 'transfer-cleared':
      return `transfer-cleared ${change.ids.join()}`;
    default:
      return change.type;
  }
}

export function createChanges(): Changes {
  const listeners = new Set<(change: Change) => void>();
  const on = (listener: (change: Change) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    emit: (change) => {
      for (const listener of listeners) listener(change);
    },
    on,
    subscribe: (signal) => {
      const waiting = new Map<string, Change>();
      let wake = Promise.withResolvers<void>();
      const off = on((change) => {
        const key = mergeKey(change);
        waiting.delete(key);
        waiting.set(key, change);
        wake.resolve();
      });
      // The listener is registered before the first `next`, so nothing between the call and the first read is lost.
      return drain(
        waiting,
        () => wake.promise,
        () => {
          wake = Promise.withResolvers<void>();
        },
        off,
        signal,
      );
    },
  };
}

async function* drain(
  waiting: Map<string, Change>,
  woken: () => Promise<void>,
  rearm: () => void,
  off: () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Change, void> {
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    while (!signal?.aborted) {
      const next = waiting.entries().next();
      if (next.done) {
        rearm();
        await Promise.race([woken(), aborted.promise]);
        continue;
      }
      const [key, change] = next.value;
      waiting.delete(key);
      yield change;
    }
  } finally {
    off();
    signal?.removeEventListener('abort', abort);
  }
}
