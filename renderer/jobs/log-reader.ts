import type { LogChunk } from '#shared/contract/jobs.ts';
import { defaultLimits, type LogLimits, LogModel } from './log-model.ts';

export interface LogPage {
  readonly chunks: LogChunk[];
  /** Where to read on. */
  readonly next: number;
  readonly size: number;
  /** The job has ended and all was given. */
  readonly end: boolean;
}

export type ReadLog = (request: { from: number; limit: number }, signal: AbortSignal) => Promise<LogPage>;

/** What one read asks for at most, bytes. */
export const pageBytes = 256 * 1024;
/** Farther behind than this while following, the reader goes to the end instead of reading everything. */
export const jumpBytes = 4 * pageBytes;

export interface LogStatus {
  /** Grows with every change. */
  readonly version: number;
  readonly size: number;
  /** Bytes that were jumped over to keep up; 0 after everything before was asked for. */
  readonly skipped: number;
  readonly following: boolean;
  readonly loading: 'first' | 'earlier' | 'more' | null;
  /** Everything up to the end of an ended job is here. */
  readonly complete: boolean;
  readonly error: unknown;
}

/**
 * Pulls a job's log into a {@link LogModel}. One read is in flight at a time and each is bounded, so a flood of output
 * costs the screen no more than a trickle: what it cannot keep up with is jumped over, and can be read later.
 */
export class LogReader {
  readonly #read: ReadLog;
  readonly #limits: LogLimits;
  readonly #rest: () => Promise<void>;
  readonly #listeners = new Set<() => void>();
  readonly #abort = new AbortController();
  #model: LogModel;
  #status: LogStatus = {
    version: 0,
    size: 0,
    skipped: 0,
    following: true,
    loading: null,
    complete: false,
    error: null,
  };
  #opened = false;
  #wanted = false;
  #busy = false;
  #draining = false;

  /** `rest` is awaited between reads that follow each other at once, so that the screen is drawn in between. */
  constructor(read: ReadLog, limits: LogLimits = defaultLimits, rest: () => Promise<void> = () => Promise.resolve()) {
    this.#read = read;
    this.#rest = rest;
    this.#limits = limits;
    this.#model = new LogModel(0, limits);
  }

  get model(): LogModel {
    return this.#model;
  }

  get status(): LogStatus {
    return this.#status;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Opens at the end of the log. */
  open(): Promise<void> {
    return this.#toEnd(0);
  }

  /** There is more, or the job has ended. */
  async more(): Promise<void> {
    if (!this.#opened || !this.#status.following) {
      this.#set({});
      return;
    }
    this.#wanted = true;
    await this.#drain();
  }

  /** Notes how long the log is now, without reading. */
  noteSize(size: number): void {
    if (size > this.#status.size) this.#set({ size });
  }

  /** Follows the end, or keeps still. Following again goes to the end when it is far. */
  async follow(following: boolean): Promise<void> {
    if (following === this.#status.following) return;
    this.#set({ following });
    if (following) await this.more();
  }

  /** Reads the page before the window. */
  async earlier(): Promise<void> {
    const { start } = this.#model;
    if (start === 0 || this.#busy) return;
    await this.#once('earlier', async (signal) => {
      const from = Math.max(0, start - pageBytes);
      const chunks: LogChunk[] = [];
      for (let at = from; at < start; ) {
        const page = await this.#read({ from: at, limit: start - at }, signal);
        chunks.push(...page.chunks);
        if (page.next <= at) break;
        at = page.next;
      }
      this.#model.prepend(chunks, from);
      this.#set({ following: false, skipped: Math.min(this.#status.skipped, from), complete: false });
    });
  }

  /** Reads the page after the window, while not following. */
  async later(): Promise<void> {
    if (this.#busy || this.#model.end >= this.#status.size) return;
    await this.#once('more', async (signal) => {
      this.#take(await this.#read({ from: this.#model.end, limit: pageBytes }, signal));
    });
  }

  /** Opens at the first byte and keeps still there. */
  async fromStart(): Promise<void> {
    await this.#once('first', async (signal) => {
      const page = await this.#read({ from: 0, limit: pageBytes }, signal);
      this.#model = new LogModel(0, this.#limits);
      this.#set({ following: false, skipped: 0 });
      this.#take(page);
    });
  }

  /** Shows the part of the log around a byte, and keeps still there. */
  async showAt(offset: number): Promise<void> {
    await this.#once('first', async (signal) => {
      const from = Math.max(0, offset - pageBytes / 4);
      const page = await this.#read({ from, limit: pageBytes }, signal);
      this.#model = new LogModel(page.chunks[0]?.offset ?? from, this.#limits);
      this.#set({ following: false, skipped: 0 });
      this.#take(page);
      this.#model.trimTornLine();
    });
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Ends a read that is in flight; the reader is of no use any more. */
  close(): void {
    this.#abort.abort();
  }

  async #toEnd(before: number): Promise<void> {
    await this.#once('first', async (signal) => {
      const page = await this.#read({ from: -pageBytes, limit: pageBytes }, signal);
      const start = page.chunks[0]?.offset ?? page.next;
      this.#model = new LogModel(start, this.#limits);
      this.#model.append(page.chunks, page.next);
      this.#model.trimTornLine();
      this.#opened = true;
      const skipped = before > 0 ? Math.max(0, start - before) : 0;
      this.#set({ size: page.size, complete: page.end, skipped: this.#status.skipped + skipped });
    });
    if (this.#wanted) await this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#busy || this.#draining) return;
    this.#draining = true;
    try {
      await this.#readOn();
    } finally {
      this.#draining = false;
    }
  }

  async #readOn(): Promise<void> {
    while (this.#wanted && this.#status.following && !this.#abort.signal.aborted) {
      this.#wanted = false;
      if (this.#status.size - this.#model.end > jumpBytes) {
        await this.#toEnd(this.#model.end);
        await this.#rest();
        continue;
      }
      await this.#once('more', async (signal) => {
        const page = await this.#read({ from: this.#model.end, limit: pageBytes }, signal);
        const moved = page.next > this.#model.end;
        this.#take(page);
        this.#wanted ||= moved && page.next < page.size;
      });
      if (this.#wanted) await this.#rest();
    }
  }

  #take(page: LogPage): void {
    this.#model.append(page.chunks, page.next);
    this.#set({ size: page.size, complete: page.end });
  }

  async #once(loading: LogStatus['loading'], work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#set({ loading, error: null });
    try {
      await work(this.#abort.signal);
    } catch (error) {
      this.#wanted = false;
      if (!this.#abort.signal.aborted) this.#set({ error });
    } finally {
      this.#busy = false;
      this.#set({ loading: null });
    }
  }

  #set(change: Partial<LogStatus>): void {
    this.#status = { ...this.#status, ...change, version: this.#status.version + 1 };
    for (const listener of this.#listeners) listener();
  }
}
