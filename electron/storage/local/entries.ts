import type { BigIntStats } from 'node:fs';
import { lstat, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { InnerPath } from '#shared/paths.ts';
import { checkSignal } from '../bodies.ts';
import type { StorageEntry } from '../provider.ts';
import { errnoOf } from './errno.ts';

/** Names of unfinished writes, hidden from listings. */
export const partPrefix = '.stowage-part-';
/** The host's own folder in its root (trash), hidden from the listing of the root. */
export const hostFolder = '.stowage';

const pageSize = 1000;
const parallelStats = 32;

function kindOf(stats: BigIntStats): StorageEntry['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'special';
}

/**
 * Changes whenever the content does. The change time is part of it, since a program can write in place and put the
 * modification time back; so it also changes with the permissions.
 */
const etagOf = (stats: BigIntStats): string =>
  [stats.mtimeNs, stats.ctimeNs, stats.size, stats.ino].map((part) => part.toString(36)).join('-');

/** An entry from what the system tells about it. `linkTarget` for symlinks. */
export function toEntry(path: InnerPath, stats: BigIntStats, linkTarget?: string): StorageEntry {
  const kind = kindOf(stats);
  return {
    path,
    kind,
    size: kind === 'file' ? Number(stats.size) : 0,
    modified: Math.round(Number(stats.mtimeNs) / 1e6),
    modifiedNs: stats.mtimeNs,
    ...(kind === 'file' && { etag: etagOf(stats) }),
    ...(linkTarget !== undefined && { linkTarget }),
  };
}

/** The entry at an absolute path; a symlink as such. Throws the system's errors. */
export async function entryAt(absolute: string, path: InnerPath): Promise<StorageEntry> {
  const stats = await lstat(absolute, { bigint: true });
  return toEntry(path, stats, stats.isSymbolicLink() ? await readlink(absolute) : undefined);
}

/**
 * The children of a directory in pages. Unfinished writes are hidden, and the host's folder in the root; inside the
 * host's folder everything is shown, so that it can be removed.
 */
export async function* listDirectory(
  absolute: string,
  folder: InnerPath,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StorageEntry[]> {
  const own = folder === hostFolder || folder.startsWith(`${hostFolder}/`);
  const hidden = (name: string): boolean => (name.startsWith(partPrefix) && !own) || (folder === '' && name === hostFolder);
  const directory = await opendir(absolute, { bufferSize: 256 });
  let names: string[] = [];
  for await (const { name } of directory) {
    if (hidden(name)) continue;
    names.push(name);
    if (names.length < pageSize) continue;
    checkSignal(signal);
    yield await statAll(absolute, folder, names);
    names = [];
  }
  checkSignal(signal);
  if (names.length > 0) yield await statAll(absolute, folder, names);
}

async function statAll(absolute: string, folder: InnerPath, names: readonly string[]): Promise<StorageEntry[]> {
  const entries: (StorageEntry | null)[] = new Array(names.length).fill(null);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < names.length; index = next++) {
      entries[index] = await childEntry(absolute, folder, names[index] ?? '');
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelStats, names.length) }, worker));
  return entries.filter((entry) => entry !== null);
}

/** A child, or null when it vanished since it was listed. */
async function childEntry(absolute: string, folder: InnerPath, name: string): Promise<StorageEntry | null> {
  const path = (folder === '' ? name : `${folder}/${name}`) as InnerPath;
  try {
    return await entryAt(join(absolute, name), path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'EACCES') throw error;
    // A name that is not UTF-8 cannot be asked for again: it is shown, so that nobody takes the folder for empty.
    if (errno === 'EACCES' || name.includes('\ufffd')) return { path, kind: 'special', size: 0, modified: null };
    return null;
  }
}
