import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { meets } from '#shared/paths.ts';
import { type Changes, changedPath } from '../events.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { checkSignal, untilAborted } from '../storage/bodies.ts';
import { type Listing, listingAt, listPlace } from './listing.ts';
import type { Found } from './tally.ts';

/** A listing is recent for so long after its end, when nothing was heard of a change. */
export const recentMs = 30_000;

export interface LookOptions {
  /**
   * `recent`: one that ended a short time ago will do. `current`: one that is being made will do. `new`: it begins now, as
   * after a change that an earlier one may have missed.
   */
  readonly age: 'recent' | 'current' | 'new';
  readonly signal: AbortSignal;
  /** Hears now and then what was found so far. */
  onFound?(found: Found): void;
}

/**
 * Listings of places, shared by those who want one at the same time: who plans a job, who notes what it gets and who copies
 * that. See docs/adr/0016-one-listing-per-launch.md.
 */
export interface Listings {
  /** The caller's own, to be dropped. @throws what listing the place throws, `cancelled` */
  look(place: ResolvedPlace, options: LookOptions): Promise<Listing>;
  /** Ends all that is listed, and removes what is kept. */
  close(): Promise<void>;
}

interface Shared {
  readonly key: string;
  readonly place: ResolvedPlace;
  readonly ending: AbortController;
  readonly listening: Set<(found: Found) => void>;
  found: Found | null;
  readonly done: Promise<Listing>;
  /** Those who wait for it, or take it just now. */
  lookers: number;
  endedAt: number | null;
}

export interface ListingsOptions {
  /** Emptied at the first look; everything in it is these listings'. */
  readonly directory: string;
  readonly lookup: VfolderLookup;
  readonly changes: Changes;
}

export function createListings({ directory, lookup, changes }: ListingsOptions): Listings {
  const known = new Map<string, Shared>();
  /** Files that are being removed. */
  const leaving = new Set<Promise<unknown>>();
  let ready: Promise<unknown> | null = null;
  const open = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
  };
  const newFile = (): string => join(directory, `${randomUUID()}.jsonl`);

  /** Nobody new gets it; it ends when nobody is left. */
  const forget = (shared: Shared): void => {
    if (known.get(shared.key) === shared) known.delete(shared.key);
    if (shared.lookers > 0) return;
    shared.ending.abort();
    const gone = shared.done
      .then((listing) => listing.drop())
      .catch(() => undefined)
      .finally(() => leaving.delete(gone));
    leaving.add(gone);
  };
  const begin = (key: string, place: ResolvedPlace): Shared => {
    const ending = new AbortController();
    const listening = new Set<(found: Found) => void>();
    const onFound = (found: Found): void => {
      shared.found = found;
      for (const listen of listening) listen(found);
    };
    const list = async (): Promise<Listing> => {
      ready ??= open();
      await ready;
      return listPlace(place, newFile(), { signal: ending.signal, onFound });
    };
    const shared: Shared = { key, place, ending, listening, found: null, done: list(), lookers: 0, endedAt: null };
    known.set(key, shared);
    shared.done.then(
      () => {
        shared.endedAt = Date.now();
        setTimeout(() => forget(shared), recentMs).unref();
      },
      () => forget(shared),
    );
    return shared;
  };
  const find = (place: ResolvedPlace, age: LookOptions['age']): Shared => {
    const key = JSON.stringify([place.vfolder.id, place.inner]);
    const there = known.get(key);
    if (there && (age === 'recent' || (age === 'current' && there.endedAt === null))) return there;
    if (there) forget(there);
    return begin(key, place);
  };

  const off = changes.on((change) => {
    if (change.type !== 'files' || known.size === 0) return;
    const changed = placeOf(lookup, change.vfolder, changedPath(change));
    for (const shared of known.values()) if (changed === null || liesOn(changed, shared.place)) forget(shared);
  });

  return {
    look: async (place, { age, signal, onFound }) => {
      checkSignal(signal);
      const shared = find(place, age);
      shared.lookers += 1;
      if (onFound) shared.listening.add(onFound);
      if (shared.found) onFound?.(shared.found);
      try {
        const listing = await Promise.race([shared.done, untilAborted(signal)]);
        const own = newFile();
        // Not every disk has links.
        await link(listing.path, own).catch(() => copyFile(listing.path, own));
        return listingAt(listing, own);
      } finally {
        shared.lookers -= 1;
        if (onFound) shared.listening.delete(onFound);
        if (shared.lookers === 0 && (shared.endedAt === null || known.get(shared.key) !== shared)) forget(shared);
      }
    },
    close: async () => {
      off();
      for (const shared of known.values()) {
        shared.ending.abort();
        forget(shared);
      }
      await Promise.all(leaving);
    },
  };
}

/** Null: not known any more. */
function placeOf(lookup: VfolderLookup, vfolder: string, path: string): ResolvedPlace | null {
  try {
    return lookup.resolve(vfolder, path);
  } catch {
    return null;
  }
}

/** Whether one lies in the other, whatever vfolders they are called by. */
const liesOn = (one: ResolvedPlace, other: ResolvedPlace): boolean =>
  one.vfolder.host.id === other.vfolder.host.id && meets(one.path, other.path);
