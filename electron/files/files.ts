import { browserHost } from '#shared/bridge.ts';
import type { Entry, filesContract } from '#shared/contract/files.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, parentPath, parseInnerPath } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { countTree } from '../storage/count-tree.ts';
import { canRename, type StorageEntry } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { createDownloads, type Downloads } from './downloads.ts';
import { notTheVfolder, writable } from './places.ts';
import { createFileTrash } from './trash.ts';

export interface Files {
  readonly service: Service<typeof filesContract>;
  readonly downloads: Downloads;
}

export interface FilesOptions {
  database: Database;
  changes: Changes;
  lookup: VfolderLookup;
}

/** Looking at and changing the files in vfolders, all through the storage interface. */
export function createFiles({ database, changes, lookup }: FilesOptions): Files {
  const downloads = createDownloads(lookup);
  const trash = createFileTrash({ database, changes, lookup });
  return {
    downloads,
    service: {
      list: ({ vfolder, path }, { signal }) => list(lookup.resolve(vfolder, path), signal),
      stat: async ({ vfolder, path }, { signal }) => {
        const place = lookup.resolve(vfolder, path);
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
        if (!canRename(from.provider)) {
          throw new StowageError('unsupported', `The storage host of “${vfolder}” cannot rename.`, { subject: vfolder });
        }
        await from.provider.rename(from.path, target.path, { signal });
        changes.emit({ type: 'files', vfolder, path: parentPath(from.inner) });
        changes.emit({ type: 'files', vfolder, path: parentPath(target.inner) });
        return toFileEntry(target, await target.provider.stat(target.path));
      },
      trash: ({ vfolder, paths }) => trash.discard(vfolder, paths),
      listTrash: ({ vfolder }) => trash.list(vfolder),
      restore: ({ ids }) => trash.restore(ids),
      purge: ({ ids }) => trash.purge(ids),
      statistics: ({ vfolder, path }, { signal }) => {
        const { provider, path: folder } = lookup.resolve(vfolder, path);
        return countTree(provider, folder, signal);
      },
      downloadTicket: async ({ vfolder, paths }) => {
        const { ticket, filename } = await downloads.issue(vfolder, paths);
        return { url: `${browserHost.downloadPath}/${ticket}`, filename };
      },
    },
  };
}

/** An entry of the provider as one of the vfolder: names and paths relative to it. */
function toFileEntry(place: ResolvedPlace, entry: StorageEntry): Entry {
  const path: InnerPath = parseInnerPath(entry.path.slice(place.root.length));
  const { kind, size, modified, etag, linkTarget } = entry;
  return {
    name: path === '' ? place.vfolder.name : baseName(path),
    path,
    kind,
    size,
    modified,
    ...(etag !== undefined && { etag }),
    ...(linkTarget !== undefined && { linkTarget }),
  };
}

async function* list(place: ResolvedPlace, signal: AbortSignal | undefined): AsyncGenerator<{ entries: Entry[] }> {
  for await (const page of place.provider.list(place.path, { signal })) {
    yield { entries: page.map((entry) => toFileEntry(place, entry)) };
  }
}
