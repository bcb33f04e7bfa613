import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { checkLength, checkSignal, consume } from '../bodies.ts';
import type { CallOptions, ResumableWrite, StorageEntry, WriteOptions } from '../provider.ts';
import { type BufferGate, bufferGate } from './gate.ts';
import type { Pace } from './pace.ts';
import { PartSender } from './part-sender.ts';

/** A part that the service keeps. */
export interface StoredPart {
  /** From 0. */
  readonly index: number;
  readonly size: number;
  /** How the service knows it: an ETag, a block id. */
  readonly tag: string;
}

/** What a finished write is made with. */
export interface FinishOptions extends CallOptions {
  /** Bytes of the whole. */
  readonly size: number;
  /** MD5 of the whole, 32 hex digits; null when only the parts' are known. */
  readonly md5: string | null;
  readonly modified: number | undefined;
  readonly modifiedNs?: bigint | undefined;
  /** To be checked by the service in the same step that shows the new content. */
  readonly expect: WriteOptions['expect'];
}

/**
 * The unfinished write of one path under one key, at a service that takes parts. Every method retries shortly by itself
 * and throws StowageErrors.
 */
export interface PartStore {
  /** The parts that are kept from before, in any order; none is no error. */
  list(signal: AbortSignal | undefined): Promise<readonly StoredPart[]>;
  /**
   * Sends a part, replacing one of the same index; begins the write when it is the first. The service checks `md5` (32
   * hex digits). May be called several times at once for different indexes. @returns the tag
   */
  put(index: number, bytes: Uint8Array, md5: string, signal: AbortSignal): Promise<string>;
  /** Makes these parts, in this order, the content. After a refusal it can be called again. */
  complete(parts: readonly StoredPart[], options: FinishOptions): Promise<StorageEntry>;
  /** Writes the whole in one request, without parts. `md5` is known. */
  whole(bytes: Uint8Array, options: FinishOptions): Promise<StorageEntry>;
  /** Forgets what was kept: a later `list` under the key gives nothing. Only called after `put`, or when `list` gave something. */
  abort(): Promise<void>;
}

export interface PartedWriteOptions extends CallOptions {
  readonly path: InnerPath;
  /** Of the whole file, when known. */
  readonly size: number | undefined;
  /** Bytes of a part; see partBytesFor. */
  readonly partBytes: number;
  readonly pace: Pace;
  /** True when `complete` has use for the MD5 of the whole. */
  readonly wholeMd5: boolean;
  readonly gate?: BufferGate;
}

const mebibyte = 1024 * 1024;

/**
 * Bytes of a part: 8 MiB, more where the file would need too many of them. The same for the same size, so that parts are
 * found again; 16 MiB when the size is not known.
 */
export function partBytesFor(size: number | undefined, maxParts: number): number {
  if (size === undefined) return 16 * mebibyte;
  const needed = Math.ceil(size / maxParts);
  return Math.max(8, Math.ceil(needed / mebibyte)) * mebibyte;
}

/**
 * Opens a write of parts, finding again what is kept from before. A file whose known size is at most one part asks
 * nothing of the service before `finish`, which then is one request.
 */
export async function openPartedWrite(store: PartStore, options: PartedWriteOptions): Promise<ResumableWrite> {
  const whole = options.size !== undefined && options.size <= options.partBytes;
  const found = whole ? [] : await store.list(options.signal);
  return new PartedWrite(store, options, found);
}

/**
 * Writes a whole body: atomically, since nothing is shown before the parts are made the content.
 * @throws as StorageProvider.write
 */
export async function writeInParts(
  store: PartStore,
  options: PartedWriteOptions,
  body: AsyncIterable<Uint8Array>,
  write: WriteOptions,
): Promise<StorageEntry> {
  const parts = new PartedWrite(store, options, []);
  try {
    await parts.append(body, { signal: write.signal });
    return await parts.finish(write);
  } catch (error) {
    await parts.abort().catch(() => undefined);
    throw error;
  }
}

/** Parts of one size and a last one that may be shorter. Complete parts are sent as they fill, several at a time. */
class PartedWrite implements ResumableWrite {
  readonly granularity: number;
  readonly readBack = null;
  readonly scattered = null;
  readonly #store: PartStore;
  readonly #options: PartedWriteOptions;
  readonly #sender: PartSender;
  /** The parts from the beginning on, without a gap. */
  #parts: StoredPart[];
  /** Parts that arrived before one in front of them. */
  readonly #early = new Map<number, StoredPart>();
  /** The last, shorter part, once it was sent to be finished. */
  #last: StoredPart | null = null;
  /** Something is kept at the service, so that there is something to abort. */
  #begun: boolean;

