import { toStowageError } from '#shared/errors.ts';
import { isWithin } from '#shared/paths.ts';
import type { Contents } from '#shared/plan/types.ts';
import type { Changes } from '../events.ts';
import type { ResolvedPlace } from '../services.ts';
import { walk } from '../storage/walk.ts';
import { waitAtMost } from '../waiting.ts';

/** A count that is begun goes on in the background, but not without end. */
const mostEntries = 3_000_000;
const mostMs = 120_000;
/** So long a count is taken for true when nothing is heard of a change: whole, or as far as it may go. */
const keptMs = 5 * 60_000;
/** A count that failed, or stood still for so long that it was ended, is begun anew after so long. */
const failedMs = 30_000;
const mostKept = 300;
const atOnce = 3;
const mostParts = 1000;
const shownParts = 10;

export interface ContentsCounter {
  /**
   * What lies at a place: the whole when it is known, or is counted within `waitMs`; else as far as it is counted (null:
   * not begun). The count then goes on, and a later question finds it.
   */
  count(place: ResolvedPlace, waitMs: number): Promise<Contents | null>;
  /** Ends what is being counted. */
  close(): void;
}

interface Count {
  readonly vfolder: string;
  readonly inner: string;
  readonly ending: AbortController;
  soFar: Contents | null;
  /** Settles, never fails, when it has ended in any way. */
  done: Promise<void>;
  /** When it is forgotten; null while it is counted. */
  until: number | null;
}

/** Counts places in the background, a few at a time; forgets a count when something in it changes. */
export function createContentsCounter(changes?: Changes): ContentsCounter {
  const counts = new Map<string, Count>();
  const waiting: (() => void)[] = [];
  let running = 0;
  const turn = async (): Promise<void> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
  };
  const over = (): void => {
    running -= 1;
    waiting.shift()?.();
  };
  const forget = (key: string, count: Count): void => {
    if (counts.get(key) === count) counts.delete(key);
    count.ending.abort();
  };

  const begin = (key: string, place: ResolvedPlace): Count => {
    const count: Count = {
      ...{ vfolder: place.vfolder.name, inner: place.inner, ending: new AbortController() },
      ...{ soFar: null, done: Promise.resolve(), until: null },
    };
    const work = async (): Promise<void> => {
      await turn();
      let keep = failedMs;
      try {
        if (count.ending.signal.aborted) return;
        await tally(place, count);
        keep = keptMs;
      } finally {
        over();
        count.until = Date.now() + keep;
      }
    };
    // What cannot be counted has its reason in the facts of the source.
    count.done = work().catch((error: unknown) => void toStowageError(error));
    counts.set(key, count);
    for (const [oldKey, old] of counts) {
      if (counts.size <= mostKept) break;
      forget(oldKey, old);
    }
    return count;
  };

  const off = changes?.on((change) => {
    if (change.type !== 'files') return;
    const path = change.path.replace(/^\/+|\/+$/g, '');
    for (const [key, count] of counts) {
      const meets = isWithin(path, count.inner) || isWithin(count.inner, path);
      if (count.vfolder === change.vfolder && meets) forget(key, count);
    }
  });

  return {
    count: async (place, waitMs) => {
      const key = JSON.stringify([place.vfolder.id, place.inner]);
      let count = counts.get(key);
      if (count?.until && count.until < Date.now()) counts.delete(key);
      if (!count || !counts.has(key)) count = begin(key, place);
      if (count.until === null) await waitAtMost(count.done, waitMs);
      return count.soFar;
    },
    close: () => {
      off?.();
      for (const [key, count] of counts) forget(key, count);
    },
  };
}

async function tally(place: ResolvedPlace, count: Count): Promise<void> {
  const signal = AbortSignal.any([count.ending.signal, AbortSignal.timeout(2 * mostMs)]);
  const found = { files: 0, bytes: 0, newest: null as number | null };
  const parts = new Map<string, number>();
  const deadline = performance.now() + mostMs;
  let entries = 0;
  let missed = false;
  const add = (size: number, modified: number | null): void => {
    found.files += 1;
    found.bytes += size;
    if (modified !== null && modified > (found.newest ?? Number.NEGATIVE_INFINITY)) found.newest = modified;
    if (found.files % 256 === 0) count.soFar = { ...found, complete: false, counting: true };
  };
  const top = await place.provider.stat(place.path, { signal });
  if (top.kind !== 'directory') {
    add(top.size, top.modified);
    count.soFar = { ...found, complete: true };
    return;
  }
  count.soFar = { ...found, complete: false, counting: true };
  const skip = place.path === '' ? 0 : place.path.length + 1;
  const onUnlistable = (): void => {
    missed = true;
  };
  for await (const entry of walk(place.provider, place.path, { signal, onUnlistable })) {
    entries += 1;
    if (entries > mostEntries || performance.now() > deadline) {
      missed = true;
      break;
    }
    if (entry.kind === 'directory') continue;
    add(entry.size, entry.modified);
    const slash = entry.path.indexOf('/', skip);
    if (slash < 0) continue;
    const part = entry.path.slice(skip, slash);
    const known = parts.get(part);
    if (known !== undefined || parts.size < mostParts) parts.set(part, (known ?? 0) + entry.size);
  }
  const largest = [...parts].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
  count.soFar = { ...found, complete: !missed, ...(!missed && { parts: largest.slice(0, shownParts) }) };
}
