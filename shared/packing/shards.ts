import { baseName } from '../paths.ts';

/** Files that are kept together at most: a name like `frame.000001.png` makes a sample of a whole film. */
const maxSampleFiles = 1000;

/** The sample that a file belongs to, as WebDataset has it: its path up to the first dot of its name. */
export function sampleOf(path: string): string {
  const name = baseName(path);
  const dot = name.indexOf('.', 1);
  return dot < 0 ? path : path.slice(0, path.length - name.length + dot);
}

export interface ShardLimits {
  /** About so many bytes of archive make a shard; one that is larger holds a single sample. */
  readonly bytes: number;
  readonly files: number;
}

/**
 * Cuts files, in their order, into shards: gives each with whether it begins a new one. The files of a sample, which have
 * to follow each other, stay in one shard.
 */
export async function* cutShards<T>(
  files: AsyncIterable<T>,
  pathOf: (file: T) => string,
  bytesOf: (file: T) => number,
  limits: ShardLimits,
): AsyncGenerator<{ readonly file: T; readonly begins: boolean }> {
  let shard = { bytes: 0, files: 0 };
  let sample: T[] = [];
  let name: string | null = null;
  let bytes = 0;
  function* place(): Generator<{ file: T; begins: boolean }> {
    const full = shard.files > 0 && (shard.bytes + bytes > limits.bytes || shard.files + sample.length > limits.files);
    if (full) shard = { bytes: 0, files: 0 };
    for (const [index, file] of sample.entries()) yield { file, begins: index === 0 && shard.files === 0 };
    shard.bytes += bytes;
    shard.files += sample.length;
    sample = [];
    bytes = 0;
  }
  for await (const file of files) {
    const its = sampleOf(pathOf(file));
    if (sample.length > 0 && (its !== name || sample.length >= maxSampleFiles)) yield* place();
    name = its;
    sample.push(file);
    bytes += bytesOf(file);
  }
  if (sample.length > 0) yield* place();
}
