import { type BigIntStats, lstatSync, opendirSync, readlinkSync } from 'node:fs';
import { lstat, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { InnerPath } from '#shared/paths.ts';
import { checkSignal } from '../bodies.ts';
import { hostFolder } from '../host-folder.ts';
import type { StorageEntry } from '../provider.ts';
import { errnoOf } from './errno.ts';
import { listInThread, lookInThread } from './listing-thread.ts';

/** Names of unfinished writes, hidden from listings. */
export const partPrefix = '.stowage-part-';

const pageSize = 1000;
const parallelStats = 32;
/** From this many names on that were listed in this process, a thread pays. */
const threadFrom = 500;
let listed = 0;

function kindOf(stats: BigIntStats): StorageEntry['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'special';
}

const ownerMayRun = 0o100n;

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
    ...(kind === 'file' && { etag: etagOf(stats), ...(stats.mode & ownerMayRun && { executable: true }) }),
    ...(linkTarget !== undefined && { linkTarget }),
  };
}

/** The entry at an absolute path; a symlink as such. Throws the system's errors. */
export async function entryAt(absolute: string, path: InnerPath): Promise<StorageEntry> {
  const stats = await lstat(absolute, { bigint: true });
  return toEntry(path, stats, stats.isSymbolicLink() ? await readlink(absolute) : undefined);
}

/** Unfinished writes are hidden, and the host's folder in the root; inside it everything is shown, so that it can be removed. */
function hiddenIn(folder: InnerPath): (name: string) => boolean {
  const own = folder === hostFolder || folder.startsWith(`${hostFolder}/`);
  return (name) => (name.startsWith(partPrefix) && !own) || (folder === '' && name === hostFolder);
}

/** The children of a directory in pages, without those that are hidden. */
export async function* listDirectory(
  absolute: string,
  folder: InnerPath,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StorageEntry[]> {
  if (listed >= threadFrom) {
    for await (const page of listInThread(absolute, folder)) {
      checkSignal(signal);
      yield page;
    }
    return;
  }
  const hidden = hiddenIn(folder);
  const directory = await opendir(absolute, { bufferSize: 256 });
  let names: string[] = [];
  /** Read on while the thread looks at these. */
  let ahead: Promise<readonly StorageEntry[]> | null = null;
  let first = true;
  for await (const { name } of directory) {
    if (hidden(name)) continue;
    names.push(name);
    if (names.length < pageSize) continue;
    checkSignal(signal);
    // The first page comes without waiting for a thread to start.
    if (first) yield await statAll(absolute, folder, names);
    else {
      const looked: Promise<readonly StorageEntry[]> = lookInThread(absolute, folder, names);
      // Whoever leaves the listing meanwhile does not hear of it.
      looked.catch(() => undefined);
      if (ahead) yield await ahead;
      ahead = looked;
    }
    first = false;
    names = [];
  }
  checkSignal(signal);
  if (ahead) yield await ahead;
  if (names.length > 0) yield await statAll(absolute, folder, names);
}

/** What is there of these names, with blocking calls: for a thread of its own. */
export function lookAtSync(absolute: string, folder: InnerPath, names: readonly string[]): StorageEntry[] {
  return names.map((name) => childEntrySync(absolute, folder, name)).filter((entry) => entry !== null);
}

/** As `listDirectory`, with blocking calls: for a thread of its own. */
export function* listDirectorySync(absolute: string, folder: InnerPath): Generator<StorageEntry[], void> {
  const hidden = hiddenIn(folder);
  const directory = opendirSync(absolute, { bufferSize: 256 });
  try {
    let page: StorageEntry[] = [];
    for (let found = directory.readSync(); found; found = directory.readSync()) {
      if (hidden(found.name)) continue;
      const entry = childEntrySync(absolute, folder, found.name);
      if (entry) page.push(entry);
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    directory.closeSync();
  }
}

async function statAll(absolute: string, folder: InnerPath, names: readonly string[]): Promise<StorageEntry[]> {
  listed += names.length;
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

const childPath = (folder: InnerPath, name: string): InnerPath => (folder === '' ? name : `${folder}/${name}`) as InnerPath;

/** A child, or null when it vanished since it was listed. */
async function childEntry(absolute: string, folder: InnerPath, name: string): Promise<StorageEntry | null> {
  const path = childPath(folder, name);
  try {
    return await entryAt(join(absolute, name), path);
  } catch (error) {
    return withoutStats(path, name, error);
  }
}

function childEntrySync(absolute: string, folder: InnerPath, name: string): StorageEntry | null {
  const path = childPath(folder, name);
  try {
    const place = join(absolute, name);
    const stats = lstatSync(place, { bigint: true });
    return toEntry(path, stats, stats.isSymbolicLink() ? readlinkSync(place) : undefined);
  } catch (error) {
    return withoutStats(path, name, error);
  }
}

/** What is shown of a child that the system tells nothing of. */
function withoutStats(path: InnerPath, name: string, error: unknown): StorageEntry | null {
  const errno = errnoOf(error);
  if (errno !== 'ENOENT' && errno !== 'EACCES') throw error;
  // A name that is not UTF-8 cannot be asked for again: it is shown, so that nobody takes the folder for empty.
  if (errno === 'EACCES' || name.includes('\ufffd')) return { path, kind: 'special', size: 0, modified: null };
  return null;
}
