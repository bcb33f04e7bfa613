import { cancelled } from '../bodies.ts';
import { md5Of, md5OfPart, type RunningDigest, runningDigest } from './digests.ts';
import type { BufferGate } from './gate.ts';
import type { Pace } from './pace.ts';
import type { StoredPart } from './parted-write.ts';

export interface PartSenderOptions {
  readonly partBytes: number;
  /** Of the whole file, when known. */
  readonly size: number | undefined;
  readonly pace: Pace;
  readonly gate: BufferGate;
  /** Keep the MD5 of the whole, which is possible from the first byte on only. */
  readonly running: boolean;
  put(index: number, bytes: Uint8Array, md5: string, signal: AbortSignal): Promise<string>;
  sent(part: StoredPart): void;
}

const firstBufferBytes = 256 * 1024;

/**
 * Cuts a body into parts and sends them, as many at once as the pace says. The part that is being filled (the tail) stays
 * in memory until it is full or the write is finished.
 */
export class PartSender {
  readonly #options: PartSenderOptions;
  #tail: Uint8Array | null = null;
  #filled = 0;
  /** Lets go of the tail's place in the gate. */
  #leave: (() => void) | null = null;
  /** Index of the part that is being filled. */
  #index = 0;
  #running: RunningDigest | null = null;
  #finished: string | null = null;
  /** Buffers of parts that were sent, used again. */
  #spare: Uint8Array[] = [];
  readonly #flying = new Set<Promise<void>>();
  #sending: AbortController = new AbortController();
  #failure: { error: unknown } | null = null;

  constructor(options: PartSenderOptions) {
    this.#options = options;
  }

  get tailBytes(): number {
    return this.#filled;
  }

  /** Begins with the part of this index; what fills no part is dropped. */
  restart(index: number): void {
    this.#dropTail();
    this.#index = index;
    this.#failure = null;
    this.#finished = null;
    this.#loseRunning();
    if (this.#options.running && index === 0) this.#running = runningDigest(this.#options.size ?? Number.POSITIVE_INFINITY);
  }

  #loseRunning(): void {
    this.#running?.drop();
    this.#running = null;
  }

  #dropTail(): void {
    this.#tail = null;
    this.#filled = 0;
    this.#leave?.();
    this.#leave = null;
  }

  /**
   * Runs `work`, which calls `take`, and waits for the parts that it filled. The first failure of a part ends both; when
   * the signal fires or `work` fails, parts that are on their way still arrive, unless the signal is the reason.
   */
  async while(signal: AbortSignal | undefined, work: (sending: AbortSignal) => Promise<void>): Promise<void> {
    this.#failure = null;
    this.#sending = new AbortController();
    const stop = (): void => this.#sending.abort(cancelled());
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await work(this.#sending.signal);
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      await Promise.all(this.#flying);
      signal?.removeEventListener('abort', stop);
    }
    if (this.#failure) throw signal?.aborted ? cancelled() : this.#failure.error;
  }

  /** Adds bytes; waits while as many parts are on their way as may be. */
  async take(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const tail = this.#tail ?? (await this.#openTail());
      const count = Math.min(chunk.length - at, this.#options.partBytes - this.#filled);
      const roomy = this.#ensure(tail, this.#filled + count);
      roomy.set(chunk.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === this.#options.partBytes && !this.#isWhole()) await this.#launch();
    }
  }

  /** A file of exactly one part is sent whole by `finish`. */
  #isWhole(): boolean {
    return this.#options.size === this.#options.partBytes && this.#index === 0;
  }

  async #openTail(): Promise<Uint8Array> {
    const { partBytes, size, gate } = this.#options;
    const rest = size === undefined ? partBytes : Math.min(partBytes, Math.max(size - this.#index * partBytes, 1));
    this.#leave = await gate.enter(rest, this.#sending.signal);
    this.#tail = this.#spare.pop() ?? owned(size === undefined ? Math.min(rest, firstBufferBytes) : rest);
    this.#filled = 0;
    return this.#tail;
  }

  /** The tail with room for `bytes`; bodies of unknown length begin with a small buffer that grows. */
  #ensure(tail: Uint8Array, bytes: number): Uint8Array {
    if (bytes <= tail.length) return tail;
    const larger = owned(Math.min(this.#options.partBytes, Math.max(bytes, tail.length * 4)));
    larger.set(tail.subarray(0, this.#filled));
    this.#tail = larger;
    return larger;
  }

  async #launch(): Promise<void> {
    const tail = this.#tail;
    const leave = this.#leave;
    if (!tail || !leave) return;
    const index = this.#index++;
    this.#tail = null;
    this.#filled = 0;
    this.#leave = null;
    const flight: Promise<void> = this.#send(index, tail)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#sending.abort(error);
      })
      .finally(() => {
        leave();
        this.#flying.delete(flight);
      });
    this.#flying.add(flight);
    while (this.#flying.size >= this.#options.pace.limit) await Promise.race(this.#flying);
    if (this.#failure) throw this.#failure.error;
  }

  async #send(index: number, tail: Uint8Array): Promise<void> {
    const { signal } = this.#sending;
    const { bytes, md5 } = this.#running ? await this.#running.add(tail, true) : await md5OfPart(tail);
    const tag = await this.#options.put(index, bytes, md5, signal);
    this.#options.pace.arrived(bytes.length);
    this.#options.sent({ index, size: bytes.length, tag });
    if (this.#spare.length < 2) this.#spare.push(bytes);
  }

  /** Gives the tail as the whole content to `write`, and keeps it should that fail. */
  async wholeTail<T>(write: (bytes: Uint8Array, md5: string) => Promise<T>): Promise<T> {
    const bytes = this.#tail?.subarray(0, this.#filled) ?? new Uint8Array(0);
    if (this.#filled < largeTailBytes) return write(bytes, md5Of(bytes));
    const summed = await md5OfPart(bytes);
    this.#tail = new Uint8Array(summed.bytes.buffer);
    return write(this.#tail.subarray(0, this.#filled), summed.md5);
  }

  /** Sends the tail as the last part and keeps it in memory. */
  async sendTail(signal: AbortSignal | undefined): Promise<StoredPart> {
    const index = this.#index;
    const size = this.#filled;
    const copy = owned(size);
    copy.set(this.#tail?.subarray(0, size) ?? []);
    const { bytes, md5 } = this.#running ? await this.#running.add(copy, true) : await md5OfPart(copy);
    try {
      return { index, size, tag: await this.#options.put(index, bytes, md5, signal ?? this.#sending.signal) };
    } catch (error) {
      // Should this be repeated, the sum would hold the tail twice.
      this.#loseRunning();
      throw error;
    }
  }

  /** The MD5 of everything that was taken; null when it was not taken from the first byte on. */
  async wholeMd5(): Promise<string | null> {
    const running = this.#running;
    if (!running) return this.#finished;
    this.#running = null;
    this.#finished = await running.end();
    return this.#finished;
  }

  close(): void {
    if (this.#flying.size > 0) this.#sending.abort(cancelled());
    this.#loseRunning();
    this.#dropTail();
    this.#spare = [];
  }
}

const largeTailBytes = 256 * 1024;

/** A buffer with memory of its own, which can move to a thread. */
const owned = (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(bytes);
