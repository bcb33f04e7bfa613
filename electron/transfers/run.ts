import type { Problem } from '#shared/contract/base.ts';
import { type InnerPath, joinPath } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';
import { canRename, hasLocalPath } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { failures, removeFolders, removeParts } from './aftermath.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { CopyPool } from './copy-pool.ts';
import { newControl } from './copy-protocol.ts';
import type { FileChange, FileRow, Journal } from './journal.ts';
import { createLander, type Lander } from './land.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { createNotes } from './notes.ts';
import { packSources } from './pack-run.ts';
import { createPatience, type Patience, type PatienceLimits, pausesTransfer, type Tries } from './patience.ts';
import { toProblem } from './problems.ts';
import { landingFolder, type Reporter } from './reporter.ts';
import { type Place, resolveDestination, resolveSource, type StoredRequest, sameProvider } from './request.ts';
import { batchFiles, dispatch } from './run-file.ts';
import { scan } from './scan.ts';
import { makeFolders, removeReviewed } from './sync-apply.ts';
import { planSync } from './sync-plan.ts';

export interface RunTools {
  readonly database: Database;
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly pool: CopyPool;
  readonly lookup: VfolderLookup;
  readonly bandwidth: Bandwidth;
  readonly patience: PatienceLimits;
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
  tries: Tries;
  /** What may be replaced at the target: an identity (local) or an etag; null for nothing. */
  replace: string | null;
  /** Times that the destination changed between check and write. */
  surprises: number;
  /** Times that the source was replaced and begun anew. */
  renewals: number;
  /** Lets the next file in; may be called more than once. */
  leave: () => void;
}

const claimFiles = 1024;
const claimBytes = 64 * 1024 * 1024;
/** Large files of one transfer at once: on one disk more would only make it seek, to a host they wait for each other. */
const largeFiles = { local: 2, remote: 4 };

/** What the parts of one run share. */
export interface RunState {
  readonly id: number;
  readonly tools: RunTools;
  readonly move: boolean;
  readonly sources: readonly Place[];
  readonly destination: Place;
  readonly signal: AbortSignal;
  readonly control: Int32Array;
  readonly lanes: Lanes;
  readonly lander: Lander;
  readonly patience: Patience;
  /** The last place that was looked at was taken. */
  likelyTaken: boolean;
  /** Ends the work on a file. `because` may concern everything: then the transfer pauses or fails. */
  settle(item: Item, change: FileChange, because?: Problem): void;
}

export const targetOf = (run: Pick<RunState, 'destination'>, row: FileRow): InnerPath =>
  joinPath(run.destination.path, row.target ?? row.path);

/** How a run ends before its work does. */
type Ending =
  | { readonly kind: 'stop'; readonly how: 'keep' | 'remove' }
  | { readonly kind: 'fail' | 'pause'; readonly problem: Problem };

/** What is under way of a run, and how it is woken and ended. */
class Course {
  readonly controller = new AbortController();
  readonly control = newControl();
  ending: Ending | null = null;
  /** Files that were claimed and not settled. */
  inflight = 0;
  /** Jobs under way, each of one file or a batch. */
  busy = 0;
  /** Something may be pending that was not a moment ago. */
  fresh = true;
  scanning = false;
  /** Files that were claimed as they were found, and not handed out. */
  taken: FileRow[] = [];
  #woken = Promise.withResolvers<void>();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  wake(): void {
    this.#woken.resolve();
  }

  async sleep(): Promise<void> {
    await this.#woken.promise;
    this.#woken = Promise.withResolvers<void>();
  }

  end(ending: Ending): void {
    // A stop by a person goes before what went wrong by itself.
    if (this.ending === null || ending.kind === 'stop') this.ending = ending;
    Atomics.store(this.control, 0, ending.kind === 'stop' && ending.how === 'remove' ? 2 : 1);
    this.controller.abort();
    this.wake();
  }

  endBecauseOf(problem: Problem): void {
    this.end({ kind: pausesTransfer(problem.code) ? 'pause' : 'fail', problem });
  }

  occupy(job: Promise<void>): void {
    this.busy++;
    void job.finally(() => {
      this.busy--;
      this.wake();
    });
  }
}

export function startRun(id: number, tools: RunTools): Run {
  const { journal, reporter } = tools;
  const course = new Course();
  reporter.begun(id);
  // What is not journaled is kept and written at the end; until then nothing more is begun.
  const notes = createNotes(id, journal, reporter, (error) => course.endBecauseOf(toProblem(error, '')));
  const conclude = (): void => {
    notes.flush();
    reporter.rest(id);
    const { ending } = course;
    if (ending?.kind === 'pause') journal.setState(id, 'paused', ending.problem);
    else if (ending?.kind === 'fail') journal.setState(id, 'failed', ending.problem);
    else if (!ending) concludeWork(id, journal);
    reporter.changed(id);
  };
  const ended = work(id, tools, course, notes)
    .catch((error: unknown) => {
      if (!course.ending) course.endBecauseOf(toProblem(error, ''));
    })
    .then(conclude)
    // The journal cannot be written: the state stays as it is, and the next start goes on from there.
    .catch(() => undefined);
  return {
    id,
    ended,
    stop: (how) => course.end({ kind: 'stop', how }),
    flush: notes.flush,
    wake: () => {
      course.fresh = true;
      course.wake();
    },
  };
}

