import type { Changes } from '../events.ts';
import type { Journal } from './journal.ts';

/** Ended transfers that are kept; of each, every file is. */
export const mostKept = 500;

/** Ended transfers come in bursts; after this pause the oldest are looked for. */
const pauseMs = 1000;

/**
 * Forgets the oldest of the ended transfers when there are more than `most`. `clear` is given their ids; one that it
 * cannot clear yet is tried again when the next transfer ends.
 */
export function keepHistoryShort(
  journal: Journal,
  changes: Changes,
  clear: (ids: number[]) => unknown,
  most: number = mostKept,
): { close(): Promise<void> } {
  let timer: NodeJS.Timeout | null = null;
  let clearing: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    timer = null;
    const ids = journal.endedBeforeLast(most);
    if (ids.length > 0) clearing = clearing.then(() => clear(ids)).catch(() => undefined);
  };
  const unlisten = changes.on((change) => {
    if (change.type === 'transfer' && change.transfer.endedAt !== null) timer ??= setTimeout(look, pauseMs).unref();
  });
  return {
    close: async () => {
      unlisten();
      if (timer) clearTimeout(timer);
      await clearing;
    },
  };
}
