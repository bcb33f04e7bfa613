import { join } from 'node:path';
import { type Listed, type ListedFile, type Listing, placeInProvider, placeInVfolder, versionOf } from '../listings/listing.ts';
import type { ResolvedPlace } from '../services.ts';
import { checkSignal } from '../storage/bodies.ts';
import { runPool } from '../storage/task-pool.ts';
import { type DiskWork, onDisk } from './cache-thread.ts';
import { createFetcher, type Fetcher, type FetchTools, stepError } from './fetch.ts';
import { diskBytes, type ObjectRow, type TreeRow } from './rows.ts';
import { unpackKnown } from './unpack.ts';

/** How far a place has come; what is there already counts as done. */
export interface BuildProgress {
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface Build {
  readonly tools: FetchTools;
  readonly place: ResolvedPlace;
  readonly listing: Listing;
  readonly tree: TreeRow;
  /** The place, for people. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** A file came alone and not out of a pack. */
  onFetched(): void;
  onProgress(progress: BuildProgress): void;
}

/** Files that are fetched or wait for it at once; how many of them are really on their way, their lanes decide. */
const parallel = 256;

/**
 * Makes the folder of a tree: what is known is linked, the rest fetched. Room for all of it is reserved before the first
 * byte comes.
 * @throws `disk-full`, `source-changed`, `name-invalid`, what reading throws, `cancelled`
 */
export async function buildTree(build: Build): Promise<void> {
  const { tools, listing, tree, place, signal } = build;
  const missing = await claim(build);
  const room = await tools.room.reserve(missing, build.what, signal);
  const fetcher = createFetcher(tools, place.provider, place.vfolder.id, tree.built_at, signal);
  const root = tools.layout.tree(tree.id);
  let doneFiles = 0;
  let doneBytes = 0;
  const tell = (): void => build.onProgress({ doneFiles, totalFiles: listing.files, doneBytes, totalBytes: listing.bytes });
  const done = (file: ListedFile): void => {
    doneFiles++;
    doneBytes += file.size;
    tell();
  };
  const fetchOne = async (file: ListedFile): Promise<void> => {
    let came = 0;
    const onBytes = (bytes: number): void => {
      doneBytes += bytes - came;
      came = bytes;
      tell();
    };
    await fetchInto(build, fetcher, root, file, onBytes);
    room.fill(diskBytes(file.size));
    build.onFetched();
    onBytes(0);
    done(file);
  };
  try {
    await run({ kind: 'folder', items: [{ to: root, mode: 0o755 }] }, () => build.what);
    await unpackKnown({ rows: tools.rows, place, listing, fetcher, signal, onLanded: (bytes) => room.fill(diskBytes(bytes)) });
    async function* tasks(): AsyncGenerator<() => Promise<void>> {
      for await (const batch of listing.read()) {
        checkSignal(signal);
        const { known, wanted } = part(build, batch);
        await linkBatch(build, root, batch, known);
        for (const { file } of known) done(file);
        for (const file of [...wanted, ...(await lostOf(build, known))]) {
          yield () => fetchOne(file);
        }
      }
    }
    await runPool(tasks(), parallel);
  } finally {
    fetcher.close();
    room.close();
  }
}

interface Known {
  readonly file: ListedFile;
  readonly object: ObjectRow;
  /** Set when its object turns out to be gone. */
  lost: boolean;
}

/** Marks what is known as held by this tree, and says what the rest takes of the disk. */
async function claim({ tools, listing, place, tree, signal }: Build): Promise<number> {
  const { rows } = tools;
  let missing = 0;
  for await (const batch of listing.read()) {
    checkSignal(signal);
    rows.transaction(() => {
      for (const entry of batch) {
        if (entry.kind !== 'file') continue;
        const object = rows.find(place.vfolder.id, placeInVfolder(place, listing, entry.rel), versionOf(entry));
        if (!object) missing += diskBytes(entry.size);
        else if (object.used_at < tree.built_at) rows.touch(object.id, tree.built_at);
      }
    });
  }
  return missing;
}

function part({ tools, listing, place }: Build, batch: readonly Listed[]): { known: Known[]; wanted: ListedFile[] } {
  const known: Known[] = [];
  const wanted: ListedFile[] = [];
  for (const entry of batch) {
    if (entry.kind !== 'file') continue;
    const object = tools.rows.find(place.vfolder.id, placeInVfolder(place, listing, entry.rel), versionOf(entry));
    if (object) known.push({ file: entry, object, lost: false });
    else wanted.push(entry);
  }
  return { known, wanted };
}

/** Folders, symlinks, and what is known. */
async function linkBatch({ tools }: Build, root: string, batch: readonly Listed[], known: readonly Known[]): Promise<void> {
  const folders = batch.flatMap((entry) => (entry.kind === 'folder' ? [entry] : []));
  const links = batch.flatMap((entry) => (entry.kind === 'link' ? [entry] : []));
  await run(
    { kind: 'folder', items: folders.map(({ rel }) => ({ to: join(root, rel), mode: 0o755 })) },
    (at) => folders[at]?.rel ?? '',
  );
  await run(
    { kind: 'symlink', items: links.map(({ rel, target }) => ({ target, to: join(root, rel) })) },
    (at) => links[at]?.rel ?? '',
  );
  const results = await onDisk({
    kind: 'link',
    items: known.map(({ file, object }) => ({ object: tools.layout.object(object.id), to: join(root, file.rel) })),
  });
  results.forEach((failed, at) => {
    const one = known[at];
    if (!failed || !one) return;
    if (failed.code !== 'ENOENT') throw stepError(failed, one.file.rel);
    one.lost = true;
  });
}

/** Objects that somebody removed from the disk are forgotten, and fetched again. */
async function lostOf({ tools, place, what, signal }: Build, known: readonly Known[]): Promise<ListedFile[]> {
  const lost = known.filter((one) => one.lost);
  for (const { object } of lost) {
    tools.rows.forget(object.id);
    tools.room.lost(place.vfolder.id, object.bytes);
  }
  const bytes = lost.reduce((sum, { file }) => sum + diskBytes(file.size), 0);
  // They were counted as there until now.
  if (bytes > 0) (await tools.room.reserve(bytes, what, signal)).close();
  return lost.map(({ file }) => file);
}

const fetchInto = (
  { place, listing }: Build,
  fetcher: Fetcher,
  root: string,
  file: ListedFile,
  onBytes: (done: number) => void,
): Promise<void> => {
  const source = placeInProvider(place, listing, file.rel);
  const inner = placeInVfolder(place, listing, file.rel);
  return fetcher.fetch({ file, source, inner, to: join(root, file.rel) }, onBytes);
};

/** Steps none of which may fail. */
async function run(work: DiskWork, nameOf: (index: number) => string): Promise<void> {
  const results = await onDisk(work);
  results.forEach((failed, at) => {
    if (failed) throw stepError(failed, nameOf(at));
  });
}
