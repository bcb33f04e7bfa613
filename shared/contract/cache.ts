import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, method, timeSchema } from './base.ts';

/** What the cache holds of one vfolder: copies on this machine of files that are somewhere else. */
export const cachedVfolderSchema = z.object({
  /** Its name; null when the vfolder is gone. */
  vfolder: z.string().nullable(),
  vfolderId: z.string(),
  files: z.number().int(),
  bytes: bytesSchema,
  /** Paths inside that are never evicted; `''` is the whole vfolder. */
  pinned: z.array(z.string()),
  lastUsedAt: timeSchema,
  /** Numbers of the jobs that use it now. */
  jobs: z.array(z.number().int()),
});
export type CachedVfolder = z.infer<typeof cachedVfolderSchema>;

export const cacheStatusSchema = z.object({
  /** Where it lies on this machine. */
  directory: z.string(),
  limitBytes: bytesSchema,
  usedBytes: bytesSchema,
  diskFreeBytes: bytesSchema.nullable(),
  vfolders: z.array(cachedVfolderSchema),
});
export type CacheStatus = z.infer<typeof cacheStatusSchema>;

export const cacheLoadSchema = z.object({
  doneFiles: z.number().int(),
  totalFiles: z.number().int(),
  doneBytes: bytesSchema,
  totalBytes: bytesSchema,
});
export type CacheLoad = z.infer<typeof cacheLoadSchema>;

const place = z.object({ vfolder: z.string(), path: z.string().max(9000) });

export const cacheContract = {
  status: method.output(cacheStatusSchema),
  /** Brings a folder or file into the cache ahead of its use; ends when it is there. Breaking off keeps what has come. */
  load: method.input(place).output(eventIterator(cacheLoadSchema)),
  /** Keeps a folder or file from being evicted, or no longer. It need not be in the cache. */
  pin: method.input(place.extend({ pinned: z.boolean() })).output(cacheStatusSchema),
  /**
   * Frees the local copies of a folder or file, or without a place of everything; never anything else. What is pinned or
   * used by a job stays, unless it was named itself (pinned) or until the job has ended (used).
   */
  free: method
    .input(z.object({ vfolder: z.string().optional(), path: z.string().max(9000).optional() }))
    .output(z.object({ freedBytes: bytesSchema })),
  /** How much of each child of a folder is in the cache as it is now on its host, by name: 0 to 1; what has nothing is left out. */
  shares: method.input(place).output(z.record(z.string(), z.number())),
};
