import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '#shared/contract/base.ts';
import { type ErrorCode, isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { decideConflict, keepBothPath, type Side } from '#shared/transfers/conflicts.ts';
import { collisionKey } from '#shared/transfers/names.ts';
import type { VfolderLookup } from '../services.ts';
import { canRename, canResumeWrite, hasLocalPath } from '../storage/provider.ts';
import { partOf, runBatch } from './copy-batch.ts';
import { removePart } from './copy-local.ts';
import type { CopyPool } from './copy-pool.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { copyStream, sameContent, sideOf } from './copy-stream.ts';
import type { FileChange, FileRow, Journal } from './journal.ts';
import { fileError, toProblem } from './problems.ts';
import { landingFolder, type Reporter } from './reporter.ts';
import { type Place, resolveDestination, resolveSource, type StoredRequest, sameProvider } from './request.ts';
import { classify, scan } from './scan.ts';

export interface RunTools {
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly pool: CopyPool;
  readonly lookup: VfolderLookup;
}

/** One transfer at work. */
export interface Run {
  readonly id: number;
  /** Resolves when nothing of it is under way any more and the journal says so. Never rejects. */
  readonly ended: Promise<void>;
  /** Stops soon: `keep` for going on later, `remove` takes half files away. */
  stop(how: 'keep' | 'remove'): void;
  /** Writes what is known to the journal now. */
  flush(): void;
  /** Something new may be pending. */
  wake(): void;
}

/** A file under way. */
export interface Item {
  row: FileRow;
  tries: number;
  /** What may be replaced at the target: an identity (local) or an etag; null for nothing. */
  replace: string | null;
  /** Times that the destination changed between check and write. */
  surprises: number;
}

export const largeBytes = 8 * 1024 * 1024;
const claimFiles = 1024;
const claimBytes = 64 * 1024 * 1024;
const batchFiles = 256;
const batchBytes = 16 * 1024 * 1024;
/** Large files of one transfer at once: more would only make the disk seek. */
const largeFiles = 2;
const flushMs = 100;
const maxTries = 3;
const worthRetrying: readonly ErrorCode[] = ['io-error', 'checksum-mismatch', 'host-unreachable', 'stalled'];

/** What the parts of one run share. */
export interface RunState {
  readonly id: number;
  readonly tools: RunTools;
  readonly move: boolean;
  readonly sources: readonly Place[];
  readonly destination: Place;
  readonly signal: AbortSignal;
  readonly control: Int32Array;
  /** Lets a few large files of the run work at once; resolves with what lets the next one in. */
  enter(): Promise<() => void>;
  settle(item: Item, change: FileChange): void;
}

export const targetOf = (run: Pick<RunState, 'destination'>, row: FileRow): InnerPath =>
  joinPath(run.destination.path, row.target ?? row.path);

export function startRun(id: number, tools: RunTools): Run {
  const { journal, reporter } = tools;
  const controller = new AbortController();
  const control = new Int32Array(new SharedArrayBuffer(4));
  const changes = new Map<number, FileChange>();
  let timer: NodeJS.Timeout | null = null;
  let woken = Promise.withResolvers<void>();
  let inflight = 0;
  let busy = 0;
  let stopping: 'keep' | 'remove' | null = null;
  let fatal: Problem | null = null;

  const fail = (problem: Problem): void => {
    fatal ??= problem;
    Atomics.store(control, 0, 1);
    controller.abort();
    woken.resolve();
  };
  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (changes.size === 0) return;
    try {
      journal.update(id, changes);
    } catch (error) {
      // What is not journaled is kept and written at the end; until then nothing more is begun.
      fail(toProblem(error, ''));
      return;
    }
    for (const seq of changes.keys()) reporter.progress(id, seq, null);
    changes.clear();
    reporter.changed(id);
  };
  const note = (seq: number, change: FileChange): void => {
    changes.set(seq, { ...changes.get(seq), ...change });
    if (changes.size >= 500) flush();
    else timer ??= setTimeout(flush, flushMs);
  };
  const wake = (): void => woken.resolve();
  const sleep = async (): Promise<void> => {
    await woken.promise;
    woken = Promise.withResolvers<void>();
  };
  const stop = (how: 'keep' | 'remove'): void => {
    stopping = how;
    Atomics.store(control, 0, how === 'keep' ? 1 : 2);
    controller.abort();
    wake();
  };

  const work = async (): Promise<void> => {
    const request = JSON.parse(journal.transfer(id).request) as StoredRequest;
    const destination = await resolveDestination(request.destination, tools.lookup);
    const sources = await Promise.all(request.sources.map((source) => resolveSource(source, tools.lookup, true)));
    const run: RunState = {
      id,
      tools,
      move: request.move === true,
      sources,
      destination,
      signal: controller.signal,
      control,
      enter: createGate(largeFiles),
      settle: (item, change) => {
        inflight--;
        note(item.row.seq, change);
        if (change.state === 'done') landed(run, item.row);
        if (change.state === 'failed' && change.problem?.code === 'disk-full') fail(change.problem);
        wake();
      },
    };
    journal.requeue(id, 'active', {});
    let scanning: Promise<void> | null = null;
    const startScan = (): void => {
      scanning = scan({
        id,
        journal,
        sources,
        destination,
        rename: request.rename,
        signal: controller.signal,
        renames: (place) => run.move && sameProvider(place, destination) && canRename(destination.provider),
        onFound: () => {
          reporter.changed(id);
          wake();
        },
        onFolder: (path) => {
          if (destination.vfolder) reporter.landed(destination.vfolder.name, landingFolder(destination.inner, path));
        },
      })
        .catch((error: unknown) => {
          if (!controller.signal.aborted) fail(toProblem(error, ''));
        })
        .finally(() => {
          scanning = null;
          wake();
        });
    };
    if (!journal.transfer(id).scanned) startScan();
    const lanes = hasLocalPath(destination.provider) ? tools.pool.size + 2 : 8;
    const occupy = (job: Promise<void>): void => {
      busy++;
      void job.finally(() => {
        busy--;
        wake();
      });
    };
    while (!controller.signal.aborted) {
      if (busy >= lanes) {
        await sleep();
        continue;
      }
      flush();
      const rows = journal.claim(id, claimFiles, claimBytes);
      if (rows.length > 0) {
        inflight += rows.length;
        for (const job of dispatch(run, rows)) occupy(job);
        continue;
      }
      if (scanning || inflight > 0) {
        await sleep();
        continue;
      }
      if (journal.any(id, 'scan')) startScan();
      else break;
    }
    while (inflight > 0 || scanning) await sleep();
    flush();
    if (stopping === 'remove') await removeParts(run);
    if (!stopping && !fatal && run.move) await removeFolders(run);
    for (const place of [...sources, destination]) if (!place.vfolder) await place.provider.close();
  };

  const conclude = (): void => {
    flush();
    reporter.rest(id);
    if (!stopping) {
      const row = journal.transfer(id);
      if (fatal) journal.setState(id, 'failed', fatal);
      else if (row.files_failed > 0) journal.setState(id, 'failed', failures(journal, id, row.files_failed));
      else if (row.conflicts > 0) journal.setState(id, 'waiting');
      else journal.setState(id, 'done');
      if (row.conflicts > 0 && !fatal && row.files_failed > 0) journal.setState(id, 'waiting');
    }
    reporter.changed(id);
  };
  const ended = work()
    .catch((error: unknown) => {
      fatal ??= toProblem(error, '');
    })
    .then(conclude)
    // The journal cannot be written: the state stays as it is, and the next start goes on from there.
    .catch(() => undefined);
  return { id, ended, stop, flush, wake };
}

