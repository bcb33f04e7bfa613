import { createHash } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import { indexLine, type PackedEntry, readIndexLine } from '#shared/packing/pack-index.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import type { ReadResult, StorageEntry, StorageProvider } from '../storage/provider.ts';
import { padded, tarEndBytes, tarHeader } from './tar-header.ts';

/** A file, or an empty folder, that goes into a shard. */
export interface PackItem<Row> {
  readonly row: Row;
  /** In the packed folder; a folder ends with `/`. */
  readonly name: string;
  readonly provider: StorageProvider;
  readonly path: InnerPath;
  /** As the scan saw it; null: it may have changed since. */
  readonly expected: Pick<StorageEntry, 'size' | 'etag'> | null;
  readonly size: number;
}

/** Where an item lies now. */
export interface Placed {
  readonly offset: number;
  readonly size: number;
  readonly modified: number | null;
  readonly md5: string;
}

export interface PackEvents<Row> {
  placed(row: Row, place: Placed): void;
  /** It was left out of the shard. */
  failed(row: Row, error: unknown): void;
}

/** A file broke off in the middle of the shard, which therefore cannot be finished. */
export class BrokenItem<Row> extends Error {
  readonly row: Row;
  override readonly cause: unknown;
  constructor(row: Row, cause: unknown) {
    super('a file broke off in the middle of a shard');
    this.row = row;
    this.cause = cause;
  }
}

/** Up to here files are read ahead, several at once: over a network the waiting is what takes the time. */
const smallBytes = 1024 * 1024;
const ahead = 32;
const joinedBytes = 256 * 1024;

/** The bytes of a tar archive with these items, in flat memory. @throws BrokenItem, `cancelled` */
export async function* shardBody<Row>(
  items: AsyncIterable<PackItem<Row>>,
  events: PackEvents<Row>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let joined: Uint8Array[] = [];
  let waiting = 0;
  const gather = (chunk: Uint8Array): void => {
    joined.push(chunk);
    waiting += chunk.length;
    offset += chunk.length;
  };
  const flush = (): Uint8Array => {
    const chunk = Buffer.concat(joined);
    joined = [];
    waiting = 0;
    return chunk;
  };
  for await (const { item, loaded } of readAhead(items, signal)) {
    signal.throwIfAborted();
    if ('error' in loaded) {
      events.failed(item.row, loaded.error);
      continue;
    }
    const { entry } = loaded;
    const modified = entry?.modified ?? null;
    const size = entry?.size ?? 0;
    gather(tarHeader({ name: item.name, size, modified }));
    const begin = offset;
    const hash = createHash('md5');
    if (loaded.bytes) {
      hash.update(loaded.bytes);
      gather(loaded.bytes);
    } else if (loaded.opened) {
      if (waiting > 0) yield flush();
      for await (const chunk of whole(item, loaded.opened, signal)) {
        hash.update(chunk);
        offset += chunk.length;
        yield chunk;
      }
    }
    gather(new Uint8Array(padded(size) - size));
    events.placed(item.row, { offset: begin, size, modified, md5: hash.digest('hex') });
    if (waiting >= joinedBytes) yield flush();
  }
  gather(new Uint8Array(tarEndBytes));
  yield flush();
}

/** What is known of an item when its turn comes: its bytes, how to read them, or why it cannot be packed. */
type Loaded =
  | { readonly entry: StorageEntry | null; readonly bytes?: Uint8Array; readonly opened?: ReadResult }
  | { readonly error: unknown };

async function* readAhead<Row>(
  items: AsyncIterable<PackItem<Row>>,
  signal: AbortSignal,
): AsyncGenerator<{ item: PackItem<Row>; loaded: Loaded }> {
  const queue: { item: PackItem<Row>; loaded: Promise<Loaded> | null }[] = [];
  const next = async (): Promise<{ item: PackItem<Row>; loaded: Loaded } | undefined> => {
    const first = queue.shift();
    return first && { item: first.item, loaded: await (first.loaded ?? load(first.item, signal)) };
  };
  for await (const item of items) {
    queue.push({ item, loaded: item.size <= smallBytes ? load(item, signal) : null });
    const ready = queue.length >= ahead ? await next() : undefined;
    if (ready) yield ready;
  }
  for (let ready = await next(); ready; ready = await next()) yield ready;
}

async function load<Row>(item: PackItem<Row>, signal: AbortSignal): Promise<Loaded> {
  try {
    checkName(item);
    if (item.name.endsWith('/')) return { entry: null };
    const etag = item.expected?.etag;
    const opened = await item.provider.read(item.path, { signal, ...(etag !== undefined && { etag }) });
    if (item.expected && opened.entry.size !== item.expected.size) {
      await opened.body[Symbol.asyncIterator]().return?.();
      throw changed(item);
    }
    if (opened.entry.size > smallBytes) return { entry: opened.entry, opened };
    const chunks: Buffer[] = [];
    // A chunk is valid until the next is asked for.
    for await (const chunk of opened.body) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== opened.entry.size) throw changed(item);
    return { entry: opened.entry, bytes };
  } catch (error) {
    return { error: error instanceof StowageError && error.code === 'precondition-failed' ? changed(item) : error };
  }
}

/** The body, exactly as long as its header says; the file must be the same afterwards. @throws BrokenItem */
async function* whole<Row>(item: PackItem<Row>, { entry, body }: ReadResult, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > entry.size) throw changed(item);
      yield chunk;
    }
    if (length !== entry.size) throw changed(item);
    const now = await item.provider.stat(item.path, { signal });
    if (now.etag !== entry.etag || now.size !== entry.size) throw changed(item);
  } catch (error) {
    signal.throwIfAborted();
    throw new BrokenItem(item.row, error);
  }
}

const changed = ({ name }: { name: string }): StowageError =>
  new StowageError('source-changed', `“${visible(name)}” changed while it was packed, so it was left out.`, {
    subject: name,
    hint: 'Retry once nothing writes to it any more.',
  });

/** A name that an index may not hold would be refused when it is read. */
function checkName({ name }: { name: string }): void {
  const path = name.replace(/\/$/, '');
  const entry: PackedEntry = { kind: 'directory', path };
  if (path.isWellFormed() && readIndexLine(indexLine(entry)).kind === 'entry') return;
  throw new StowageError('name-invalid', `“${visible(name)}” cannot be packed: it is no safe name.`, {
    subject: name,
    hint: 'Rename it, then retry.',
  });
}
