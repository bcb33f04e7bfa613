import { z } from 'zod';
import { bytesSchema, method, permissionModeSchema, timeSchema } from './base.ts';
import { jobSchema } from './jobs.ts';
import { approachSchema } from './plan.ts';

const countSchema = z.number().int().nonnegative();

/**
 * How one state of a file is told from another, of a whole mount: `content`: by hashes of the content, `etag`: by the
 * tags that the host gives to versions, `time`: by size and modification time in nanoseconds.
 */
export const inputMethodSchema = z.enum(['content', 'etag', 'time']);
export type InputMethod = z.infer<typeof inputMethodSchema>;

/** The Git working copy that a folder is, or lies in. */
export const gitStateSchema = z.object({
  /** Null before the first commit. */
  commit: z.string().nullable(),
  branch: z.string().nullable(),
  /** Files that are not as in the commit; null: not known (`problem`). */
  modified: countSchema.nullable(),
  /** Files and folders that Git does not know and is not told to ignore. */
  untracked: countSchema.nullable(),
  /** Why not all of it is known, as a sentence. */
  problem: z.string().nullable(),
});
export type GitState = z.infer<typeof gitStateSchema>;

/** What a job got at one of its mounts. */
export const mountInputSchema = z.object({
  /** Index into `plan.mounts`. */
  mount: countSchema,
  role: z.enum(['mount', 'code', 'automount']),
  source: z.string(),
  target: z.string(),
  mode: permissionModeSchema,
  approach: approachSchema,
  /**
   * `listing`: it is being listed beside the job. `complete`: every file is on the list. `partial`: the list may lack
   * files, or have what the job itself changed. `unknown`: there is no list. The last two have a `reason`.
   */
  state: z.enum(['listing', 'complete', 'partial', 'unknown']),
  reason: z.string().nullable(),
  method: inputMethodSchema.nullable(),
  /** SHA-256 (hex) over the list: a line `["path",size,"version"]` for each file and link, sorted by path. */
  digest: z.string().nullable(),
  /** Files and links; of an unknown one as many as were seen. */
  files: countSchema,
  bytes: bytesSchema,
  listedAt: timeSchema.nullable(),
  git: gitStateSchema.nullable(),
});
export type MountInput = z.infer<typeof mountInputSchema>;

/** The image that a job ran in. */
export const imageInputSchema = z.object({
  /** As it was asked for. */
  reference: z.string(),
  /** Of the image's configuration: equal images have equal ids. */
  id: z.string(),
  /** `name@sha256:…`, under which registries gave it. */
  digests: z.array(z.string()),
});
export type ImageInput = z.infer<typeof imageInputSchema>;

export const jobInputsSchema = z.object({
  /** Null: the job runs in no image, or did not get so far. */
  image: imageInputSchema.nullable(),
  mounts: z.array(mountInputSchema),
});
export type JobInputs = z.infer<typeof jobInputsSchema>;

/** The difference between two lists of files. */
export const treeChangesSchema = z.object({
  added: countSchema,
  removed: countSchema,
  changed: countSchema,
  /** Of the same size, and known in ways that cannot be compared. */
  unsure: countSchema,
  unchanged: countSchema,
  /** Some of them, in the order of their paths; sizes in bytes. */
  files: z.array(
    z.object({
      path: z.string(),
      change: z.enum(['added', 'removed', 'changed', 'unsure']),
      before: bytesSchema.nullable(),
      after: bytesSchema.nullable(),
    }),
  ),
});
export type TreeChanges = z.infer<typeof treeChangesSchema>;

/** Two states of a folder: what differs, or why that cannot be told, as a sentence. */
export const treeDifferenceSchema = z.object({ changes: treeChangesSchema.nullable(), reason: z.string().nullable() });
export type TreeDifference = z.infer<typeof treeDifferenceSchema>;

export const mountChangesSchema = treeDifferenceSchema.extend({
  mount: countSchema,
  source: z.string(),
  target: z.string(),
  /** The working copy as it is now. */
  git: gitStateSchema.nullable(),
});
export type MountChanges = z.infer<typeof mountChangesSchema>;

/** What is another today than when the job ran. */
export const changesSinceSchema = z.object({
  mounts: z.array(mountChangesSchema),
  image: z.object({
    /** Null: not known. */
    changed: z.boolean().nullable(),
    /** Today's; null: it is not on the engine. */
    id: z.string().nullable(),
    reason: z.string().nullable(),
  }),
});
export type ChangesSince = z.infer<typeof changesSinceSchema>;

/** One line of a comparison: null where a job has no such thing. Times and sizes are in words. */
export const comparedFieldSchema = z.object({
  group: z.enum(['run', 'environment', 'resources', 'mounts', 'inputs', 'outcome']),
  name: z.string(),
  first: z.string().nullable(),
  second: z.string().nullable(),
  same: z.boolean(),
});
export type ComparedField = z.infer<typeof comparedFieldSchema>;

export const jobComparisonSchema = z.object({
  first: jobSchema,
  second: jobSchema,
  fields: z.array(comparedFieldSchema),
  /** For each target at which both had a folder, from the first job's files to the second's. */
  inputs: z.array(treeDifferenceSchema.extend({ target: z.string(), first: z.string(), second: z.string() })),
  /** Of the output folders as they are now; null: one of the jobs has none. */
  outputs: treeDifferenceSchema.nullable(),
});
export type JobComparison = z.infer<typeof jobComparisonSchema>;

const byId = z.object({ id: z.number().int() });
/** How many of the files that differ are named. */
const limitSchema = z.number().int().min(0).max(10_000).optional();

export const provenanceContract = {
  /** What the job got. Kept with it from its start on. */
  inputs: method.input(byId).output(jobInputsSchema),
  /** Lists the job's mounts as they are now, and compares. Without `limit` 200 files of each mount are named. */
  changes: method.input(byId.extend({ limit: limitSchema })).output(changesSinceSchema),
  compare: method
    .input(z.object({ first: z.number().int(), second: z.number().int(), limit: limitSchema }))
    .output(jobComparisonSchema),
};
