import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { blockAt, findBlock, openIfThere, readBlock, readBytes } from './log-blocks.ts';
import {
  blockRecordBytes,
  blocksPath,
  decodeBlock,
  decodeRecord,
  endOf,
  indexPath,
  logPath,
  packedPath,
  recordBytes,
} from './log-format.ts';

/**
 * Tries to find bytes that the index speaks of: while the log is written to, they may move from the end into a block just
 * when they are looked for.
 */
const tries = 50;

/** Reads up to `length` bytes of a log from byte `from` on, wherever they lie; fewer only where they are not there. */
export async function readLogBytes(directory: string, jobId: number, from: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let got = 0;
  for (let left = tries; got < length && left > 0; left -= 1) {
    const part = await readPart(directory, jobId, from + got, length - got);
    if (part.length === 0) continue;
    parts.push(part);
    got += part.length;
    left = tries;
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** What one place of the log holds from byte `from` on. */
async function readPart(directory: string, jobId: number, from: number, length: number): Promise<Buffer> {
  const blocks = await openIfThere(blocksPath(directory, jobId));
  try {
    const count = blocks ? Math.floor((await blocks.stat()).size / blockRecordBytes) : 0;
    const first = blocks && count > 0 ? await blockAt(blocks, 0) : null;
    const last = blocks && count > 0 ? await blockAt(blocks, count - 1) : null;
    if (!blocks || !first || !last) return await readPlain(directory, jobId, from, length);
    if (from < first.offset) return await readFile(logPath(directory, jobId), from, Math.min(length, first.offset - from));
    if (from >= endOf(last)) return await readFile(logPath(directory, jobId, endOf(last)), from - endOf(last), length);
    const block = await blockAt(blocks, await findBlock(blocks, count, from));
    if (!block) return Buffer.alloc(0);
    const packed = await openIfThere(packedPath(directory, jobId));
    if (!packed) return Buffer.alloc(0);
    const bytes = await readBlock(packed, block).finally(() => packed.close());
    return bytes.subarray(from - block.offset, from - block.offset + length);
  } finally {
    await blocks?.close();
  }
}

/** A log without blocks: all of it as it is, or one of a version that did not compress, with its end in a file of its own. */
async function readPlain(directory: string, jobId: number, from: number, length: number): Promise<Buffer> {
  const log = await openIfThere(logPath(directory, jobId));
  if (!log) return Buffer.alloc(0);
  try {
    const { size } = await log.stat();
    if (from < size) return await readBytes(log, from, Math.min(length, size - from));
    return await readFile(logPath(directory, jobId, size), from - size, length);
  } finally {
    await log.close();
  }
}

async function readFile(path: string, from: number, length: number): Promise<Buffer> {
  const file: FileHandle | null = await openIfThere(path);
  return file ? readBytes(file, from, length).finally(() => file.close()) : Buffer.alloc(0);
}

/** The last record of a file of records; null without any. */
function lastRecord(path: string, bytes: number): Buffer | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const count = Math.floor(fstatSync(file).size / bytes);
    const record = Buffer.alloc(bytes);
    return count > 0 && readSync(file, record, 0, bytes, (count - 1) * bytes) === bytes ? record : null;
  } finally {
    closeSync(file);
  }
}

/** Bytes of the log of a job that nobody writes to now. */
export function keptLogBytes(directory: string, jobId: number): number {
  const record = lastRecord(indexPath(directory, jobId), recordBytes);
  if (!record) return 0;
  const { offset, length } = decodeRecord(record, 0);
  return offset + length;
}

/** Deletes the log of a job. */
export function removeLog(directory: string, jobId: number): void {
  const record = lastRecord(blocksPath(directory, jobId), blockRecordBytes);
  const ends = record ? [logPath(directory, jobId, endOf(decodeBlock(record, 0)))] : [];
  const files = [
    logPath(directory, jobId),
    indexPath(directory, jobId),
    packedPath(directory, jobId),
    blocksPath(directory, jobId),
  ];
  for (const path of [...ends, ...files]) rmSync(path, { force: true });
}
