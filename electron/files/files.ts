import { browserHost } from '#shared/bridge.ts';
import type { Entry, filesContract } from '#shared/contract/files.ts';
import type { Found } from '#shared/contract/statistics.ts';
import { isStowageError } from '#shared/errors.ts';
import { parentPath, parseInnerPath } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { countTree, type TreeCount } from '../storage/count-tree.ts';
import { moveTree } from '../storage/move-tree.ts';
import type { Database } from '../store/database.ts';
import { complete } from './complete.ts';
import { createDownloads, type Downloads } from './downloads.ts';
import { innerPathOf, notTheVfolder, readingPacked, toFileEntry, writable } from './places.ts';
import { createFileTrash } from './trash.ts';
import { writeText } from './write-text.ts';

export interface Files {
  readonly service: Service<typeof filesContract>;
  readonly downloads: Downloads;
  /** Settles when moves that a former process left half done have been gone on with. */
  readonly ready: Promise<void>;
}

export interface FilesOptions {
  database: Database;
  changes: Changes;
  lookup: VfolderLookup;
}

/** Looking at and changing the files in vfolders, all through the storage interface. */
export function createFiles({ database, changes, lookup }: FilesOptions): Files {
  // Packed folders are looked at as what was packed; they are changed as a whole.
  const reading = readingPacked(lookup);
  const downloads = createDownloads(reading);
  const trash = createFileTrash({ database, changes, lookup });
  const ready = trash.settle();
  // Whoever needs to know of a failure asks `ready`.
  ready.catch(() => undefined);
  return {
    downloads,
    ready,
    service: {
      list: ({ vfolder, path }, { signal }) =>
        list(reading.resolve(vfolder, path), mayBeImplied(lookup.resolve(vfolder, path)), signal),
      stat: async ({ vfolder, path }, { signal }) => {
        const place = reading.resolve(vfolder, path);
        return toFileEntry(place, await place.provider.stat(place.path, { signal }));
      },
      makeDirectory: async ({ vfolder, path }, { signal }) => {
        const place = writable(lookup.resolve(vfolder, path));
        await place.provider.makeDirectory(place.path, { signal });
        changes.emit({ type: 'files', vfolder, path: parentPath(place.inner) });
        return toFileEntry(place, await place.provider.stat(place.path));
      },
      rename: async ({ vfolder, path, to }, { signal }) => {
        const from = notTheVfolder(writable(lookup.resolve(vfolder, path)));
        const target = notTheVfolder(lookup.resolve(vfolder, to));
        await moveTree(from.provider, from.path, target.path, { signal, keepParent: true });
        changes.emit({ type: 'files', vfolder, path: parentPath(from.inner) });
        changes.emit({ type: 'files', vfolder, path: parentPath(target.inner) });
        return toFileEntry(target, await target.provider.stat(target.path));
      },
      writeText: async (input, { signal }) => {
        const place = notTheVfolder(writable(lookup.resolve(input.vfolder, input.path)));
        const entry = await writeText(place, reading.resolve(input.vfolder, parentPath(place.inner)), input, signal);
        changes.emit({ type: 'files', vfolder: input.vfolder, path: parentPath(place.inner) });
        return toFileEntry(place, entry);
      },
      complete: ({ text, limit }, { signal }) => complete(reading, text, limit, signal),
      trash: ({ vfolder, paths }) => trash.discard(vfolder, paths),
      listTrash: ({ vfolder }) => trash.list(vfolder),
      restore: ({ ids }) => trash.restore(ids),
      purge: ({ ids }) => trash.purge(ids),
      statistics: ({ vfolder, path }, { signal }) => {
        const place = reading.resolve(vfolder, path);
        return inVfolder(place, countTree(place.provider, place.path, signal));
      },
      downloadTicket: async ({ vfolder, paths }) => {
        const { ticket, filename } = await downloads.issue(vfolder, paths);
        return { url: `${browserHost.downloadPath}/${ticket}`, filename };
      },
    },
  };
}

/** Statistics with the paths that they have inside the vfolder. */
async function* inVfolder(place: ResolvedPlace, counts: AsyncIterable<TreeCount>): AsyncGenerator<TreeCount> {
  const inside = (found: Found): Found => ({ ...found, path: innerPathOf(place, parseInnerPath(found.path)) });
  for await (const count of counts) yield { ...count, largest: count.largest.map(inside), newest: count.newest.map(inside) };
}

/** With `emptyWhenMissing`, a folder that is not there is an empty one. */
async function* list(
  place: ResolvedPlace,
  emptyWhenMissing: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ entries: Entry[] }> {
  try {
    for await (const page of place.provider.list(place.path, { signal })) {
      yield { entries: page.map((entry) => toFileEntry(place, entry)) };
    }
  } catch (error) {
    if (!isStowageError(error, 'not-found') || !emptyWhenMissing) throw error;
  }
}

/** A vfolder of a bucket whose marker another program removed is empty, not gone. */
const mayBeImplied = ({ inner, vfolder, provider: { features } }: ResolvedPlace): boolean =>
  inner === '' && vfolder.kind === 'managed' && features.impliedFolders && !features.containers;
