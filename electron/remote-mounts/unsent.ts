import { mkdir, opendir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * What rclone keeps beside every file of its cache: one that was written and did not reach the service yet is `Dirty`. It
 * is written down at the first change, and survives the end of rclone.
 */
interface CacheMeta {
  readonly Dirty?: unknown;
  readonly Size?: unknown;
}

/** A file that the job wrote and the service does not have yet. */
export interface Unsent {
  /** Below the folder that is mounted, as far as it can be told. */
  readonly path: string;
  /** Its notes; asked again until it is sent. */
  readonly meta: string;
  /** As far as its notes say. */
  readonly bytes: number;
}

/** All files in the cache of a mount that were not sent; a cache that is not there has none. Memory does not grow with them. */
export async function* unsentFiles(cache: string): AsyncGenerator<Unsent> {
  const root = join(cache, 'vfsMeta');
  for await (const meta of filesBelow(root)) {
    const notes = await readNotes(meta);
    if (notes !== 'damaged' && notes?.Dirty !== true) continue;
    yield { path: relative(root, meta), meta, bytes: notes !== 'damaged' && typeof notes.Size === 'number' ? notes.Size : 0 };
  }
}

export async function isUnsent(meta: string): Promise<boolean> {
  const notes = await readNotes(meta);
  // What was cut off while it was written is not known, so it counts as not sent.
  return notes === 'damaged' || notes?.Dirty === true;
}

async function readNotes(meta: string): Promise<CacheMeta | 'damaged' | null> {
  const text = await readFile(meta, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as CacheMeta;
  } catch {
    return 'damaged';
  }
}

/**
 * Moves files whose notes were cut off into `kept`, while rclone does not run: it would remove them, and which parts of them
 * the job wrote is not known.
 */
export async function keepDamaged(cache: string, kept: string): Promise<void> {
  const root = join(cache, 'vfsMeta');
  for await (const meta of filesBelow(root)) {
    if ((await readNotes(meta)) !== 'damaged') continue;
    const path = relative(root, meta);
    const place = join(kept, ...path.split('/').slice(1));
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await rename(join(cache, 'vfs', path), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(meta, { force: true });
  }
}

/** Whether a folder holds any file. */
export async function hasFiles(folder: string): Promise<boolean> {
  for await (const _file of filesBelow(folder)) return true;
  return false;
}

/** The folders in a cache in which rclone keeps the files of a remote, named after the way in that it was told. */
export const cacheRoots = (cache: string): Promise<string[]> =>
  readdir(join(cache, 'vfsMeta')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

/**
 * Gives what is in the folders `before` to the one that rclone made since, when it made one. False: it uses the same as
 * before. `end` ends rclone, which has to be started again then.
 */
export async function adoptCache(cache: string, before: readonly string[], end: () => Promise<void>): Promise<boolean> {
  const made = (await cacheRoots(cache)).find((root) => !before.includes(root));
  const [old] = before;
  if (made === undefined || old === undefined) return false;
  await end();
  // The files first: notes of files that are not there would make rclone forget them.
  for (const kind of ['vfs', 'vfsMeta']) {
    await rm(join(cache, kind, made), { recursive: true, force: true });
    await rename(join(cache, kind, old), join(cache, kind, made));
  }
  return true;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!entries) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}
