import type { FileHandle } from 'node:fs/promises';
import type { LogChunk } from '#shared/contract/jobs.ts';
import { openIfThere, readBytes } from './log-blocks.ts';
import { decodeRecord, incompleteTail, indexPath, type LogRecord, leadingRest, recordBytes } from './log-format.ts';
import { readLogBytes } from './log-source.ts';

/** Pieces per page: bounds a page of a log whose streams alternate with every line. */
const pagePieces = 4096;
const defaultLimit = 256 * 1024;

export interface LogPage {
  readonly chunks: LogChunk[];
  /** Where the next page begins. */
  readonly next: number;
  /** Bytes of the log now. */
  readonly size: number;
}

const emptyPage: LogPage = { chunks: [], next: 0, size: 0 };

/**
 * Reads about `limit` bytes of a job's log from byte `from` on (negative: from the end). A page begins and ends between
 * characters, so it may begin up to 3 bytes late and end up to 3 bytes early (or late, to hold at least one character).
 * Bytes that are no UTF-8 become U+FFFD. A log that does not exist is empty.
 */
export async function readLogPage(directory: string, jobId: number, from: number, limit = defaultLimit): Promise<LogPage> {
  const index = await openIfThere(indexPath(directory, jobId));
  if (!index) return emptyPage;
  const bytes = (at: number, length: number): Promise<Buffer> => readLogBytes(directory, jobId, at, length);
  return readPage(bytes, index, from, limit).finally(() => index.close());
}

type ReadLogBytes = (from: number, length: number) => Promise<Buffer>;

async function readPage(read: ReadLogBytes, index: FileHandle, from: number, limit: number): Promise<LogPage> {
  const count = Math.floor((await index.stat()).size / recordBytes);
  const last = count > 0 ? (await readRecords(index, count - 1, 1))[0] : undefined;
  if (!last) return emptyPage;
  const size = last.offset + last.length;
  const start = from < 0 ? Math.max(0, size + from) : from;
  if (start >= size) return { chunks: [], next: size, size };
  const first = await findRecord(index, count, start);
  const records = await readRecords(index, first, Math.min(pagePieces, count - first));
  // 7 more, so that even the smallest page holds a character after the rest of one that began before it.
  const bytes = await read(start, Math.min(limit + 7, size - start));
  const chunks: LogChunk[] = [];
  let next = start;
  for (const record of records) {
    if (record.offset >= start + limit) break;
    const skip = Math.max(0, start - record.offset);
    const piece = bytes.subarray(record.offset + skip - start, record.offset + record.length - start);
    const rest = skip > 0 ? await restOfCharacter(read, record, skip, piece) : 0;
    const text = cutPiece(piece.subarray(rest), start + limit - (record.offset + skip + rest), record, skip + rest);
    if (text.length > 0)
      chunks.push({ offset: record.offset + skip + rest, time: record.time, stream: record.stream, text: decode(text) });
    next = record.offset + skip + rest + text.length;
    if (next < record.offset + record.length) break;
  }
  return { chunks, next, size };
}

/** The part of a piece within `room` bytes, ending between characters unless the piece itself does not; never nothing. */
function cutPiece(piece: Uint8Array, room: number, record: LogRecord, skipped: number): Uint8Array {
  const within = piece.subarray(0, Math.max(0, room));
  if (within.length === record.length - skipped) return within;
  const whole = within.subarray(0, within.length - incompleteTail(within));
  if (whole.length > 0) return whole;
  // Less than one character fits: give the first one whole, and no other.
  for (let length = 1; length <= Math.min(4, piece.length); length += 1) {
    const first = piece.subarray(0, length - incompleteTail(piece.subarray(0, length)));
    if (first.length > 0) return first;
  }
  return piece;
}

/** When byte `skip` of a piece lies inside a character, how many bytes of that character are left. */
async function restOfCharacter(read: ReadLogBytes, record: LogRecord, skip: number, piece: Uint8Array): Promise<number> {
  const rest = leadingRest(piece);
  if (rest === 0) return 0;
  const back = Math.min(3, skip);
  const before = await read(record.offset + skip - back, back);
  if (incompleteTail(before) === 0) return 0;
  for (let use = 1; use < rest; use += 1) {
    if (incompleteTail(Buffer.concat([before, piece.subarray(0, use)])) === 0) return use;
  }
  return rest;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The piece that holds byte `offset`. */
async function findRecord(index: FileHandle, count: number, offset: number): Promise<number> {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [record] = await readRecords(index, middle, 1);
    if (record && record.offset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function readRecords(index: FileHandle, first: number, count: number): Promise<LogRecord[]> {
  const bytes = await readBytes(index, first * recordBytes, count * recordBytes);
  const whole = Math.floor(bytes.length / recordBytes);
  return Array.from({ length: whole }, (_, number) => decodeRecord(bytes, number * recordBytes));
}
