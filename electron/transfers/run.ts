import type { Problem } from '#shared/contract/base.ts';
import { type InnerPath, joinPath } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';
import { canRename, hasLocalPath } from '../storage/provider.ts';
import type { CopyPool } from './copy-pool.ts';
import type { FileChange, FileRow, Journal } from './journal.ts';
import { toProblem } from './problems.ts';
import { landingFolder, type Reporter } from './reporter.ts';
import { type Place, resolveDestination, resolveSource, type StoredRequest, sameProvider } from './request.ts';
import { dispatch, dropPart } from './run-file.ts';
import { scan } from './scan.ts';

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

const claimFiles = 1024;
const claimBytes = 64 * 1024 * 1024;
/** Large files of one transfer at once: more would only make the disk seek. */
const largeFiles = 2;
const flushMs = 100;

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
