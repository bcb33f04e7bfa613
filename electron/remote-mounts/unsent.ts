import { opendir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * What rclone keeps beside every file of its cache: one that was written and did not reach the service yet is `Dirty`. It
 * is written down at the first change, and survives the end of rclone.
 */
interface CacheMeta {
  readonly Dirty?: unknown;
}

/** A file that the job wrote and the service does not have yet. */
export interface Unsent {
  /** Below the folder that is mounted, as far as it can be told. */
  readonly path: string;
  /** Its notes; asked again until it is sent. */
  readonly meta: string;
}

/** All files in the cache of a mount that were not sent; a cache that is not there has none. Memory does not grow with them. */
export async function* unsentFiles(cache: string): AsyncGenerator<Unsent> {
  const root = join(cache, 'vfsMeta');
  for await (const meta of filesBelow(root)) if (await isUnsent(meta)) yield { path: relative(root, meta), meta };
}

export async function isUnsent(meta: string): Promise<boolean> {
  const text = await readFile(meta, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return false;
  try {
    return (JSON.parse(text) as CacheMeta).Dirty === true;
  } catch {
    // Cut off while it was written: what it says is not known, so it counts as not sent.
    return true;
  }
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
