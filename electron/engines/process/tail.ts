import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';
import type { OutputSink } from '../engine.ts';

const bufferBytes = 256 * 1024;
/** Watching is only a wake-up: file systems without notifications are looked at this often. */
const lookMilliseconds = 200;

/** Wakes on changes in a directory, at the latest after a while. */
function createWaker(directory: string, signal: AbortSignal): { wait(): Promise<void>; close(): void } {
  let changed = false;
  let wake = (): void => {};
  const notice = (): void => {
    changed = true;
    wake();
  };
  const watcher = watch(directory, notice);
  watcher.on('error', notice);
  signal.addEventListener('abort', notice, { once: true });
  return {
    wait: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => wake(), changed ? 0 : lookMilliseconds);
        wake = () => {
          clearTimeout(timer);
          changed = false;
          resolve();
        };
      }),
    close: () => {
      signal.removeEventListener('abort', notice);
      watcher.close();
    },
  };
}

/**
 * Gives a growing file from a byte on, read only as fast as the sink takes it. Ends when `hasEnded` was true before a
 * read that found nothing more.
 * @throws `cancelled` when `signal` fires before
 */
export async function tail(
  directory: string,
  file: string,
  from: number,
  sink: OutputSink,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const waker = createWaker(directory, signal);
  const handle = await open(file, 'r');
  try {
    let at = from;
    for (;;) {
      const ended = await hasEnded();
      for (;;) {
        // A buffer of its own for each write: the sink takes the bytes over.
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bufferBytes), 0, bufferBytes, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        await sink.write('stdout', buffer.subarray(0, bytesRead));
      }
      if (ended) return;
      if (signal.aborted) throw new StowageError('cancelled', 'The output of the run is no longer followed.');
      await waker.wait();
    }
  } finally {
    waker.close();
    await handle.close();
  }
}
