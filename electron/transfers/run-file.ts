import type { Problem } from '#shared/contract/base.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { decideConflict, keepBothPath, type Side } from '#shared/transfers/conflicts.ts';
import { collisionKey } from '#shared/transfers/names.ts';
import { canRename, canResumeWrite, hasLocalPath } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import { attemptStream, sourceOf } from './attempt-stream.ts';
import { partOf, runBatch } from './copy-batch.ts';
import { removePart } from './copy-local.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { sameContent, smallBytes } from './copy-stream.ts';
import { arrival, type FileRow } from './journal.ts';
import { landBytes } from './land.ts';
import { noTries, pausesTransfer } from './patience.ts';
import { fileError, toProblem } from './problems.ts';
import { type Item, type RunState, targetOf } from './run.ts';
import { classify } from './scan.ts';
import { checkReviewed, reviewedEtag } from './sync-apply.ts';

export const batchFiles = 512;
const batchBytes = 16 * 1024 * 1024;
/** Times that an object which was replaced meanwhile is begun anew. */
const maxRenewals = 2;

/** Splits claimed files into work: many small ones of this machine together, everything else alone. */
export function* dispatch(run: RunState, rows: readonly FileRow[]): Generator<Promise<void>> {
  const { destination } = run;
  const groups = new Map<string, { items: Item[]; bytes: number }>();
  for (const row of rows) {
    const item: Item = { row, tries: noTries(), replace: reviewedEtag(row), surprises: 0, renewals: 0, leave: () => undefined };
    const place = run.sources[row.source_index];
    const simple =
      place &&
      row.kind === 'file' &&
      !row.stale &&
      !run.move &&
      hasLocalPath(place.provider) &&
      hasLocalPath(destination.provider);
    if (!simple || row.size > smallBytes) {
      yield single(run, item);
      continue;
    }
    const root = place.provider.localPath(place.boundary);
    const group = groups.get(root) ?? { items: [], bytes: 0 };
    group.items.push(item);
    group.bytes += row.size;
    groups.set(root, group);
    if (group.items.length >= batchFiles || group.bytes >= batchBytes) {
      groups.delete(root);
      yield batch(run, group.items);
    }
  }
  for (const { items } of groups.values()) yield batch(run, items);
}

async function batch(run: RunState, items: readonly Item[]): Promise<void> {
  const left: Promise<void>[] = [];
  await runBatch(run, items, (item, result) => {
    // Most files, and for them there is nothing to wait for: nothing that is moved comes in a batch.
    if (result.kind === 'done') {
      run.patience.relief();
      run.settle(item, arrival);
    } else left.push(conclusion(run, item, result));
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
  item.leave = await enter(run, item.row);
  try {
    if (item.row.stale && !(await refresh(run, item))) return;
    if (item.row.kind === 'tree') return await moveTree(run, item);
    await conclusion(run, item, await attempt(run, item));
  } catch (error) {
    const problem = toProblem(error, item.row.path);
    if (run.signal.aborted || pausesTransfer(problem.code)) run.settle(item, { state: 'pending' }, problem);
    else run.settle(item, { state: 'failed', problem });
  } finally {
    item.leave();
  }
}

/** Waits for its turn. Small files of this machine need none: the copy threads take them one by one. */
async function enter(run: RunState, row: FileRow): Promise<() => void> {
  const place = run.sources[row.source_index];
  const local = place && hasLocalPath(place.provider) && hasLocalPath(run.destination.provider);
  return local && row.size <= smallBytes ? () => undefined : run.lanes.enter(row.size > smallBytes);
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
          run.patience.relief();
          return await finished(run, item);
        case 'stopped':
          return run.settle(item, { state: 'pending', checkpoint: result.checkpoint, done: result.checkpoint?.offset ?? 0 });
        case 'exists':
          run.patience.relief();
          if (await placeTaken(run, item, result)) break;
          return;
        case 'error':
          if (await movedBefore(run, item, result.problem)) return run.settle(item, { state: 'done', done: row.size });
          if (await tryAgain(run, item, result.problem)) break;
          return;
      }
    }
  } catch (error) {
    if (run.signal.aborted) run.settle(item, { state: 'pending', done: row.done });
    else await failed(run, item, toProblem(error, row.path));
  }
}

/** After a failed attempt: true when another one is due; else the file was settled. */
async function tryAgain(run: RunState, item: Item, problem: Problem): Promise<boolean> {
  const { row } = item;
  let { code } = problem;
  if (pausesTransfer(code)) {
    run.settle(item, { state: 'pending', done: row.done }, problem);
    return false;
  }
  if (code === 'throttled') run.lanes.throttled();
  if (code === 'source-changed') {
    const renewed = await renew(run, item);
    if (renewed === 'renewed') return true;
    // The source is what it was, so the bytes were lost on the way.
    if (renewed === 'same') code = 'io-error';
  }
  if (code === 'checksum-mismatch') row.checkpoint = null;
  if (await run.patience.again({ ...problem, code }, item.tries)) return true;
  await failed(run, item, problem);
  return false;
}

async function failed(run: RunState, item: Item, problem: Problem): Promise<void> {
  const { row } = item;
  if (row.checkpoint !== null) await dropPart(run, row, run.signal);
  run.settle(item, { state: 'failed', done: 0, checkpoint: null, problem });
}

