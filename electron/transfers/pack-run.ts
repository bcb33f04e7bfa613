import { isStowageError, StowageError } from '#shared/errors.ts';
import { headerLine, indexLine, isPackPart, type PackedEntry, packIndexName, shardName } from '#shared/packing/pack-index.ts';
import { cutShards } from '#shared/packing/shards.ts';
import { baseName, type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { BrokenItem, type PackEvents, type PackItem, type Placed, shardBody } from '../packing/shard-body.ts';
import { tarBytes } from '../packing/tar-header.ts';
import { writeVerified } from '../packing/verified-write.ts';
import { hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import type { FileChange, FileRow, NewFile } from './journal.ts';
import { noTries } from './patience.ts';
import { toProblem } from './problems.ts';
import { landingFolder } from './reporter.ts';
import type { Place } from './request.ts';
import type { RunState } from './run.ts';
import { folderKey, topName } from './scan.ts';

export const defaultShardBytes = 256 * 1024 * 1024;
/** Bounds what is held of a shard of tiny files until it is journaled. */
const maxShardFiles = 50_000;
const pageRows = 500;
const indexChunk = 256 * 1024;

/** Where a packed file lies, as its row keeps it. */
interface StoredPlace extends Omit<Placed, 'size'> {
  readonly shard: number;
}

/** A found file as one that is to be packed: it waits until everything is found, and is packed in the order of its key. */
export const asPacked = (entry: NewFile): NewFile =>
  entry.kind === 'file' && entry.state === 'pending'
    ? { ...entry, key: packKey(entry.source_index, entry.path), action: 'pack', state: 'pack' }
    : entry;

/** An empty folder, which is kept as an entry of its own. */
export const emptyPacked = (folder: Pick<FileRow, 'source_index' | 'source' | 'path'>): NewFile => ({
  key: packKey(folder.source_index, `${folder.path}/`),
  source_index: folder.source_index,
  source: folder.source,
  path: folder.path,
  kind: 'folder',
  action: 'pack',
  size: 0,
  state: 'pack',
});

const packKey = (index: number, path: string): string => `p${index}:${path}`;

/**
 * Refuses a place where something is already. With `overwrite` a packed folder may be replaced, and nothing else.
 * @throws `exists`
 */
export async function checkPackPlace(
  provider: StorageProvider,
  folder: InnerPath,
  overwrite: boolean,
  signal?: AbortSignal,
): Promise<void> {
  try {
    for await (const page of provider.list(folder, { signal })) {
      const foreign = page.find(({ path, kind }) => !overwrite || kind !== 'file' || !isPackPart(baseName(path)));
      if (!foreign) continue;
      throw new StowageError('exists', `“${visible(baseName(folder) || 'The destination')}” is there already and holds files.`, {
        subject: folder,
        hint: overwrite
          ? 'Only a packed folder can be overwritten by one: choose another folder or another name.'
          : 'Overwrite it if it is a packed folder, or choose another folder or another name.',
      });
    }
  } catch (error) {
    if (!isStowageError(error, 'not-found', 'host-unreachable')) throw error;
    // A folder of this machine that is still to be made.
    if (isStowageError(error, 'host-unreachable') && !hasLocalPath(provider)) throw error;
  }
}

interface PackContext {
  readonly run: RunState;
  readonly index: number;
  readonly place: Place;
  /** Relative to the destination, `''` for itself. */
  readonly top: string;
  readonly folder: InnerPath;
  readonly shardBytes: number;
}

/** Packs the source folders, once everything in them is found. What was packed by a former process stays as it is. */
export async function packSources(run: RunState, pack: { shardBytes?: number | undefined }, rename?: string): Promise<void> {
  const { journal } = run.tools;
  for (const [index, place] of run.sources.entries()) {
    const top = topName(place, rename);
    const row = journal.fileByKey(run.id, folderKey(index, top));
    if (row?.state !== 'scanned') continue;
    const folder = joinPath(run.destination.path, top);
    const context = { run, index, place, top, folder, shardBytes: pack.shardBytes ?? defaultShardBytes };
    if (row.detail === null) {
      await checkPackPlace(run.destination.provider, folder, journal.transfer(run.id).conflict === 'overwrite', run.signal);
      journal.update(run.id, new Map([[row.seq, { detail: JSON.stringify({ begun: true }) }]]));
    }
    await packFolder(context);
  }
}

async function packFolder(context: PackContext): Promise<void> {
  const { run, folder } = context;
  const { provider, vfolder, inner } = run.destination;
  // While shards change there is no index, which would name what is no longer there.
  await provider.remove(joinPath(folder, packIndexName), { signal: run.signal }).catch((error: unknown) => {
    if (!isStowageError(error, 'not-found')) throw error;
  });
  let shard = nextShard(context);
  for (let after = packKey(context.index, ''); ; ) {
    const sent = await enduring(run, () => sendShard(context, shard, after));
    if (sent === null) break;
    after = sent.after;
    if (sent.files > 0) shard++;
    run.tools.reporter.changed(run.id);
  }
  await enduring(run, () => writeIndex(context));
  await removeSurplus(context, shard);
  if (vfolder) run.tools.reporter.landed(vfolder.name, landingFolder(inner, context.top));
}

/** Repeats a step as long as the transfer has patience with the host. */
async function enduring<T>(run: RunState, step: () => Promise<T>): Promise<T> {
  const tries = noTries();
  for (;;) {
    try {
      const result = await step();
      run.patience.relief();
      return result;
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(await run.patience.again(toProblem(error, ''), tries))) throw error;
      run.signal.throwIfAborted();
    }
  }
}

/** The rows to be packed of one source, in the order of their paths. */
function* rowsOf({ run, index }: PackContext, after: string): Generator<FileRow> {
  const prefix = packKey(index, '');
  for (let key = after; ; ) {
    const rows = run.tools.journal.rowsByKey(run.id, key, pageRows);
    for (const row of rows) {
      if (!row.key.startsWith(prefix)) return;
      if (row.action === 'pack') yield row;
    }
    const last = rows.at(-1);
    if (!last) return;
    key = last.key;
  }
}

const placeOf = (row: FileRow): StoredPlace | null =>
  row.state === 'done' && row.detail !== null ? (JSON.parse(row.detail) as StoredPlace) : null;

function nextShard(context: PackContext): number {
  let next = 0;
  for (const row of rowsOf(context, packKey(context.index, ''))) next = Math.max(next, (placeOf(row)?.shard ?? -1) + 1);
  return next;
}

const innerName = ({ top }: PackContext, row: FileRow): string =>
  (top === '' ? row.path : row.path.slice(top.length + 1)) + (row.kind === 'folder' ? '/' : '');

interface Sent {
  files: number;
  bytes: number;
  /** The key of the last row that was taken. */
  after: string;
  readonly first: number;
  readonly changes: Map<number, FileChange>;
  broken: BrokenItem<FileRow> | null;
}

/** Sends the next shard; gives how many files it holds and where the one after it begins, or null when none is left. */
async function sendShard(context: PackContext, shard: number, start: string): Promise<Sent | null> {
  const { run, folder } = context;
  const { journal, reporter, bandwidth } = run.tools;
  const first = pendingRows(context, start).next().value;
  if (!first) return null;
  const sent: Sent = { files: 0, bytes: 0, after: start, first: first.seq, changes: new Map(), broken: null };
  const body = packedBytes(context, shard, start, sent);
  const local = hasLocalPath(context.place.provider) && hasLocalPath(run.destination.provider);
  const paced = local ? body : bandwidth.pace(body, run.signal);
  const path = joinPath(folder, shardName(shard));
  try {
    await writeVerified(run.destination.provider, path, `t${run.id}-p${context.index}-${shard}`, paced, run.signal);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!sent.broken) throw error;
    // The shard is begun anew without the file that broke off.
    const { row, cause } = sent.broken;
    journal.update(run.id, new Map([[row.seq, { state: 'failed' as const, problem: toProblem(cause, row.path) }]]));
    return { ...sent, files: 0, after: start };
  } finally {
    reporter.progress(run.id, sent.first, null);
  }
  const all = [...sent.changes];
  for (let at = 0; at < all.length; at += pageRows) journal.update(run.id, new Map(all.slice(at, at + pageRows)));
  return sent;
}

