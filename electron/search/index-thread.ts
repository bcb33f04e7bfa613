import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.ts';
import type { Found, IndexAnswer, IndexMeta, IndexOrder, Nearest, PageFolders } from './index-protocol.ts';

/** What each order gives. */
interface Results {
  open: IndexMeta | null;
  create: null;
  page: PageFolders;
  publish: null;
  discard: null;
  search: Found;
  nearest: Nearest;
  drop: null;
}

/** The thread in which indexes are kept and searched, so that nothing waits for them. Started when it is first needed. */
export interface IndexThread {
  ask<Type extends IndexOrder['type']>(order: Extract<IndexOrder, { type: Type }>): Promise<Results[Type]>;
  close(): Promise<void>;
}

/** The arrays of a page pass without being copied. */
const movedWith = (order: IndexOrder): ArrayBuffer[] =>
  order.type === 'page' ? [order.page.kinds.buffer, order.page.sizes.buffer, order.page.times.buffer] : [];

export function createIndexThread(): IndexThread {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>();
  let worker: Worker | null = null;
  let lastId = 0;
  const start = (): Worker => {
    const started = new Worker(workerFile(import.meta.url, 'index-worker'), { name: 'index' });
    started.on('message', ({ id, result, error }: IndexAnswer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      // A process ends although the thread is there, as long as nobody waits for it.
      if (waiting.size === 0) started.unref();
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(error));
    });
    const died = (error: unknown): void => {
      if (worker === started) worker = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    started.on('error', died);
    started.on('exit', (code) => died(new Error(`the index thread ended with ${code}`)));
    return started;
  };
  return {
    ask: (order) => {
      worker ??= start();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, order }, movedWith(order));
      // The thread gives what Results says.
      return promise as Promise<never>;
    },
    close: async () => {
      const ending = worker;
      worker = null;
      await ending?.terminate();
    },
  };
}
