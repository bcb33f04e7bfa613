import { open } from 'node:fs/promises';
import type { OutputSink } from '../engine.ts';

const chunkBytes = 256 * 1024;

/**
 * Gives what a growing file has from `offset` on to the sink, chunk by chunk, waiting for the sink each time.
 * Returns the offset reached.
 */
export async function drainFile(path: string, offset: number, output: OutputSink): Promise<number> {
  const file = await open(path, 'r');
  try {
    let at = offset;
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
      if (bytesRead === 0) return at;
      await output.write('stdout', buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
