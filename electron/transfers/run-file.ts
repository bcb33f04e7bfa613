import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '#shared/contract/base.ts';
import { type ErrorCode, isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { decideConflict, keepBothPath, type Side } from '#shared/transfers/conflicts.ts';
import { collisionKey } from '#shared/transfers/names.ts';
import { canRename, canResumeWrite, hasLocalPath } from '../storage/provider.ts';
import { partOf, runBatch } from './copy-batch.ts';
import { removePart } from './copy-local.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { copyStream, sameContent, sideOf } from './copy-stream.ts';
import type { FileRow } from './journal.ts';
import { fileError, toProblem } from './problems.ts';
import type { Place } from './request.ts';
import { type Item, type RunState, targetOf } from './run.ts';
import { classify } from './scan.ts';

const largeBytes = 8 * 1024 * 1024;
const batchFiles = 256;
const batchBytes = 16 * 1024 * 1024;
const maxTries = 3;
const worthRetrying: readonly ErrorCode[] = ['io-error', 'checksum-mismatch', 'host-unreachable', 'stalled'];

/** Splits claimed files into work: many small ones of this machine together, everything else alone. */
export function* dispatch(run: RunState, rows: readonly FileRow[]): Generator<Promise<void>> {
  const { destination } = run;
  const groups = new Map<string, Item[]>();
  for (const row of rows) {
    const item: Item = { row, tries: 0, replace: null, surprises: 0 };
    const place = run.sources[row.source_index];
    const simple =
      place &&
      row.kind === 'file' &&
      !row.stale &&
      !run.move &&
      hasLocalPath(place.provider) &&
      hasLocalPath(destination.provider);
    if (!simple || row.size > largeBytes) {
      yield single(run, item);
      continue;
    }
    const root = place.provider.localPath(place.boundary);
    const group = groups.get(root) ?? [];
    group.push(item);
    groups.set(root, group);
    if (group.length >= batchFiles || group.reduce((sum, { row: { size } }) => sum + size, 0) >= batchBytes) {
      groups.delete(root);
      yield batch(run, group);
    }
  }
  for (const group of groups.values()) yield batch(run, group);
}

async function batch(run: RunState, items: readonly Item[]): Promise<void> {
  const left: Promise<void>[] = [];
  await runBatch(run, items, (item, result) => {
    left.push(conclusion(run, item, result));
  });
  await Promise.all(left);
}

/** How one attempt at a file ended. */
export type Result =
  | { kind: 'done' }
  | { kind: 'exists'; existing: Side; identity: string }
  | { kind: 'error'; problem: Problem }
  | { kind: 'stopped'; checkpoint: Checkpoint | null };

/** Takes one file from wherever it stands to its end. */
async function single(run: RunState, item: Item): Promise<void> {
  const leave = item.row.size > largeBytes ? await run.enter() : undefined;
  try {
    if (item.row.stale && !(await refresh(run, item))) return;
    if (item.row.kind === 'tree') return await moveTree(run, item);
    await conclusion(run, item, await attempt(run, item));
  } catch (error) {
    if (run.signal.aborted) run.settle(item, { state: 'pending' });
    else run.settle(item, { state: 'failed', problem: toProblem(error, item.row.path) });
  } finally {
    leave?.();
  }
}

async function attempt(run: RunState, item: Item): Promise<Result> {
  const place = run.sources[item.row.source_index];
  if (!place) throw new StowageError('internal', `“${visible(item.row.path)}” has no source.`);
  if (run.signal.aborted) return { kind: 'stopped', checkpoint: checkpointOf(item.row) };
  if (hasLocalPath(place.provider) && hasLocalPath(run.destination.provider)) {
    let result: Result | undefined;
    await runBatch(run, [item], (_, outcome) => {
      result = outcome;
    });
    return result ?? { kind: 'stopped', checkpoint: checkpointOf(item.row) };
  }
  return attemptStream(run, item, place);
}

export const checkpointOf = (row: FileRow): Checkpoint | null => (row.checkpoint === null ? null : JSON.parse(row.checkpoint));

async function attemptStream(run: RunState, item: Item, place: Place): Promise<Result> {
  const { row } = item;
  const { provider } = run.destination;
  const target = targetOf(run, row);
  let reached = checkpointOf(row);
  try {
    const existing = await provider.stat(target, { signal: run.signal }).catch((error: unknown) => {
      if (isStowageError(error, 'not-found')) return null;
      throw error;
    });
    if (existing && existing.etag !== item.replace) {
      return { kind: 'exists', existing: sideOf(existing), identity: existing.etag ?? '' };
    }
    await copyStream({
      from: place.provider,
      source: (row.read_path ?? row.source) as InnerPath,
      to: provider,
      target,
      key: `t${run.id}-${row.seq}`,
      size: row.size,
      modified: row.modified,
      etag: row.etag,
      expect: existing?.etag !== undefined ? { etag: existing.etag } : { absent: true },
      checkpoint: reached,
      signal: run.signal,
      onProgress: (done, checkpoint) => {
        run.tools.reporter.progress(run.id, row.seq, done - row.done);
        run.tools.reporter.changed(run.id);
        if (!checkpoint) return;
        reached = checkpoint;
        saveCheckpoint(run, row, checkpoint);
      },
    });
    return { kind: 'done' };
  } catch (error) {
    if (run.signal.aborted) return { kind: 'stopped', checkpoint: reached };
    if (isStowageError(error, 'precondition-failed')) {
      const now = await provider.stat(target).catch(() => null);
      if (now) return { kind: 'exists', existing: sideOf(now), identity: now.etag ?? '' };
    }
    return { kind: 'error', problem: toProblem(error, row.path) };
  }
}

/** Journals how far a file is, so that a killed process can go on there. */
export function saveCheckpoint(run: RunState, row: FileRow, checkpoint: Checkpoint): void {
  run.tools.journal.update(run.id, new Map([[row.seq, { checkpoint, done: checkpoint.offset }]]));
  row.done = checkpoint.offset;
  row.checkpoint = JSON.stringify(checkpoint);
}

async function conclusion(run: RunState, item: Item, first: Result): Promise<void> {
  const { row } = item;
  try {
    for (let result = first; ; result = await attempt(run, item)) {
      switch (result.kind) {
        case 'done':
          return await finished(run, item);
        case 'stopped':
          return run.settle(item, { state: 'pending', checkpoint: result.checkpoint, done: result.checkpoint?.offset ?? 0 });
        case 'exists':
          if (await placeTaken(run, item, result)) break;
          return;
        case 'error': {
          if (await movedBefore(run, item, result.problem)) return run.settle(item, { state: 'done', done: row.size });
          const again = worthRetrying.includes(result.problem.code) && ++item.tries < maxTries;
          if (!again) return run.settle(item, { state: 'failed', done: 0, checkpoint: null, problem: result.problem });
          row.checkpoint = null;
          await delay(200 * 3 ** item.tries * (0.5 + Math.random()), undefined, { signal: run.signal }).catch(() => undefined);
        }
      }
    }
  } catch (error) {
    if (run.signal.aborted) run.settle(item, { state: 'pending', done: row.done });
    else run.settle(item, { state: 'failed', done: 0, checkpoint: null, problem: toProblem(error, row.path) });
  }
}

/** The copy is whole; a move now takes the source away. */
async function finished(run: RunState, item: Item): Promise<void> {
  const { row } = item;
  if (run.move) await run.sources[row.source_index]?.provider.remove(row.source as InnerPath);
  run.settle(item, { state: 'done', done: row.size, checkpoint: null, problem: null });
}

/** A former process moved the file and was killed before it could note so. */
async function movedBefore(run: RunState, item: Item, problem: Problem): Promise<boolean> {
  if (!run.move || item.row.begun < 1 || problem.code !== 'not-found') return false;
  const there = await run.destination.provider.stat(targetOf(run, item.row)).catch(() => null);
  return there?.kind === 'file' && there.size === item.row.size;
}

/** Something lies where the file should go: decides by the policy. True: try again as the item now says. */
async function placeTaken(run: RunState, item: Item, taken: Extract<Result, { kind: 'exists' }>): Promise<boolean> {
  const { row } = item;
  const { journal } = run.tools;
  const { existing } = taken;
  const source: Side = { kind: 'file', size: row.size, modified: row.modified };
  if (row.begun > 0 && (await landedBefore(run, row, existing))) {
    await finished(run, item);
    return false;
  }
  const decision = decideConflict(row.policy ?? journal.transfer(run.id).conflict, source, existing);
  if (decision !== 'overwrite' && decision !== 'keep-both') await dropPart(run, row);
  switch (decision) {
    case 'skip':
      run.settle(item, { state: 'skipped', done: 0, checkpoint: null });
      return false;
    case 'ask':
      run.settle(item, { state: 'conflict', done: 0, checkpoint: null });
      return false;
    case 'refuse':
      throw existing.kind === 'directory'
        ? fileError('is-a-directory', row.path)
        : new StowageError(
            'path-refused',
            `“${visible(row.path)}” was left out: a link or device is in its place, and nothing is written over one.`,
            {
              subject: row.path,
            },
          );
    case 'keep-both': {
      const target = await freePath(run, row);
      row.target = target;
      item.replace = null;
      journal.update(run.id, new Map([[row.seq, { target }]]));
      return true;
    }
    case 'overwrite':
      if (++item.surprises > 3) throw fileError('precondition-failed', row.path);
      item.replace = taken.identity;
      return true;
  }
}

/** A former process was killed after the file had landed and before it could note so. */
async function landedBefore(run: RunState, row: FileRow, existing: Side): Promise<boolean> {
  const place = run.sources[row.source_index];
  if (!place || existing.kind !== 'file' || existing.size !== row.size) return false;
  if (row.modified !== null && existing.modified !== null && Math.abs(row.modified - existing.modified) > 1.001) return false;
  const source = (row.read_path ?? row.source) as InnerPath;
  return sameContent(place.provider, source, run.destination.provider, targetOf(run, row), run.signal).catch(() => false);
}

/** The first `name (n)` that neither lies at the destination nor is meant for another file of the transfer. */
async function freePath(run: RunState, row: FileRow): Promise<string> {
  const { provider, path } = run.destination;
  for (let n = 2; n < 10_000; n++) {
    const candidate = keepBothPath(row.path, n);
    if (run.tools.journal.fileByKey(run.id, collisionKey(candidate, provider.caseSensitive))) continue;
    const found = await provider.stat(joinPath(path, candidate), { signal: run.signal }).catch((error: unknown) => {
      if (isStowageError(error, 'not-found')) return null;
      throw error;
    });
    if (!found) return candidate;
  }
  throw new StowageError('name-taken', `No free name was found beside “${visible(row.path)}”.`, { subject: row.path });
}

/** Looks at the source anew before a failed file is tried again. False: it was settled. */
async function refresh(run: RunState, item: Item): Promise<boolean> {
  const { row } = item;
  const place = run.sources[row.source_index];
  if (!place) return false;
  const entry = await place.provider.stat(row.source as InnerPath, { signal: run.signal });
  const found = await classify(run, place, row.source_index, entry, row.path);
  if (found.state === 'failed' || found.kind !== 'file') {
    run.settle(item, {
      state: found.kind === 'directory' ? 'scan' : found.state,
      kind: found.kind,
      stale: 0,
      problem: found.problem ?? null,
    });
    return false;
  }
  const change = {
    size: found.size,
    modified: found.modified ?? null,
    etag: found.etag ?? null,
    read_path: found.read_path ?? null,
    stale: 0 as const,
  };
  run.tools.journal.update(run.id, new Map([[row.seq, change]]));
  Object.assign(row, change);
  return true;
}

/** Moves a whole source at once where the provider can; else it becomes what it is: a folder to list or a file to copy. */
async function moveTree(run: RunState, item: Item): Promise<void> {
  const { row } = item;
  const place = run.sources[row.source_index];
  const { provider } = run.destination;
  if (!place || !canRename(provider)) throw new StowageError('internal', 'Nothing to rename with.');
  const target = targetOf(run, row);
  try {
    await provider.rename(row.source as InnerPath, target, { signal: run.signal });
    run.settle(item, { state: 'done', done: row.size });
    return;
  } catch (error) {
    const [source, there] = await Promise.all([
      place.provider.stat(row.source as InnerPath).catch(() => null),
      provider.stat(target).catch(() => null),
    ]);
    if (!source) {
      if (there && row.begun > 0) return run.settle(item, { state: 'done', done: row.size });
      throw error;
    }
    if (source.kind === 'directory') run.settle(item, { state: 'scan', kind: 'directory', size: 0 });
    else run.settle(item, { state: 'pending', kind: 'file', stale: 1 });
  }
}

/** Takes away what was gathered of one file. */
export async function dropPart(run: Pick<RunState, 'id' | 'destination'>, row: FileRow): Promise<void> {
  const { provider } = run.destination;
  if (hasLocalPath(provider)) removePart(partOf(run, row));
  else if (canResumeWrite(provider)) {
    const write = await provider.openWrite(targetOf(run, row), `t${run.id}-${row.seq}`).catch(() => null);
    await write?.abort().catch(() => undefined);
  }
}
