import { join } from 'node:path';

/**
 * A job's output on disk: `<id>.log` holds the bytes of both streams as they came (readable with any program), and
 * `<id>.idx` says, in records of a fixed size and in order, when and on which stream each piece came. The records
 * cover the log without gaps. A record is written after the bytes that it covers, so whatever lies in the log beyond the
 * last whole record was never acknowledged and is dropped on opening.
 *
 * A record, little-endian: time (f64, ms) · offset (f64) · bytes of stdout up to and including it (f64) · length (u32) ·
 * stream (u8: 1 stdout, 2 stderr) · 3 bytes unused.
 */
export const recordBytes = 32;

/** A piece is closed when it has grown to this, or has waited for `pieceMilliseconds`. */
export const pieceBytes = 64 * 1024;
export const pieceMilliseconds = 50;

export type LogStream = 'stdout' | 'stderr';

export interface LogRecord {
  readonly time: number;
  readonly offset: number;
  /** Bytes of stdout in the log up to the end of this piece. */
  readonly stdoutTotal: number;
  readonly length: number;
  readonly stream: LogStream;
}

export const logPath = (directory: string, jobId: number): string => join(directory, `${jobId}.log`);
export const indexPath = (directory: string, jobId: number): string => join(directory, `${jobId}.idx`);

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
