import { createHash } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import { indexPath, type PackedFile, packIndexName, readIndexLine, shardName } from '#shared/packing/pack-index.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { checkSignal, chunkBytes } from '../storage/bodies.ts';
import type { CallOptions, ReadOptions, ReadResult, StorageEntry, StorageProvider } from '../storage/provider.ts';
import { type BlockSource, type Blocks, createBlocks, shorter } from './blocks.ts';
import { type IndexedLine, type IndexReader, openIndex } from './index-reader.ts';

/** An entry of a packed folder, or one itself. */
export interface PackedEntryOf extends StorageEntry {
  readonly packed?: true;
}

/** The files in a packed folder, read where they lie. Paths are those of the provider, below the folder. */
export interface PackedFolder {
  list(path: InnerPath, options?: CallOptions): AsyncGenerator<readonly PackedEntryOf[]>;
  stat(path: InnerPath, options?: CallOptions): Promise<PackedEntryOf>;
  read(path: InnerPath, options?: ReadOptions): Promise<ReadResult>;
}

/** For all packed folders of the process together: 8 MiB of indexes and 32 MiB of shards. */
const indexBlocks = createBlocks(128 * 1024, 64);
const shardBlocks = createBlocks(4 * 1024 * 1024, 8);
/** Up to here files come out of blocks, since many of them lie in one. */
const smallBytes = 1024 * 1024;
const pageSize = 500;

/**
 * Opens the packed folder at `folder`.
 * @throws `not-found` when it has no index, `data-damaged`
 */
export async function openPackedFolder(
  provider: StorageProvider,
  folder: InnerPath,
  options: CallOptions = {},
): Promise<{ folder: PackedFolder; etag: string }> {
  const entry = await provider.stat(joinPath(folder, packIndexName), options);
  const etag = entry.etag ?? `${entry.size}-${entry.modified}`;
  const source: BlockSource = { provider, path: entry.path, size: entry.size, etag: entry.etag, version: etag };
  const index = await openIndex(source, indexBlocks, options.signal);
  return { folder: createView({ provider, folder, index, etag }), etag };
}

interface View {
  readonly provider: StorageProvider;
  readonly folder: InnerPath;
  readonly index: IndexReader;
  readonly etag: string;
}

function createView(view: View): PackedFolder {
  const inner = (path: InnerPath): string => (view.folder === '' ? path : path.slice(view.folder.length + 1));
  return {
    list: (path, options = {}) => list(view, path, inner(path), options.signal),
    stat: (path, options = {}) => stat(view, path, inner(path), options.signal),
    read: async (path, options = {}) => {
      const file = await find(view, inner(path), options.signal);
      if (!file) {
        await stat(view, path, inner(path), options.signal);
        throw new StowageError('is-a-directory', `“${visible(path)}” is a folder.`, { subject: path });
      }
      return read(view, path, file, options);
    },
  };
}

function fileEntry(view: View, path: InnerPath, file: PackedFile): PackedEntryOf {
  const { size, modified, md5, shard, offset } = file;
  return { path, kind: 'file', size, modified, etag: `${view.etag}:${shard}-${offset}`, md5, packed: true };
}

const folderEntry = (path: InnerPath): PackedEntryOf => ({ path, kind: 'directory', size: 0, modified: null, packed: true });

const missing = (path: string): StowageError =>
  new StowageError('not-found', `“${visible(path)}” does not exist.`, { subject: path });

async function find({ index }: View, inner: string, signal: AbortSignal | undefined): Promise<PackedFile | null> {
  if (inner === '') return null;
  for await (const line of index.from(inner, signal)) {
    return 'entry' in line && line.entry.kind === 'file' && line.entry.path === inner ? line.entry : null;
  }
  return null;
}

async function stat(view: View, path: InnerPath, inner: string, signal: AbortSignal | undefined): Promise<PackedEntryOf> {
  const file = await find(view, inner, signal);
  if (file) return fileEntry(view, path, file);
  if (inner === '') return folderEntry(path);
  for await (const line of view.index.from(`${inner}/`, signal)) {
    if (writtenPath(line).startsWith(`${inner}/`)) return folderEntry(path);
    break;
  }
  throw missing(path);
}

const writtenPath = (line: IndexedLine): string => ('unsafe' in line ? line.unsafe : indexPath(line.entry));

