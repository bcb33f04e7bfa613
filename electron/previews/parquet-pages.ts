import { parquetHeader } from 'hyparquet/src/column.js';
import type { ColumnMetaData } from 'hyparquet/src/types.js';
import { type ByteSource, NotShown } from './byte-source.ts';
import { maxUnpackedBytes } from './limits.ts';

/** Pages of a column chunk, with its dictionary, that hold some rows. */
export interface ColumnPages {
  readonly bytes: ArrayBuffer;
  /** Row of the row group at which the first page begins. */
  readonly firstRow: number;
  readonly hasDictionary: boolean;
}

/** Headers of pages that are looked at to find a row; each may be a request. */
const maxHeaders = 256;
const headerBytes = 1024;
const longHeaderBytes = 64 * 1024;

/**
 * Reads the pages with the rows `from` up to `to` of a column chunk, however large the chunk is: pages before them are
 * passed over by their headers where a header tells how many rows it has (`skip`: that of a flat column, or version 2).
 */
export async function readColumnPages(
  source: ByteSource,
  meta: ColumnMetaData,
  { from, to, flat, skip }: { from: number; to: number; flat: boolean; skip: boolean },
): Promise<ColumnPages> {
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 4 && end > start && end <= source.size)) throw new NotShown('The footer of this Parquet file is damaged.');
  const parts: Uint8Array[] = [];
  let hasDictionary = false;
  let row = 0;
  let firstRow: number | null = null;
  let at = start;
  for (let count = 0; at < end && row < to; count += 1) {
    if (count >= maxHeaders) throw new NotShown('These rows lie too deep inside a row group to be shown.');
    const header = await readHeader(source, at, end);
    const length = header.bytes + header.compressed;
    if (at + length > end) throw new NotShown('A page of this Parquet file is damaged.');
    const rows = header.rows(flat);
    const wanted = header.dictionary || rows === null || !skip || row + rows > from;
    if (wanted) {
      parts.push(await source.read(at, length));
      hasDictionary ||= header.dictionary;
      if (!header.dictionary) firstRow ??= row;
    }
    row += rows ?? 0;
    at += length;
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return { bytes: bytes.buffer, firstRow: firstRow ?? 0, hasDictionary };
}

interface Header {
  readonly bytes: number;
  readonly compressed: number;
  readonly dictionary: boolean;
  /** Rows that begin in the page; null where it does not tell. */
  rows(flat: boolean): number | null;
}

async function readHeader(source: ByteSource, at: number, end: number): Promise<Header> {
  const short = await source.read(at, Math.min(headerBytes, end - at));
  try {
    return parseHeader(short);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return parseHeader(await source.read(at, Math.min(longHeaderBytes, end - at)));
  }
}

function parseHeader(bytes: Uint8Array): Header {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const header = parquetHeader(reader);
  const compressed = header.compressed_page_size;
  if (!Number.isSafeInteger(compressed) || compressed < 0) throw new NotShown('A page of this Parquet file is damaged.');
  if (header.uncompressed_page_size > maxUnpackedBytes)
    throw new NotShown('A page of this Parquet file is too large to be unpacked.');
  return {
    bytes: reader.offset,
    compressed,
    dictionary: header.type === 'DICTIONARY_PAGE',
    rows: (flat) => {
      if (header.data_page_header_v2) return header.data_page_header_v2.num_rows;
      return flat && header.data_page_header ? header.data_page_header.num_values : header.data_page_header ? null : 0;
    },
  };
}
