import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, vfolderNameSchema } from './base.ts';

/** Texts up to this size are given whole, and can be changed in place. */
export const maxEditBytes = 1024 * 1024;
/** The most that one call for bytes gives. */
export const maxHexBytes = 64 * 1024;

/** How the bytes of a text stand for its characters; `windows-1252` for what is neither marked nor valid UTF-8. */
export const textEncodingSchema = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']);
export type TextEncoding = z.infer<typeof textEncodingSchema>;

const textPart = z.object({
  text: z.string(),
  /** Where the part begins and ends in the file; the next begins at `end`. */
  offset: bytesSchema,
  end: bytesSchema,
});
export type TextPart = z.infer<typeof textPart>;

const columnSchema = z.object({
  name: z.string(),
  /** A word for people: `text`, `integer`, `INT64`, `timestamp`. */
  type: z.string(),
  numeric: z.boolean(),
});
export type PreviewColumn = z.infer<typeof columnSchema>;

/** Null is a missing value. Long cells are cut and end with `…`. */
const rowsSchema = z.object({
  rows: z.array(z.array(z.string().nullable())),
  /** Where the next rows begin, to be given to `rows`; null at the end. A row number in Parquet, else a byte offset. */
  next: z.number().int().nonnegative().nullable(),
});
export type PreviewRows = z.infer<typeof rowsSchema>;

/** How a table is written, as `open` found out. */
const dialectSchema = z.object({
  format: z.enum(['csv', 'jsonl', 'parquet']),
  /** Between the cells of a line; '' where the format has none. */
  delimiter: z.string().max(1),
  encoding: textEncodingSchema,
});
export type TableDialect = z.infer<typeof dialectSchema>;

const tensorSchema = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  bytes: bytesSchema,
});
export type PreviewTensor = z.infer<typeof tensorSchema>;

const archiveEntrySchema = z.object({
  name: z.string(),
  size: bytesSchema,
  /** As it is stored; null where the format does not compress. */
  compressed: bytesSchema.nullable(),
  directory: z.boolean(),
  /** Of an array in an .npz. */
  dtype: z.string().optional(),
  shape: z.array(z.number().int().nonnegative()).optional(),
});
export type ArchiveEntry = z.infer<typeof archiveEntrySchema>;

const contentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('empty') }),
  textPart.extend({
    kind: z.literal('text'),
    encoding: textEncodingSchema,
    /** It begins with a byte order mark, which is not in `text`. */
    bom: z.boolean(),
    /** The whole text is here, read without loss, so that it can be written back. */
    whole: z.boolean(),
    /** JSON that is whole, with one value a line. */
    formatted: z.string().nullable(),
  }),
  rowsSchema.extend({
    kind: z.literal('table'),
    dialect: dialectSchema,
    columns: z.array(columnSchema),
    /** More than `columns` when some were left out. */
    columnCount: z.number().int().nonnegative(),
    /** Rows of the whole file where the format tells. */
    total: z.number().int().nonnegative().nullable(),
  }),
  z.object({
    kind: z.literal('tensors'),
    /** In the order of the file; at most a bounded number of them. */
    tensors: z.array(tensorSchema),
    count: z.number().int().nonnegative(),
    parameters: z.number().nonnegative(),
    bytes: z.number().nonnegative(),
    metadata: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
  z.object({
    kind: z.literal('array'),
    dtype: z.string(),
    shape: z.array(z.number().int().nonnegative()),
    order: z.enum(['C', 'Fortran']),
    /** The first values as they lie in the file; none where the type is not read. */
    values: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('archive'),
    format: z.enum(['zip', 'npz', 'tar']),
    entries: z.array(archiveEntrySchema),
    /** Null when the list was cut and the format does not tell. */
    count: z.number().int().nonnegative().nullable(),
  }),
  z.object({
    kind: z.enum(['image', 'audio', 'video']),
    contentType: z.string(),
    /** A path of the page's own origin that is served with ranges; lapses some minutes after its last use. */
    url: z.string(),
  }),
  z.object({ kind: z.literal('hex') }),
]);
export type PreviewContent = z.infer<typeof contentSchema>;

export const previewSchema = z.object({
  etag: z.string(),
  size: bytesSchema,
  /** Why it is not shown as what its name promises, as a sentence. */
  note: z.string().nullable(),
  content: contentSchema,
});
export type Preview = z.infer<typeof previewSchema>;

const at = z.object({ vfolder: vfolderNameSchema, path: innerPathSchema });
/** Pages of a file that changed since it was opened fail with `precondition-failed`: open it anew. */
const part = at.extend({ etag: z.string().max(1024), offset: bytesSchema });

/** Looks into files by reading small parts of them, whatever their size. Nothing of a file is ever run. */
export const previewsContract = {
  /** What a file is and its beginning. `as` shows it as plain text or as bytes whatever it is. @throws `is-a-directory`, `special-file` */
  open: method.input(at.extend({ as: z.enum(['text', 'hex']).optional() })).output(previewSchema),
  /** Rows of a table from `next` on, or in Parquet from any row. */
  rows: method.input(part.extend({ dialect: dialectSchema, columns: z.array(z.string().max(1000)).max(500) })).output(rowsSchema),
  /** A part of a text that begins at or just before `offset`. */
  text: method.input(part.extend({ encoding: textEncodingSchema })).output(textPart),
  /** Bytes anywhere in the file, as base64; fewer at its end. */
  bytes: method.input(part.extend({ length: z.number().int().min(1).max(maxHexBytes) })).output(z.object({ base64: z.string() })),
};