/** The direct children of a folder: what is in a subfolder is passed over by looking for what comes after it. */
async function* list(
  view: View,
  path: InnerPath,
  inner: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly PackedEntryOf[]> {
  const prefix = inner === '' ? '' : `${inner}/`;
  let page: PackedEntryOf[] = [];
  let found = inner === '';
  for (let from: string | null = prefix; from !== null; ) {
    let next: string | null = null;
    for await (const line of view.index.from(from, signal)) {
      checkSignal(signal);
      const written = writtenPath(line);
      if (!written.startsWith(prefix)) break;
      found = true;
      const rest = written.slice(prefix.length);
      const name = rest.slice(0, Math.max(0, rest.indexOf('/')));
      if (isName(name)) {
        page.push(folderEntry(joinPath(path, name)));
        // `0` is the character after `/`.
        next = `${prefix}${name}0`;
      } else if ('unsafe' in line) page.push(unsafeEntry(path, rest));
      else if (rest !== '' && line.entry.kind === 'file') page.push(fileEntry(view, joinPath(path, rest), line.entry));
      if (page.length >= pageSize) {
        yield page;
        page = [];
      }
      if (next !== null) break;
    }
    from = next;
  }
  if (!found) throw missing(path);
  if (page.length > 0) yield page;
}

/** Whether one segment of a path, which may come from an unsafe one, is the name of a folder. */
const isName = (segment: string): boolean =>
  segment !== '' && readIndexLine(JSON.stringify({ path: `${segment}/` })).kind === 'entry';

/** What the index names but must not be used: shown, so that nobody takes the folder for whole, and never touched. */
const unsafeEntry = (folder: InnerPath, rest: string): PackedEntryOf => ({
  path: joinPath(
    folder,
    visible(rest)
      .replaceAll(/[/\\]/g, '∕')
      .replace(/^\.{1,2}$/, '‥') || '∕',
  ),
  kind: 'special',
  size: 0,
  modified: null,
  packed: true,
  problem: `The packed folder names a file “${visible(rest)}”, which is no safe name; it is left out.`,
});

async function read(view: View, path: InnerPath, file: PackedFile, options: ReadOptions): Promise<ReadResult> {
  const entry = fileEntry(view, path, file);
  if (options.etag !== undefined && options.etag !== entry.etag) {
    throw new StowageError('precondition-failed', `“${visible(path)}” has changed since it was looked at.`, { subject: path });
  }
  const offset = Math.min(options.offset ?? 0, file.size);
  const length = Math.min(options.length ?? file.size, file.size - offset);
  const shard = joinPath(view.folder, shardName(file.shard));
  if (file.size <= smallBytes) return { entry, body: fromBlocks(view, shard, file, offset, length, options.signal) };
  const { body } = await view.provider.read(shard, { offset: file.offset + offset, length, signal: options.signal });
  return { entry, body: length === file.size ? checked(body, path, file) : exactly(body, shard, length) };
}

/** The bytes of a small file; its digest is looked at even when only a part is asked for, since all of it is at hand. */
async function* fromBlocks(
  view: View,
  shard: InnerPath,
  file: PackedFile,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  // The etag of the index stands for the shards: they are written before it and never after.
  const unknown = { size: Number.MAX_SAFE_INTEGER, etag: undefined };
  const source: BlockSource = { provider: view.provider, path: shard, version: view.etag, ...unknown };
  const bytes = await bytesOf(shardBlocks, source, file, signal);
  if (createHash('md5').update(bytes).digest('hex') !== file.md5) throw mismatch(file.path);
  for (let at = offset; at < offset + length; at += chunkBytes)
    yield bytes.subarray(at, Math.min(at + chunkBytes, offset + length));
}

const bytesOf = (blocks: Blocks, source: BlockSource, file: PackedFile, signal: AbortSignal | undefined): Promise<Buffer> =>
  blocks.bytes(source, file.offset, file.size, signal);

async function* checked(body: AsyncIterable<Uint8Array>, path: InnerPath, file: PackedFile): AsyncGenerator<Uint8Array> {
  const hash = createHash('md5');
  let length = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== file.size) throw shorter(path);
  if (hash.digest('hex') !== file.md5) throw mismatch(path);
}

async function* exactly(body: AsyncIterable<Uint8Array>, shard: InnerPath, expected: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    yield chunk;
  }
  if (length !== expected) throw shorter(shard);
}

const mismatch = (path: string): StowageError =>
  new StowageError('checksum-mismatch', `“${visible(path)}” is not what was packed: its checksum differs.`, {
    subject: path,
    hint: 'Pack the folder again from its source.',
  });
