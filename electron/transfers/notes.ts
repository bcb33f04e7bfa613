import { arrival, type FileChange, type Journal } from './journal.ts';
import type { Reporter } from './reporter.ts';

const flushMs = 100;
const flushFiles = 500;

/** What became of files, on its way to the journal in batches. */
export interface Notes {
  add(seq: number, change: FileChange): void;
  /** Writes what is noted now. */
  flush(): void;
}

/** `onError`: the journal could not be written; what is noted stays and is tried again with the next flush. */
export function createNotes(id: number, journal: Journal, reporter: Reporter, onError: (error: unknown) => void): Notes {
  const changes = new Map<number, FileChange>();
  let arrived: number[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (changes.size === 0 && arrived.length === 0) return;
    try {
      journal.update(id, changes, arrived);
    } catch (error) {
      onError(error);
      return;
    }
    for (const seqs of [changes.keys(), arrived]) for (const seq of seqs) reporter.progress(id, seq, null);
    changes.clear();
    arrived = [];
    reporter.changed(id);
  };
  return {
    add: (seq, change) => {
      if (change === arrival) arrived.push(seq);
      else changes.set(seq, { ...changes.get(seq), ...change });
      if (changes.size + arrived.length >= flushFiles) flush();
      else timer ??= setTimeout(flush, flushMs);
    },
    flush,
  };
}
