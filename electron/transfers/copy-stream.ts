import { crc32 } from 'node:zlib';
import { StowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import {
  canResumeWrite,
  type ResumableWrite,
  type StorageEntry,
  type StorageProvider,
  type WriteOptions,
} from '../storage/provider.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { fileError } from './problems.ts';

/** One file from any provider to any other. */
export interface StreamCopy {
  readonly from: StorageProvider;
  readonly source: InnerPath;
  readonly to: StorageProvider;
  readonly target: InnerPath;
  /** Names the unfinished write, so that it is found again. */
  readonly key: string;
  readonly size: number;
  readonly modified: number | null;
  readonly etag: string | null;
  readonly expect: NonNullable<WriteOptions['expect']>;
  readonly checkpoint: Checkpoint | null;
  readonly signal: AbortSignal;
  onProgress(done: number, checkpoint: Checkpoint | null): void;
}

const segmentBytes = 32 * 1024 * 1024;

/**
 * Copies by streaming, verified: what is kept at the destination is read back and its CRC-32 compared with that of what
 * was read. The source must be the same before and after.
 * @throws `source-changed`, `checksum-mismatch`, and what the providers throw; `cancelled` leaves a resumable part
 */
export async function copyStream(copy: StreamCopy): Promise<void> {
  await checkSource(copy);
  if (canResumeWrite(copy.to)) await copyResumable(copy, await copy.to.openWrite(copy.target, copy.key));
  else await copyWhole(copy);
}

const options = (copy: StreamCopy): WriteOptions => ({
  signal: copy.signal,
  size: copy.size,
  expect: copy.expect,
  ...(copy.modified !== null && { modified: copy.modified }),
});

async function checkSource(copy: StreamCopy): Promise<void> {
  const entry = await copy.from.stat(copy.source, { signal: copy.signal });
  const same = copy.etag !== null && entry.etag !== undefined ? entry.etag === copy.etag : entry.modified === copy.modified;
  if (entry.kind !== 'file' || entry.size !== copy.size || !same) throw fileError('source-changed', copy.source);
}

async function* readSource(copy: StreamCopy, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const { body } = await copy.from
    .read(copy.source, { offset, length, signal: copy.signal, ...(copy.etag !== null && { etag: copy.etag }) })
    .catch((error: unknown) => {
      if (error instanceof StowageError && error.code === 'precondition-failed') throw fileError('source-changed', copy.source);
      throw error;
    });
  yield* body;
}

async function copyResumable(copy: StreamCopy, write: ResumableWrite): Promise<void> {
  let keep = false;
  try {
    let { offset, crc } = copy.checkpoint && write.committed >= copy.checkpoint.offset ? copy.checkpoint : { offset: 0, crc: 0 };
    await write.truncate(offset);
    while (offset < copy.size) {
      const length = Math.min(segmentBytes, copy.size - offset);
      const begin = offset;
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of readSource(copy, begin, length)) {
          crc = crc32(chunk, crc);
          offset += chunk.length;
          yield chunk;
          copy.onProgress(offset, null);
        }
      };
      await write.append(body(), { signal: copy.signal });
      if (offset !== begin + length) throw fileError('source-changed', copy.source);
      copy.onProgress(offset, offset < copy.size ? { offset, crc } : null);
    }
    await checkSource(copy);
    await compare(write.readBack({ signal: copy.signal }), crc, copy);
    await write.finish(options(copy));
  } catch (error) {
    keep = copy.signal.aborted;
    throw error;
  } finally {
    if (keep) await write.close();
    else await write.abort().catch(() => undefined);
  }
}

async function copyWhole(copy: StreamCopy): Promise<void> {
  let crc = 0;
  const body = async function* (): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for await (const chunk of readSource(copy, 0, copy.size)) {
      crc = crc32(chunk, crc);
      offset += chunk.length;
      yield chunk;
      copy.onProgress(offset, null);
    }
    // Before the write ends, so that a changed source never becomes the content of the destination.
    await checkSource(copy);
  };
  const entry = await copy.to.write(copy.target, body(), options(copy));
  try {
    const { body: kept } = await copy.to.read(copy.target, {
      signal: copy.signal,
      ...(entry.etag !== undefined && { etag: entry.etag }),
    });
    await compare(kept, crc, copy);
  } catch (error) {
    if (error instanceof StowageError && error.code === 'checksum-mismatch')
      await copy.to.remove(copy.target).catch(() => undefined);
    throw error;
  }
}

async function compare(kept: AsyncIterable<Uint8Array>, crc: number, copy: StreamCopy): Promise<void> {
  let length = 0;
  let got = 0;
  for await (const chunk of kept) {
    got = crc32(chunk, got);
    length += chunk.length;
  }
  if (length !== copy.size || got !== crc) throw fileError('checksum-mismatch', copy.target);
}

/** True when two files have the same bytes, by length and CRC-32. */
export async function sameContent(
  a: StorageProvider,
  aPath: InnerPath,
  b: StorageProvider,
  bPath: InnerPath,
  signal: AbortSignal,
): Promise<boolean> {
  const sums = await Promise.all([sum(a, aPath, signal), sum(b, bPath, signal)]);
  return sums[0].length === sums[1].length && sums[0].crc === sums[1].crc;
}

async function sum(provider: StorageProvider, path: InnerPath, signal: AbortSignal): Promise<{ length: number; crc: number }> {
  const { body } = await provider.read(path, { signal });
  let length = 0;
  let crc = 0;
  for await (const chunk of body) {
    crc = crc32(chunk, crc);
    length += chunk.length;
  }
  return { length, crc };
}

export const sideOf = (entry: StorageEntry) => ({ kind: entry.kind, size: entry.size, modified: entry.modified });
