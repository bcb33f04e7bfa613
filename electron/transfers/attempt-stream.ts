import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import {
  type CopyCapable,
  canCopy,
  hasLocalPath,
  type StorageEntry,
  type StorageProvider,
  type WriteOptions,
} from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { Checkpoint } from './copy-protocol.ts';
import type { Reading } from './copy-source.ts';
import { copyStream, receive, sideOf } from './copy-stream.ts';
import type { FileRow } from './journal.ts';
import { landBytes, obstacleAt } from './land.ts';
import { fileError, toProblem } from './problems.ts';
import { type Place, sameProvider } from './request.ts';
import { type Item, type RunState, targetOf } from './run.ts';
import { checkpointOf, keyOf, type Result, saveCheckpoint } from './run-file.ts';

/** Up to here it costs less to send a file and be refused than to ask first. */
const optimisticBytes = 1024 * 1024;

/** One attempt at a file of which at least one end is no path of this machine. */
export async function attemptStream(run: RunState, item: Item, place: Place): Promise<Result> {
  const { row } = item;
  const { provider } = run.destination;
  const target = targetOf(run, row);
  const attempt: Attempt = { reached: checkpointOf(row) };
  try {
    if (hasLocalPath(provider) && row.size <= landBytes) return await fetchAndLand(run, item, place);
    if (row.size > optimisticBytes || run.likelyTaken) {
      const existing = await statOrNull(provider, target, { signal: run.signal });
      if (existing && existing.etag !== item.replace) return taken(run, existing);
      // What was to be replaced is gone: nothing is.
      if (!existing) item.replace = null;
    }
    await send(run, item, place, target, attempt);
    run.lanes.arrived(row.size);
    run.likelyTaken = false;
    return { kind: 'done' };
  } catch (error) {
    if (run.signal.aborted) return { kind: 'stopped', checkpoint: attempt.reached };
    if (isStowageError(error, 'precondition-failed')) {
      const now = await statOrNull(provider, target, { signal: run.signal }).catch(() => null);
      if (now) return taken(run, now);
    }
    return { kind: 'error', problem: toProblem(error, row.path) };
  }
}

/** Receives a small file in memory, lets the next one in, and has it written together with others. */
async function fetchAndLand(run: RunState, item: Item, place: Place): Promise<Result> {
  const { row } = item;
  const there = run.likelyTaken ? await obstacleAt(run, row, item.replace) : null;
  if (there) return there;
  const room = await run.lander.room(row.size);
  try {
    const { content, modified } = await receive(readingOf(run, item, place, () => undefined));
    // The lanes measure what the host gives, not what the disk takes.
    run.lanes.arrived(row.size);
    run.patience.relief();
    item.leave();
    const result = await room.land(item, content, modified);
    run.likelyTaken = result.kind === 'exists';
    return result;
  } finally {
    room.give();
  }
}

function readingOf(run: RunState, { row }: Item, place: Place, onCheckpoint: (checkpoint: Checkpoint) => void): Reading {
  return {
    from: place.provider,
    source: sourceOf(row),
    to: run.destination.provider,
    size: row.size,
    modified: row.modified,
    etag: row.etag,
    signal: run.signal,
    bandwidth: run.tools.bandwidth,
    onProgress: (done, checkpoint) => {
      run.tools.reporter.progress(run.id, row.seq, done - row.done);
      run.tools.reporter.changed(run.id);
      if (checkpoint) onCheckpoint(checkpoint);
    },
  };
}

interface Attempt {
  reached: Checkpoint | null;
}

function taken(run: RunState, existing: StorageEntry): Result {
  // The next ones are probably there too: asking first is cheaper then.
  run.likelyTaken = true;
  return { kind: 'exists', existing: sideOf(existing), identity: existing.etag ?? '' };
}

async function send(run: RunState, item: Item, place: Place, target: InnerPath, attempt: Attempt): Promise<void> {
  const { row } = item;
  const { provider } = run.destination;
  const expect: NonNullable<WriteOptions['expect']> = item.replace === null ? { absent: true } : { etag: item.replace };
  if (sameProvider(place, run.destination) && canCopy(provider) && (await copyInside(run, row, provider, target, expect))) return;
  const reading = readingOf(run, item, place, (checkpoint) => {
    // Bytes that are kept: the host answers, and this file gets on, unless it only comes as far as it had come before.
    if (checkpoint.offset > (attempt.reached?.offset ?? 0)) run.patience.relief();
    if (checkpoint.offset > item.tries.furthest) {
      item.tries.furthest = checkpoint.offset;
      item.tries.own = 0;
    }
    attempt.reached = checkpoint;
    saveCheckpoint(run, row, checkpoint);
  });
  await copyStream({ ...reading, target, key: keyOf(run, row), expect, checkpoint: attempt.reached });
}

export const sourceOf = (row: FileRow): InnerPath => (row.read_path ?? row.source) as InnerPath;

/** Copies inside the service; false when it cannot, and the bytes have to pass this machine. */
async function copyInside(
  run: RunState,
  row: FileRow,
  provider: StorageProvider & CopyCapable,
  target: InnerPath,
  expect: NonNullable<WriteOptions['expect']>,
): Promise<boolean> {
  const { signal } = run;
  const source = sourceOf(row);
  try {
    const entry = await provider.copy(source, target, { signal, expect, ...(row.etag !== null && { etag: row.etag }) });
    if (entry.size !== row.size) throw fileError('source-changed', source);
    return true;
  } catch (error) {
    if (isStowageError(error, 'unsupported')) return false;
    if (isStowageError(error, 'precondition-failed') && row.etag !== null) {
      // Of the source or of the target: only the source can tell.
      const now = await provider.stat(source, { signal });
      if (now.etag !== row.etag) throw fileError('source-changed', source);
    }
    throw error;
  }
}
