import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadata,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { isFlatColumn } from 'hyparquet/src/schema.js';
import { type Compressors, compressors } from 'hyparquet-compressors';
import type { PreviewColumn, PreviewContent, PreviewRows } from '#shared/contract/previews.ts';
import { isStowageError } from '#shared/errors.ts';
import { type ByteSource, inBlocks, NotShown } from './byte-source.ts';
import { cellOf, cutCell } from './cells.ts';
import { maxColumns, maxParquetFooterBytes, maxUnpackedBytes, pageRows } from './limits.ts';
import { readColumnPages } from './parquet-pages.ts';

export const isParquet = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1';

const firstFooterBytes = 64 * 1024;
/** Columns that are read at a time. */
const columnsAtOnce = 8;
/** Pages of one column are told apart by where they seem to lie. */
const leafSpan = 2 ** 40;

/** The schema, the number of rows and the first of them. @throws NotShown */
export async function openParquet(source: ByteSource): Promise<PreviewContent> {
  const metadata = await readFooter(source);
  const fields = parquetSchema(metadata).children;
  const columns = fields.slice(0, maxColumns).map(columnOf);
  const total = Number(metadata.num_rows);
  const { rows, next } = await readRows(source, metadata, 0);
  const dialect = { format: 'parquet', delimiter: '', encoding: 'utf-8' } as const;
  return { kind: 'table', dialect, columns, columnCount: fields.length, rows, next, total };
}

export async function readParquetRows(source: ByteSource, row: number): Promise<PreviewRows> {
  return readRows(source, await readFooter(source), row);
}

async function readFooter(source: ByteSource): Promise<FileMetaData> {
  const first = Math.min(source.size, firstFooterBytes);
  let bytes = await source.read(source.size - first, first);
  const tail = Buffer.from(bytes.subarray(-8));
  if (tail.length < 8 || tail.toString('latin1', 4) !== 'PAR1') throw new NotShown('The end of this Parquet file is missing.');
  const length = tail.readUInt32LE(0) + 8;
  if (length > source.size) throw new NotShown('The footer of this Parquet file is longer than the file.');
  if (length > maxParquetFooterBytes) throw new NotShown('The footer of this Parquet file is longer than a preview reads.');
  if (length > bytes.length) bytes = await source.read(source.size - length, length);
  try {
    return parquetMetadata(bytes.slice().buffer);
  } catch (error) {
    if (isStowageError(error)) throw error;
    throw new NotShown('The footer of this Parquet file is damaged.');
  }
}

function columnOf({ element, children }: SchemaTree): PreviewColumn {
  const { logical_type: logical, converted_type: converted, type = '', repetition_type: repetition } = element;
  const nested = repetition === 'REPEATED' || logical?.type === 'LIST' || converted === 'LIST' ? 'list' : 'struct';
  const word = (
    logical?.type ??
    (converted === 'UTF8' ? 'STRING' : converted) ??
    (children.length > 0 ? nested : type)
  ).toLowerCase();
  const isNumber = /^(?:INT32|INT64|FLOAT|DOUBLE)$/.test(type) && !/date|time/.test(word);
  const plain = word === 'integer' || word.startsWith('int_') || word.startsWith('uint_') ? type.toLowerCase() : word;
  return { name: cutCell(element.name), type: plain, numeric: isNumber || word === 'decimal' };
}

async function readRows(source: ByteSource, metadata: FileMetaData, from: number): Promise<PreviewRows> {
  const total = Number(metadata.num_rows);
  const to = Math.min(total, from + pageRows);
  const fields = parquetSchema(metadata).children.slice(0, maxColumns);
  const rows = Array.from({ length: Math.max(0, to - from) }, (): (string | null)[] => fields.map(() => null));
  const blocks = inBlocks(source, { blockBytes: 64 * 1024, keptBlocks: 64 });
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    if (groupStart < to && groupEnd > from) {
      const span = { from: Math.max(from, groupStart) - groupStart, to: Math.min(to, groupEnd) - groupStart };
      const first = groupStart + span.from - from;
      const read = async (field: SchemaTree, at: number): Promise<void> => {
        const cells = await readField(blocks, metadata, group, field, span);
        cells.forEach((cell, index) => {
          const row = rows[first + index];
          if (row) row[at] = cell;
        });
      };
      for (let at = 0; at < fields.length; at += columnsAtOnce) {
        await Promise.all(fields.slice(at, at + columnsAtOnce).map((field, index) => read(field, at + index)));
      }
    }
    groupStart = groupEnd;
    if (groupStart >= to) break;
  }
  return { rows, next: to < total ? to : null };
}

/** The cells of one top-level column, which may have several physical ones below it. */
async function readField(
  source: ByteSource,
  metadata: FileMetaData,
  group: RowGroup,
  field: SchemaTree,
  { from, to }: { from: number; to: number },
): Promise<(string | null)[]> {
  const chunks = group.columns.filter(({ meta_data: meta }) => meta?.path_in_schema[0] === field.element.name);
  const flat = chunks.length === 1 && isFlatColumn([field]) && field.children.length === 0;
  const buffers: ArrayBuffer[] = [];
  let firstRow = 0;
  const columns: RowGroup['columns'] = [];
  for (const chunk of chunks) {
    if (!chunk.meta_data) throw new NotShown('The footer of this Parquet file is damaged.');
    const pages = await readColumnPages(source, chunk.meta_data, { from, to, flat, skip: flat });
    if (flat) firstRow = pages.firstRow;
    const base = BigInt(leafSpan * (buffers.length + 1));
    buffers.push(pages.bytes);
    columns.push({
      file_offset: base,
      meta_data: {
        ...chunk.meta_data,
        ...(pages.hasDictionary ? { dictionary_page_offset: base } : { dictionary_page_offset: 0n }),
        data_page_offset: base,
        total_compressed_size: BigInt(pages.bytes.byteLength),
      },
    });
  }
  // The pages that were read, as a file of one row group.
  const file: AsyncBuffer = {
    byteLength: leafSpan * (buffers.length + 2),
    slice: (start, end = start) => {
      const at = Math.floor(start / leafSpan);
      return (buffers[at - 1] ?? new ArrayBuffer(0)).slice(start - at * leafSpan, end - at * leafSpan);
    },
  };
  const rowGroup = { ...group, num_rows: BigInt(to - firstRow), columns };
  const cells: (string | null)[] = [];
  await parquetRead({
    file,
    metadata: { ...metadata, num_rows: rowGroup.num_rows, row_groups: [rowGroup] },
    columns: [field.element.name],
    rowStart: from - firstRow,
    rowEnd: to - firstRow,
    compressors: bounded,
    utf8: false,
    onComplete: (rows: unknown[][]) => {
      for (const [value] of rows) cells.push(value instanceof Uint8Array ? bytesCell(value) : cellOf(value));
    },
  });
  return cells;
}

/** Byte arrays that nobody declared to be text often are. */
function bytesCell(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString('utf8');
  return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text) ? cellOf(bytes) : cellOf(text);
}

/** None unpacks to more than a page may have. */
const bounded: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number): Uint8Array => {
      if (length > maxUnpackedBytes) throw new NotShown('A page of this Parquet file is too large to be unpacked.');
      return unpack(input, length);
    },
  ]),
);
