import { spawnSync } from 'node:child_process';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ErrorCode } from '#shared/errors.ts';
import type { Checkpoint, CopyJob, CopyOutcome, Existing } from './copy-protocol.ts';
import { codeOfErrno } from './problems.ts';

/** What a batch of copies shares: the control word, the buffer and the folders already checked. */
export interface CopyContext {
  readonly control: Int32Array;
  readonly sourceRoot: string;
  readonly targetRoot: string;
  readonly buffer: Buffer;
  readonly checked: Map<string, string>;
  /** Called after every chunk; `checkpoint` every 64 MiB. */
  onProgress(seq: number, done: number, checkpoint: Checkpoint | null): void;
}

const checkpointBytes = 64 * 1024 * 1024;
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlock = constants.O_NONBLOCK ?? 0;

class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** A file that was written and verified under its temporary name, and waits to be made durable and named. */
export interface Written {
  readonly job: CopyJob;
}

/**
 * Copies the bytes of one file into its part and verifies them by reading back. Gives what `publish` takes, or how it
 * ended otherwise. Never throws; what failed leaves no part behind.
 */
export function copyToPart(job: CopyJob, context: CopyContext): Written | CopyOutcome {
  let source = -1;
  let part = -1;
  try {
    checkFolder(job.from, context.sourceRoot, context.checked);
    checkFolder(job.to, context.targetRoot, context.checked);
    const taken = obstacle(job);
    if (taken) return { seq: job.seq, kind: 'exists', existing: taken };
    source = openSync(job.from, constants.O_RDONLY | noFollow | nonBlock);
    const before = fstatSync(source, { bigint: true });
    if (!before.isFile()) throw new Refusal('special-file', 'not a regular file');
    checkUnchanged(job, before);
    if (job.replace?.startsWith(`${before.dev}:${before.ino}:`))
      throw new Refusal('bad-request', 'source and destination are one file');
    part = openPart(job, before);
    const crc = copyBytes(job, source, part, context);
    if (typeof crc !== 'number') {
      closeSync(part);
      part = -1;
      if (!crc.checkpoint) removePart(job.part);
      return crc;
    }
    const after = fstatSync(source, { bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw new Refusal('source-changed', 'it was written to');
    if (crcOfPart(job, part, context) !== crc)
      throw new Refusal('checksum-mismatch', 'what was read back differs from what was sent');
    if (job.modified !== null) futimesSync(part, Date.now() / 1000, Number(before.mtimeNs) / 1e9);
    closeSync(part);
    part = -1;
    return { job };
  } catch (error) {
    if (part >= 0) closeSync(part);
    if (part >= 0 || job.checkpoint) removePart(job.part);
    return failure(job.seq, error);
  } finally {
    if (source >= 0) closeSync(source);
  }
}

/** What syncing took lately in this thread, in milliseconds: of a whole file system, and of one file. */
const syncCost = { together: 0, each: 0.3 };
const smallestGroup = 16;

/**
 * Makes written parts durable with one `syncfs`, where the system offers it (Node does not; the `sync` program does) and
 * it pays: on a quiet disk it is ten times faster than syncing a thousand small files, but it waits for what all other
 * programs have written too, so both costs are watched. False: `publish` has to sync each.
 */
export function syncParts(written: readonly Written[], folder: string): boolean {
  if (written.length < smallestGroup || process.platform !== 'linux') return false;
  if (syncCost.together > written.length * syncCost.each) {
    // Looked at again after a while: the disk may be quiet by then.
    syncCost.together *= 0.7;
    return false;
  }
  const begin = performance.now();
  const { status } = spawnSync('sync', ['-f', '--', folder], { stdio: 'ignore' });
  syncCost.together = status === 0 ? performance.now() - begin : Number.POSITIVE_INFINITY;
  return status === 0;
}

/** Gives a written part its name, only while the place is still as it was expected; makes it durable first unless it is. */
export function publish({ job }: Written, folders: Set<string>, durable: boolean): CopyOutcome {
  try {
    if (!durable) {
      const fd = openSync(job.part, constants.O_RDWR | noFollow);
      const begin = performance.now();
      try {
        fsyncSync(fd);
        if (job.size < 65_536) syncCost.each = 0.95 * syncCost.each + 0.05 * (performance.now() - begin);
      } finally {
        closeSync(fd);
      }
    }
    const taken = obstacle(job);
    if (taken) {
      removePart(job.part);
      return { seq: job.seq, kind: 'exists', existing: taken };
    }
    if (job.replace === null) nameExclusively(job.part, job.to);
    else renameSync(job.part, job.to);
    folders.add(dirname(job.to));
    return { seq: job.seq, kind: 'done' };
  } catch (error) {
    removePart(job.part);
    if (errnoOf(error) === 'EEXIST') {
      const taken = obstacle(job);
      if (taken) return { seq: job.seq, kind: 'exists', existing: taken };
    }
    return failure(job.seq, error);
  }
}

/** Makes the names given in these folders durable, where the system lets folders be synced. */
export function syncFolders(folders: Iterable<string>): void {
  for (const folder of folders) {
    try {
      const fd = openSync(folder, constants.O_RDONLY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // Windows and some network file systems refuse to sync a folder; the files themselves were synced.
    }
  }
}

/** A hard link fails when the name is taken, which a rename does not; a file system without links gets check and rename. */
function nameExclusively(part: string, to: string): void {
  try {
    linkSync(part, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    renameSync(part, to);
    return;
  }
  unlinkSync(part);
}

function obstacle(job: CopyJob): Existing | null {
  const stats = lstatSync(job.to, { bigint: true, throwIfNoEntry: false });
  if (!stats) return null;
  const existing = describe(stats);
  return job.replace === existing.identity ? null : existing;
}

function describe(stats: BigIntStats): Existing {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'special',
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    identity: `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`,
  };
}

/** Refuses a file whose folder, with links resolved, lies outside the root. */
function checkFolder(path: string, root: string, checked: Map<string, string>): void {
  const folder = dirname(path);
  let real = checked.get(folder);
  if (real === undefined) {
    real = realpathSync(folder);
    checked.set(folder, real);
  }
  let realRoot = checked.get(root);
  if (realRoot === undefined) {
    realRoot = realpathSync(root);
    checked.set(root, realRoot);
  }
  const inside = real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
  if (!inside) throw new Refusal('path-refused', `“${folder}” leads to “${real}”`);
}

function checkUnchanged(job: CopyJob, stats: BigIntStats): void {
  const sameTime = job.modified === null || Math.abs(Number(stats.mtimeNs) / 1e6 - job.modified) < 1.001;
  if (Number(stats.size) !== job.size || !sameTime) throw new Refusal('source-changed', 'size or time differ from the scan');
}

function openPart(job: CopyJob, stats: BigIntStats): number {
  const flags = constants.O_RDWR | constants.O_CREAT | noFollow;
  const mode = (Number(stats.mode) & 0o777) | 0o600;
  if (job.checkpoint) {
    const fd = openSync(job.part, flags, mode);
    const { size } = fstatSync(fd);
    ftruncateSync(fd, size >= job.checkpoint.offset ? job.checkpoint.offset : 0);
    return fd;
  }
  try {
    return openSync(job.part, flags | constants.O_EXCL, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    unlinkSync(job.part);
    return openSync(job.part, flags | constants.O_EXCL, mode);
  }
}

function copyBytes(
  job: CopyJob,
  source: number,
  part: number,
  context: CopyContext,
): number | (CopyOutcome & { kind: 'stopped' }) {
  const { buffer, control } = context;
  const kept = job.checkpoint ? fstatSync(part).size : 0;
  let offset = kept;
  let crc = kept > 0 && job.checkpoint ? job.checkpoint.crc : 0;
  let saved = offset;
  while (offset < job.size) {
    const stop = Atomics.load(control, 0);
    if (stop !== 0) return { seq: job.seq, kind: 'stopped', checkpoint: stop === 1 && offset > 0 ? { offset, crc } : null };
    const count = readSync(source, buffer, 0, Math.min(buffer.length, job.size - offset), offset);
    if (count === 0) throw new Refusal('source-changed', 'it became shorter');
    const chunk = count === buffer.length ? buffer : buffer.subarray(0, count);
    crc = crc32(chunk, crc);
    for (let sent = 0; sent < count; ) sent += writeSync(part, chunk, sent, count - sent, offset + sent);
    offset += count;
    const due = offset - saved >= checkpointBytes;
    if (due) saved = offset;
    if (offset < job.size || due) context.onProgress(job.seq, offset, due ? { offset, crc } : null);
  }
  return crc;
}

function crcOfPart(job: CopyJob, part: number, context: CopyContext): number {
  const { buffer } = context;
  let crc = 0;
  let offset = 0;
  for (;;) {
    const count = readSync(part, buffer, 0, buffer.length, offset);
    if (count === 0) break;
    crc = crc32(count === buffer.length ? buffer : buffer.subarray(0, count), crc);
    offset += count;
    if (offset >= job.size && count < buffer.length) break;
  }
  if (offset !== job.size) throw new Refusal('checksum-mismatch', `${offset} bytes arrived of ${job.size}`);
  return crc;
}

export function removePart(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Not there any more; what matters is that it is gone.
  }
}

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

function failure(seq: number, error: unknown): CopyOutcome {
  const detail = error instanceof Error ? error.message : String(error);
  return { seq, kind: 'error', code: error instanceof Refusal ? error.code : codeOfErrno(errnoOf(error)), detail };
}
