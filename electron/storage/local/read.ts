import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { checkSignal, chunkBytes } from '../bodies.ts';
import type { ReadOptions, ReadResult } from '../provider.ts';
import type { Containment } from './containment.ts';
import { toEntry } from './entries.ts';
import { errnoOf, fromErrno } from './errno.ts';

const isDirectory = (path: InnerPath): StowageError =>
  new StowageError('is-a-directory', `“${visible(path) || '/'}” is a folder.`, { subject: path });

const isSpecial = (path: InnerPath): StowageError =>
  new StowageError('special-file', `“${visible(path)}” is a pipe, socket or device and is never opened.`, { subject: path });

/** Opens a file for reading; see StorageProvider.read. A pipe, socket or device is told apart before it is opened. */
export async function readLocal(containment: Containment, path: InnerPath, options: ReadOptions): Promise<ReadResult> {
  checkSignal(options.signal);
  const place = await containment.forRead(path);
  const before = await lstat(place, { bigint: true });
  if (before.isDirectory()) throw isDirectory(path);
  if (!before.isFile()) throw isSpecial(path);
  // O_NOFOLLOW and O_NONBLOCK: should a link or a pipe have taken the place since, it neither leads away nor hangs.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(place, flags).catch((error: unknown) => {
    throw errnoOf(error) === 'ENXIO' ? isSpecial(path) : error;
  });
  try {
    await containment.checkHandle(handle, path);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw isSpecial(path);
    const entry = toEntry(path, stats);
    if (options.etag !== undefined && options.etag !== entry.etag) {
      throw new StowageError('precondition-failed', `“${visible(path)}” has changed since it was looked at.`, { subject: path });
    }
    const from = Math.min(options.offset ?? 0, entry.size);
    const to = Math.min(entry.size, from + (options.length ?? entry.size));
    return { entry, body: fileBody(handle, path, from, to, options) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Bytes `from` up to `to` of an open file; options as in ReadOptions. Unlike a generator it closes the file also when returned before the first read. */
export function fileBody(
  handle: FileHandle,
  path: InnerPath,
  from: number,
  to: number,
  { signal, reuse = false }: Pick<ReadOptions, 'signal' | 'reuse'>,
): AsyncIterableIterator<Uint8Array> {
  let position = from;
  let kept: Buffer | null = null;
  let closed: Promise<void> | null = null;
  const close = async (): Promise<IteratorReturnResult<undefined>> => {
    closed ??= handle.close();
    await closed;
    return { done: true, value: undefined };
  };
  const step = async (): Promise<IteratorResult<Uint8Array>> => {
    if (closed || position >= to) return close();
    checkSignal(signal);
    const length = Math.min(chunkBytes, to - position);
    const buffer = kept?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    if (reuse) kept ??= buffer;
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    if (bytesRead === 0) {
      throw new StowageError('source-changed', `“${visible(path)}” became shorter while it was read.`, { subject: path });
    }
    position += bytesRead;
    return { done: false, value: bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead) };
  };
  return {
    next: async () => {
      try {
        return await step();
      } catch (error) {
        await close();
        throw fromErrno(error, path);
      }
    },
    return: close,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
