import { parentPort } from 'node:worker_threads';
import { toStowageError } from '#shared/errors.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { openContent, readTableRows } from './open.ts';
import type { JobResults, ThreadAnswer, ThreadJob, ThreadOrder } from './thread-protocol.ts';

/** Reads formats, one job at a time; the bytes come from the main thread. See preview-thread.ts. */
const waiting = new Map<number, { resolve(bytes: Uint8Array): void; reject(error: unknown): void }>();
let lastRead = 0;

const answer = (message: ThreadAnswer): void => parentPort?.postMessage(message);

/** An error of the storage, which the main thread knows in full. */
class ReadFailed extends Error {}

function sourceOf(size: number): ByteSource {
  return {
    size,
    read: (offset, length) =>
      new Promise((resolve, reject) => {
        const read = ++lastRead;
        waiting.set(read, { resolve, reject });
        answer({ type: 'read', read, offset, length });
      }),
  };
}

const run = (job: ThreadJob): Promise<JobResults[keyof JobResults]> =>
  job.type === 'open'
    ? openContent(sourceOf(job.size), job.name, job.as)
    : readTableRows(sourceOf(job.size), job.dialect, job.offset, job.columns);

parentPort?.on('message', (order: ThreadOrder) => {
  if (order.type === 'bytes') {
    const asked = waiting.get(order.read);
    waiting.delete(order.read);
    if (order.bytes) asked?.resolve(order.bytes);
    else asked?.reject(order.refused === null ? new ReadFailed() : new NotShown(order.refused));
    return;
  }
  run(order.job).then(
    (result) => answer({ type: 'done', result }),
    (error: unknown) => {
      if (error instanceof ReadFailed) answer({ type: 'failed', reason: 'read' });
      else if (error instanceof NotShown) answer({ type: 'failed', reason: 'not-shown', message: error.message });
      else answer({ type: 'failed', reason: 'damaged', message: toStowageError(error).data.detail ?? '' });
    },
  );
});
