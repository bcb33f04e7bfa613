import { closeSync, fdatasync, fsync, read } from 'node:fs';
import { createSyncing, type Syncing } from '../storage/local/syncing.ts';
import {
  type CopyContext,
  checkpointBytes,
  checkSame,
  closePart,
  compareKept,
  giveUp,
  letGo,
  type Opened,
  openEnds,
  Refusal,
  type Stopped,
  settlePart,
  stoppedAt,
  type Written,
  writeChunk,
} from './copy-local.ts';
import { type CopyJob, type CopyOutcome, controlWords } from './copy-protocol.ts';

/** From here on a file is worth the ado of doing several things at once. */
export const largeBytes = 8 * 1024 * 1024;

export interface LargeContext extends CopyContext {
  /** Of equal length: one is filled, one is written, one is compared. */
  readonly buffers: readonly [Buffer, Buffer, Buffer];
}

/**
 * As `copyToPart`, for a large file: while this thread writes a chunk, the next is read and the former read back, and
 * what was written before goes to the disk. What it gives is durable.
 */
export async function copyLargeToPart(job: CopyJob, context: LargeContext): Promise<Written | CopyOutcome> {
  const opened = openEnds(job, context);
  if ('kind' in opened) return opened;
  const syncing = createSyncing(() => calling((done) => fdatasync(opened.part, done)));
  try {
    const stopped = await copyChunks(job, opened, context, syncing);
    await syncing.rest();
    if (stopped) return letGo(job, opened, stopped);
    settlePart(job, opened);
    await calling((done) => fsync(opened.part, done));
    closePart(opened);
    return { job, durable: true };
  } catch (error) {
    await syncing.rest().catch(() => undefined);
    return giveUp(job, opened, error);
  } finally {
    closeSync(opened.source);
  }
}

/** No call on the files is under way when it ends, however it ends. */
async function copyChunks(
  job: CopyJob,
  { source, part }: Opened,
  context: LargeContext,
  syncing: Syncing,
): Promise<Stopped | null> {
  const { buffers, back, control } = context;
  const begin = compareKept(job, source, part, context);
  if (typeof begin !== 'number') return begin;
  const chunkBytes = buffers[0].length;
  const fill = (turn: number, offset: number): Promise<number> => {
    const reading = readAt(source, buffers[turn % 3] ?? buffers[0], Math.min(chunkBytes, job.size - offset), offset);
    // Waited for in its turn; a failure before that must not count as unhandled.
    reading.catch(() => undefined);
    return reading;
  };
  let ahead = fill(0, begin);
  let behind: Promise<void> = Promise.resolve();
  try {
    let saved = begin;
    for (let turn = 0, offset = begin; offset < job.size; turn++) {
      const stop = Atomics.load(control, controlWords.stop);
      if (stop !== 0) {
        await behind;
        return stoppedAt(job, stop, offset);
      }
      const count = await ahead;
      if (count === 0) throw new Refusal('source-changed', 'it became shorter');
      const chunk = (buffers[turn % 3] ?? buffers[0]).subarray(0, count);
      const next = offset + count;
      if (next < job.size) ahead = fill(turn + 1, next);
      writeChunk(part, chunk, offset);
      await behind;
      const due = offset - saved >= checkpointBytes;
      if (due) saved = offset;
      if (due || next < job.size) context.onProgress(job.seq, next, due ? { offset, crc: 0 } : null);
      behind = compareBack(part, chunk, offset, next === job.size, back);
      syncing.written(count);
      offset = next;
    }
    await behind;
    return null;
  } finally {
    await Promise.allSettled([ahead, behind]);
  }
}

/** Reads a chunk back and compares it; of the last one also that nothing follows. */
function compareBack(part: number, chunk: Buffer, offset: number, last: boolean, back: Buffer): Promise<void> {
  const comparing = readAt(part, back, chunk.length + (last ? 1 : 0), offset).then((count) => checkSame(chunk, back, count));
  comparing.catch(() => undefined);
  return comparing;
}

const calling = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));

const readAt = (file: number, buffer: Buffer, length: number, offset: number): Promise<number> =>
  new Promise((resolve, reject) =>
    read(file, buffer, 0, length, offset, (error, count) => (error ? reject(error) : resolve(count))),
  );
