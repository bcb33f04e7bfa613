import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, method } from './base.ts';
import { editSchema } from './edits.ts';
import { engineIdSchema } from './engines.ts';
import { jobSchema } from './jobs.ts';
import { usageSampleSchema } from './metrics.ts';
import { gpuSlotsSchema, jobSpecSchema } from './plan.ts';
import { transferSchema } from './transfers.ts';

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark', 'contrast']),
  defaultEngine: engineIdSchema.nullable(),
  /** The welcome was closed. */
  welcomed: z.boolean(),
  /** What the screens want to find again: open tabs, panel sizes (JSON, at most 64 KiB). */
  layout: z.string().max(65_536),
  /** Bytes per second that all transfers over the network may use together; null: no limit. */
  bandwidthLimit: z.number().int().min(1024).nullable(),
  /** Directories of this machine below which links may point. */
  linkRoots: z.array(z.string().min(1).max(4096)).max(100),
  /** Bytes that the cache may take; null: a fifth of its disk, at most 50 GB. */
  cacheLimitBytes: bytesSchema.nullable(),
  /** Jobs at the engines at once; further ones wait. */
  jobsAtOnce: z.number().int().min(1).max(64),
  /** GPUs that jobs may use: so many, or those of these ids; null: they are not counted. */
  gpuSlots: gpuSlotsSchema.nullable(),
  /** Which ends of jobs are told by a notification. */
  notifyJobs: z.enum(['all', 'problems', 'none']),
});
export type Settings = z.infer<typeof settingsSchema>;

/** What changed; screens fetch what they show of it. */
export const changeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hosts') }),
  z.object({ type: z.literal('vfolders') }),
  z.object({ type: z.literal('engines') }),
  z.object({ type: z.literal('settings') }),
  z.object({ type: z.literal('dotfiles') }),
  /** What the cache holds changed; told at most every 500 ms. */
  z.object({ type: z.literal('cache') }),
  /** Something in this folder of the vfolder changed. */
  z.object({ type: z.literal('files'), vfolder: z.string(), path: z.string() }),
  z.object({ type: z.literal('transfer'), transfer: transferSchema }),
  z.object({ type: z.literal('transfer-cleared'), ids: z.array(z.number()) }),
  z.object({ type: z.literal('edit'), edit: editSchema }),
  z.object({ type: z.literal('edit-closed'), id: z.string() }),
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('job-removed'), id: z.number() }),
  z.object({ type: z.literal('job-log'), id: z.number(), size: z.number() }),
  /** About once a second for each running job. */
  z.object({ type: z.literal('job-usage'), id: z.number(), sample: usageSampleSchema }),
]);
export type Change = z.infer<typeof changeSchema>;

export const checkSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warning', 'error']),
  message: z.string(),
  /** How to mend it. */
  hint: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

export const appContract = {
  info: method.output(
    z.object({
      version: z.string(),
      home: z.string(),
      shell: z.enum(['electron', 'browser', 'cli']),
      platform: z.string(),
      user: z.string(),
      pid: z.number(),
    }),
  ),
  settings: method.output(settingsSchema),
  updateSettings: method.input(settingsSchema.partial()).output(settingsSchema),
  /** All changes from now on. */
  changes: method.output(eventIterator(changeSchema)),
  doctor: method.output(z.array(checkSchema)),
  /** Makes the sample vfolder (once) and gives the spec of the sample job. */
  sample: method.output(z.object({ vfolder: z.string(), spec: jobSpecSchema })),
};