function* pendingRows(context: PackContext, start: string): Generator<FileRow, undefined> {
  for (const row of rowsOf(context, start)) if (row.state === 'pack') yield row;
}

async function* packedBytes(context: PackContext, shard: number, start: string, sent: Sent): AsyncGenerator<Uint8Array> {
  const { run } = context;
  const { reporter } = run.tools;
  const events: PackEvents<FileRow> = {
    placed: (row, { size, ...place }) => {
      sent.files++;
      sent.bytes += size;
      const detail = JSON.stringify({ ...place, shard } satisfies StoredPlace);
      sent.changes.set(row.seq, { state: 'done', size, done: size, modified: place.modified, detail, stale: 0, problem: null });
      // The shard arrives as a whole: what flies of it is told of its first file.
      reporter.progress(run.id, sent.first, sent.bytes);
      reporter.changed(run.id);
    },
    failed: (row, error) => sent.changes.set(row.seq, { state: 'failed', problem: toProblem(error, row.path) }),
  };
  try {
    yield* shardBody(itemsOfShard(context, start, sent), events, run.signal);
  } catch (error) {
    // A provider may tell the failure of a body as one of its own.
    if (error instanceof BrokenItem) sent.broken = error as BrokenItem<FileRow>;
    throw error;
  }
}