function concludeWork(id: number, journal: Journal): void {
  const row = journal.transfer(id);
  if (journal.sync(id)?.approved === false) journal.setState(id, 'review');
  else if (row.conflicts > 0) journal.setState(id, 'waiting');
  else if (row.files_failed > 0) journal.setState(id, 'failed', failures(journal, id, row.files_failed));
  else journal.setState(id, 'done');
}

async function work(id: number, tools: RunTools, course: Course, notes: ReturnType<typeof createNotes>): Promise<void> {
  const { journal } = tools;
  const request = JSON.parse(journal.transfer(id).request) as StoredRequest;
  const sync = journal.sync(id);
  const planning = sync !== null && !sync.approved;
  const destination = await resolveDestination(request.destination, tools.lookup, !planning);
  const { unpack } = request;
  const sources = await Promise.all(
    request.sources.map((source) => resolveSource(source, tools.lookup, { maybeGone: true, unpack })),
  );
  const remote = [...sources, destination].some(({ provider }) => !hasLocalPath(provider));
  const run: RunState = {
    id,
    tools,
    move: request.move === true,
    sources,
    destination,
    signal: course.signal,
    control: course.control,
    lander: createLander({ id, tools, destination, control: course.control }),
    lanes: createLanes(remote ? largeFiles.remote : largeFiles.local),
    patience: createPatience(tools.patience, course.signal, (problem) => course.endBecauseOf(problem)),
    likelyTaken: false,
    settle: (item, change, because) => {
      course.inflight--;
      notes.add(item.row.seq, change);
      if (change.state === 'done') landed(run, item.row);
      if (change.state === 'pending' || change.state === 'scan') course.fresh = true;
      if (change.problem?.code === 'disk-full') course.endBecauseOf(change.problem);
      if (because && !course.signal.aborted) course.endBecauseOf(because);
      course.wake();
    },
  };
  try {
    if (planning) {
      await planSync(run);
      return;
    }
    journal.requeue(id, 'active', {});
    if (sync) await makeFolders(run);
    await transferAll(run, course, notes, request);
    if (!course.ending && request.pack) await packSources(run, request.pack, request.rename);
    if (course.ending?.kind === 'stop' && course.ending.how === 'remove') await removeParts(run, journal);
    if (!course.ending && run.move) await removeFolders(run);
    if (!course.ending && sync) await removeReviewed(run);
  } finally {
    for (const place of [...sources, destination]) if (!place.vfolder) await place.provider.close();
  }
}

/** Scans and sends until nothing is pending, or the course is ended. */
async function transferAll(
  run: RunState,
  course: Course,
  notes: ReturnType<typeof createNotes>,
  request: StoredRequest,
): Promise<void> {
  const { id, tools, lanes } = run;
  const { journal } = tools;
  // Twice as many as work at once, so that lanes never wait for the journal.
  const width = (): number => Math.max(2 * lanes.width, tools.pool.size + 2);
  if (!journal.transfer(id).scanned) startScan(run, course, request);
  while (!course.signal.aborted) {
    if (course.busy >= width()) {
      await course.sleep();
      continue;
    }
    const enough = course.taken.length >= batchFiles || course.busy === 0 || !course.scanning;
    if (course.taken.length > 0 && enough) handOut(run, course, course.taken.splice(0, batchFiles));
    else if (course.fresh) {
      course.fresh = false;
      notes.flush();
      const rows = journal.claim(id, claimFiles, claimBytes);
      if (rows.length > 0) {
        course.fresh = true;
        course.inflight += rows.length;
        handOut(run, course, rows);
      }
    } else if (course.scanning || course.inflight > 0) await course.sleep();
    else if (journal.any(id, 'scan')) startScan(run, course, request);
    else break;
  }
  while (course.inflight > 0 || course.scanning) {
    handOut(run, course, course.taken.splice(0));
    if (course.inflight > 0 || course.scanning) await course.sleep();
  }
  notes.flush();
}

function handOut(run: RunState, course: Course, rows: readonly FileRow[]): void {
  for (const job of dispatch(run, rows)) course.occupy(job);
}

function startScan(run: RunState, course: Course, { rename, pack }: StoredRequest): void {
  const { id, tools, sources, destination } = run;
  const { journal, reporter } = tools;
  course.scanning = true;
  const local = !run.move && [...sources, destination].every(({ provider }) => hasLocalPath(provider));
  const found = (claimed: readonly FileRow[] | null): void => {
    if (claimed === null) course.fresh = true;
    course.taken.push(...(claimed ?? []));
    course.inflight += claimed?.length ?? 0;
    reporter.changed(id);
    course.wake();
  };
  void scan({
    id,
    journal,
    sources,
    destination,
    rename,
    pack: pack !== undefined,
    signal: course.signal,
    patience: run.patience,
    renames: (place) => run.move && sameProvider(place, destination) && canRename(destination.provider),
    takes: (bytes) => local && !course.fresh && course.taken.length < batchFiles && bytes <= claimBytes,
    onFound: found,
    onFolder: (path) => {
      if (destination.vfolder) reporter.landed(destination.vfolder.name, landingFolder(destination.inner, path));
    },
  })
    .catch((error: unknown) => {
      if (!course.signal.aborted) course.endBecauseOf(toProblem(error, ''));
    })
    .finally(() => {
      course.scanning = false;
      found(null);
    });
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
