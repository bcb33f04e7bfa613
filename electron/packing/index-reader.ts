import { StowageError } from '#shared/errors.ts';
import {
  comparePaths,
  indexPath,
  isPackHeader,
  maxLineBytes,
  type PackedEntry,
  readIndexLine,
} from '#shared/packing/pack-index.ts';
import { visible } from '#shared/paths.ts';
import type { BlockSource, Blocks } from './blocks.ts';

/** A line of an index: an entry, or a path that must not be used, for people to be told. */
export type IndexedLine = { readonly entry: PackedEntry } | { readonly unsafe: string };

/** Finds paths in the index of a packed folder by range reads; memory is bounded by the blocks. */
export interface IndexReader {
  /** Lines whose path is `path` or comes after it, in order. @throws `data-damaged` */
  from(path: string, signal?: AbortSignal): AsyncGenerator<IndexedLine>;
}

interface Line {
  readonly path: string;
  readonly line: IndexedLine;
  /** Of the byte after its newline. */
  readonly end: number;
}

/** @throws `data-damaged` when it is no index */
export async function openIndex(source: BlockSource, blocks: Blocks, signal?: AbortSignal): Promise<IndexReader> {
  const first = await readLine(source, blocks, 0, signal);
  if (first === null || !isPackHeader(first.text)) throw damaged(source);
  const begin = first.end;
  return {
    async *from(path, aborted) {
      for (let at = await seek(source, blocks, begin, path, aborted); ; ) {
        const line = await lineAt(source, blocks, at, aborted);
        if (!line) return;
        at = line.end;
        if (comparePaths(line.path, path) >= 0) yield line.line;
      }
    },
  };
}

/** The offset of a line not after the first one of `path`, and not far before it. */
async function seek(
  source: BlockSource,
  blocks: Blocks,
  begin: number,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  // Every line before `low` comes before the path; the line at or after `high` does not.
  let low = begin;
  let high = source.size;
  while (high - low > maxLineBytes) {
    const middle = low + Math.floor((high - low) / 2);
    const at = await nextLine(source, blocks, middle, signal);
    const line = at < high ? await lineAt(source, blocks, at, signal) : null;
    if (line && comparePaths(line.path, path) < 0) low = line.end;
    else high = middle;
  }
  return low;
}

/** The offset of the first line that begins at or after `offset`. */
async function nextLine(source: BlockSource, blocks: Blocks, offset: number, signal: AbortSignal | undefined): Promise<number> {
  if (offset === 0) return 0;
  return (await readLine(source, blocks, offset - 1, signal))?.end ?? source.size;
}

async function lineAt(
  source: BlockSource,
  blocks: Blocks,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Line | null> {
  const read = await readLine(source, blocks, offset, signal);
  if (!read) return null;
  const found = readIndexLine(read.text);
  switch (found.kind) {
    case 'entry':
      return { path: indexPath(found.entry), line: { entry: found.entry }, end: read.end };
    case 'unsafe':
      return { path: found.path, line: { unsafe: found.path }, end: read.end };
    case 'bad':
      throw damaged(source);
  }
}

/** The rest of the line in which `offset` is, without its newline; null at the end of the file. */
async function readLine(
  source: BlockSource,
  blocks: Blocks,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<{ text: string; end: number } | null> {
  if (offset >= source.size) return null;
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = offset; at < source.size; ) {
    const number = Math.floor(at / blocks.blockBytes);
    const block = await blocks.block(source, number, signal);
    const from = at - number * blocks.blockBytes;
    const newline = block.indexOf(10, from);
    const part = block.subarray(from, newline < 0 ? undefined : newline);
    parts.push(part);
    length += part.length;
    if (length > maxLineBytes) throw damaged(source);
    if (newline >= 0) return { text: Buffer.concat(parts).toString(), end: offset + length + 1 };
    if (part.length === 0) break;
    at += part.length;
  }
  // Every line of an index ends with a newline: this one was cut off.
  throw damaged(source);
}

const damaged = ({ path }: BlockSource): StowageError =>
  new StowageError('data-damaged', `“${visible(path)}” is not the index of a packed folder, or is damaged.`, {
    subject: path,
    hint: 'The shards beside it are tar archives, which any tar unpacks; or pack the folder again.',
  });