async function* itemsOfShard(context: PackContext, start: string, sent: Sent): AsyncGenerator<PackItem<FileRow>> {
  const { place, shardBytes } = context;
  const rows = (async function* () {
    yield* pendingRows(context, start);
  })();
  const limits = { bytes: shardBytes, files: maxShardFiles };
  const bytesOf = (row: FileRow): number => tarBytes({ name: innerName(context, row), size: row.size, modified: row.modified });
  for await (const { file: row, begins } of cutShards(rows, (each) => each.path, bytesOf, limits)) {
    if (begins && sent.after !== start) return;
    sent.after = row.key;
    yield {
      row,
      name: innerName(context, row),
      provider: place.provider,
      path: (row.read_path ?? row.source) as InnerPath,
      expected: row.stale ? null : { size: row.size, ...(row.etag !== null && { etag: row.etag }) },
      size: row.size,
    };
  }
}

async function writeIndex(context: PackContext): Promise<void> {
  const { run, folder } = context;
  const body = async function* (): AsyncGenerator<Uint8Array> {
    let text = headerLine;
    for (const row of rowsOf(context, packKey(context.index, ''))) {
      const entry = entryOf(context, row);
      if (entry) text += indexLine(entry);
      if (text.length < indexChunk) continue;
      yield Buffer.from(text);
      text = '';
    }
    if (text !== '') yield Buffer.from(text);
  };
  const key = `t${run.id}-p${context.index}-index`;
  await writeVerified(run.destination.provider, joinPath(folder, packIndexName), key, body(), run.signal);
}

function entryOf(context: PackContext, row: FileRow): PackedEntry | null {
  const place = placeOf(row);
  if (!place) return null;
  const path = innerName(context, row);
  if (row.kind === 'folder') return { kind: 'directory', path: path.slice(0, -1) };
  const { shard, offset, md5, modified } = place;
  return { kind: 'file', path, size: row.size, modified, shard, offset, md5 };
}

/** Takes away the shards of a packed folder that was replaced. */
async function removeSurplus({ run, folder }: PackContext, shards: number): Promise<void> {
  const { provider } = run.destination;
  const own = new Set(Array.from({ length: shards }, (_, shard) => shardName(shard)));
  for await (const page of provider.list(folder, { signal: run.signal })) {
    for (const { path } of page) {
      const name = baseName(path);
      if (!isPackPart(name) || name === packIndexName || own.has(name)) continue;
      await provider.remove(path, { signal: run.signal }).catch(() => undefined);
    }
  }
}
