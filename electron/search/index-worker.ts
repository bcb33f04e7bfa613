import { rmSync, truncateSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { SearchSort } from '#shared/contract/search.ts';
import { Columns } from './columns.ts';
import { FirstFew } from './first-few.ts';
import { appendPages, type IndexEnd, IndexWriter, readIndex } from './index-file.ts';
import type { Found, IndexAnswer, IndexMeta, IndexOrder, IndexRef, Nearest, PageFolders, Search } from './index-protocol.ts';
import { directoryCode, kindCodes, type ListedPage, toIndexPage } from './page.ts';
import { scan } from './scan.ts';

/** The thread that keeps, writes and searches indexes; see index-thread.ts. */

interface Loaded {
  readonly file: string;
  readonly columns: Columns;
  readonly end: IndexEnd;
  readonly cut: boolean;
}

interface Taking {
  readonly file: string;
  readonly writer: IndexWriter;
  /** Null: only written, not held. */
  readonly columns: Columns | null;
  folders: number;
}

/** Indexes of more bytes than this together do not stay in memory; the one in use always does. */
const loadedBytes = 512 << 20;
/** Last used last. */
const loaded = new Map<string, Loaded>();
const taking = new Map<string, Taking>();

parentPort?.on('message', ({ id, order }: { id: number; order: IndexOrder }) => {
  try {
    parentPort?.postMessage({ id, result: answer(order) } satisfies IndexAnswer);
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies IndexAnswer);
  }
});

function answer(order: IndexOrder): unknown {
  const { index } = order;
  const { key, file } = index;
  switch (order.type) {
    case 'open': {
      const found = open(index);
      return found && metaOf(found);
    }
    case 'create': {
      taking.get(key)?.writer.discard();
      const writer = new IndexWriter(file, index.identity);
      taking.set(key, { file, writer, columns: order.hold ? new Columns() : null, folders: 1 });
      return null;
    }
    case 'page':
      return order.again ? addAgain(kept(index), order.page) : add(beingTaken(key), order.page);
    case 'publish':
      return publish(key, order.end);
    case 'discard':
      taking.get(key)?.writer.discard();
      taking.delete(key);
      return null;
    case 'search':
      return search(order.search.taking ? beingTaken(key).columns : kept(index).columns, order.search);
    case 'nearest':
      return kept(index).columns.nearest(order.path) satisfies Nearest;
    case 'drop':
      loaded.delete(key);
      rmSync(file, { force: true });
      return null;
  }
}

function kept(index: IndexRef): Loaded {
  const found = open(index);
  if (!found) throw new Error('there is no such index');
  return found;
}

function beingTaken(key: string): Taking {
  const found = taking.get(key);
  if (!found) throw new Error('this index is not being taken');
  return found;
}

function open({ key, file, identity }: IndexRef): Loaded | null {
  const known = loaded.get(key);
  if (known) {
    loaded.delete(key);
    loaded.set(key, known);
    return known;
  }
  const columns = new Columns();
  const read = tryRead(file, () => readIndex(file, identity, (page) => void columns.append(page)));
  if (!read) return null;
  // What a crash left at the end would hide all that is added after it.
  if (read.cut) truncateSync(file, read.goodBytes);
  const found = { file, columns, end: read.end, cut: read.cut };
  keep(key, found);
  return found;
}

/** An index that makes no sense is as none. */
function tryRead<T>(file: string, read: () => T | null): T | null {
  try {
    const found = read();
    if (found) return found;
  } catch {
    // Damaged in a way that its checksums do not tell.
  }
  rmSync(file, { force: true });
  return null;
}

function keep(key: string, index: Loaded): void {
  loaded.delete(key);
  let bytes = index.columns.bytes;
  for (const other of loaded.values()) bytes += other.columns.bytes;
  for (const [old, { columns }] of loaded) {
    if (bytes <= loadedBytes) break;
    bytes -= columns.bytes;
    loaded.delete(old);
  }
  loaded.set(key, index);
}

function metaOf({ columns, end, cut }: Loaded): IndexMeta {
  const { files, folders, bytes } = columns.totals();
  return { ...end, files, folders, bytes, cut, wasteful: columns.wasteful, memory: columns.bytes };
}

