import type { Problem } from '#shared/contract/base.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { baseName, joinPath, visible } from '#shared/paths.ts';
import { collisionKey } from '#shared/transfers/names.ts';
import type { Reviewed, SyncRules } from '#shared/transfers/sync-rules.ts';
import { hasLocalPath, type StorageEntry } from '../storage/provider.ts';
import type { FileRow, Journal, NewFile, SyncState } from './journal.ts';
import { pausesTransfer } from './patience.ts';
import { toProblem } from './problems.ts';
import type { Place } from './request.ts';
import type { RunState } from './run.ts';
import { classify, collisionProblem, folderKey } from './scan.ts';
import { type Candidate, isSame } from './sync-compare.ts';
import { createListings, type Listings } from './sync-listings.ts';
import { createShelf, type Shelf } from './sync-shelf.ts';

interface SyncPlanContext {
  readonly id: number;
  readonly journal: Journal;
  readonly source: Place;
  readonly destination: Place;
  readonly signal: AbortSignal;
  onFound(): void;
}

const batchFiles = 500;
/** Files of one page that are looked at more closely at once. */
const parallelLooks = 16;
/** `source_index` of what only the destination has. */
export const destinationIndex = -1;

/**
 * Compares two trees folder by folder and journals what is to be done. Folders still to be compared are journal rows,
 * and the entries of a huge folder lie in a temporary table, so memory stays bounded; a plan that was broken off goes on
 * with the folder where it was. Nothing is changed on either side.
 */
export async function planSync(run: Pick<RunState, 'id' | 'tools' | 'sources' | 'destination' | 'signal'>): Promise<void> {
  const { id, tools, destination, signal } = run;
  const { journal } = tools;
  const sync = journal.sync(id);
  const [source] = run.sources;
  if (!sync || !source) throw new StowageError('internal', 'This transfer is no sync.');
  const onFound = (): void => tools.reporter.changed(id);
  const context: SyncPlanContext = { id, journal, source, destination, signal, onFound };
  if (journal.transfer(id).scanned) return;
  if (journal.lastSeq(id) === 0) journal.addFiles(id, [folderToCompare('', context.source.path)], collisionProblem);
  const shelf = createShelf(tools.database, id);
  const listings = createListings(context);
  try {
    for (;;) {
      signal.throwIfAborted();
      const [folder, ...next] = journal.rows(id, 'scan', 0, listings.ahead);
      if (!folder) break;
      listings.prepare([folder, ...next]);
      await compareFolder({ ...context, sync, shelf, folder }, listings.take(folder));
      context.onFound();
    }
  } finally {
    shelf.clear();
    await listings.close();
  }
  if (!journal.sync(id)?.listed) holdRemovals(context);
  journal.changeSync(id, { unplanned: journal.transfer(id).files_failed });
  journal.setScanned(id, true);
}

interface FolderContext extends SyncPlanContext {
  readonly sync: SyncState;
  readonly shelf: Shelf;
  readonly folder: FileRow;
}

const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

const folderToCompare = (path: string, source: string): NewFile => ({
  key: folderKey(0, path),
  source_index: 0,
  source,
  path,
  kind: 'directory',
  action: 'add',
  size: 0,
  state: 'scan',
});

async function compareFolder(context: FolderContext, listings: Listings): Promise<void> {
  const { id, journal, folder, shelf, signal } = context;
  // What a former process found in this folder before it was broken off.
  if (folder.detail !== null) journal.dropAfter(id, (JSON.parse(folder.detail) as { after: number }).after);
  const steps = createSteps(context);
  try {
    shelf.clear();
    if (folder.action === 'remove') await removeAll(context, listings, steps);
    else await compareBoth(context, listings, steps);
    signal.throwIfAborted();
    steps.finish();
  } catch (error) {
    signal.throwIfAborted();
    if (folder.path === '' || isFatal(error)) throw error;
    steps.fail(unlisted(error, folder));
  } finally {
    await listings.close();
  }
}

/** Errors after which no other folder could be compared either: of the whole host, or of the journal. */
const isFatal = (error: unknown): boolean =>
  pausesTransfer(toProblem(error, '').code) ||
  isStowageError(error, 'host-unreachable', 'stalled', 'throttled', 'internal') ||
  (error instanceof Error && 'errcode' in error);

function unlisted(error: unknown, folder: FileRow): Problem {
  const problem = toProblem(error, folder.path);
  return {
    ...problem,
    message: `The folder “${visible(folder.path)}” could not be compared: ${problem.message}`,
    hint: problem.hint ?? 'Make it readable, then sync again. Until then nothing is removed.',
  };
}

