import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { StowageError } from '#shared/errors.ts';
import { workerFile } from '../../worker-file.ts';
import { ContentHash } from './content-md5.ts';
import type { DigestAnswer, DigestTask, FileCrc, FilePart } from './digest-protocol.ts';

/**
 * MD5 sums of parts. Large ones are computed in a thread of their own: the memory of the bytes moves there and back, so
 * what is passed in must own its ArrayBuffer and is unusable afterwards; the bytes that are returned take its place.
 */
export interface RunningDigest {
  /** Takes the next bytes; with `alone`, tells their own MD5 (hex) too. Calls may overlap and keep their order. */
  add(bytes: Uint8Array, alone: boolean): Promise<Summed>;
  /** The MD5 (hex) of everything, when all calls of `add` have answered. */
  end(): Promise<string>;
  /** Forgets the sum. */
  drop(): void;
}
export interface Summed {
  readonly bytes: Uint8Array;
  /** 32 hex digits; `''` unless asked for. */
  readonly md5: string;
}

/** Below this many bytes the way to the thread costs more than the sum. */
const inlineBytes = 256 * 1024;

/** The MD5 of bytes in 32 hex digits, at once and on this thread: for what is small. */
export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** The MD5 of one part, in the thread when it is large. */
export async function md5OfPart(bytes: Uint8Array): Promise<Summed> {
  if (bytes.length < inlineBytes) return { bytes, md5: md5Of(bytes) };
  return thread().sum(bytes, null, true);
}

/** The sums of a file of this machine, read from its beginning on, part after part, in the thread. */
export interface FileSums {
  /** Reads the next part. @throws `io-error` */
  add(part: FilePart): Promise<FileCrc>;
  /** The MD5 (hex) of everything, when all calls of `add` have answered; `''` unless it was wanted. */
  md5(): Promise<string>;
  /** Forgets the sums. */
  drop(): void;
}

/** The sum of a body that is known to be small is kept here; the others' in the thread. `partBytes` as in ContentMd5. */
export function runningDigest(expectedBytes: number, partBytes: number | null = null): RunningDigest {
  if (expectedBytes < inlineBytes) return inlineDigest(partBytes);
  const { id, owner, drop } = streamInThread(partBytes);
  return {
    add: (bytes, alone) => owner().sum(bytes, id, alone),
    end: () => owner().end(id),
    drop,
  };
}

/** Without `wanted` there is no MD5, but the CRCs of the parts. */
export function fileSums(wanted: { readonly partBytes: number | null } | null): FileSums {
  const { id, owner, drop } = streamInThread(wanted?.partBytes ?? null);
  return {
    add: (part) => owner().sumFile(part, wanted ? id : null),
    md5: async () => (wanted ? owner().end(id) : ''),
    drop,
  };
}

/** All of a sum is in one thread: when that dies the sum is lost, and another thread must not go on with half of it. */
function streamInThread(partBytes: number | null): { readonly id: number; owner(): DigestThread; drop(): void } {
  const id = nextStream++;
  let bound: DigestThread | null = null;
  return {
    id,
    owner: () => {
      if (!bound) {
        bound = thread();
        bound.begin(id, partBytes);
      }
      return bound;
    },
    drop: () => bound?.drop(id),
  };
}

function inlineDigest(partBytes: number | null): RunningDigest {
  const hash = new ContentHash(partBytes);
  return {
    add: async (bytes, alone) => {
      hash.update(bytes);
      return { bytes, md5: alone ? md5Of(bytes) : '' };
    },
    end: async () => hash.digest(),
    drop: () => undefined,
  };
}

let nextStream = 1;
let current: DigestThread | null = null;

function thread(): DigestThread {
  current ??= new DigestThread(() => {
    current = null;
  });
  return current;
}

interface Pending {
  resolve(answer: DigestAnswer): void;
  reject(error: StowageError): void;
}

/** One thread is enough: it sums faster than a disk or a network brings bytes. It keeps no process alive. */
class DigestThread {
  readonly #worker = new Worker(workerFile(import.meta.url, 'digest-worker'), { name: 'digest', execArgv: [] });
  readonly #pending = new Map<number, Pending>();
  #death: string | null = null;
  #next = 1;

  constructor(onDeath: () => void) {
    const died = (detail: string): void => {
      this.#death ??= detail;
      onDeath();
      for (const { reject } of this.#pending.values()) reject(lost(detail));
      this.#pending.clear();
    };
    this.#worker.unref();
    this.#worker.on('error', (error) => died(String(error)));
    this.#worker.on('exit', (code) => died(`exit code ${code}`));
    this.#worker.on('message', (answer: DigestAnswer) => {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (this.#pending.size === 0) this.#worker.unref();
      pending?.resolve(answer);
    });
  }

  async sum(bytes: Uint8Array, stream: number | null, alone: boolean): Promise<Summed> {
    const answer = await this.#ask({ kind: 'sum', id: this.#next++, bytes, stream, alone }, [bytes.buffer as ArrayBuffer]);
    return { bytes: answer.bytes ?? bytes, md5: answer.md5 };
  }

  async sumFile(part: FilePart, stream: number | null): Promise<FileCrc> {
    const { crc, failure = '' } = await this.#ask({ kind: 'file', id: this.#next++, stream, ...part }, []);
    if (crc) return crc;
    throw new StowageError('io-error', 'What was written could not be read back.', { detail: failure });
  }

  async end(stream: number): Promise<string> {
    return (await this.#ask({ kind: 'end', id: this.#next++, stream }, [])).md5;
  }

  begin(stream: number, partBytes: number | null): void {
    if (this.#death === null) this.#worker.postMessage({ kind: 'begin', stream, partBytes } satisfies DigestTask);
  }

  drop(stream: number): void {
    if (this.#death === null) this.#worker.postMessage({ kind: 'drop', stream } satisfies DigestTask);
  }

  #ask(task: Extract<DigestTask, { id: number }>, moved: ArrayBuffer[]): Promise<DigestAnswer> {
    if (this.#death !== null) return Promise.reject(lost(this.#death));
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(task, moved);
    });
  }
}

const lost = (detail: string): StowageError =>
  new StowageError('io-error', 'The thread that computes checksums ended unexpectedly.', { detail });
