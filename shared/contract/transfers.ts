import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, problemSchema, timeSchema, vfolderNameSchema } from './base.ts';

/** One end of a transfer: inside a vfolder, or a path of this machine outside all vfolders. */
export const endpointSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('vfolder'), vfolder: vfolderNameSchema, path: innerPathSchema }),
  z.object({ kind: z.literal('local'), path: z.string().min(1).max(8192) }),
]);
export type Endpoint = z.infer<typeof endpointSchema>;

export const conflictPolicySchema = z.enum(['ask', 'overwrite', 'skip', 'keep-both', 'newer']);
export type ConflictPolicy = z.infer<typeof conflictPolicySchema>;

export const transferStateSchema = z.enum(['queued', 'running', 'review', 'paused', 'waiting', 'done', 'failed', 'cancelled']);
/** `review`: a sync whose plan waits for approval (`resume`). `waiting`: for an answer to a conflict, or for the browser to send files again after a restart. `failed`: ended, with at least one file that failed. */
export type TransferState = z.infer<typeof transferStateSchema>;

export const transferSchema = z.object({
  id: z.number(),
  /** `push`: bodies come from a browser over HTTP. */
  kind: z.enum(['upload', 'download', 'copy', 'move', 'push', 'sync']),
  title: z.string(),
  source: z.string(),
  destination: z.string(),
  destinationVfolder: z.string().nullable(),
  state: transferStateSchema,
  /** False while the scan runs: the totals still grow. */
  scanned: z.boolean(),
  files: z.object({ total: z.number(), done: z.number(), skipped: z.number(), failed: z.number() }),
  bytes: z.object({ total: bytesSchema, done: bytesSchema }),
  /** Bytes per second over the last seconds; 0 when not running. */
  speed: z.number(),
  etaSeconds: z.number().nullable(),
  conflict: conflictPolicySchema,
  /** Files that wait for an answer under the policy `ask`. */
  conflicts: z.number(),
  /** Since when nothing has moved although it runs; null while it moves. */
  stalledSince: timeSchema.nullable(),
  /** Of a sync: what its plan holds; grows until `scanned`. */
  sync: z
    .object({
      delete: z.boolean(),
      add: z.number(),
      update: z.number(),
      remove: z.number(),
      unchanged: z.number(),
    })
    .nullable(),
  problem: problemSchema.nullable(),
  /** Of those that are queued, the one with the least starts next. */
  position: z.number(),
  createdAt: timeSchema,
  endedAt: timeSchema.nullable(),
  /** Milliseconds for which it ran until it was last stopped; waiting and pauses are left out. */
  ranMs: z.number(),
});
export type Transfer = z.infer<typeof transferSchema>;

export const transferFileStateSchema = z.enum(['pending', 'active', 'conflict', 'done', 'skipped', 'failed']);

/** What is to be done with a file; `copy` outside a sync. */
export const transferActionSchema = z.enum(['copy', 'add', 'update', 'remove']);
export type TransferAction = z.infer<typeof transferActionSchema>;

export const transferFileSchema = z.object({
  seq: z.number(),
  /** Path relative to the destination. */
  path: z.string(),
  action: transferActionSchema,
  size: bytesSchema,
  done: bytesSchema,
  state: transferFileStateSchema,
  problem: problemSchema.nullable(),
});
export type TransferFile = z.infer<typeof transferFileSchema>;

const byId = z.object({ id: z.number() });