/** Gathers the steps of one folder and journals them in batches; the last one marks the folder as compared. */
function createSteps({ id, journal, folder }: FolderContext) {
  let batch: NewFile[] = [];
  let unchanged = 0;
  let noted = false;
  return {
    add: (...entries: readonly NewFile[]): void => {
      batch.push(...entries);
      if (batch.length < batchFiles) return;
      if (!noted) journal.update(id, new Map([[folder.seq, { detail: JSON.stringify({ after: journal.lastSeq(id) }) }]]));
      noted = true;
      journal.addFiles(id, batch, collisionProblem);
      batch = [];
    },
    same: (): void => {
      unchanged++;
    },
    finish: (): void => {
      journal.addFiles(id, batch, collisionProblem, folder.seq, unchanged);
    },
    fail: (problem: Problem): void => {
      journal.addFiles(id, batch, collisionProblem);
      journal.changeSync(id, { listed: false });
      // What later folders find must not be taken back when this one is compared again.
      journal.update(id, new Map([[folder.seq, { state: 'failed', problem, detail: null }]]));
    },
  };
}
type Steps = ReturnType<typeof createSteps>;

async function compareBoth(context: FolderContext, listings: Listings, steps: Steps): Promise<void> {
  const { destination, folder, shelf, sync } = context;
  const there = await fillShelf(context, listings);
  let entries = 0;
  for await (const page of listings.source()) {
    entries += page.length;
    for (let at = 0; at < page.length; at += batchFiles) {
      const found = await Promise.all(page.slice(at, at + batchFiles).map((entry) => relate(context, entry)));
      const same = await mapSome(found, parallelLooks, (each) =>
        each.against ? isSame(context, rulesOf(context), each as Candidate) : Promise.resolve(false),
      );
      found.forEach(({ step }, index) => {
        if (same[index]) steps.same();
        else steps.add(step);
      });
      context.signal.throwIfAborted();
    }
    context.onFound();
  }
  const { impliedFolders } = destination.provider.features;
  const isNew = !there && joinPath(destination.path, folder.path) !== destination.boundary;
  // A folder is there as soon as a file is in it, where folders are implied.
  if (isNew && (!impliedFolders || (entries === 0 && folder.path !== ''))) steps.add(folderStep(folder, entries === 0));
  if (!sync.delete) return;
  for (const page of shelf.rest()) {
    context.signal.throwIfAborted();
    for (const entry of page) steps.add(...removal(context, entry));
    await breathe();
  }
}

const rulesOf = ({ sync, source, destination }: FolderContext): SyncRules => ({
  checksum: sync.checksum,
  timesKept: source.provider.features.modifiedTimes && destination.provider.features.modifiedTimes,
});

/** Puts what the destination has in this folder on the shelf; false when the folder is not there. */
async function fillShelf({ destination, shelf }: FolderContext, listings: Listings): Promise<boolean> {
  const { caseSensitive } = destination.provider;
  try {
    for await (const page of listings.destination()) {
      // What has no safe name has no path either by which a source could mean it.
      const key = ({ path, kind, problem }: StorageEntry): string =>
        problem === undefined ? keyOf(baseName(path), kind, caseSensitive) : `/${path}`;
      shelf.put(page.map((entry) => [key(entry), entry] as const));
    }
    return true;
  } catch (error) {
    if (isStowageError(error, 'not-found')) return false;
    // The destination is a folder of this machine that `resume` will make.
    const toBeMade = !destination.vfolder && hasLocalPath(destination.provider);
    if (toBeMade && isStowageError(error, 'host-unreachable')) return false;
    throw error;
  }
}

/** Folders and other entries apart: where folders are implied, a file may lie beside a folder of its name. */
const keyOf = (name: string, kind: StorageEntry['kind'], caseSensitive: boolean): string =>
  `${collisionKey(name, caseSensitive)}${kind === 'directory' ? '/' : ''}`;

interface Related {
  /** What is to be done unless both are found to be the same. */
  readonly step: NewFile;
  readonly entry: StorageEntry;
  readonly against: StorageEntry | null;
}

