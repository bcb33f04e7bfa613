import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { cancelled, checkSignal, chunkBytes } from '../bodies.ts';
import type { ReadOptions, ReadResult, StorageEntry } from '../provider.ts';
import { type ContentMd5, contentMd5Of } from './content-md5.ts';
import { type RunningDigest, runningDigest } from './digests.ts';
import { type BufferGate, bufferGate } from './gate.ts';
import type { Pace } from './pace.ts';

/** The answer to one request for a range. */
export interface RangeAnswer {
  /** Of the whole file: its size and its etag. */
  readonly entry: StorageEntry;
  /** The bytes of the range as they come. Must be consumed or returned. Fails with StowageErrors. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface RangeSource {
  /**
   * Asks for `length` bytes from `offset` on (fewer at the end of the file; `length` is at least 1), under `etag` when it
   * is given. Retries shortly by itself until the answer has begun. Null when nothing lies at `offset`.
   * @throws as StorageProvider.read
   */
  open(offset: number, length: number, etag: string | undefined, signal: AbortSignal): Promise<RangeAnswer | null>;
  stat(signal: AbortSignal | undefined): Promise<StorageEntry>;
}

export interface RangedReadTools {
  readonly pace: Pace;
  readonly gate?: BufferGate;
}

/** The first range is small and given as it comes, so that something is there soon, and small files are one request. */
const firstBytes = 4 * 1024 * 1024;
const rangeBytes = 8 * 1024 * 1024;
const bodyTries = 3;

/**
 * Reads a file as several ranges, fetched ahead in order. All are asked for under the etag of the first answer: a file
 * that is replaced meanwhile gives `precondition-failed`, never a mixture. A range that ends early is never taken for
 * whole. A file that is read whole is held against its MD5, where that is known.
 */
export async function rangedRead(
  source: RangeSource,
  path: InnerPath,
  options: ReadOptions,
  tools: RangedReadTools,
): Promise<ReadResult> {
  const { signal, etag, offset = 0, length = Number.POSITIVE_INFINITY, ahead = true } = options;
  checkSignal(signal);
  if (length === 0) return nothing(await checked(source, path, etag, signal));
  const stop = new AbortController();
  const forward = (): void => stop.abort(cancelled());
  signal?.addEventListener('abort', forward, { once: true });
  const release = (): void => signal?.removeEventListener('abort', forward);
  try {
    const firstLength = Math.min(length, ahead ? firstBytes : Number.MAX_SAFE_INTEGER - offset);
    const first = await source.open(offset, firstLength, etag, stop.signal);
    if (!first) {
      release();
      return nothing(await checked(source, path, etag, signal));
    }
    const { entry } = first;
    const end = Math.min(entry.size, offset + length);
    const firstEnd = Math.min(end, offset + firstLength);
    const { pace, gate = bufferGate } = tools;
    const expected = ahead && offset === 0 && end === entry.size ? contentMd5Of(entry) : null;
    const reader = new RangedReader({ source, path, entry, expected, offset, firstEnd, end, stop, pace, gate });
    return { entry, body: disposable(reader.body(first), () => reader.dispose(release)) };
  } catch (error) {
    release();
    throw signal?.aborted ? cancelled() : error;
  }
}

