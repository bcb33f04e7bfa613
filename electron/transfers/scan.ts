import type { Problem } from '#shared/contract/base.ts';
import { StowageError, toStowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { collisionKey, pathProblem, resolveLink } from '#shared/transfers/names.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import type { FileRow, Journal, NewFile } from './journal.ts';
import { asPacked, emptyPacked } from './pack-run.ts';
import { noTries, type Patience, pausesTransfer } from './patience.ts';
import { fileError, toProblem } from './problems.ts';
import type { Place } from './request.ts';

const batchFiles = 500;
const maxHops = 40;
/** Folders listed at once where a listing is a request over the network. */
const foldersAtOnce = 6;

export interface ScanContext {
  readonly id: number;
  readonly journal: Journal;
  readonly sources: readonly Place[];
  readonly destination: Place;
  readonly rename: string | undefined;
  /** Folders are packed: nothing is made of them at the destination. */
  readonly pack: boolean;
  readonly signal: AbortSignal;
  readonly patience: Patience;
  /** True for a source that may be moved whole by renaming it. */
  renames(place: Place): boolean;
  /** True while what is found may go to the copiers at once, rather than wait in the journal for its turn. */
  takes(bytes: number): boolean;
  /** Called whenever something was added; `claimed` are all files of it, where `takes` said so, else they are pending. */
  onFound(claimed: readonly FileRow[] | null): void;
  /** Called for every folder that is there now at the destination. */
  onFolder(path: string): void;
}

/** The names of the sources at the destination; `''` for one whose contents are meant. */
export const topName = (place: Place, rename: string | undefined): string => rename ?? (place.contents ? '' : place.name);

const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

export function folderKey(index: number, path: string): string {
  return `${index}:${path}/`;
}

/** How two entries that would become one at the destination are told. */
export function collisionProblem(entry: NewFile): Problem {
  const error = new StowageError(
    'name-taken',
    `“${visible(entry.path)}” would take the place of another file of this transfer: the destination cannot tell their names apart.`,
    { subject: entry.path, hint: 'Rename one of them and transfer it again.' },
  );
  return toProblem(error, entry.path);
}

/**
 * Finds what is to be transferred, folder by folder. Folders that are still to be listed are journal rows themselves,
 * so memory stays bounded however wide the tree is, and a scan that was broken off goes on where it was; listing a
 * folder again adds nothing twice.
 */
export async function scan(context: ScanContext): Promise<void> {
  const { id, journal, sources, signal } = context;
  if (!journal.transfer(id).scanned) {
    for (const [index, place] of sources.entries()) {
      signal.throwIfAborted();
      await scanTop(context, place, index);
    }
  }
  const open = new Set<Promise<void>>();
  let after = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      // What is found comes after the folder that it is in.
      const folders = open.size < foldersAtOnce ? journal.rows(id, 'scan', after, foldersAtOnce - open.size) : [];
      for (const folder of folders) {
        after = folder.seq;
        const listing = scanFolder(context, folder).finally(() => open.delete(listing));
        open.add(listing);
      }
      if (open.size > 0) await Promise.race(open);
      else if (after > 0) after = 0;
      else break;
    }
  } finally {
    // Nothing of the scan is under way when it fails.
    await Promise.allSettled(open);
  }
  journal.setScanned(id, true);
}

