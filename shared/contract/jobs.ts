import { z } from 'zod';
import { method, problemSchema, timeSchema } from './base.ts';
import { engineIdSchema } from './engines.ts';
import { jobSpecSchema, planSchema } from './plan.ts';

export const jobStateSchema = z.enum([
  'queued',
  'preparing',
  'starting',
  'running',
  'finalizing',
  'succeeded',
  'failed',
  'stopped',
  'timed-out',
]);
export type JobState = z.infer<typeof jobStateSchema>;

/** Where in its preparation a job is. */
export const progressStepSchema = z.object({
  /** The image is fetched, or this mount of the plan is got ready; null: something else. */
  at: z.union([z.literal('image'), z.number().int()]).nullable(),
  /** How far that is, 0–1; null: not known. */
  part: z.number().min(0).max(1).nullable(),
});
export type ProgressStep = z.infer<typeof progressStepSchema>;

export const jobSchema = z.object({
  /** Number of the job, counted from 1 in this data directory. */
  id: z.number().int(),
  name: z.string(),
  state: jobStateSchema,
  engine: engineIdSchema,
  image: z.string().nullable(),
  command: z.array(z.string()),
  /** When each state was entered. */
  times: z.partialRecord(jobStateSchema, timeSchema),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  exitCode: z.number().nullable(),
  /** The cause of a failure in words. */
  problem: problemSchema.nullable(),
  /** What it is doing while preparing or finalizing, e.g. "Pulling python:3.12". */
  progress: z.string().nullable(),
  /** What of it `progress` is about; null: nothing in particular. */
  progressStep: progressStepSchema.nullable(),
  /** Where the outputs are; null: none. */
  output: z.object({ vfolder: z.string(), path: z.string() }).nullable(),
  logBytes: z.number(),
});
export type Job = z.infer<typeof jobSchema>;

/** What became of the changes that a job made to a copy of a folder that lies somewhere else. */
export const copiedBackSchema = z.object({
  /** Index into `plan.mounts`. */
  mount: z.number().int(),
  files: z.number().int(),
  bytes: z.number(),
  removed: z.number().int(),
  /** Files that somebody else changed meanwhile: theirs stays, the job's is kept as `keptAs` in the same vfolder. */
  conflicts: z.array(z.object({ path: z.string(), keptAs: z.string() })),
  /** Some of the symlinks and special files that the job made, which cannot be copied back. */
  leftOut: z.array(z.string()),
});

export type CopiedBackOfJob = z.infer<typeof copiedBackSchema>;

export const jobDetailSchema = jobSchema.extend({
  spec: jobSpecSchema,
  plan: planSchema,
  /** One for each mount whose changes were copied back; empty before that. */
  copiedBack: z.array(copiedBackSchema),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

/** A piece of a job's output, in the order in which it came. */
export const logChunkSchema = z.object({
  /** Position of its first byte in the log. */
  offset: z.number(),
  time: timeSchema,
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});
export type LogChunk = z.infer<typeof logChunkSchema>;

const byId = z.object({ id: z.number().int() });

export const jobsContract = {
  /** Newest first. */
  list: method
    .input(
      z
        .object({
          limit: z.number().int().min(1).max(1000).optional(),
          before: z.number().optional(),
          states: z.array(jobStateSchema).optional(),
          /** Only these, whatever else is asked for; those that are gone are left out. */
          ids: z.array(z.number().int()).max(1000).optional(),
        })
        .optional(),
    )
    .output(z.array(jobSchema)),
  /**
   * The ids of all jobs (at most the newest 100,000), newest first, in which every word of the filter is found: in name,
   * state, engine, image or command. `total`: how many jobs there are.
   */
  find: method
    .input(z.object({ filter: z.string().max(1000) }))
    .output(z.object({ ids: z.array(z.number().int()), total: z.number().int() })),
  get: method.input(byId).output(jobDetailSchema),
  /**
   * Plans and queues. A plan with errors is refused with `plan-conflict`. `requestId`: sent twice, launched once. `shown`: the
   * user has the plan before them, and what was listed for it a moment ago is listed for the job.
   */
  run: method
    .input(z.object({ spec: jobSpecSchema, requestId: z.string().max(100).optional(), shown: z.boolean().optional() }))
    .output(jobSchema),
  /**
   * A new job of the same spec, over what its mounts and image are now. With `same` only when they are what the job got:
   * else it is refused with `precondition-failed`, which says what differs.
   */
  rerun: method.input(byId.extend({ inputs: z.enum(['newest', 'same']).optional() })).output(jobSchema),
  /** SIGTERM, after the grace SIGKILL. */
  stop: method.input(byId.extend({ graceSeconds: z.number().min(0).max(3600).optional() })).output(jobSchema),
  /**
   * Copies back again what could not be when the job ended. @throws `wrong-state` when nothing is kept, and what keeps it
   * from getting back this time
   */
  copyBack: method.input(byId).output(jobDetailSchema),
  /** Forgets an ended job with its log (its outputs stay). */
  remove: method.input(byId).output(z.object({ removed: z.boolean() })),
  /**
   * Up to `limit` bytes of the log from byte `from` (negative: from the end). `next` is where to go on; `end` tells
   * that the job has ended and all was given. Watch the event `job-log` to know when there is more.
   */
  readLog: method
    .input(byId.extend({ from: z.number().int(), limit: z.number().int().min(1).max(1_048_576).optional() }))
    .output(z.object({ chunks: z.array(logChunkSchema), next: z.number(), size: z.number(), end: z.boolean() })),
  /**
   * Where the next line of the log begins that has this text, whatever its case and colours, from byte `from` on or before
   * it. One call looks through a part of the log: `offset` null and `next` short of the end mean to ask again from there.
   */
  searchLog: method
    .input(byId.extend({ text: z.string().min(1).max(1000), from: z.number().int().min(0), backwards: z.boolean() }))
    .output(z.object({ offset: z.number().nullable(), next: z.number(), size: z.number() })),
};
