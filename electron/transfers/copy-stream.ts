import { crc32 } from 'node:zlib';
import { isStowageError, toStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import {
  canResumeWrite,
  hasLocalPath,
  type ReadResult,
  type ResumableWrite,
  type ScatteredWrite,
  type StorageEntry,
  type StorageProvider,
  type WriteOptions,
} from '../storage/provider.ts';
import { type RunningDigest, runningDigest } from '../storage/remote/digests.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { CutShort, checkSource, checkStill, letGo, openSource, type Reading, sourceError } from './copy-source.ts';
import { fetchRanges } from './fetch-ranges.ts';
import { isPassing } from './patience.ts';
import { fileError } from './problems.ts';

/** One file from any provider to any other. */
export interface StreamCopy extends Reading {
  readonly target: InnerPath;
  /** Names the unfinished write, so that it is found again. */
  readonly key: string;
  readonly expect: NonNullable<WriteOptions['expect']>;
  readonly checkpoint: Checkpoint | null;
}

/** Up to here a file goes in one request, and is begun anew rather than gone on with. */
export const smallBytes = 8 * 1024 * 1024;
const checkpointBytes = 32 * 1024 * 1024;

/**
 * Copies by streaming, verified: `read` holds the bytes against the source's MD5 where it is known; and where the
 * destination does not check what it receives, what is kept there is read back before it gets its name, and compared by
 * CRC-32. A destination that takes bytes in any order gets several ranges at once (fetch-ranges.ts). The source must be the
 * same before and after.
 * @throws `source-changed`, `checksum-mismatch`, `io-error` for a body that was cut short, `precondition-failed` of the
 * target, and what the providers throw; after errors that pass, and `cancelled`, a resumable part is kept
 */
export async function copyStream(copy: StreamCopy): Promise<void> {
  const { to } = copy;
  if (canResumeWrite(to) && (copy.size > smallBytes || !to.features.verifiedWrites)) {
    const { signal, size } = copy;
    const entry = await copy.from.stat(copy.source, { signal });
    checkSource(copy, entry);
    await copyResumable(copy, entry, await to.openWrite(copy.target, copy.key, { signal, size, ...timesOf(copy, entry) }));
  } else await copyWhole(copy);
}

/** The source's modification time, as finely as it is told. */
function timesOf(copy: StreamCopy, { modified, modifiedNs }: StorageEntry): Pick<WriteOptions, 'modified' | 'modifiedNs'> {
  const time = modified ?? copy.modified;
  return { ...(time !== null && { modified: time }), ...(modifiedNs !== undefined && { modifiedNs }) };
}

const options = (copy: StreamCopy, entry: StorageEntry): WriteOptions => ({
  signal: copy.signal,
  size: copy.size,
  expect: copy.expect,
  ...timesOf(copy, entry),
});

/** What flows of one file, and what is known of it so far. */
interface Flow {
  offset: number;
  crc: number;
  /** As it was before the last chunk, which may not have arrived yet. */
  before: Checkpoint;
  /** Of a file that is gone on with, whose digest nobody has compared: that of the whole, where it is known. */
  readonly md5: string | null;
}

/** The source's bytes on their way; ends only when they are whole and the source is unchanged. */
async function* flowing(copy: Reading, opened: ReadResult, flow: Flow, onChunk: () => void): AsyncGenerator<Uint8Array> {
  const needsCrc = !copy.to.features.verifiedWrites;
  const paced = hasLocalPath(copy.from) && hasLocalPath(copy.to) ? opened.body : copy.bandwidth.pace(opened.body, copy.signal);
  try {
    for await (const chunk of paced) {
      flow.before = { offset: flow.offset, crc: flow.crc };
      if (needsCrc) flow.crc = crc32(chunk, flow.crc);
      flow.offset += chunk.length;
      if (flow.offset > copy.size) throw fileError('source-changed', copy.source);
      yield chunk;
      onChunk();
    }
  } catch (error) {
    throw sourceError(copy, error);
  }
  if (flow.offset !== copy.size) throw new CutShort(copy, flow.offset);
  await checkStill(copy);
}

const begin = (entry: StorageEntry, offset: number, crc: number): Flow => ({
  offset,
  crc,
  before: { offset, crc },
  md5: offset > 0 ? (entry.md5 ?? null) : null,
});

async function copyResumable(copy: StreamCopy, entry: StorageEntry, write: ResumableWrite): Promise<void> {
  let reached = (): Checkpoint | null => null;
  let keep = false;
  try {
    const start = resumePoint(copy, write);
    await write.truncate(start.offset);
    // From here on what is kept under the key is of this very source.
    if (!copy.checkpoint) copy.onProgress(0, { offset: 0, crc: 0 });
    const arriving = write.scattered ? inRanges(copy, entry, write.scattered, start) : inOrder(copy, entry, write, start);
    reached = arriving.reached;
    await arriving.arrive();
    await write.finish(options(copy, entry));
  } catch (error) {
    const { code } = toStowageError(error);
    // Refused because somebody took the place meanwhile, it can be finished under another condition.
    const passes = copy.signal.aborted || isPassing(code) || code === 'precondition-failed';
    // Of a body that ended too soon nobody knows what was left out.
    keep = passes && !(error instanceof CutShort);
    const checkpoint = keep ? reached() : null;
    if (checkpoint) copy.onProgress(checkpoint.offset, checkpoint);
    throw error;
  } finally {
    if (keep) await write.close();
    else await write.abort().catch(() => undefined);
  }
}

/** One way of getting the bytes of a file to where they are kept. */
interface Arriving {
  /** Resolves when all are there and verified. */
  arrive(): Promise<void>;
  /** Where it can be gone on with, if it breaks off now. */
  reached(): Checkpoint | null;
}

function inRanges(copy: StreamCopy, entry: StorageEntry, to: ScatteredWrite, start: Checkpoint): Arriving {
  let reached = start;
  const onReached = (checkpoint: Checkpoint): void => {
    reached = checkpoint;
  };
  return { arrive: () => fetchRanges({ copy, entry, to, start, onReached }), reached: () => reached };
}

function inOrder(copy: StreamCopy, entry: StorageEntry, write: ResumableWrite, start: Checkpoint): Arriving {
  const { offset, crc } = start;
  const flow = begin(entry, offset, crc);
  const reached = (): Checkpoint | null => {
    if (!write.readBack) return { offset: write.committed, crc: 0 };
    if (write.committed === flow.offset) return { offset: flow.offset, crc: flow.crc };
    return write.committed === flow.before.offset ? flow.before : null;
  };
  const arrive = async (): Promise<void> => {
    if (offset < copy.size) {
      await appendAll(copy, write, await openSource(copy, { offset, length: copy.size - offset }), flow, reached);
    }
    if (write.readBack) await compare(copy, write.readBack({ signal: copy.signal }), flow);
  };
  return { arrive, reached };
}

/** Where to go on. Without read-back the service has checked every part, so all that it holds counts. */
function resumePoint(copy: StreamCopy, write: ResumableWrite): Checkpoint {
  const { checkpoint } = copy;
  if (!checkpoint || write.committed < checkpoint.offset || write.committed > copy.size) return { offset: 0, crc: 0 };
  return write.readBack ? checkpoint : { offset: write.committed, crc: 0 };
}

async function appendAll(
  copy: StreamCopy,
  write: ResumableWrite,
  opened: ReadResult,
  flow: Flow,
  checkpoint: () => Checkpoint | null,
): Promise<void> {
  let saved = flow.offset;
  const body = flowing(copy, opened, flow, () => {
    const due = write.committed - saved >= checkpointBytes ? checkpoint() : null;
    if (due) saved = due.offset;
    copy.onProgress(flow.offset, due);
  });
  try {
    const total = await write.append(body, { signal: copy.signal });
    if (total !== copy.size) throw new CutShort(copy, total);
  } finally {
    await letGo(opened.body);
  }
}

/** The bytes of a small file, held to the same conditions as if they were copied, and its own time. */
export async function receive(copy: Reading): Promise<{ content: Uint8Array; modified: number | null }> {
  const opened = await openSource(copy, { offset: 0, length: copy.size });
  const flow = begin(opened.entry, 0, 0);
  const content = Buffer.allocUnsafeSlow(copy.size);
  for await (const chunk of flowing(copy, opened, flow, () => copy.onProgress(flow.offset, null))) {
    content.set(chunk, flow.offset - chunk.length);
  }
  const { modified, modifiedNs } = opened.entry;
  // With its fraction: a disk keeps times finer than in milliseconds.
  return { content, modified: modifiedNs === undefined ? (modified ?? copy.modified) : Number(modifiedNs) / 1e6 };
}

async function copyWhole(copy: StreamCopy): Promise<void> {
  const opened = await openSource(copy, { offset: 0, length: copy.size });
  const flow = begin(opened.entry, 0, 0);
  let entry: StorageEntry;
  try {
    const body = flowing(copy, opened, flow, () => copy.onProgress(flow.offset, null));
    entry = await copy.to.write(copy.target, body, options(copy, opened.entry));
  } finally {
    await letGo(opened.body);
  }
  if (copy.to.features.verifiedWrites) return;
  const { etag } = entry;
  const { body: kept } = await copy.to.read(copy.target, { signal: copy.signal, ...(etag !== undefined && { etag }) });
  try {
    await compare(copy, kept, flow);
  } catch (error) {
    if (isStowageError(error, 'checksum-mismatch')) await copy.to.remove(copy.target).catch(() => undefined);
    throw error;
  }
}

/** Compares what is kept with what was sent. */
async function compare(copy: StreamCopy, kept: AsyncIterable<Uint8Array>, flow: Flow): Promise<void> {
  const digest: RunningDigest | null = flow.md5 === null ? null : runningDigest(copy.size);
  try {
    let length = 0;
    let crc = 0;
    for await (const chunk of kept) {
      crc = crc32(chunk, crc);
      length += chunk.length;
      // The chunk's memory goes to the digest's thread.
      await digest?.add(chunk, false);
    }
    const same = digest === null || (await digest.end()) === flow.md5;
    if (length !== copy.size || crc !== flow.crc || !same) throw fileError('checksum-mismatch', copy.target);
  } finally {
    digest?.drop();
  }
}

/** True when two files have the same bytes: by their digests where both are known, else by length and CRC-32. */
export async function sameContent(
  a: StorageProvider,
  aPath: InnerPath,
  b: StorageProvider,
  bPath: InnerPath,
  signal: AbortSignal,
): Promise<boolean> {
  const [one, other] = await Promise.all([a.stat(aPath, { signal }), b.stat(bPath, { signal })]);
  if (one.size !== other.size) return false;
  if (one.md5 !== undefined && other.md5 !== undefined) return one.md5 === other.md5;
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
