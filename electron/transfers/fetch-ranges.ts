import { crc32 } from 'node:zlib';
import type { ScatteredWrite, StorageEntry } from '../storage/provider.ts';
import { contentMd5Of } from '../storage/remote/content-md5.ts';
import { type FileSums, fileSums } from '../storage/remote/digests.ts';
import { createPace } from '../storage/remote/pace.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { CutShort, checkStill, letGo, openSource, type Reading, sourceError } from './copy-source.ts';
import { fileError } from './problems.ts';

const mebibyte = 1024 * 1024;
/** What goes to the file with one call. */
const putBytes = mebibyte;
/**
 * A range is one request, and what a fetch that is broken off loses: so long that the number of requests does not matter,
 * and on a slow connection so short that about two seconds are lost.
 */
const leastRange = 2 * mebibyte;
const mostRange = 64 * mebibyte;
const rangeMs = 1000;

export interface Fetch {
  readonly copy: Reading;
  /** The source as it is now. */
  readonly entry: StorageEntry;
  readonly to: ScatteredWrite;
  /** What a former fetch has left in the file. */
  readonly start: Checkpoint;
  /** The file is whole up to here, and read back. */
  onReached(checkpoint: Checkpoint): void;
}

/**
 * Fetches a file into a file of this machine as several ranges at once, each written as it comes: no more than a few
 * chunks are in memory. A thread reads back what was written, in the order of the file, and holds it against the source's
 * MD5, or where there is none against the CRC-32 of what arrived.
 * @throws `checksum-mismatch`, `source-changed`, `io-error` for a body that was cut short, and what `read` and `put` throw
 */
export async function fetchRanges(fetch: Fetch): Promise<void> {
  const expected = contentMd5Of(fetch.entry);
  const sums = fileSums(expected);
  try {
    await new Fetching(fetch, sums).run();
    await checkStill(fetch.copy);
    if (expected && (await sums.md5()) !== expected.md5) throw fileError('checksum-mismatch', fetch.copy.source);
  } finally {
    sums.drop();
  }
}

class Fetching {
  readonly #fetch: Fetch;
  readonly #sums: FileSums;
  /** With an MD5 of the whole there is nothing that a CRC would add. */
  readonly #needsCrc: boolean;
  readonly #pace = createPace();
  readonly #stop = new AbortController();
  readonly #lanes = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  /** Where the next range begins that is not asked for yet. */
  #next: number;
  #received: number;
  /** Resolves when all ranges that were begun are there and read back. */
  #checked: Promise<void>;
  #reached: Checkpoint = { offset: 0, crc: 0 };

  constructor(fetch: Fetch, sums: FileSums) {
    this.#fetch = fetch;
    this.#sums = sums;
    this.#needsCrc = contentMd5Of(fetch.entry) === null;
    this.#next = fetch.start.offset;
    this.#received = fetch.start.offset;
    this.#checked = this.#following(() => this.#checkFormer());
  }

  async run(): Promise<void> {
    const { signal } = this.#fetch.copy;
    const abort = (): void => this.#stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      this.#widen();
      while (this.#lanes.size > 0) await Promise.all(this.#lanes);
      if (this.#failure) throw this.#failure.error;
      await this.#checked;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort();
  }

  /** As many lanes as the pace finds worth having. */
  #widen(): void {
    const { size } = this.#fetch.copy;
    while (this.#next < size && this.#lanes.size < this.#pace.limit && !this.#failure) {
      const lane = this.#lane()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => this.#lanes.delete(lane));
      this.#lanes.add(lane);
    }
  }

  /** Fetches one range after another. */
  async #lane(): Promise<void> {
    const { size } = this.#fetch.copy;
    let length = leastRange;
    do {
      const begin = this.#next;
      const end = Math.min(size, begin + length);
      this.#next = end;
      const arrived = Promise.withResolvers<number>();
      this.#checked = this.#following(async () => this.#check(begin, end, await arrived.promise), this.#checked);
      const began = performance.now();
      arrived.resolve(await this.#receive(begin, end));
      const rate = (end - begin) / (performance.now() - began);
      // Twice as long at most: one range may have come at once, out of what a limit lets through after a rest.
      length = Math.max(leastRange, Math.min(mostRange, 2 * length, Math.round(rate * rangeMs)));
    } while (this.#next < size && this.#lanes.size <= this.#pace.limit && !this.#failure);
  }

  /** Writes the bytes of a range as they come. @returns their CRC-32 */
  async #receive(begin: number, end: number): Promise<number> {
    const { copy, to } = this.#fetch;
    const { signal } = this.#stop;
    const opened = await openSource({ ...copy, signal }, { offset: begin, length: end - begin, ahead: false });
    let crc = 0;
    let at = begin;
    let chunks: Uint8Array[] = [];
    let bytes = 0;
    const put = async (): Promise<void> => {
      await to.put(chunks, at);
      at += bytes;
      this.#received += bytes;
      this.#pace.arrived(bytes);
      copy.onProgress(this.#received, null);
      chunks = [];
      bytes = 0;
      this.#widen();
    };
    try {
      for await (const chunk of copy.bandwidth.pace(opened.body, signal)) {
        if (at + bytes + chunk.length > end) throw fileError('source-changed', copy.source);
        if (this.#needsCrc) crc = crc32(chunk, crc);
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= putBytes) await put();
      }
      if (bytes > 0) await put();
    } catch (error) {
      throw sourceError(copy, error);
    } finally {
      await letGo(opened.body);
    }
    if (at !== end) throw new CutShort(copy, this.#received);
    return crc;
  }

  /** Runs a check once all before it are over; what it finds wrong ends the fetch. */
  #following(check: () => Promise<void>, before: Promise<void> = Promise.resolve()): Promise<void> {
    const checking = before.then(check);
    checking.catch((error: unknown) => this.#fail(error));
    return checking;
  }

  /** Reads what a former fetch has left: it is part of the sum, and must be what it was. */
  async #checkFormer(): Promise<void> {
    const { start, copy } = this.#fetch;
    for (let at = 0; at < start.offset; at = this.#reached.offset) {
      await this.#readBack(at, Math.min(start.offset, at + mostRange));
    }
    if (this.#needsCrc && this.#reached.crc !== start.crc) throw fileError('checksum-mismatch', copy.source);
  }

  async #check(begin: number, end: number, crc: number): Promise<void> {
    const { copy, onReached } = this.#fetch;
    const own = await this.#readBack(begin, end);
    if (this.#needsCrc && own !== crc) throw fileError('checksum-mismatch', copy.source);
    onReached(this.#reached);
    copy.onProgress(this.#received, this.#reached);
    copy.onProgress(this.#received, null);
  }

  async #readBack(begin: number, end: number): Promise<number> {
    const { file } = this.#fetch.to;
    const { own, whole } = await this.#sums.add({
      file,
      offset: begin,
      length: end - begin,
      before: this.#needsCrc ? this.#reached.crc : null,
    });
    this.#reached = { offset: end, crc: whole };
    return own;
  }
}