export const transfersContract = {
  list: method.output(z.array(transferSchema)),
  get: method.input(byId).output(transferSchema),
  /** Files in order of `seq`, after `after`, at most `limit`. */
  files: method
    .input(
      z.object({
        id: z.number(),
        state: transferFileStateSchema.optional(),
        action: transferActionSchema.optional(),
        after: z.number().optional(),
        limit: z.number().int().min(1).max(1000).optional(),
      }),
    )
    .output(z.array(transferFileSchema)),
  /**
   * Copies or moves every source into the folder `destination`. Exactly one source and `rename`: the source becomes
   * `destination/rename`. A source that ends with `/` gives its contents rather than itself, as rsync does.
   */
  start: method
    .input(
      z.object({
        sources: z.array(endpointSchema).min(1).max(10_000),
        destination: endpointSchema,
        rename: z.string().max(1000).optional(),
        move: z.boolean().optional(),
        conflict: conflictPolicySchema.optional(),
        /** Sends each source folder as tar shards of about `shardBytes` with an index (see the storage guide). */
        pack: z.object({ shardBytes: bytesSchema.min(1_048_576).optional() }).optional(),
        /** Of packed folders, gives the files in them rather than the shards. */
        unpack: z.boolean().optional(),
      }),
    )
    .output(transferSchema),
  /**
   * Plans to make the folder `destination` hold what the folder `source` holds; nothing changes before `resume`. With
   * `delete`, what only the destination has is removed. Files are equal when size and modification time are, or with
   * `checksum` when size and content are.
   */
  sync: method
    .input(
      z.object({
        source: endpointSchema,
        destination: endpointSchema,
        delete: z.boolean().optional(),
        checksum: z.boolean().optional(),
      }),
    )
    .output(transferSchema),
  /** What would be overwritten, before it starts: a count (bounded scan) and the first names. */
  preview: method.input(z.object({ sources: z.array(endpointSchema).min(1).max(10_000), destination: endpointSchema })).output(
    z.object({
      files: z.number(),
      bytes: bytesSchema,
      existing: z.number(),
      examples: z.array(z.string()),
      complete: z.boolean(),
    }),
  ),
  pause: method.input(byId).output(transferSchema),
  resume: method.input(byId).output(transferSchema),
  cancel: method.input(byId).output(transferSchema),
  /** Queues the failed files once more. */
  retry: method.input(byId).output(transferSchema),
  /** Starts what an ended transfer did once more, as a new transfer; not a push, whose files only a page has. */
  again: method.input(byId).output(transferSchema),
  /** Pauses everything that is queued or runs. How many those were. */
  pauseAll: method.output(z.object({ changed: z.number() })),
  /** Goes on with everything that is paused, in the order of the queue. How many those were. */
  resumeAll: method.output(z.object({ changed: z.number() })),
  /** Puts a queued transfer before another, or last. */
  reorder: method.input(z.object({ id: z.number(), before: z.number().nullable() })).output(z.array(transferSchema)),
  /** Forgets ended transfers; without being asked, those that ended before the last 500 that did. */
  clear: method.input(z.object({ ids: z.array(z.number()).optional() })).output(z.object({ cleared: z.number() })),
  /** Answers conflicts of a transfer under `ask`; without `seq`, all present and future ones. */
  answer: method
    .input(z.object({ id: z.number(), seq: z.number().optional(), policy: conflictPolicySchema.exclude(['ask']) }))
    .output(transferSchema),

  /** Push (browser host): opens a transfer whose bodies the page will send by HTTP PUT to `/body/transfers/ID/SEQ`. */
  pushOpen: method
    .input(z.object({ destination: endpointSchema, title: z.string().max(300), conflict: conflictPolicySchema.optional() }))
    .output(transferSchema),
  /**
   * Announces files while the page scans what was dropped. Empty folders are given with `directory: true`; what the
   * page could not read with its words for it in `unreadable`, to be listed as failed.
   */
  pushAdd: method
    .input(
      z.object({
        id: z.number(),
        files: z
          .array(
            z.object({
              path: z.string().max(8192),
              size: bytesSchema,
              modified: timeSchema,
              directory: z.boolean().optional(),
              unreadable: z.string().max(500).optional(),
            }),
          )
          .max(5000),
        /** True with the last batch. */
        sealed: z.boolean(),
      }),
    )
    .output(z.object({ seqs: z.array(z.number()) })),
  /** The next files to send and from which offset; empty while paused, waiting or when nothing is left. */
  pushNext: method.input(z.object({ id: z.number(), limit: z.number().int().min(1).max(64) })).output(
    z.object({
      state: transferStateSchema,
      files: z.array(z.object({ seq: z.number(), path: z.string(), size: bytesSchema, offset: bytesSchema })),
    }),
  ),
};
