import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.ts';

/** Work of many small steps on the disk of the cache. Paths are absolute; the folders of a `to` are made. */
export type DiskWork =
  /** Objects from memory, each linked into its tree. */
  | {
      readonly kind: 'land';
      readonly items: readonly {
        object: string;
        content: Uint8Array;
        modified: number | null;
        executable: boolean;
        to: string | null;
      }[];
    }
  /** Gives a fetched file its name as an object, and links it. */
  | {
      readonly kind: 'adopt';
      readonly items: readonly { from: string; object: string; executable: boolean; to: string | null }[];
    }
  | { readonly kind: 'link'; readonly items: readonly { object: string; to: string }[] }
  | { readonly kind: 'symlink'; readonly items: readonly { target: string; to: string }[] }
  | { readonly kind: 'folder'; readonly items: readonly { to: string; mode: number }[] }
  /** Copies of their own, executable where the object is, which share blocks with the object where the disk can. */
  | { readonly kind: 'copy'; readonly items: readonly { from: string; to: string; mode: number }[] }
  /** Whether a file has this size: one that has not, or is gone, fails. */
  | { readonly kind: 'check'; readonly items: readonly { path: string; bytes: number }[] }
  /** Files, or folders with all in them; what is gone is no error. */
  | { readonly kind: 'remove'; readonly items: readonly { path: string }[] };

/** Why a step failed: the system's code. */
export interface StepError {
  readonly code: string;
  readonly message: string;
}

export interface DiskOrder {
  readonly id: number;
  readonly work: DiskWork;
}
export interface DiskAnswer {
  readonly id: number;
  /** Of each item: null when it is done. */
  readonly results: readonly (StepError | null)[];
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve(results: DiskAnswer['results']): void; reject(error: unknown): void }>;
}

/** The disk is waited for in one while the other goes on; more would only wait for each other. */
const threadsAtMost = 2;
const threads: Thread[] = [];
let lastId = 0;

/** Does the steps in a thread by blocking calls, in order. What fails is told for each; the others are done. */
export function onDisk(work: DiskWork): Promise<DiskAnswer['results']> {
  if (work.items.length === 0) return Promise.resolve([]);
  const { worker, waiting } = freeThread();
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, work } satisfies DiskOrder, given(work));
  });
}

/** Content that has its memory for itself moves to the thread instead of being copied. */
function given(work: DiskWork): ArrayBuffer[] {
  if (work.kind !== 'land') return [];
  return work.items.flatMap(({ content }) =>
    content.buffer instanceof ArrayBuffer && content.byteLength === content.buffer.byteLength && content.byteLength > 0
      ? [content.buffer]
      : [],
  );
}

function freeThread(): Thread {
  const [least] = threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
  if (least && (least.waiting.size === 0 || threads.length >= threadsAtMost)) return least;
  const started = startThread();
  threads.push(started);
  return started;
}

function startThread(): Thread {
  const worker = new Worker(workerFile(import.meta.url, 'cache-worker'), { name: 'cache' });
  const started: Thread = { worker, waiting: new Map() };
  const { waiting } = started;
  worker.on('message', ({ id, results }: DiskAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    // A process ends although the thread is there, as long as nobody waits for it.
    if (waiting.size === 0) worker.unref();
    asked?.resolve(results);
  });
  const died = (error: unknown): void => {
    const at = threads.indexOf(started);
    if (at >= 0) threads.splice(at, 1);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', died);
  worker.on('exit', (code) => died(new Error(`the thread of the cache ended with ${code}`)));
  return started;
}
