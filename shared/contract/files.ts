import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, timeSchema, vfolderNameSchema } from './base.ts';
import { maxEditBytes, textEncodingSchema } from './previews.ts';
import { statisticsSchema } from './statistics.ts';

export const entryKindSchema = z.enum(['file', 'directory', 'symlink', 'special']);

export type EntryKind = z.infer<typeof entryKindSchema>;

export const entrySchema = z.object({
  name: z.string(),
  /** Path inside the vfolder. */
  path: z.string(),
  kind: entryKindSchema,
  /** 0 for anything but a file. */
  size: bytesSchema,
  modified: timeSchema.nullable(),
  etag: z.string().optional(),
  /** Where a symlink points, as it is written. */
  linkTarget: z.string().optional(),
  /** Storage tier or class, as the host calls it; absent where there is none. */
  tier: z.string().optional(),
  /** It is a packed folder, or lies in one, where files can only be read. A listing tells it of what is inside only. */
  packed: z.boolean().optional(),
});
export type Entry = z.infer<typeof entrySchema>;

const at = z.object({ vfolder: vfolderNameSchema, path: innerPathSchema });

export const trashedFileSchema = z.object({
  id: z.string(),
  vfolder: z.string(),
  path: z.string(),
  kind: entryKindSchema,
  trashedAt: timeSchema,
});
export type TrashedFile = z.infer<typeof trashedFileSchema>;

export const filesContract = {
  /** One folder, in pages as they come; unordered. */
  list: method.input(at).output(eventIterator(z.object({ entries: z.array(entrySchema) }))),
  stat: method.input(at).output(entrySchema),
  makeDirectory: method.input(at).output(entrySchema),
  /** Renames or moves within one vfolder; never overwrites (`exists`). */
  rename: method.input(at.extend({ to: innerPathSchema })).output(entrySchema),
  /**
   * What an address that begins like `text` could be, e.g. `da` → `data:/`, `data:/tr` → `data:/train/`; folders end
   * with `/`. At most `limit`, those of vfolders first, by name.
   */
  complete: method
    .input(z.object({ text: z.string().max(8192), limit: z.number().int().min(1).max(200).optional() }))
    .output(z.array(z.object({ address: z.string(), kind: entryKindSchema }))),
  /** To the trash of the vfolder; what comes back undoes it. */
  trash: method
    .input(z.object({ vfolder: vfolderNameSchema, paths: z.array(innerPathSchema).min(1).max(100_000) }))
    .output(z.array(trashedFileSchema)),
  listTrash: method.input(z.object({ vfolder: vfolderNameSchema.optional() })).output(z.array(trashedFileSchema)),
  /** Puts trashed files back; `exists` when something took the place. */
  restore: method.input(z.object({ ids: z.array(z.string()).min(1) })).output(z.object({ restored: z.number() })),
  purge: method.input(z.object({ ids: z.array(z.string()).min(1) })).output(z.object({ purged: z.number() })),
  /** Counts recursively as it walks: the last event is the whole. */
  statistics: method.input(at).output(eventIterator(statisticsSchema)),
  /**
   * Replaces a small text as long as it still has `etag`, or with null makes a file where nothing is (else
   * `precondition-failed`). Line ends are kept as they come. `bad-request` for characters that the encoding does not have.
   */
  writeText: method
    .input(
      at.extend({
        text: z.string().max(maxEditBytes),
        etag: z.string().max(1024).nullable(),
        encoding: textEncodingSchema,
        bom: z.boolean(),
      }),
    )
    .output(entrySchema),
  /** A one-time URL path (60 s) from which the browser host serves the download: a file as it is, several or a folder as tar. */
  downloadTicket: method
    .input(z.object({ vfolder: vfolderNameSchema, paths: z.array(innerPathSchema).min(1).max(10_000) }))
    .output(z.object({ url: z.string(), filename: z.string() })),
};