  constructor(store: PartStore, options: PartedWriteOptions, found: readonly StoredPart[]) {
    this.granularity = options.partBytes;
    this.#store = store;
    this.#options = options;
    this.#begun = found.length > 0;
    this.#parts = prefix(found, options.partBytes);
    this.#sender = new PartSender({
      partBytes: options.partBytes,
      size: options.size,
      pace: options.pace,
      gate: options.gate ?? bufferGate,
      running: options.wholeMd5 && (options.size === undefined || options.size > options.partBytes),
      put: async (index, bytes, md5, signal) => {
        this.#begun = true;
        return store.put(index, bytes, md5, signal);
      },
      sent: (part) => this.#add(part),
    });
    this.#sender.restart(this.#parts.length);
  }

  #add(part: StoredPart): void {
    this.#early.set(part.index, part);
    for (let next = this.#early.get(this.#parts.length); next; next = this.#early.get(this.#parts.length)) {
      this.#early.delete(next.index);
      this.#parts.push(next);
    }
  }

  get committed(): number {
    return this.#parts.length * this.granularity;
  }

  async truncate(length: number): Promise<void> {
    if (length % this.granularity !== 0 || length > this.committed) {
      throw new StowageError('bad-request', `${length} bytes are no whole number of parts that are kept.`, {
        subject: this.#options.path,
      });
    }
    const unchanged = length === this.committed && this.#sender.tailBytes === 0;
    if (!unchanged) {
      this.#parts.length = length / this.granularity;
      this.#last = null;
      if (length === 0 && this.#begun) {
        await this.#store.abort();
        this.#begun = false;
      }
      this.#sender.restart(this.#parts.length);
    }
  }

  async append(body: AsyncIterable<Uint8Array>, { signal }: CallOptions = {}): Promise<number> {
    checkSignal(signal);
    this.#last = null;
    const { size, path } = this.#options;
    let length = this.committed + this.#sender.tailBytes;
    try {
      await this.#sender.while(signal, (sending) =>
        consume(body, sending, async (chunk) => {
          length += chunk.length;
          if (size !== undefined && length > size) checkLength(path, length, size);
          await this.#sender.take(chunk);
        }),
      );
    } catch (error) {
      this.#early.clear();
      this.#sender.restart(this.#parts.length);
      throw error;
    }
    return length;
  }

  async finish(write: WriteOptions = {}): Promise<StorageEntry> {
    const { signal } = write;
    checkSignal(signal);
    const { path } = this.#options;
    const size = this.committed + this.#sender.tailBytes;
    checkLength(path, size, write.size);
    const options = { signal, size, modified: write.modified, modifiedNs: write.modifiedNs, expect: write.expect };
    if (this.#parts.length === 0 && size <= this.granularity) {
      const entry = await this.#sender.wholeTail((bytes, md5) => this.#store.whole(bytes, { ...options, md5 }));
      await this.close();
      return entry;
    }
    if (this.#sender.tailBytes > 0) this.#last ??= await this.#sender.sendTail(signal);
    const parts = this.#last ? [...this.#parts, this.#last] : this.#parts;
    const entry = await this.#store.complete(parts, { ...options, md5: await this.#sender.wholeMd5() });
    this.#begun = false;
    await this.close();
    return entry;
  }

  async abort(): Promise<void> {
    await this.close();
    this.#parts = [];
    if (!this.#begun) return;
    this.#begun = false;
    await this.#store.abort();
  }

  async close(): Promise<void> {
    this.#sender.close();
  }
}

/** The parts from the first on, without a gap; the last may not be shorter, for then it is not known where it ends. */
function prefix(found: readonly StoredPart[], partBytes: number): StoredPart[] {
  const byIndex = new Map(found.filter(({ size }) => size === partBytes).map((part) => [part.index, part]));
  const parts: StoredPart[] = [];
  for (let part = byIndex.get(0); part; part = byIndex.get(parts.length)) parts.push(part);
  return parts;
}

/** Says that the parts of a write are gone at the service. */
export const partsLost = (path: InnerPath, detail: string): StowageError =>
  new StowageError('io-error', `The parts of “${visible(path)}” that were sent are gone: another write has replaced them.`, {
    subject: path,
    detail,
    hint: 'It is sent again from the beginning.',
  });
