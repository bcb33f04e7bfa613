import type { InnerPath } from '#shared/paths.ts';
import { joinPath } from '#shared/paths.ts';
import type { StorageEntry } from '../storage/provider.ts';
import type { FileRow } from './journal.ts';
import type { Place } from './request.ts';

/** The two listings of a folder that is compared; each is read once. */
export interface Listings {
  source(): AsyncGenerator<readonly StorageEntry[]>;
  destination(): AsyncGenerator<readonly StorageEntry[]>;
  close(): Promise<void>;
}

/** Folders whose first pages are fetched at once: over a network the waiting is what takes the time. */
const ahead = 8;

/** Opens the listings of the folders that come next before they are asked for. */
export function createListings(context: { source: Place; destination: Place; signal: AbortSignal }) {
  const { source, destination, signal } = context;
  const open = new Map<number, Listings>();
  const begin = (place: Place, path: InnerPath) => {
    const pages = place.provider.list(path, { signal })[Symbol.asyncIterator]();
    const first = pages.next();
    first.catch(() => undefined);
    return {
      async *read(): AsyncGenerator<readonly StorageEntry[]> {
        for (let page = await first; !page.done; page = await pages.next()) yield page.value;
      },
      close: async (): Promise<void> => {
        await first.catch(() => undefined);
        await pages.return?.(undefined);
      },
    };
  };
  const openFolder = (folder: FileRow): Listings => {
    const from = folder.action === 'remove' ? null : begin(source, folder.source as InnerPath);
    const to = begin(destination, joinPath(destination.path, folder.path));
    return {
      source: () => from?.read() ?? nothing(),
      destination: () => to.read(),
      close: async () => {
        await Promise.all([from?.close(), to.close()]);
      },
    };
  };
  const take = (folder: FileRow): Listings => {
    const found = open.get(folder.seq) ?? openFolder(folder);
    open.delete(folder.seq);
    return found;
  };
  return {
    ahead,
    prepare: (folders: readonly FileRow[]): void => {
      for (const folder of folders) if (!open.has(folder.seq)) open.set(folder.seq, openFolder(folder));
    },
    take,
    close: async (): Promise<void> => {
      await Promise.all([...open.values()].map((each) => each.close().catch(() => undefined)));
      open.clear();
    },
  };
}

async function* nothing(): AsyncGenerator<readonly StorageEntry[]> {}
