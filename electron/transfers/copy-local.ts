import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, sep } from 'node:path';
import type { ErrorCode } from '#shared/errors.ts';
import { type Checkpoint, type CopyJob, type CopyOutcome, controlWords, type Existing } from './copy-protocol.ts';
import { codeOfErrno } from './problems.ts';

/** What a batch of copies shares: the control word, the buffers and the folders already checked. */
export interface CopyContext {
  readonly control: Int32Array;
  readonly sourceRoot: string;
  readonly targetRoot: string;
  /** What is copied passes through here. */
  readonly buffer: Buffer;
  /** What was written is read back to here: one byte longer than `buffer`. */
  readonly back: Buffer;
  readonly checked: Map<string, string>;
  /** Called after every chunk, before it is verified; with a checkpoint every 64 MiB. */
  onProgress(seq: number, done: number, checkpoint: Checkpoint | null): void;
}

export const checkpointBytes = 64 * 1024 * 1024;
export const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlock = constants.O_NONBLOCK ?? 0;

/** What went wrong with one file, where the system gave no error of its own. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** A file that was written and verified under its temporary name, and waits to be made durable and named. */
export interface Written {
  readonly job: CopyJob;
  /** Nothing of it would be lost if the machine stopped now. */
  readonly durable: boolean;
}

/** Both ends of a copy under way. */
export interface Opened {
  readonly source: number;
  readonly before: BigIntStats;
  part: number;
}

export type Stopped = CopyOutcome & { kind: 'stopped' };

/**
 * Copies the bytes of one file into its part, and compares each chunk with what the part then holds. Gives what
 * `publish` takes, or how it ended otherwise. Never throws; what failed leaves no part behind.
 */
export function copyToPart(job: CopyJob, context: CopyContext): Written | CopyOutcome {
  if (job.content) return writeToPart(job, job.content, context);
  const opened = openEnds(job, context);
  if ('kind' in opened) return opened;
  try {
    const stopped = copyBytes(job, opened, context);
    if (stopped) return letGo(job, opened, stopped);
    settlePart(job, opened);
    closePart(opened);
    return { job, durable: false };
  } catch (error) {
    return giveUp(job, opened, error);
  } finally {
    closeSync(opened.source);
  }
}

/** Opens the source and a part for it, unless something is in the way. Never throws. */
export function openEnds(job: CopyJob, context: CopyContext): Opened | CopyOutcome {
  let source = -1;
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
    return { source, before, part: openPart(job, Number(before.mode) & 0o777) };
  } catch (error) {
    if (source >= 0) closeSync(source);
    if (job.checkpoint) removePart(job.part);
    return failure(job.seq, error);
  }
}

/** Gives a part that holds everything its time. @throws Refusal when the source changed meanwhile */
export function settlePart(job: CopyJob, { source, part, before }: Opened): void {
  const after = fstatSync(source, { bigint: true });
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw new Refusal('source-changed', 'it was written to');
  if (job.modified !== null) futimesSync(part, Date.now() / 1000, Number(before.mtimeNs) / 1e9);
}

/** Ends a copy that was stopped, keeping the part only when it can go on from there. */
export function letGo(job: CopyJob, opened: Opened, stopped: Stopped): Stopped {
  closePart(opened);
  if (!stopped.checkpoint) removePart(job.part);
  return stopped;
}

/** Ends a copy that failed. */
export function giveUp(job: CopyJob, opened: Opened, error: unknown): CopyOutcome {
  closePart(opened);
  removePart(job.part);
  return failure(job.seq, error);
}

export function closePart(opened: Opened): void {
  if (opened.part >= 0) closeSync(opened.part);
  opened.part = -1;
}

/** As `copyToPart`, for bytes that are in memory. A file that is replaced passes its permissions on. */
function writeToPart(job: CopyJob, content: Uint8Array, context: CopyContext): Written | CopyOutcome {
  let part = -1;
  try {
    checkFolder(job.to, context.targetRoot, context.checked);
    const taken = obstacle(job);
    if (taken) return { seq: job.seq, kind: 'exists', existing: taken };
    part = openPart(job, job.replace === null ? 0o666 : lstatSync(job.to).mode & 0o777);
    const { length } = context.buffer;
    for (let offset = 0; offset < content.length; offset += length) {
      const chunk = content.subarray(offset, offset + length);
      writeChunk(part, chunk, offset);
      checkKept(part, chunk, offset, content.length, context.back);
    }
    if (job.modified !== null) futimesSync(part, Date.now() / 1000, job.modified / 1000);
    closeSync(part);
    part = -1;
    return { job, durable: false };
  } catch (error) {
    if (part >= 0) {
      closeSync(part);
      removePart(job.part);
    }
    return failure(job.seq, error);
  }
}

