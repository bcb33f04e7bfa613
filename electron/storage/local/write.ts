import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, truncate, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, visible } from '#shared/paths.ts';
import { checkLength, checkNotLonger, checkSignal, checkWriteKey, consume } from '../bodies.ts';
import type { CallOptions, ResumableWrite, StorageEntry, WriteOptions } from '../provider.ts';
import type { Containment } from './containment.ts';
import { entryAt, partPrefix } from './entries.ts';
import { errnoOf, fromErrno, withErrno } from './errno.ts';
import { fileBody } from './read.ts';
import { createSyncing } from './syncing.ts';

const noFollow = constants.O_NOFOLLOW ?? 0;

/** What a file system without hard links answers to `link` (FAT, some network shares, other people's files). */
const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES']);

/**
 * Gives the file `from` the name `to` without ever overwriting; throws EEXIST. A hard link, then the old name is
 * removed: a crash between leaves the file under both names. Where there are no hard links, the name is claimed by an
 * empty file that is then replaced: a crash between leaves that empty file.
 */
export async function moveWithoutOverwriting(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noHardLinks.has(errnoOf(error) ?? '')) throw error;
    await (await open(to, 'wx')).close();
    await rename(from, to);
    return;
  }
  await unlink(from);
}

/** Waits until the names in a directory are on the disk; not every file system offers that. */
async function syncDirectory(absolute: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(absolute, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}

/**
 * What stands under the target, if it may be replaced.
 * @throws `is-a-directory`, `path-refused` for a symlink, `special-file`, `precondition-failed`
 */
async function checkTarget(target: string, path: InnerPath, expect: WriteOptions['expect']): Promise<StorageEntry | null> {
  const there = await entryAt(target, path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
  const subject = { subject: path };
  const name = visible(path);
  if (there?.kind === 'directory') throw new StowageError('is-a-directory', `“${name}” is a folder.`, subject);
  if (expect && 'absent' in expect && there) throw taken(path);
  if (there?.kind === 'symlink') {
    throw new StowageError('path-refused', `“${name}” is a symbolic link; nothing is written through or over one.`, subject);
  }
  if (there?.kind === 'special') {
    throw new StowageError('special-file', `“${name}” is a pipe, socket or device and is not replaced.`, subject);
  }
  if (expect && 'etag' in expect && there?.etag !== expect.etag) throw changed(path);
  return there;
}

export const changed = (path: InnerPath): StowageError =>
  new StowageError('precondition-failed', `“${visible(path)}” has changed or is gone since it was looked at.`, { subject: path });

const taken = (path: InnerPath): StowageError =>
  new StowageError('precondition-failed', `“${visible(path)}” exists already.`, { subject: path });

/**
 * Puts a complete file in its place. Between the check of an etag and the rename another program could still write the
 * target in place (there is no compare-and-rename); `absent` is free of that race.
 */
async function putInPlace(part: string, target: string, path: InnerPath, expect: WriteOptions['expect']): Promise<StorageEntry> {
  await checkTarget(target, path, expect);
  if (expect && 'absent' in expect) {
    await moveWithoutOverwriting(part, target).catch((error: unknown) => {
      throw errnoOf(error) === 'EEXIST' ? taken(path) : error;
    });
  } else {
    await rename(part, target);
  }
  return entryAt(target, path);
}

/** Puts all of the chunks at `position`, however few bytes the system takes at a time. */
async function putChunks(handle: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await handle.writev(chunks as Uint8Array[], position);
  let skip = bytesWritten;
  let at = position;
  for (const chunk of chunks) {
    const done = Math.min(skip, chunk.length);
    skip -= done;
    if (done < chunk.length) await appendChunk(handle, chunk.subarray(done), at + done);
    at += chunk.length;
  }
}

async function appendChunk(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/** Length, time and content on the disk, as `options` say. */
async function complete(handle: FileHandle, path: InnerPath, bytes: number, options: WriteOptions): Promise<void> {
  checkLength(path, bytes, options.size);
  const { modified, modifiedNs } = options;
  if (modifiedNs !== undefined) await handle.utimes(new Date(), Number(modifiedNs) / 1e9);
  else if (modified !== undefined) await handle.utimes(new Date(), modified / 1000);
  await handle.sync();
}

/** Writes a whole file; see StorageProvider.write. */
export async function writeLocal(
  containment: Containment,
  path: InnerPath,
  body: AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<StorageEntry> {
  checkSignal(options.signal);
  const target = await containment.forChange(path, true);
  const replaced = await checkTarget(target, path, options.expect);
  const part = join(dirname(target), `${partPrefix}w-${randomUUID()}`);
  const handle = await open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, 0o666);
  let closed = false;
  try {
    await containment.checkHandle(handle, path);
    if (replaced) await keepMode(handle, target);
    let bytes = 0;
    await consume(body, options.signal, async (chunk) => {
      checkNotLonger(path, bytes + chunk.length, options.size);
      await appendChunk(handle, chunk, bytes);
      bytes += chunk.length;
    });
    await complete(handle, path, bytes, options);
    closed = true;
    await handle.close();
    checkSignal(options.signal);
    return await putInPlace(part, target, path, options.expect);
  } catch (error) {
    if (!closed) await handle.close().catch(() => undefined);
    await removePart(part);
    throw error;
  }
}

/** A file that is written anew keeps the permissions of the one it replaces (a script stays executable). */
async function keepMode(handle: FileHandle, target: string): Promise<void> {
  const old = await open(target, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0)).catch(() => null);
  if (!old) return;
  try {
    const stats = await old.stat();
    if (stats.isFile()) await handle.chmod(stats.mode & 0o777);
  } finally {
    await old.close();
  }
}

/** Removes an unfinished write. On a full disk its space is given back even when the name cannot be removed. */
async function removePart(part: string): Promise<void> {
  await unlink(part).catch(async (error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') await truncate(part).catch(() => undefined);
  });
}

/** Opens or finds again an unfinished write; see ResumableWriteCapable. */
export async function openLocalWrite(containment: Containment, path: InnerPath, key: string): Promise<ResumableWrite> {
  checkWriteKey(key);
  const target = await containment.forChange(path, true);
  await checkTarget(target, path, undefined);
  const digest = createHash('sha256').update(baseName(path)).digest('hex').slice(0, 16);
  const part = join(dirname(target), `${partPrefix}${key}-${digest}`);
  await dropSecondName(part, target);
  const handle = await open(part, constants.O_RDWR | constants.O_CREAT | noFollow, 0o666);
  try {
    await containment.checkHandle(handle, path);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new StowageError('special-file', `“${visible(part)}” is not a regular file.`, { subject: part });
    return resumable({ containment, path, part, handle, bytes: stats.size });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A crash while a file is put in its place can leave it under both names: what is then done to the part must not reach it. */
async function dropSecondName(part: string, target: string): Promise<void> {
  const [one, other] = await Promise.all([part, target].map((path) => lstat(path, { bigint: true }).catch(() => null)));
  if (one && other && one.ino === other.ino && one.dev === other.dev) await unlink(part);
}

interface Unfinished {
  readonly containment: Containment;
  readonly path: InnerPath;
  readonly part: string;
  readonly handle: FileHandle;
  bytes: number;
}

function resumable(state: Unfinished): ResumableWrite {
  const { containment, path, part, handle } = state;
  const syncing = createSyncing(() => handle.datasync());
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    // A sync that is under way must not lose its file.
    closed ??= syncing.rest().then(
      () => handle.close(),
      () => handle.close(),
    );
    return closed;
  };
  return {
    granularity: 1,
    get committed() {
      return state.bytes;
    },
    truncate: (length) =>
      withErrno(path, async () => {
        await handle.truncate(Math.min(length, state.bytes));
        state.bytes = Math.min(length, state.bytes);
      }),
    append: (body, options: CallOptions = {}) =>
      withErrno(path, async () => {
        await consume(body, options.signal, async (chunk) => {
          await appendChunk(handle, chunk, state.bytes);
          state.bytes += chunk.length;
          syncing.written(chunk.length);
        });
        return state.bytes;
      }),
    scattered: {
      file: part,
      put: (chunks, offset) =>
        withErrno(path, async () => {
          await putChunks(handle, chunks, offset);
          const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
          state.bytes = Math.max(state.bytes, offset + length);
          syncing.written(length);
        }),
    },
    readBack: (options: CallOptions = {}) => readBack(state, options.signal),
    finish: (options: WriteOptions = {}) =>
      withErrno(path, async () => {
        checkSignal(options.signal);
        const target = await containment.forChange(path, true);
        await keepMode(handle, target);
        await syncing.rest();
        await complete(handle, path, state.bytes, options);
        // When this refuses, what was appended stays: the finish can be repeated, or given up by `abort`.
        const entry = await putInPlace(part, target, path, options.expect);
        await close();
        await syncDirectory(dirname(target));
        return entry;
      }),
    abort: () =>
      withErrno(path, async () => {
        await close();
        await removePart(part);
      }),
    close: () => withErrno(path, close),
  };
}

async function* readBack(state: Unfinished, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const handle = await open(state.part, constants.O_RDONLY | noFollow).catch((error: unknown) => {
    throw fromErrno(error, state.path);
  });
  yield* fileBody(handle, state.path, 0, state.bytes, { signal });
}
