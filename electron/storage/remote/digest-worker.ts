import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { ContentHash } from './content-md5.ts';
import type { DigestAnswer, DigestTask, FileCrc, FilePart } from './digest-protocol.ts';

/** Computes sums away from the main thread; the memory of bytes comes with the task and goes back. */
const running = new Map<number, ContentHash>();

parentPort?.on('message', (task: DigestTask) => {
  switch (task.kind) {
    case 'begin':
      running.set(task.stream, new ContentHash(task.partBytes));
      return;
    case 'sum': {
      const { id, bytes, stream, alone } = task;
      if (stream !== null) hashOf(stream).update(bytes);
      const md5 = alone ? createHash('md5').update(bytes).digest('hex') : '';
      parentPort?.postMessage({ id, md5, bytes } satisfies DigestAnswer, [bytes.buffer as ArrayBuffer]);
      return;
    }
    case 'file': {
      const { id, stream } = task;
      try {
        const crc = readPart(task, stream === null ? null : hashOf(stream));
        parentPort?.postMessage({ id, md5: '', crc } satisfies DigestAnswer);
      } catch (error) {
        const failure = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
        parentPort?.postMessage({ id, md5: '', failure } satisfies DigestAnswer);
      }
      return;
    }
    case 'end': {
      const md5 = hashOf(task.stream).digest();
      running.delete(task.stream);
      parentPort?.postMessage({ id: task.id, md5 } satisfies DigestAnswer);
      return;
    }
    case 'drop':
      running.delete(task.stream);
  }
});

function hashOf(stream: number): ContentHash {
  const hash = running.get(stream);
  if (!hash) throw new Error('this sum was not begun, or is over');
  return hash;
}

const buffer = Buffer.allocUnsafe(1024 * 1024);

/** Reads a part of a file, adds it to the sum, and tells its CRC. */
function readPart({ file, offset, length, before }: FilePart, hash: ContentHash | null): FileCrc {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    let own = 0;
    let whole = before ?? 0;
    for (let at = 0; at < length; ) {
      const count = readSync(handle, buffer, 0, Math.min(buffer.length, length - at), offset + at);
      if (count === 0) throw new Error('it became shorter');
      const chunk = buffer.subarray(0, count);
      hash?.update(chunk);
      if (before !== null) {
        own = crc32(chunk, own);
        whole = crc32(chunk, whole);
      }
      at += count;
    }
    return { own, whole };
  } finally {
    closeSync(handle);
  }
}
