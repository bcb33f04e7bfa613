import { type FileHandle, open } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';
import type { OutputPosition, OutputSink } from '../engines/engine.ts';
import { writeAll } from './log-blocks.ts';
import { LogBytes } from './log-bytes.ts';
import {
  decodeRecord,
  encodeRecord,
  incompleteTail,
  indexPath,
  type LogRecord,
  type LogStream,
  logPath,
  pieceBytes,
  pieceMilliseconds,
  recordBytes,
  usualBlockBytes,
} from './log-format.ts';

/** Bytes that wait in memory for one write; two of these exist per open log. */
const bufferBytes = 512 * 1024;
/** Records per buffer: alternating streams in tiny pieces fill this before the bytes. */
const bufferRecords = 8192;

/** Keeps one running job's output. One writer per job; any number of readers (log-reader.ts). */
export interface LogStore extends OutputSink {
  /** Takes bytes over; waits while the disk is slower than the output. @throws `disk-full`, `io-error` */
  write(stream: LogStream, bytes: Uint8Array): Promise<void>;
  /** Bytes taken over per stream: what an engine that follows need not give again. */
  position(): OutputPosition;
  /** Bytes on disk that readers see. */
  size(): number;
  /** Why writing ended, once it failed; what was taken over since the last write is lost: open the log anew. */
  failure(): StowageError | null;
  /** Writes what waits, a cut-off character included, and makes it durable. The log is whole now. */
  finish(): Promise<void>;
  /** Writes what waits and lets go; a later `openLog` goes on here. Bytes that come afterwards are dropped, uncounted. */
  close(): Promise<void>;
}

/** Bytes of the longest UTF-8 character: with this much room a piece can always end between characters. */
const longestCharacter = 4;

interface Buffered {
  readonly bytes: Buffer;
  used: number;
  readonly records: LogRecord[];
}

const emptyBuffer = (): Buffered => ({ bytes: Buffer.allocUnsafe(bufferBytes), used: 0, records: [] });

export interface LogOptions {
  /** Called with the new size after each write to disk. */
  readonly onGrown?: (size: number) => void;
  /** The end of the log is packed when it has grown to this. */
  readonly blockBytes?: number;
}

/**
 * Opens a job's log to go on with it, dropping what a crash left unacknowledged.
 * @throws `io-error`, `permission-denied`, `disk-full`
 */
export async function openLog(directory: string, jobId: number, options: LogOptions = {}): Promise<LogStore> {
  const { onGrown = () => {}, blockBytes = usualBlockBytes } = options;
  const path = logPath(directory, jobId);
  try {
    const index = await open(indexPath(directory, jobId), 'a+', 0o600);
    try {
      const pieces: { last: LogRecord | null } = { last: null };
      const bytes = await LogBytes.open({ directory, jobId, blockBytes }, async (available) => {
        pieces.last = await mend(index, available);
        return endOfPiece(pieces.last);
      });
      return new FileLogStore(path, bytes, index, pieces.last, onGrown);
    } catch (error) {
      await index.close();
      throw error;
    }
  } catch (error) {
    throw logError(error, path);
  }
}

const endOfPiece = (last: LogRecord | null): number => (last ? last.offset + last.length : 0);

/** Cuts the index back to the last record whose bytes are all there. Returns that record. */
async function mend(index: FileHandle, available: number): Promise<LogRecord | null> {
  const indexSize = (await index.stat()).size;
  let count = Math.floor(indexSize / recordBytes);
  const buffer = Buffer.alloc(recordBytes);
  let last: LogRecord | null = null;
  while (count > 0) {
    await index.read(buffer, 0, recordBytes, (count - 1) * recordBytes);
    const record = decodeRecord(buffer, 0);
    if (record.length > 0 && record.offset + record.length <= available) {
      last = record;
      break;
    }
    count -= 1;
  }
  if (indexSize !== count * recordBytes) await index.truncate(count * recordBytes);
  return last;
}

class FileLogStore implements LogStore {
  readonly #path: string;
  readonly #bytes: LogBytes;
  readonly #index: FileHandle;
  readonly #onGrown: (size: number) => void;
  #filling = emptyBuffer();
  #spare = emptyBuffer();
  readonly #recordSpace = Buffer.alloc(bufferRecords * recordBytes);
  /** Bytes given a place in the log, on disk or waiting. */
  #end: number;
  #stdout: number;
  #size: number;
  #lastTime: number;
  #carry: Record<LogStream, Uint8Array> = { stdout: new Uint8Array(0), stderr: new Uint8Array(0) };
  #writes: Promise<void> = Promise.resolve();
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failure: StowageError | null = null;
  #closed = false;

  constructor(path: string, bytes: LogBytes, index: FileHandle, last: LogRecord | null, onGrown: (size: number) => void) {
    this.#path = path;
    this.#bytes = bytes;
    this.#index = index;
    this.#onGrown = onGrown;
    this.#end = endOfPiece(last);
    this.#stdout = last ? last.stdoutTotal : 0;
    this.#lastTime = last?.time ?? 0;
    this.#size = this.#end;
  }

  write(stream: LogStream, bytes: Uint8Array): Promise<void> {
    const written = this.#writes.then(() => this.#take(stream, bytes));
    this.#writes = written.catch(() => {});
    return written;
  }

