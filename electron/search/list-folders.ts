import { isStowageError } from '#shared/errors.ts';
import { baseName, type InnerPath } from '#shared/paths.ts';
import { checkSignal } from '../storage/bodies.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import type { PageFolders } from './index-protocol.ts';
import { kindCodes, type ListedPage } from './page.ts';

/** A folder that is to be listed: its number in the index, its place in the provider. */
export interface FolderToList {
  readonly folder: number;
  readonly path: InnerPath;
}

export interface ListingOptions {
  readonly provider: StorageProvider;
  readonly signal: AbortSignal;
  /** Folders that are listed at the same time. */
  readonly parallel: number;
  /** Takes a page; gives the folders in it. */
  send(page: ListedPage): Promise<PageFolders>;
  /** Hears of what was listed. */
  onListed(entries: number, folders: number): void;
  /** Hears of a folder that cannot be listed, which is then taken as empty. */
  onSkipped(): void;
}

const pageEntries = 4096;

/**
 * Lists the folders, and all that is below those in them that the index does not know. Memory is bounded by the folders
 * that wait.
 * @throws what listing one of `first` throws, and whatever speaks against the host rather than against a folder
 */
export async function listFolders(first: readonly FolderToList[], options: ListingOptions): Promise<void> {
  const waiting: FolderToList[] = [...first];
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const lanes = new Set<Promise<void>>();
  const tell = { failed: null as { error: unknown } | null };
  const start = (next: FolderToList): void => {
    const lane = listOne(next, first.includes(next), { ...options, signal }, (found) => {
      // The last is taken next: folders are listed about in the order in which they came.
      for (const below of found.toReversed()) waiting.push(below);
    })
      .catch((error: unknown) => {
        tell.failed ??= { error };
        failing.abort();
      })
      .finally(() => lanes.delete(lane));
    lanes.add(lane);
  };
  for (;;) {
    while (lanes.size < options.parallel && !tell.failed) {
      const next = waiting.pop();
      if (!next) break;
      start(next);
    }
    if (lanes.size === 0) break;
    await Promise.race(lanes);
  }
  if (tell.failed) throw tell.failed.error;
}

async function listOne(
  { folder, path }: FolderToList,
  isFirst: boolean,
  { provider, signal, send, onListed, onSkipped }: ListingOptions,
  found: (folders: readonly FolderToList[]) => void,
): Promise<void> {
  let held: readonly StorageEntry[] = [];
  let begun = false;
  const sendHeld = async (last: boolean): Promise<void> => {
    const page = held;
    const folders = page.filter(({ kind }) => kind === 'directory');
    const known = await send(toPage(folder, page, !begun, last));
    begun = true;
    const below = known.flatMap(({ folder: number, isNew }, index) => {
      const entry = folders[index];
      return entry && isNew ? [{ folder: number, path: entry.path }] : [];
    });
    found(below);
    onListed(page.length, last ? 1 : 0);
  };
  try {
    checkSignal(signal);
    for await (const page of provider.list(path, { signal })) {
      for (let from = 0; from < page.length; from += pageEntries) {
        if (held.length > 0) await sendHeld(false);
        held = page.slice(from, from + pageEntries).filter(({ path: each }) => baseName(each) !== '');
      }
    }
  } catch (error) {
    if (isFirst || !speaksOfFolder(error)) throw error;
    // It went meanwhile: that is no loss.
    if (!isStowageError(error, 'not-found')) onSkipped();
  }
  await sendHeld(true);
}

/** Whether others below the same host can be listed nevertheless. */
const speaksOfFolder = (error: unknown): boolean =>
  isStowageError(
    error,
    ...(['not-found', 'not-a-directory', 'permission-denied', 'path-refused', 'special-file', 'unsupported'] as const),
    ...(['io-error', 'data-damaged', 'bad-request', 'name-invalid'] as const),
  );

function toPage(folder: number, entries: readonly StorageEntry[], first: boolean, last: boolean): ListedPage {
  const kinds = new Uint8Array(entries.length);
  const sizes = new Float64Array(entries.length);
  const times = new Float64Array(entries.length);
  entries.forEach(({ kind, size, modified }, index) => {
    kinds[index] = kindCodes.indexOf(kind);
    sizes[index] = size;
    times[index] = modified ?? Number.NaN;
  });
  return { folder, first, last, names: entries.map(({ path }) => baseName(path)).join('/'), kinds, sizes, times };
}