/**
 * Looks at a source that changed. An object is replaced as a whole, so the new one can be copied instead; a file of this
 * machine may still be written to, and is told.
 */
async function renew(run: RunState, item: Item): Promise<'renewed' | 'same' | 'changed'> {
  const { row } = item;
  const place = run.sources[row.source_index];
  if (!place || hasLocalPath(place.provider) || row.etag === null) return 'changed';
  const now = await statOrNull(place.provider, sourceOf(row), { signal: run.signal });
  if (now?.etag === row.etag && now.size === row.size) return 'same';
  if (now?.kind !== 'file' || ++item.renewals > maxRenewals) return 'changed';
  const change = { size: now.size, modified: now.modified, etag: now.etag ?? null, done: 0 };
  run.tools.journal.update(run.id, new Map([[row.seq, { ...change, checkpoint: null }]]));
  Object.assign(row, change, { checkpoint: null });
  return 'renewed';
}

/** The copy is whole; a move now takes the source away. */
async function finished(run: RunState, item: Item): Promise<void> {
  if (run.move) await removeSource(run, item.row);
  run.settle(item, arrival);
}

/** Takes the source of a move away, unless it is not any more what was copied. */
async function removeSource(run: RunState, row: FileRow): Promise<void> {
  const place = run.sources[row.source_index];
  if (!place) return;
  const etag = row.read_path === null ? row.etag : null;
  try {
    await place.provider.remove(row.source as InnerPath, { signal: run.signal, ...(etag !== null && { etag }) });
  } catch (error) {
    if (etag !== null && isStowageError(error, 'not-found')) return;
    if (!isStowageError(error, 'precondition-failed')) throw error;
    throw new StowageError(
      'source-changed',
      `“${visible(row.path)}” was copied, but changed before it could be taken away at the source, so it was kept there.`,
      { subject: row.path, hint: 'Retry to move what it is now.' },
      { cause: error },
    );
  }
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
    await dropPart(run, row, run.signal);
    await finished(run, item);
    return false;
  }
  if (row.action !== 'copy') checkReviewed(run, row, existing, taken.identity);
  const policy = row.policy ?? journal.transfer(run.id).conflict;
  const decision = decideConflict(policy, policy === 'newer' ? await withTrueTime(run, row, source) : source, existing);
  // What was gathered can still be used under the same name only.
  if (decision !== 'overwrite' && (row.begun > 0 || row.checkpoint !== null)) await dropPart(run, row, run.signal);
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
      row.checkpoint = null;
      row.done = 0;
      item.replace = null;
      journal.update(run.id, new Map([[row.seq, { target, checkpoint: null, done: 0 }]]));
      return true;
    }
    case 'overwrite':
      if (++item.surprises > 3) throw fileError('precondition-failed', row.path);
      item.replace = taken.identity;
      return true;
  }
}

/** Where listings tell the time of writing, the file's own time has to be asked for. */
async function withTrueTime(run: RunState, row: FileRow, source: Side): Promise<Side> {
  const place = run.sources[row.source_index];
  if (!place || place.provider.features.listedTimes) return source;
  const { modified } = await place.provider.stat(sourceOf(row), { signal: run.signal });
  return { ...source, modified };
}

/** A former process was killed after the file had landed and before it could note so. */
async function landedBefore(run: RunState, row: FileRow, existing: Side): Promise<boolean> {
  const place = run.sources[row.source_index];
  if (!place || existing.kind !== 'file' || existing.size !== row.size) return false;
  const comparable = place.provider.features.listedTimes && run.destination.provider.features.modifiedTimes;
  if (comparable && row.modified !== null && existing.modified !== null && Math.abs(row.modified - existing.modified) > 1.001)
    return false;
  return sameContent(place.provider, sourceOf(row), run.destination.provider, targetOf(run, row), run.signal).catch(() => false);
}

/** The first `name (n)` that neither lies at the destination nor is meant for another file of the transfer. */
async function freePath(run: RunState, row: FileRow): Promise<string> {
  const { provider, path } = run.destination;
  for (let n = 2; n < 10_000; n++) {
    const candidate = keepBothPath(row.path, n);
    if (run.tools.journal.fileByKey(run.id, collisionKey(candidate, provider.caseSensitive))) continue;
    if (!(await statOrNull(provider, joinPath(path, candidate), { signal: run.signal }))) return candidate;
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

/** Takes away what was gathered of one file, whoever gathered it: a copy thread of this machine, or a stream. */
export async function dropPart(
  run: Pick<RunState, 'id' | 'sources' | 'destination'>,
  row: FileRow,
  signal: AbortSignal,
): Promise<void> {
  const { provider } = run.destination;
  const source = run.sources[row.source_index];
  if (hasLocalPath(provider)) {
    removePart(partOf(run, row));
    if (row.size <= landBytes || (source && hasLocalPath(source.provider))) return;
  }
  // A small file goes in one request to a host that verifies it, and leaves nothing.
  const inOneRequest = provider.features.verifiedWrites && row.size <= smallBytes;
  if (!canResumeWrite(provider) || inOneRequest) return;
  const key = keyOf(run, row);
  const write = await provider.openWrite(targetOf(run, row), key, { signal, size: row.size }).catch(() => null);
  await write?.abort().catch(() => undefined);
}

/** Names the unfinished write of a file. */
export const keyOf = (run: Pick<RunState, 'id'>, row: FileRow): string => `t${run.id}-${row.seq}`;
