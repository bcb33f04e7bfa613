import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type InnerPath, parentPath } from '#shared/paths.ts';
import { type Listed, readListing } from '../listings/listing.ts';
import type { LocalProvider } from '../storage/local/provider.ts';
import type { StorageEntry } from '../storage/provider.ts';

/** What a job left in its copy. It may have put symlinks anywhere: none is followed. */
export interface PrivateCopy {
  /** What lies there; null also when a folder on the way is a symlink now. */
  look(rel: InnerPath): Promise<Stats | null>;
}

/** Folders that are remembered. */
const mostFolders = 10_000;

export function lookInto(files: string): PrivateCopy {
  const folders = new Map<string, Promise<boolean>>();
  const isFolder = (rel: InnerPath): Promise<boolean> => {
    if (rel === '') return Promise.resolve(true);
    const known = folders.get(rel);
    if (known) return known;
    const looked = isFolder(parentPath(rel)).then(
      async (real) => real && (await statsOf(join(files, rel)))?.isDirectory() === true,
    );
    if (folders.size >= mostFolders) folders.clear();
    folders.set(rel, looked);
    return looked;
  };
  return { look: async (rel) => ((await isFolder(parentPath(rel))) ? statsOf(join(files, rel)) : null) };
}

const statsOf = (path: string): Promise<Stats | null> => lstat(path).catch(() => null);

/** `model (conflict of job 3).pt`, then `model (conflict of job 3, 2).pt` and so on. */
export function conflictName(name: string, jobId: number, attempt: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  return `${stem} (conflict of job ${jobId}${attempt > 1 ? `, ${attempt}` : ''})${ending}`;
}

type Kind = StorageEntry['kind'];
/** Whether something of this kind was there when the copy was made. */
export type WasThere = (entry: Pick<StorageEntry, 'path' | 'kind'>) => boolean | Promise<boolean>;

const listedKinds = { file: 'file', folder: 'directory', link: 'symlink' } as const satisfies Record<Listed['kind'], Kind>;

/** By the files as they were; without them by the listing, whose names are then kept in memory. */
export async function wasThere(tree: string | null, manifest: string): Promise<WasThere> {
  if (tree !== null) {
    return async ({ path, kind }) => {
      const stats = await statsOf(join(tree, path));
      return stats !== null && kindOf(stats) === kind;
    };
  }
  const known = new Set<string>();
  for await (const batch of readListing(manifest)) for (const { rel, kind } of batch) known.add(`${listedKinds[kind]} ${rel}`);
  return ({ path, kind }) => known.has(`${kind} ${path}`);
}

function kindOf(stats: Stats): Kind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'special';
}

export async function isEmpty(local: LocalProvider, rel: InnerPath, signal: AbortSignal): Promise<boolean> {
  for await (const page of local.list(rel, { signal })) if (page.length > 0) return false;
  return true;
}
