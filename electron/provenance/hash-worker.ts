import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-thread.ts';

/** Hashes files with blocking calls; see hash-thread.ts. */
const buffer = Buffer.allocUnsafe(1024 * 1024);
/** A pipe that took the place of a file must not be waited for. Zero where the system has no such flags. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

parentPort?.on('message', ({ id, files }: HashOrder) => {
  parentPort?.postMessage({ id, digests: files.map(digestOf) } satisfies HashAnswer);
});

function digestOf(file: string): string | null {
  try {
    const handle = openSync(file, flags);
    try {
      const hash = createHash('sha256');
      for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) hash.update(buffer.subarray(0, read));
      return hash.digest('hex');
    } finally {
      closeSync(handle);
    }
  } catch {
    return null;
  }
}