/** What one entry of the source means, seen against what the destination has. */
async function relate(context: FolderContext, entry: StorageEntry): Promise<Related> {
  const { source, destination, folder, shelf } = context;
  const { caseSensitive, features } = destination.provider;
  const name = baseName(entry.path);
  const path = join(folder.path, name);
  const file = keyOf(name, 'file', caseSensitive);
  const found = { ...(await classify(context, source, 0, entry, path)), action: 'add' as const };
  if (found.state === 'failed') {
    // What cannot be sent is no reason to remove what the destination has under this name.
    shelf.take(file);
    shelf.take(`${file}/`);
    return { step: found, entry, against: null };
  }
  if (found.kind === 'directory') {
    const inTheWay = shelf.take(`${file}/`) || features.impliedFolders ? undefined : shelf.take(file);
    if (inTheWay) return { step: blocked(found, inTheWay), entry, against: null };
    return { step: folderToCompare(path, entry.path), entry, against: null };
  }
  const there = shelf.take(file) ?? (features.impliedFolders ? undefined : shelf.take(`${file}/`));
  if (!there) return { step: found, entry, against: null };
  if (there.kind !== 'file') return { step: blocked(found, there), entry, against: null };
  const { kind, size, modified, etag } = there;
  const reviewed: Reviewed = { kind, size, modified: destination.provider.features.listedTimes ? modified : null, etag };
  return { step: { ...found, action: 'update', detail: JSON.stringify(reviewed) }, entry, against: there };
}

function blocked(found: NewFile, there: StorageEntry): NewFile {
  const what = { file: 'A file', directory: 'A folder', symlink: 'A link', special: 'A pipe or device' }[there.kind];
  const error = new StowageError('path-refused', `${what} is in the way of “${visible(found.path)}”; it was left as it is.`, {
    subject: found.path,
    hint: 'Rename or remove it at the destination, then sync again.',
  });
  const key = found.kind === 'directory' ? `/${found.key}` : found.key;
  return { ...found, key, kind: 'file', size: 0, state: 'failed', problem: toProblem(error, found.path) };
}

/** What becomes of a folder itself; it is a step for people only when it is empty, else those of its files say it. */
const folderStep = ({ key, source_index, source, path, action }: FileRow, empty: boolean): NewFile => ({
  key: `/${key}`,
  source_index,
  source,
  path,
  kind: empty ? 'folder' : 'directory',
  action,
  size: 0,
  state: action === 'remove' ? 'remove' : 'make',
});

/** What is to be done so that an entry of the destination goes; a folder is looked into first. */
function removal({ folder }: FolderContext, entry: StorageEntry): NewFile[] {
  const path = join(folder.path, baseName(entry.path));
  const key = `${destinationIndex}:${path}`;
  const common = { source_index: destinationIndex, source: entry.path, path, action: 'remove' as const, size: entry.size };
  if (entry.problem !== undefined) {
    const problem = toProblem(new StowageError('path-refused', entry.problem, { subject: path }), path);
    return [{ ...common, key: `/${key}`, kind: 'file', state: 'failed', problem }];
  }
  if (entry.kind !== 'directory') {
    const detail = JSON.stringify({ kind: entry.kind });
    const { modified, etag } = entry;
    return [{ ...common, key, kind: 'file', state: 'remove', modified, etag: etag ?? null, detail }];
  }
  return [{ ...common, key: `${key}/`, kind: 'directory', state: 'scan' }];
}

async function removeAll(context: FolderContext, listings: Listings, steps: Steps): Promise<void> {
  let first = true;
  try {
    for await (const page of listings.destination()) {
      // Before what is in it, since removing goes backwards.
      if (first && page.length > 0) steps.add(folderStep(context.folder, false));
      first &&= page.length === 0;
      for (const entry of page) steps.add(...removal(context, entry));
      context.onFound();
    }
    if (first) steps.add(folderStep(context.folder, true));
  } catch (error) {
    // Gone already, by another hand.
    if (!isStowageError(error, 'not-found')) throw error;
  }
}

/** No removal is planned from listings that are not whole. */
function holdRemovals({ id, journal }: SyncPlanContext): void {
  const problem = toProblem(
    new StowageError('wrong-state', 'It is not removed, because a folder could not be compared.', {
      hint: 'Make that folder readable, then sync again.',
    }),
    '',
  );
  for (;;) {
    const rows = journal.rows(id, 'remove', 0, 1000);
    if (rows.length === 0) break;
    journal.update(id, new Map(rows.map(({ seq }) => [seq, { state: 'skipped' as const, problem }])));
  }
  journal.changeSync(id, { remove: 0 });
}

/** Lets other work of the core come first. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Applies `work` to all, at most `width` at once, in order of the results. */
async function mapSome<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
