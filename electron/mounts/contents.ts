import { toStowageError } from '#shared/errors.ts';
import { meets } from '#shared/paths.ts';
import type { Contents } from '#shared/plan/types.ts';
import { type Changes, changedPath } from '../events.ts';
import { type Listings, recentMs } from '../listings/listings.ts';
import { type Found, Tally } from '../listings/tally.ts';
import type { ResolvedPlace } from '../services.ts';
import { hasLocalPath } from '../storage/provider.ts';
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

export interface ContentsCounter {
  /**
   * What lies at a place: the whole when it is known, or is counted within `waitMs`; else as far as it is counted (null:
   * not begun). The count then goes on, and a later question finds it. A place on a host is counted anew when it was a
   * while ago, so that the listing is there for the job that is planned; until then the former count is given.
   */
  count(place: ResolvedPlace, waitMs: number): Promise<Contents | null>;
  /** Ends what is being counted. */
  close(): void;
}

interface Count {
  readonly vfolder: string;
  readonly inner: string;
  readonly ending: AbortController;
  readonly begunAt: number;
  soFar: Contents | null;
  /** Settles, never fails, when it has ended in any way. */
  done: Promise<void>;
  /** When it is forgotten; null while it is counted. */
  until: number | null;
}

/** Counts places in the background, a few at a time; forgets a count when something in it changes. */
export function createContentsCounter(listings: Listings, changes?: Changes): ContentsCounter {
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

  const begin = (key: string, place: ResolvedPlace, former: Contents | null): Count => {
    const count: Count = {
      ...{ vfolder: place.vfolder.name, inner: place.inner, ending: new AbortController(), begunAt: Date.now() },
      ...{ soFar: former, done: Promise.resolve(), until: null },
    };
    const work = async (): Promise<void> => {
      await turn();
      let keep = failedMs;
      try {
        if (count.ending.signal.aborted) return;
        await (hasLocalPath(place.provider) ? countHere(place, count) : countThere(place, count, listings));
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
    const path = changedPath(change);
    for (const [key, count] of counts) {
      if (count.vfolder === change.vfolder && meets(path, count.inner)) forget(key, count);
    }
  });

  return {
    count: async (place, waitMs) => {
      const key = JSON.stringify([place.vfolder.id, place.inner]);
      const known = counts.get(key);
      if (known?.until && known.until < Date.now()) counts.delete(key);
      const count = counts.get(key) ?? begin(key, place, null);
      if (count.soFar?.complete) {
        if (count.until !== null && isOld(count, place)) begin(key, place, count.soFar);
        return count.soFar;
      }
      if (count.until === null) await waitAtMost(count.done, waitMs);
      return count.soFar;
    },
    close: () => {
      off?.();
      for (const [key, count] of counts) forget(key, count);
    },
  };
}

/** What is on a host is listed for a job, too, and that only a moment ago. */
const isOld = ({ begunAt }: Count, { provider }: ResolvedPlace): boolean =>
  !hasLocalPath(provider) && begunAt + recentMs < Date.now();

/** Counts what is on a host, together with those who want a listing of it. */
async function countThere(place: ResolvedPlace, count: Count, listings: Listings): Promise<void> {
  const tooLarge = new AbortController();
  const late = setTimeout(() => tooLarge.abort(), mostMs);
  const signal = AbortSignal.any([count.ending.signal, tooLarge.signal]);
  const whole = count.soFar;
  let seen: Found | null = null;
  const onFound = (found: Found): void => {
    seen = found;
    if (found.files > mostEntries) tooLarge.abort();
    if (!whole) count.soFar = { ...found, complete: false, counting: true };
  };
  try {
    const listing = await listings.look(place, { age: whole ? 'current' : 'recent', signal, onFound });
    await listing.drop();
    const { files, bytes, newest, parts, missed, file } = listing;
    count.soFar = { files, bytes, newest, complete: missed === 0, ...(missed === 0 && file === null && { parts }) };
  } catch (error) {
    if (!tooLarge.signal.aborted || !seen) throw error;
    count.soFar = { ...(seen as Found), complete: false };
  } finally {
    clearTimeout(late);
  }
}

/** Counts what is on this machine. */
async function countHere({ provider, path }: ResolvedPlace, count: Count): Promise<void> {
  const signal = AbortSignal.any([count.ending.signal, AbortSignal.timeout(2 * mostMs)]);
  const tally = new Tally();
  const deadline = performance.now() + mostMs;
  let entries = 0;
  let missed = false;
  const top = await provider.stat(path, { signal });
  if (top.kind !== 'directory') {
    tally.add('', top.size, top.modified);
    count.soFar = { ...tally.found, complete: true };
    return;
  }
  count.soFar = { ...tally.found, complete: false, counting: true };
  const skip = path === '' ? 0 : path.length + 1;
  const onUnlistable = (): void => {
    missed = true;
  };
  for await (const entry of walk(provider, path, { signal, onUnlistable })) {
    entries += 1;
    if (entries > mostEntries || performance.now() > deadline) {
      missed = true;
      break;
    }
    if (entry.kind === 'directory') continue;
    tally.add(entry.path.slice(skip), entry.size, entry.modified);
    if (tally.files % 256 === 0) count.soFar = { ...tally.found, complete: false, counting: true };
  }
  count.soFar = { ...tally.found, complete: !missed, ...(!missed && { parts: tally.parts }) };
}