/** What lies where the file is to go, unless it is what may be replaced. */
export function obstacle(job: CopyJob): Existing | null {
  const stats = lstatSync(job.to, { bigint: true, throwIfNoEntry: false });
  if (!stats) return null;
  const existing = describe(stats);
  return job.replace === existing.identity ? null : existing;
}

/** What lies at a place, as the system tells it. */
export function describe(stats: BigIntStats): Existing {
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

function openPart(job: CopyJob, permissions: number): number {
  const flags = constants.O_RDWR | constants.O_CREAT | noFollow;
  const mode = permissions | 0o600;
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

function copyBytes(job: CopyJob, { source, part }: Opened, context: CopyContext): Stopped | null {
  const { buffer, back, control } = context;
  const kept = compareKept(job, source, part, context);
  if (typeof kept !== 'number') return kept;
  let offset = kept;
  while (offset < job.size) {
    const stop = Atomics.load(control, controlWords.stop);
    if (stop !== 0) return stoppedAt(job, stop, offset);
    const count = readSync(source, buffer, 0, Math.min(buffer.length, job.size - offset), offset);
    if (count === 0) throw new Refusal('source-changed', 'it became shorter');
    const chunk = count === buffer.length ? buffer : buffer.subarray(0, count);
    writeChunk(part, chunk, offset);
    if (offset + count < job.size) context.onProgress(job.seq, offset + count, null);
    checkKept(part, chunk, offset, job.size, back);
    offset += count;
  }
  return null;
}

export const stoppedAt = (job: CopyJob, stop: number, offset: number): Stopped => ({
  seq: job.seq,
  kind: 'stopped',
  checkpoint: stop === 1 && offset > 0 ? { offset, crc: 0 } : null,
});

export function writeChunk(part: number, chunk: Uint8Array, offset: number): void {
  for (let sent = 0; sent < chunk.length; ) sent += writeSync(part, chunk, sent, chunk.length - sent, offset + sent);
}

/** Reads back what was written and compares it, and that nothing follows the last chunk. @throws Refusal */
function checkKept(part: number, chunk: Uint8Array, offset: number, size: number, back: Buffer): void {
  const ask = chunk.length + (offset + chunk.length === size ? 1 : 0);
  checkSame(chunk, back, readSync(part, back, 0, ask, offset));
}

/** @throws Refusal unless `count` bytes came back and they are those that were sent */
export function checkSame(chunk: Uint8Array, back: Buffer, count: number): void {
  if (count !== chunk.length || back.compare(chunk, 0, count, 0, count) !== 0)
    throw new Refusal('checksum-mismatch', 'what was read back differs from what was sent');
}

/**
 * Compares what a former process left in the part with the source, from the beginning. How many bytes of it are good;
 * the part is cut there.
 */
export function compareKept(job: CopyJob, source: number, part: number, context: CopyContext): number | Stopped {
  if (!job.checkpoint) return 0;
  const { buffer, back, control } = context;
  const { size } = fstatSync(part);
  let offset = 0;
  while (offset < size) {
    const stop = Atomics.load(control, controlWords.stop);
    if (stop !== 0) return stoppedAt(job, stop, size);
    const count = readSync(source, buffer, 0, Math.min(buffer.length, size - offset), offset);
    const got = readSync(part, back, 0, count, offset);
    if (count === 0 || got !== count || back.compare(buffer, 0, count, 0, count) !== 0) {
      ftruncateSync(part, offset);
      return offset;
    }
    offset += count;
  }
  return size;
}

export function removePart(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Not there any more; what matters is that it is gone.
  }
}

/** The name of a system error, e.g. `ENOSPC`. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** An error as the outcome of a file. */
export function failure(seq: number, error: unknown): CopyOutcome {
  const detail = error instanceof Error ? error.message : String(error);
  return { seq, kind: 'error', code: error instanceof Refusal ? error.code : codeOfErrno(errnoOf(error)), detail };
}
