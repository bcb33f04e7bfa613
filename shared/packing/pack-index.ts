import { parseInnerPath } from '../paths.ts';

/**
 * A packed folder is `shard-000000.tar`, `shard-000001.tar`, … and `index.jsonl`: a line that says what it is, then one
 * line per file, in the order of the bytes of their paths, so that any path is found by a binary search in a few range
 * reads however long the index is.
 */
export const packIndexName = 'index.jsonl';
export const packHeader = { format: 'stowage-pack', version: 1 } as const;
/** No line is longer: a path has at most 4000 bytes, each of which JSON may write as six. */
export const maxLineBytes = 32_768;

export const shardName = (shard: number): string => `shard-${String(shard).padStart(6, '0')}.tar`;
export const isPackPart = (name: string): boolean => name === packIndexName || /^shard-\d{6,}\.tar$/.test(name);

/** Where a packed file lies. */
export interface PackedFile {
  readonly kind: 'file';
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number | null;
  readonly shard: number;
  /** Of its first byte in the shard. */
  readonly offset: number;
  /** 32 hex digits. */
  readonly md5: string;
}
/** An empty folder: others are there by what is in them. */
export interface PackedFolder {
  readonly kind: 'directory';
  readonly path: string;
}
export type PackedEntry = PackedFile | PackedFolder;

/** What the line of an entry begins with in the order of the index: a folder ends with `/`. */
export const indexPath = (entry: PackedEntry): string => (entry.kind === 'directory' ? `${entry.path}/` : entry.path);

export const headerLine = `${JSON.stringify(packHeader)}\n`;

export function isPackHeader(line: string): boolean {
  const value = parseObject(line);
  return value !== null && value.format === packHeader.format && value.version === packHeader.version;
}

export function indexLine(entry: PackedEntry): string {
  if (entry.kind === 'directory') return `${JSON.stringify({ path: indexPath(entry) })}\n`;
  const { path, size, modified, shard, offset, md5 } = entry;
  return `${JSON.stringify({ path, size, mtime: modified, shard, offset, md5 })}\n`;
}

/**
 * What a line says. Indexes come from anywhere: `bad` for what is no line of an index, `unsafe` for a path that climbs, is
 * absolute, or has an empty segment or NUL, which must never be used to name a file.
 */
export type ReadLine =
  | { readonly kind: 'entry'; readonly entry: PackedEntry }
  | { readonly kind: 'unsafe'; readonly path: string }
  | { readonly kind: 'bad' };

export function readIndexLine(line: string): ReadLine {
  const value = parseObject(line);
  if (!value || typeof value.path !== 'string' || value.path === '') return { kind: 'bad' };
  const { path: written, size, mtime, shard, offset, md5 } = value;
  const folder = written.endsWith('/');
  const path = folder ? written.slice(0, -1) : written;
  if (!isSafe(path)) return { kind: 'unsafe', path: written };
  if (folder) return { kind: 'entry', entry: { kind: 'directory', path } };
  if (!isCount(size) || !isCount(shard) || !isCount(offset) || !Number.isSafeInteger(offset + size)) return { kind: 'bad' };
  if (typeof md5 !== 'string' || !/^[0-9a-f]{32}$/.test(md5)) return { kind: 'bad' };
  const modified = typeof mtime === 'number' && Number.isFinite(mtime) ? mtime : null;
  return { kind: 'entry', entry: { kind: 'file', path, size, modified, shard, offset, md5 } };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function isSafe(path: string): boolean {
  try {
    return path !== '' && !path.includes('\\..\\') && parseInnerPath(path) === path;
  } catch {
    return false;
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The order of an index: that of the bytes of UTF-8, which is that of code points. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    // A surrogate stands for a code point above all that are written as one unit.
    const [highX, highY] = [isSurrogate(x), isSurrogate(y)];
    return highX === highY ? x - y : highX ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