async function checked(
  source: RangeSource,
  path: InnerPath,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<StorageEntry> {
  const entry = await source.stat(signal);
  if (entry.kind === 'directory') throw new StowageError('is-a-directory', `“${visible(path)}” is a folder.`, { subject: path });
  if (etag !== undefined && entry.etag !== etag) throw changed(path);
  return entry;
}

const nothing = (entry: StorageEntry): ReadResult => ({ entry, body: (async function* (): AsyncGenerator<Uint8Array> {})() });

export const changed = (path: InnerPath): StowageError =>
  new StowageError('precondition-failed', `“${visible(path)}” has changed since it was looked at.`, { subject: path });

interface Reading {
  readonly source: RangeSource;
  readonly path: InnerPath;
  readonly entry: StorageEntry;
  /** Of everything that is read, where it is known and wanted. */
  readonly expected: ContentMd5 | null;
  readonly offset: number;
  readonly firstEnd: number;
  readonly end: number;
  readonly stop: AbortController;
  readonly pace: Pace;
  readonly gate: BufferGate;
}

interface Ahead {
  readonly bytes: Promise<Uint8Array>;
  leave(): void;
}

class RangedReader {
  readonly #reading: Reading;
  readonly #queue: Ahead[] = [];
  /** Where the next range begins that is not asked for yet. */
  #next: number;
  #sum: RunningDigest | null = null;
  #ended = false;

  constructor(reading: Reading) {
    this.#reading = reading;
    const { firstEnd, end, expected } = reading;
    this.#next = firstEnd;
    if (expected) this.#sum = runningDigest(firstEnd < end ? end : 0, expected.partBytes);
  }

  async *body(first: RangeAnswer): AsyncGenerator<Uint8Array, void, undefined> {
    const { offset, firstEnd, end } = this.#reading;
    this.#fetchAhead();
    for await (const chunk of this.#stream(first, offset, firstEnd)) {
      await this.#addCopy(chunk);
      yield* slices(chunk);
      this.#fetchAhead();
    }
    for (let at = firstEnd; at < end; ) {
      const bytes = await this.#take(at);
      at += bytes.length;
      yield* slices(bytes);
    }
    await this.#verify();
    this.#ended = true;
  }

  dispose(release: () => void): void {
    release();
    this.#sum?.drop();
    if (!this.#ended) this.#reading.stop.abort(cancelled());
    for (const { leave } of this.#queue.splice(0)) leave();
  }

  /** Asks for further ranges as far as the pace and the memory allow. */
  #fetchAhead(): void {
    const { end, gate, pace } = this.#reading;
    while (this.#next < end && this.#queue.length < pace.limit) {
      const begin = this.#next;
      const length = Math.min(rangeBytes, end - begin);
      const leave = gate.tryEnter(length);
      if (!leave) return;
      this.#next += length;
      this.#queue.push({ bytes: this.#range(begin, length), leave });
    }
  }

  /** The range that begins at `at`; when nothing could be fetched ahead, it is asked for now. */
  async #take(at: number): Promise<Uint8Array> {
    const { end } = this.#reading;
    this.#fetchAhead();
    const ahead = this.#queue.shift();
    if (!ahead) {
      // No room to read ahead: one small range at a time is always allowed, so that every reader goes on.
      const length = Math.min(chunkBytes, end - at);
      this.#next = at + length;
      return this.#add(await this.#range(at, length));
    }
    try {
      return await this.#add(await ahead.bytes);
    } finally {
      ahead.leave();
    }
  }

  /** A whole range in memory; asked for anew, for what is missing, when the connection breaks. */
  #range(begin: number, length: number): Promise<Uint8Array> {
    const load = async (): Promise<Uint8Array> => {
      const { source, entry, stop, pace } = this.#reading;
      const bytes = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      const answer = await source.open(begin, length, entry.etag, stop.signal);
      if (!answer) throw this.#short(begin);
      for await (const chunk of this.#stream(answer, begin, begin + length)) {
        bytes.set(chunk, filled);
        filled += chunk.length;
      }
      pace.arrived(length);
      return bytes;
    };
    const loading = load();
    // It is awaited in order, maybe long after it failed.
    loading.catch(() => undefined);
    return loading;
  }

  /** Exactly the bytes from `begin` to `end`: goes on with a new request where a connection broke. */
  async *#stream(first: RangeAnswer, begin: number, end: number): AsyncGenerator<Uint8Array> {
    const { source, entry, stop } = this.#reading;
    let at = begin;
    let answer: RangeAnswer | null = first;
    for (let attempt = 1; ; attempt++) {
      if (!answer) throw this.#short(at);
      try {
        for await (const chunk of answer.body) {
          if (at + chunk.length > end) throw this.#wrongLength(at + chunk.length, end);
          at += chunk.length;
          yield chunk;
        }
        if (at === end) return;
        throw this.#short(at);
      } catch (error) {
        if (attempt === bodyTries || at === end || !isStowageError(error, 'host-unreachable')) throw error;
      }
      answer = await source.open(at, end - at, entry.etag, stop.signal);
    }
  }

  #short(at: number): StowageError {
    const { path, end } = this.#reading;
    const subject = `“${visible(path)}”`;
    return new StowageError('host-unreachable', `${subject} ended at byte ${at}, before the ${end} bytes it should have.`, {
      subject: path,
      hint: 'The connection may have been cut. Try again.',
    });
  }

  #wrongLength(got: number, end: number): StowageError {
    const { path } = this.#reading;
    return new StowageError('io-error', `The host sent more of “${visible(path)}” than was asked for.`, {
      subject: path,
      detail: `at byte ${got} of ${end}`,
    });
  }

  async #addCopy(chunk: Uint8Array): Promise<void> {
    if (!this.#sum) return;
    const { firstEnd, end } = this.#reading;
    // In the thread the memory moves; what is given out stays here. A small file is summed here and needs no copy.
    await this.#sum.add(firstEnd < end ? new Uint8Array(chunk) : chunk, false);
  }

  async #add(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#sum ? (await this.#sum.add(bytes, false)).bytes : bytes;
  }

  async #verify(): Promise<void> {
    const { expected, path } = this.#reading;
    if (!this.#sum) return;
    const md5 = await this.#sum.end();
    this.#sum = null;
    if (md5 === expected?.md5) return;
    throw new StowageError('checksum-mismatch', `“${visible(path)}” did not arrive as it is on the host: its MD5 differs.`, {
      subject: path,
      detail: `expected ${expected?.md5}, got ${md5}`,
      hint: 'Try again. If it stays so, the file on the host is damaged.',
    });
  }
}

/** A body that is disposed of once, however it ends: also when it is returned before its first chunk was asked for. */
function disposable(body: AsyncGenerator<Uint8Array, void, undefined>, dispose: () => void): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      try {
        const next = await body.next();
        if (next.done) dispose();
        return next;
      } catch (error) {
        dispose();
        throw error;
      }
    },
    return: async () => {
      // First: what the body waits for is ended by it.
      dispose();
      await body.return();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  if (bytes.length <= chunkBytes) {
    yield bytes;
    return;
  }
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
