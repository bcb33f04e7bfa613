import { join } from 'node:path';

/**
 * A job's output on disk. `<id>.idx` says, in records of a fixed size and in order, when and on which stream each piece
 * came; the records cover the log without gaps. The bytes of both streams, as they came, lie in up to three places, one
 * after the other:
 *
 * 1. `<id>.log`: as they are. A log that stays small, and one of a version that did not compress, is here whole.
 * 2. `<id>.zst`: frames of Zstandard, each for itself (`zstd -dc` reads the file). `<id>.blk` says in records of a fixed
 *    size where each block lies, so that a page anywhere in the log costs one or two frames.
 * 3. `<id>.<offset>.log`: the end of the log as it is, from that byte on, until it is enough for the next block.
 *
 * What is written first is what the next thing speaks of: bytes before the piece's record; a frame before its block's
 * record, that before the pieces' records, and only then is the old end deleted, which the block holds too. So a process
 * killed anywhere leaves a log that is whole up to its last piece record.
 *
 * A piece, little-endian: time (f64, ms) · offset (f64) · bytes of stdout up to and including it (f64) · length (u32) ·
 * stream (u8: 1 stdout, 2 stderr) · 3 bytes unused.
 * A block: offset in the log (f64) · offset in the file (f64) · length (u32) · length of the frame (u32).
 */
export const recordBytes = 32;
export const blockRecordBytes = 24;

/** A piece is closed when it has grown to this, or has waited for `pieceMilliseconds`. */
export const pieceBytes = 64 * 1024;
export const pieceMilliseconds = 50;

/** The end of a log is packed into a block when it has grown to this. */
export const usualBlockBytes = 256 * 1024;

export type LogStream = 'stdout' | 'stderr';

export interface LogRecord {
  readonly time: number;
  readonly offset: number;
  /** Bytes of stdout in the log up to the end of this piece. */
  readonly stdoutTotal: number;
  readonly length: number;
  readonly stream: LogStream;
}

export interface LogBlock {
  readonly offset: number;
  readonly position: number;
  readonly length: number;
  readonly packed: number;
}

/** Where the block after this one begins in the log. */
export const endOf = (block: LogBlock): number => block.offset + block.length;

export const indexPath = (directory: string, jobId: number): string => join(directory, `${jobId}.idx`);
export const packedPath = (directory: string, jobId: number): string => join(directory, `${jobId}.zst`);
export const blocksPath = (directory: string, jobId: number): string => join(directory, `${jobId}.blk`);
/** The bytes from `offset` on as they are. */
export const logPath = (directory: string, jobId: number, offset = 0): string =>
  join(directory, offset === 0 ? `${jobId}.log` : `${jobId}.${offset}.log`);

export function encodeRecord(record: LogRecord, target: Buffer, at: number): void {
  target.writeDoubleLE(record.time, at);
  target.writeDoubleLE(record.offset, at + 8);
  target.writeDoubleLE(record.stdoutTotal, at + 16);
  target.writeUInt32LE(record.length, at + 24);
  target.writeUInt32LE(record.stream === 'stdout' ? 1 : 2, at + 28);
}

export function decodeRecord(source: Buffer, at: number): LogRecord {
  return {
    time: source.readDoubleLE(at),
    offset: source.readDoubleLE(at + 8),
    stdoutTotal: source.readDoubleLE(at + 16),
    length: source.readUInt32LE(at + 24),
    stream: source.readUInt8(at + 28) === 2 ? 'stderr' : 'stdout',
  };
}

export function encodeBlock(block: LogBlock): Buffer {
  const bytes = Buffer.alloc(blockRecordBytes);
  bytes.writeDoubleLE(block.offset, 0);
  bytes.writeDoubleLE(block.position, 8);
  bytes.writeUInt32LE(block.length, 16);
  bytes.writeUInt32LE(block.packed, 20);
  return bytes;
}

export const decodeBlock = (bytes: Buffer, at: number): LogBlock => ({
  offset: bytes.readDoubleLE(at),
  position: bytes.readDoubleLE(at + 8),
  length: bytes.readUInt32LE(at + 16),
  packed: bytes.readUInt32LE(at + 20),
});

/**
 * How many bytes at the end of `bytes` begin a UTF-8 character without ending it (0–3). Bytes that cannot become a
 * character, whatever follows, count as whole.
 */
export function incompleteTail(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let back = 1; back <= Math.min(3, end); back += 1) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

/** How many continuation bytes `bytes` begins with, at most 3: the rest of a character that began before. */
export function leadingRest(bytes: Uint8Array): number {
  let count = 0;
  while (count < 3 && count < bytes.length && ((bytes[count] ?? 0) & 0xc0) === 0x80) count += 1;
  return count;
}
