import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Handover as HandoverEvent } from '#shared/contract/edits.ts';
import { type InnerPath, rootPath } from '#shared/paths.ts';
import { type PackedEntryOf, packedReader } from '../packing/packed-reader.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { hasLocalPath, type StorageEntry } from '../storage/provider.ts';
import { type Fetched, fetchTree } from './fetch.ts';
import { localPathOf } from './local-path.ts';
import { withProgress } from './progress.ts';
import type { Handovers } from './tickets.ts';

export interface DragOutOptions {
  readonly lookup: VfolderLookup;
  readonly handovers: Handovers;
  /** Owner-only; emptied at the start and at the end. */
  readonly directory: string;
  /** Bytes of all copies that are kept at once. */
  readonly mostBytes?: number;
}

export interface DragOut {
  drag(input: { vfolder: string; paths: readonly string[] }, signal?: AbortSignal): AsyncGenerator<HandoverEvent, void>;
  close(): void;
}

/** A copy may be dragged again for this long without being fetched anew; only older ones are removed to make room. */
const keptMs = 120_000;

interface Kept {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly at: number;
}

/** Makes entries of vfolders ready to be dragged to other programs, as files of this machine. */
export function createDragOut({ lookup, handovers, directory, mostBytes = 2e9 }: DragOutOptions): DragOut {
  const kept = new Map<string, Kept>();
  const clear = (): void => rmSync(directory, { recursive: true, force: true });
  clear();

  const makeRoom = async (): Promise<number> => {
    for (const [key, { folder, at }] of kept) {
      if (Date.now() - at < keptMs) continue;
      kept.delete(key);
      await rm(folder, { recursive: true, force: true });
    }
    return mostBytes - [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  };

  async function* fetched(key: string, wanted: readonly Wanted[], signal?: AbortSignal): AsyncGenerator<HandoverEvent, Kept> {
    const budget: Fetched = { most: await makeRoom(), total: 0, done: 0 };
    const folder = join(directory, randomUUID());
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const disk = createLocalProvider(folder);
    let whole = false;
    try {
      const paths = yield* withProgress(
        budget,
        async (both) => {
          const made: string[] = [];
          for (const [index, { place, entry }] of wanted.entries()) {
            // Each in a folder of its own: what is together in a search may have one name.
            const into = wanted.length === 1 ? rootPath : (String(index) as InnerPath);
            made.push(disk.localPath(await fetchTree(packedReader(place.provider), entry, disk, into, budget, both)));
          }
          return made;
        },
        signal,
      );
      const copy: Kept = { folder, paths, bytes: budget.done, at: Date.now() };
      kept.set(key, copy);
      whole = true;
      return copy;
    } finally {
      if (!whole) await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    async *drag({ vfolder, paths }, signal) {
      const places = paths.map((path) => lookup.resolve(vfolder, path));
      const real: string[] = [];
      const wanted: Wanted[] = [];
      for (const place of places) {
        const entry = await packedReader(place.provider).stat(place.path, { signal });
        const path = await localPathOf(place, isPacked(place, entry));
        if (path === null) wanted.push({ place, entry });
        else real.push(path);
      }
      if (wanted.length > 0) {
        const key = JSON.stringify(wanted.map(({ place, entry }) => [place.vfolder.id, place.inner, entry.etag]));
        const known = kept.get(key);
        const copy = known && Date.now() - known.at < keptMs ? known : yield* fetched(key, wanted, signal);
        real.push(...copy.paths);
      }
      yield { type: 'ready', ticket: handovers.give({ what: 'drag', paths: real }), what: 'drag', readOnly: false };
    },
    close: clear,
  };
}

interface Wanted {
  readonly place: ResolvedPlace;
  readonly entry: StorageEntry;
}

/** It is a packed folder, or lies in one. */
export const isPacked = ({ provider }: ResolvedPlace, entry: StorageEntry): boolean =>
  hasLocalPath(provider) && (entry as PackedEntryOf).packed === true;