/** Lets `width` callers in at a time. */
function createGate(width: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  const leave = (): void => {
    inside--;
    waiting.shift()?.();
  };
  return async () => {
    while (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    inside++;
    return leave;
  };
}

function failures(journal: Journal, id: number, count: number): Problem | null {
  const [first] = journal.rows(id, 'failed', 0, 1);
  if (!first?.problem) return null;
  const problem = JSON.parse(first.problem) as Problem;
  return count === 1 ? problem : { ...problem, message: `${count} files failed, the first of them: ${problem.message}` };
}

function landed(run: RunState, row: FileRow): void {
  const { destination, tools } = run;
  if (destination.vfolder)
    tools.reporter.landed(destination.vfolder.name, landingFolder(destination.inner, row.target ?? row.path));
  const source = run.sources[row.source_index];
  if (run.move && source?.vfolder && source.contents === false) {
    const cut = source.inner.lastIndexOf('/');
    tools.reporter.landed(source.vfolder.name, cut < 0 ? '' : source.inner.slice(0, cut));
  }
}

/** Splits claimed files into work: many small ones of this machine together, everything else alone. */
function* dispatch(run: RunState, rows: readonly FileRow[]): Generator<Promise<void>> {
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

/** After a cancel: takes away the parts of files that had begun. */
async function removeParts(run: Pick<RunState, 'id' | 'tools' | 'destination'>): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = run.tools.journal.rows(run.id, 'pending', after, 500);
    if (rows.length === 0) return;
    after = rows.at(-1)?.seq ?? after;
    for (const row of rows) {
      if (row.begun > 0) await dropPart(run, row);
    }
  }
}

/** Takes away what was gathered of one file. */
async function dropPart(run: Pick<RunState, 'id' | 'destination'>, row: FileRow): Promise<void> {
  const { provider } = run.destination;
  if (hasLocalPath(provider)) removePart(partOf(run, row));
  else if (canResumeWrite(provider)) {
    const write = await provider.openWrite(targetOf(run, row), `t${run.id}-${row.seq}`).catch(() => null);
    await write?.abort().catch(() => undefined);
  }
}

/** After a move: takes away the folders that are empty now, innermost first. */
async function removeFolders(run: RunState): Promise<void> {
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = run.tools.journal.foldersBackwards(run.id, before, 500);
    if (rows.length === 0) return;
    before = rows.at(-1)?.seq ?? 0;
    for (const row of rows) {
      const place = run.sources[row.source_index];
      // The folder whose contents were meant stays; so does one that still holds what failed.
      if (!place || (place.contents && row.source === place.path)) continue;
      await place.provider.remove(row.source as InnerPath).catch(() => undefined);
    }
  }
}

/** Takes away the half files of a transfer that does not run. */
export async function sweepParts(id: number, tools: RunTools): Promise<void> {
  const { destination: endpoint } = JSON.parse(tools.journal.transfer(id).request) as StoredRequest;
  tools.journal.requeue(id, 'active', {});
  const destination = await resolveDestination(endpoint, tools.lookup);
  await removeParts({ id, tools, destination });
}
