import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { DigestAnswer, DigestTask } from './digest-protocol.ts';

/** Computes MD5 sums away from the main thread; the memory of the bytes comes with the task and goes back. */
const running = new Map<number, Hash>();

parentPort?.on('message', (task: DigestTask) => {
  switch (task.kind) {
    case 'sum': {
      const { id, bytes, stream, alone } = task;
      if (stream !== null) hashOf(stream).update(bytes);
      const md5 = alone ? createHash('md5').update(bytes).digest('hex') : '';
      parentPort?.postMessage({ id, md5, bytes } satisfies DigestAnswer, [bytes.buffer as ArrayBuffer]);
      return;
    }
    case 'end': {
      const md5 = hashOf(task.stream).digest('hex');
      running.delete(task.stream);
      parentPort?.postMessage({ id: task.id, md5, bytes: null } satisfies DigestAnswer);
      return;
    }
    case 'drop':
      running.delete(task.stream);
  }
});

function hashOf(stream: number): Hash {
  let hash = running.get(stream);
  if (!hash) {
    hash = createHash('md5');
    running.set(stream, hash);
  }
  return hash;
}