  position(): OutputPosition {
    return {
      stdout: this.#stdout + this.#carry.stdout.length,
      stderr: this.#end - this.#stdout + this.#carry.stderr.length,
    };
  }

  size(): number {
    return this.#size;
  }

  failure(): StowageError | null {
    return this.#failure;
  }

  async finish(): Promise<void> {
    await this.#writes;
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#carry[stream];
      this.#carry[stream] = new Uint8Array(0);
      await this.#place(stream, rest);
    }
    await this.#flush();
    try {
      if (this.#end === 0) return;
      await this.#bytes.finish();
      await this.#index.datasync();
    } catch (error) {
      throw logError(error, this.#path);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writes;
    try {
      if (!this.#failure) await this.#flush();
    } finally {
      if (this.#timer) clearTimeout(this.#timer);
      await this.#bytes.close();
      await this.#index.close();
    }
  }

  /** A character's beginning at the end is held back until its rest comes, so that no piece splits one. */
  async #take(stream: LogStream, bytes: Uint8Array): Promise<void> {
    if (this.#closed) return;
    const carry = this.#carry[stream];
    const all = carry.length === 0 ? bytes : Buffer.concat([carry, bytes]);
    const whole = all.length - incompleteTail(all);
    // A copy: the caller's chunk may be a view into a large buffer.
    this.#carry[stream] = Uint8Array.from(all.subarray(whole));
    await this.#place(stream, all.subarray(0, whole));
  }

  /** Puts bytes into the buffer being filled, in pieces that end between characters. */
  async #place(stream: LogStream, bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#failure) throw this.#failure;
      const free = bufferBytes - this.#filling.used;
      const piece = this.#openPiece(stream);
      if (free < longestCharacter || (!piece && this.#filling.records.length >= bufferRecords)) {
        // One buffer may be on its way to the disk while the other fills; beyond that the output waits.
        await this.#flushing;
        this.#startFlush();
        continue;
      }
      const room = Math.min(free, pieceBytes - (piece?.length ?? 0));
      const slice = bytes.subarray(at, at + room);
      const cut = at + slice.length < bytes.length ? slice.length - incompleteTail(slice) : slice.length;
      this.#append(stream, slice.subarray(0, cut), piece);
      at += cut;
    }
    if (this.#filling.used > 0) this.#arm();
  }

  /** The last piece, when more of this stream may join it. */
  #openPiece(stream: LogStream): LogRecord | null {
    const piece = this.#filling.records.at(-1);
    if (!piece || piece.stream !== stream || piece.length > pieceBytes - longestCharacter) return null;
    return Date.now() - piece.time <= pieceMilliseconds ? piece : null;
  }

  #append(stream: LogStream, bytes: Uint8Array, piece: LogRecord | null): void {
    const buffer = this.#filling;
    buffer.bytes.set(bytes, buffer.used);
    buffer.used += bytes.length;
    this.#end += bytes.length;
    if (stream === 'stdout') this.#stdout += bytes.length;
    if (piece) {
      const grown = { ...piece, length: piece.length + bytes.length, stdoutTotal: this.#stdout };
      buffer.records[buffer.records.length - 1] = grown;
      return;
    }
    this.#lastTime = Math.max(this.#lastTime, Date.now());
    const offset = this.#end - bytes.length;
    buffer.records.push({ time: this.#lastTime, offset, stdoutTotal: this.#stdout, length: bytes.length, stream });
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.#flushing) this.#startFlush();
    }, pieceMilliseconds);
  }

  /** Everything placed so far is on its files when this resolves. */
  async #flush(): Promise<void> {
    await this.#flushing;
    this.#startFlush();
    await this.#flushing;
    if (this.#failure) throw this.#failure;
  }

  /** Swaps the buffers and writes the full one. Only called while nothing is being written. */
  #startFlush(): void {
    const full = this.#filling;
    if (full.used === 0 || this.#failure) return;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#flushing = this.#writeOut(full).finally(() => {
      full.used = 0;
      full.records.length = 0;
      this.#flushing = null;
      if (this.#filling.used > 0 && !this.#closed) this.#arm();
    });
  }

  /** Bytes first, index after: the index never speaks of bytes that are not there. */
  async #writeOut(buffer: Buffered): Promise<void> {
    try {
      await this.#bytes.append(buffer.bytes.subarray(0, buffer.used));
      buffer.records.forEach((record, number) => {
        encodeRecord(record, this.#recordSpace, number * recordBytes);
      });
      await writeAll(this.#index, this.#recordSpace.subarray(0, buffer.records.length * recordBytes));
      await this.#bytes.settle();
      this.#size += buffer.used;
      this.#onGrown(this.#size);
    } catch (error) {
      this.#failure = logError(error, this.#path);
    }
  }
}

function logError(error: unknown, path: string): StowageError {
  if (error instanceof StowageError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const data = { subject: path, detail: String(error) };
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StowageError('disk-full', `The disk is full: the log “${path}” cannot be written.`, data, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new StowageError('permission-denied', `The log “${path}” may not be written.`, data, { cause: error });
  return new StowageError('io-error', `The log “${path}” cannot be written.`, data, { cause: error });
}