function add(index: Taking, listed: ListedPage): PageFolders {
  const page = toIndexPage(listed);
  index.writer.page(page);
  if (index.columns) return index.columns.append(page);
  const found: PageFolders = [];
  // As the columns number them when they read the file.
  for (const kind of page.kinds) if (kind === directoryCode) found.push({ folder: index.folders++, isNew: true });
  return found;
}

function addAgain(index: Loaded, listed: ListedPage): PageFolders {
  const page = toIndexPage(listed);
  const found = index.columns.append(page);
  appendPages(index.file, [page]);
  return found;
}

function publish(key: string, end: IndexEnd): null {
  const { file, writer, columns } = beingTaken(key);
  taking.delete(key);
  writer.publish(end);
  loaded.delete(key);
  if (columns) keep(key, { file, columns, end, cut: false });
  return null;
}

function search(columns: Columns | null, { query, path, limit, sort, taking: part }: Search): Found {
  if (!columns) throw new Error('this index is not held while it is taken');
  const top = columns.nearest(path);
  if (top.path !== path) return { total: 0, matches: [], to: part ? 0 : columns.count, unknown: true };
  let total = 0;
  const entries: number[] = [];
  const first = sort && !part ? new FirstFew(limit, order(columns, sort)) : null;
  const rank = sort && ranking(columns, sort);
  scan(
    columns,
    query,
    top.folder,
    (entry) => {
      total++;
      if (first && rank) first.add(rank(entry));
      else if (entries.length < limit) entries.push(entry);
    },
    part?.from ?? 0,
  );
  return {
    total,
    matches: describe(columns, first?.inOrder().map(({ entry }) => entry) ?? entries),
    to: columns.count,
    unknown: false,
  };
}

function describe(columns: Columns, entries: readonly number[]): Found['matches'] {
  const folders = new Map<number, string>();
  return entries.map((entry) => {
    const folder = columns.segmentFolder(columns.segmentOf(entry));
    let path = folders.get(folder);
    if (path === undefined) {
      path = columns
        .folderNames(folder)
        .map((name) => `${name}/`)
        .join('');
      folders.set(folder, path);
    }
    const block = columns.blockOf(entry);
    const place = entry - block.first;
    const time = block.times[place] ?? Number.NaN;
    return {
      path: path + block.name(place),
      kind: kindCodes[block.kinds[place] ?? 0] ?? 'special',
      size: block.sizes[place] ?? 0,
      modified: Number.isNaN(time) ? null : time,
    };
  });
}

/** What an entry is ordered by, told once for each; nothing but its name for the order of names. */
interface Ranked {
  readonly entry: number;
  readonly key: string | number;
}

/** The order that was asked for; equal ones by name, then by folder. */
function order(columns: Columns, { column, descending }: SearchSort): (a: Ranked, b: Ranked) => number {
  const sign = descending ? -1 : 1;
  const nameSign = column === 'name' ? sign : 1;
  const folderOf = folderPaths(columns);
  return (a, b) => {
    if (a.key !== b.key) return a.key < b.key ? -sign : sign;
    const byName = nameSign * columns.compareNames(a.entry, b.entry);
    if (byName !== 0) return byName;
    const [one, other] = [folderOf(a.entry), folderOf(b.entry)];
    return one === other ? a.entry - b.entry : one < other ? -1 : 1;
  };
}

function ranking(columns: Columns, { column }: SearchSort): (entry: number) => Ranked {
  const numberKey = (entry: number): number => {
    const block = columns.blockOf(entry);
    const place = entry - block.first;
    if (column === 'kind') return block.kinds[place] ?? 0;
    const value = (column === 'size' ? block.sizes : block.times)[place] ?? 0;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const keyOf = column === 'name' ? () => 0 : column === 'folder' ? folderPaths(columns) : numberKey;
  return (entry) => ({ entry, key: keyOf(entry) });
}

/** The folded path of the folder that an entry is in, remembered. */
function folderPaths(columns: Columns): (entry: number) => string {
  const paths = new Map<number, string>();
  return (entry) => {
    const folder = columns.segmentFolder(columns.segmentOf(entry));
    const known = paths.get(folder);
    if (known !== undefined) return known;
    const path = columns.folderNames(folder, 0, true).join('/');
    paths.set(folder, path);
    return path;
  };
}