async function scanTop(context: ScanContext, place: Place, index: number): Promise<void> {
  const path = topName(place, context.rename);
  const known = [folderKey(index, path), collisionKey(path, context.destination.provider.caseSensitive)];
  // Found before the scan was broken off; a move may even have taken it away since.
  if (known.some((key) => context.journal.fileByKey(context.id, key)?.source_index === index)) return;
  let entry: NewFile;
  try {
    const found = await enduring(context, () => place.provider.stat(place.path, { signal: context.signal }));
    entry = await classify(context, place, index, found, path);
    if (!place.contents && context.renames(place) && (entry.state === 'scan' || entry.state === 'pending')) {
      entry = { ...entry, kind: 'tree', state: 'pending' };
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (pausesTransfer(toProblem(error, path).code)) throw error;
    entry = failed(index, place.path, path, error);
  }
  context.journal.addFiles(context.id, [entry], collisionProblem);
  context.onFound(null);
}

/** Repeats what fails while the host is in trouble, as long as the transfer has patience. @throws what it failed with at last */
async function enduring<T>(context: ScanContext, work: () => Promise<T>): Promise<T> {
  const tries = noTries();
  for (;;) {
    try {
      const result = await work();
      context.patience.relief();
      return result;
    } catch (error) {
      context.signal.throwIfAborted();
      const again = await context.patience.again(toProblem(error, ''), tries);
      context.signal.throwIfAborted();
      if (!again) throw error;
    }
  }
}

async function scanFolder(context: ScanContext, folder: FileRow): Promise<void> {
  const { id, journal, destination, signal } = context;
  const place = context.sources[folder.source_index];
  if (!place) return;
  const { impliedFolders } = destination.provider.features;
  const target = joinPath(destination.path, folder.path);
  const make = async (): Promise<void> => {
    if (target === destination.boundary) return;
    await enduring(context, () => destination.provider.makeDirectory(target, { signal }));
  };
  try {
    // Where folders come with their files, only an empty one has to be made.
    if (!impliedFolders && !context.pack) await make();
    const { empty, rest } = await enduring(context, () => listFolder(context, place, folder));
    if (impliedFolders && empty && !context.pack) await make();
    signal.throwIfAborted();
    const kept = empty && context.pack && folder.path !== topName(place, context.rename) ? [emptyPacked(folder)] : rest;
    addFound(context, place, kept, folder.seq);
    if (!context.pack) context.onFolder(folder.path);
  } catch (error) {
    signal.throwIfAborted();
    const problem = toProblem(error, folder.path);
    if (pausesTransfer(problem.code)) throw error;
    journal.update(id, new Map([[folder.seq, { state: 'failed', problem }]]));
    context.onFound(null);
  }
}

/** Adds what was found; what is known is not added again. `done` is the folder that is listed with it. */
function addFound(context: ScanContext, place: Place, batch: readonly NewFile[], done?: number): void {
  context.signal.throwIfAborted();
  const bytes = batch.reduce((sum, { size }) => sum + size, 0);
  const claimed: FileRow[] | null = context.takes(bytes) ? [] : null;
  context.journal.addFiles(context.id, withoutShadows(context, place, batch), collisionProblem, done, 0, claimed);
  context.onFound(claimed);
}

/** Adds what is in a folder but for its end, `rest`. */
async function listFolder(context: ScanContext, place: Place, folder: FileRow): Promise<{ empty: boolean; rest: NewFile[] }> {
  let rest: NewFile[] = [];
  let empty = true;
  for await (const page of place.provider.list(folder.source as InnerPath, { signal: context.signal })) {
    context.patience.relief();
    for (const entry of page) {
      empty = false;
      const found = await classify(context, place, folder.source_index, entry, join(folder.path, baseName(entry.path)));
      rest.push(context.pack ? asPacked(found) : found);
      if (rest.length < batchFiles) continue;
      addFound(context, place, rest);
      rest = [];
    }
  }
  return { empty, rest };
}

/**
 * An object store can hold a file `p` beside a folder `p`, which nothing else can: there the file is refused by name.
 * Should the file have been found first, in another page, it is the folder that is refused.
 */
function withoutShadows(context: ScanContext, place: Place, batch: readonly NewFile[]): readonly NewFile[] {
  const { id, journal, destination } = context;
  const { caseSensitive, features } = destination.provider;
  if (!place.provider.features.impliedFolders || features.impliedFolders) return batch;
  const folders = new Set(batch.flatMap(({ kind, path }) => (kind === 'directory' ? [path] : [])));
  return batch.map((entry) => {
    const { kind, path, source, source_index: index } = entry;
    if (entry.state === 'failed') return entry;
    const shadowed =
      kind === 'directory'
        ? journal.fileByKey(id, collisionKey(path, caseSensitive))?.kind === 'file' &&
          !journal.fileByKey(id, folderKey(index, path))
        : folders.has(path) || journal.fileByKey(id, folderKey(index, path)) !== undefined;
    if (!shadowed) return entry;
    const what = kind === 'directory' ? 'The file of this name goes, the folder is left out.' : 'The folder goes.';
    const error = new StowageError(
      'name-taken',
      `“${visible(path)}” is both a file and a folder at the source, which the destination cannot hold. ${what}`,
      { subject: path, hint: 'Rename one of them and transfer it again.' },
    );
    return { ...failed(index, source, path, error, kind), key: `//${index}/${kind}/${source}` };
  });
}

function failed(index: number, source: string, path: string, error: unknown, kind: FileRow['kind'] = 'file'): NewFile {
  const key = kind === 'directory' ? folderKey(index, path) : collisionKey(path, true);
  return { key, source_index: index, source, path, kind, size: 0, state: 'failed', problem: toProblem(error, path) };
}

/** What a found entry means for the transfer: a file to send, a folder to list, or a failure with its reason. */
export async function classify(
  context: Pick<ScanContext, 'destination' | 'signal'>,
  place: Place,
  index: number,
  entry: StorageEntry,
  path: string,
): Promise<NewFile> {
  const { provider } = context.destination;
  if (entry.problem !== undefined)
    return failed(index, entry.path, path, new StowageError('path-refused', entry.problem, { subject: path }));
  const why = pathProblem(path, provider.nameRules);
  if (why) {
    const inside = entry.kind === 'directory' ? ' The folder and what is in it were left out.' : '';
    const error = new StowageError('name-invalid', `The destination cannot hold “${visible(path)}”: ${why}.${inside}`, {
      subject: path,
      hint: 'Rename it, then transfer it again.',
    });
    return failed(index, entry.path, path, error, entry.kind === 'directory' ? 'directory' : 'file');
  }
  const key = collisionKey(path, provider.caseSensitive);
  const common = { source_index: index, source: entry.path, path };
  switch (entry.kind) {
    case 'directory':
      return { ...common, key: folderKey(index, path), kind: 'directory', size: 0, state: 'scan' };
    case 'file':
      return {
        ...common,
        key,
        kind: 'file',
        size: entry.size,
        modified: entry.modified,
        etag: entry.etag ?? null,
        state: 'pending',
      };
    case 'special':
      return failed(index, entry.path, path, fileError('special-file', path));
    case 'symlink':
      try {
        // Links stay in the tree that is copied; one that was itself named as the source stays in its vfolder.
        const root = entry.path === place.path ? place.boundary : place.path;
        const found = await followLink(place.provider, entry, root, context.signal);
        const { size, modified, etag } = found;
        return { ...common, key, kind: 'file', read_path: found.path, size, modified, etag: etag ?? null, state: 'pending' };
      } catch (error) {
        context.signal.throwIfAborted();
        return failed(index, entry.path, path, error);
      }
  }
}

async function followLink(
  provider: StorageProvider,
  link: StorageEntry,
  root: InnerPath,
  signal: AbortSignal,
): Promise<StorageEntry> {
  const refuse = (why: string): StowageError =>
    new StowageError('path-refused', `The link “${visible(link.path)}” was left out: ${why}.`, { subject: link.path });
  let entry = link;
  for (let hop = 0; hop < maxHops; hop++) {
    const next = resolveLink(entry.path, entry.linkTarget ?? '', root);
    if (next === null || entry.linkTarget?.startsWith('/'))
      throw refuse(`it leads out of the folder, to “${visible(entry.linkTarget ?? '')}”`);
    try {
      entry = await provider.stat(next as InnerPath, { signal });
    } catch (error) {
      const known = toStowageError(error);
      if (known.code === 'not-found') throw refuse('what it points to does not exist');
      throw error;
    }
    if (entry.kind === 'file') return entry;
    if (entry.kind === 'directory') throw refuse('it points to a folder, and folders are not copied through links');
    if (entry.kind === 'special') throw fileError('special-file', link.path);
  }
  throw refuse('it goes round in a circle');
}
