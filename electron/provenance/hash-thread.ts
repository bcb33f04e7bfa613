import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.ts';

export interface HashOrder {
  readonly id: number;
  /** Absolute. */
  readonly files: readonly string[];
}
export interface HashAnswer {
  readonly id: number;
  /** SHA-256 (hex) of each; null for one that cannot be read. */
  readonly digests: readonly (string | null)[];
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve(digests: HashAnswer['digests']): void; reject(error: unknown): void }>;
}

let thread: Thread | null = null;
let lastId = 0;

/**
 * The SHA-256 (hex) of files of this machine, read in a thread by blocking calls, a tenth of the processor time that
 * asynchronous ones take for small files. Null for one that cannot be read, or is a symlink.
 */
export function hashFiles(files: readonly string[]): Promise<HashAnswer['digests']> {
  thread ??= startThread();
  const { worker, waiting } = thread;
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, files } satisfies HashOrder);
  });
}

function startThread(): Thread {
  const worker = new Worker(workerFile(import.meta.url, 'hash-worker'), { name: 'hashes of inputs' });
  const started: Thread = { worker, waiting: new Map() };
  const { waiting } = started;
  worker.on('message', ({ id, digests }: HashAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    // A process ends although the thread is there, as long as nobody waits for it.
    if (waiting.size === 0) worker.unref();
    asked?.resolve(digests);
  });
  const died = (error: unknown): void => {
    if (thread === started) thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', died);
  worker.on('exit', (code) => died(new Error(`the thread of hashes ended with ${code}`)));
  return started;
}
