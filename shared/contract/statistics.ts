import { z } from 'zod';
import { bytesSchema, timeSchema } from './base.ts';

/**
 * Sizes at which the buckets of a histogram begin: nothing, then everything below 1 KB, then powers of ten up to 100 GB
 * and more. Decimal, as disks and networks count.
 */
export const bucketFloors = [0, 1, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11] as const;

/** The bucket of a size, by its index. */
export const bucketOf = (size: number): number => bucketFloors.findLastIndex((floor) => size >= floor);

const units = ['B', 'KB', 'MB', 'GB'] as const;

/** `0 B`, `1 B – 1 KB`, …, `100 GB and more`. */
export function bucketLabel(index: number): string {
  const written = (bytes: number): string => {
    const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    return `${bytes / 1000 ** unit} ${units[unit]}`;
  };
  const floor = bucketFloors[index] ?? 0;
  const next = bucketFloors[index + 1];
  if (floor === 0) return '0 B';
  return next === undefined ? `${written(floor)} and more` : `${written(floor)} – ${written(next)}`;
}

const countSchema = z.object({ files: z.number().int(), bytes: bytesSchema });
const foundSchema = z.object({ path: z.string(), size: bytesSchema, modified: timeSchema.nullable() });
export type Found = Readonly<z.infer<typeof foundSchema>>;

export const statisticsSchema = z.object({
  /** Everything but folders; symlinks count as one each. */
  files: z.number().int(),
  directories: z.number().int(),
  bytes: bytesSchema,
  /** Files (no symlinks) and bytes for each of `bucketFloors`; so with what follows. */
  histogram: z.array(countSchema),
  /** At most 10, the largest first; paths are inside the vfolder. */
  largest: z.array(foundSchema),
  /** At most 10, the newest first. */
  newest: z.array(foundSchema),
  /**
   * At most 10 endings of names by their bytes, in lower case and without the dot; `''` is everything without one. Of
   * very many endings only those seen first are told apart.
   */
  extensions: z.array(countSchema.extend({ extension: z.string() })),
  /** Folders that could not be listed, which are not in the numbers. */
  unlisted: z.number().int(),
});
/** What is below a folder. */
export type Statistics = Readonly<z.infer<typeof statisticsSchema>>;
