import { join } from 'node:path';

/** Where things lie below the cache's directory. */
export interface CacheLayout {
  readonly directory: string;
  readonly objects: string;
  readonly trees: string;
  /** Emptied at every start: large files on their way. */
  readonly incoming: string;
  object(id: number): string;
  tree(id: number): string;
}

/** As many as are written with one order: two threads that write to one folder wait for each other. */
const objectsPerFolder = 128;

export function cacheLayout(directory: string): CacheLayout {
  const objects = join(directory, 'objects');
  const trees = join(directory, 'trees');
  return {
    directory,
    objects,
    trees,
    incoming: join(directory, 'incoming'),
    object: (id) => join(objects, Math.floor(id / objectsPerFolder).toString(16), id.toString(16)),
    tree: (id) => join(trees, String(id)),
  };
}
