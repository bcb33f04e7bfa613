import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, problemSchema, timeSchema, vfolderNameSchema } from './base.ts';
import { entryKindSchema } from './files.ts';

/** What a search found. It was there when the index was taken; whoever opens it may find it gone. */
export const matchSchema = z.object({
  name: z.string(),
  /** Path inside the vfolder. */
  path: z.string(),
  kind: entryKindSchema,
  size: bytesSchema,
  modified: timeSchema.nullable(),
});
export type Match = z.infer<typeof matchSchema>;

export const indexStateSchema = z.object({
  /** `none`: it has never been taken, or what was there could not be used. */
  state: z.enum(['none', 'ready']),
  /** When the walk through the vfolder began; null: never. */
  takenAt: timeSchema.nullable(),
  files: z.number(),
  folders: z.number(),
  bytes: bytesSchema,
  /** Folders that could not be listed, so that nothing below them is found. */
  skipped: z.number(),
  /** Something was changed through Stowage that is not in the index yet. */
  changedSince: z.boolean(),
  /** It is being taken anew: what came so far. */
  taking: z.object({ entries: z.number(), folders: z.number() }).nullable(),
  /** Why it could not be taken the last time; what was taken before is still used. */
  problem: problemSchema.nullable(),
});
export type IndexState = z.infer<typeof indexStateSchema>;

export const searchSortSchema = z.object({
  column: z.enum(['name', 'folder', 'size', 'modified', 'kind']),
  descending: z.boolean(),
});
export type SearchSort = z.infer<typeof searchSortSchema>;

export const searchEventSchema = z.discriminatedUnion('type', [
  /** An answer begins: what was shown before is out of date. `total` counts all, `truncated`: not all will be given. */
  z.object({ type: z.literal('answer'), index: indexStateSchema, total: z.number(), truncated: z.boolean() }),
  /** Matches of the answer, in its order. */
  z.object({ type: z.literal('matches'), matches: z.array(matchSchema).max(1000) }),
  /** The index is being taken, or was; without an index before, the total grows with it. */
  z.object({ type: z.literal('progress'), index: indexStateSchema, total: z.number() }),
]);
export type SearchEvent = z.infer<typeof searchEventSchema>;

const querySchema = z.string().max(1000);

export const searchContract = {
  /**
   * What is below `path` and satisfies the query (see the users' guide), from the index of the vfolder. An index that is
   * old or does not hold a change, or with `refresh` any, is brought up to date meanwhile, and a second answer follows;
   * without an index matches come as it is taken. Ends with the last answer. @throws `bad-request` for a query that is not
   * understood, and what listing the vfolder throws when there is no index.
   */
  find: method
    .input(
      z.object({
        vfolder: vfolderNameSchema,
        path: innerPathSchema,
        query: querySchema,
        limit: z.number().int().min(1).max(10_000).optional(),
        /** Default: the order of the index, folder by folder. */
        sort: searchSortSchema.optional(),
        refresh: z.boolean().optional(),
      }),
    )
    .output(eventIterator(searchEventSchema)),
  /** The first matches in the vfolders that have an index, which are not looked at anew. */
  everywhere: method
    .input(z.object({ query: querySchema, limit: z.number().int().min(1).max(100) }))
    .output(z.array(matchSchema.extend({ vfolder: z.string() }))),
  status: method.input(z.object({ vfolder: vfolderNameSchema })).output(indexStateSchema),
  /** Takes the index anew, or joins that being done. The caller's going away cancels it. */
  index: method.input(z.object({ vfolder: vfolderNameSchema })).output(eventIterator(indexStateSchema)),
  /** Cancels the taking of an index; what was taken before stays. */
  stop: method.input(z.object({ vfolder: vfolderNameSchema })).output(indexStateSchema),
};
