import { hash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, visible } from '#shared/paths.ts';
import type { ResolvedPlace } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';

/** Something at a place, as its host lists it. */
export type Listed =
  | {
      readonly kind: 'file';
      /** Below the place; of a place that is a file its name. */
      readonly rel: InnerPath;
      readonly size: number;
      readonly etag: string | null;
      readonly modified: number | null;
      readonly executable: boolean;
    }
  | { readonly kind: 'folder'; readonly rel: InnerPath }
  | { readonly kind: 'link'; readonly rel: InnerPath; readonly target: string };
export type ListedFile = Extract<Listed, { kind: 'file' }>;

/** Everything at a place, kept in a file of this machine: memory is the same whatever there is. */
export interface Listing {
  /** The name of the one file that the place is; null: a folder. */
  readonly file: string | null;
  readonly files: number;
  readonly bytes: number;
  /** Equal for equal listings, in whatever order they come: paths, kinds and versions. */
  readonly fingerprint: string;
  /** Where it is kept. */
  readonly path: string;
  /** What is there, in batches. */
  read(): AsyncGenerator<readonly Listed[]>;
  /** Removes the file. */
  drop(): Promise<void>;
}

/** Tells one content of a file from another. */
export const versionOf = ({ etag, size, modified }: Pick<ListedFile, 'etag' | 'size' | 'modified'>): string =>
  etag === null ? `${size}-${modified}` : `e${etag}`;

const batchEntries = 1000;

/**
 * Lists a place into a file in `directory`.
 * @throws `name-invalid` for something whose name must not be used, what listing throws, `disk-full`
 */
export async function listPlace(
  place: ResolvedPlace,
  directory: string,
  options: { signal: AbortSignal | undefined; onProgress?(files: number): void },
): Promise<Listing> {
  const path = join(directory, `${randomUUID()}.jsonl`);
  const writer = await openWriter(path);
  try {
    const top = await place.provider.stat(place.path, { signal: options.signal });
    const file = top.kind === 'directory' ? null : baseName(place.path);
    if (file !== null) {
      const entry = toListed(top, file as InnerPath);
      if (entry?.kind !== 'file') throw refused(top, 'special-file', 'is no regular file');
      writer.add(entry);
    } else {
      const skip = place.path === '' ? 0 : place.path.length + 1;
      for await (const found of walk(place.provider, place.path, { signal: options.signal })) {
        const entry = toListed(found, found.path.slice(skip) as InnerPath);
        if (entry && writer.add(entry)) {
          await writer.flush();
          options.onProgress?.(writer.files);
        }
      }
    }
    const { files, bytes, fingerprint } = await writer.end();
    return { file, files, bytes, fingerprint, path, read: () => readListing(path), drop: () => rm(path, { force: true }) };
  } catch (error) {
    await writer.abandon();
    await rm(path, { force: true });
    throw error;
  }
}

/** Null for pipes, sockets and devices, which no copy can hold. */
function toListed(entry: StorageEntry, rel: InnerPath): Listed | null {
  if (entry.problem !== undefined) throw refused(entry, 'name-invalid', 'cannot be copied', entry.problem);
  switch (entry.kind) {
    case 'file':
      return {
        kind: 'file',
        rel,
        size: entry.size,
        etag: entry.etag ?? null,
        modified: entry.modified,
        executable: entry.executable === true,
      };
    case 'directory':
      return { kind: 'folder', rel };
    case 'symlink':
      return { kind: 'link', rel, target: entry.linkTarget ?? '' };
    case 'special':
      return null;
  }
}

const refused = (entry: StorageEntry, code: 'name-invalid' | 'special-file', what: string, detail?: string): StowageError =>
  new StowageError(code, `“${visible(entry.path)}” ${what}.`, {
    subject: entry.path,
    ...(detail !== undefined && { detail }),
    hint: 'Rename it on its host, or choose a smaller folder.',
  });

interface Writer {
  readonly files: number;
  /** True when it is time to flush. */
  add(entry: Listed): boolean;
  flush(): Promise<void>;
  end(): Promise<{ files: number; bytes: number; fingerprint: string }>;
  abandon(): Promise<void>;
}

async function openWriter(path: string): Promise<Writer> {
  const handle = await open(path, 'wx', 0o600);
  const sum = new BigUint64Array(4);
  let lines: string[] = [];
  let files = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    await handle.writeFile(text);
  };
  return {
    get files() {
      return files;
    },
    add: (entry) => {
      const what = entry.kind === 'file' ? versionOf(entry) : entry.kind === 'link' ? entry.target : '';
      const digest = hash('sha256', `${entry.kind}\0${entry.rel}\0${what}`, 'buffer');
      // A sum does not depend on the order in which a host lists, so nothing has to be sorted.
      for (let lane = 0; lane < sum.length; lane++) sum[lane] = (sum[lane] ?? 0n) + digest.readBigUInt64LE(lane * 8);
      if (entry.kind === 'file') {
        files++;
        bytes += entry.size;
      }
      lines.push(lineOf(entry));
      return lines.length >= batchEntries;
    },
    flush,
    end: async () => {
      await flush();
      await handle.close();
      return { files, bytes, fingerprint: Buffer.from(sum.buffer).toString('hex') };
    },
    abandon: () => handle.close().catch(() => undefined),
  };
}

function lineOf(entry: Listed): string {
  switch (entry.kind) {
    case 'file':
      return `${JSON.stringify([entry.rel, entry.size, entry.etag, entry.modified, ...(entry.executable ? [1] : [])])}\n`;
    case 'folder':
      return `${JSON.stringify([entry.rel])}\n`;
    case 'link':
      return `${JSON.stringify([entry.rel, entry.target])}\n`;
  }
}

function fromLine(line: string): Listed {
  // Written by this very module; the paths were checked by the provider.
  const parts = JSON.parse(line) as [InnerPath, ...unknown[]];
  const [rel, second, etag, modified, executable] = parts;
  if (parts.length === 1) return { kind: 'folder', rel };
  if (parts.length === 2) return { kind: 'link', rel, target: String(second) };
  return {
    kind: 'file',
    rel,
    size: Number(second),
    etag: etag as string | null,
    modified: modified as number | null,
    executable: executable === 1,
  };
}

const readBytes = 256 * 1024;

/** Reads a listing that was kept, in batches. @throws the system's errors */
export async function* readListing(path: string): AsyncGenerator<readonly Listed[]> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(readBytes);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = await readFrom(handle, buffer);
      if (chunk.length === 0) return;
      const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = whole.lastIndexOf(10) + 1;
      rest = Buffer.from(whole.subarray(end));
      const lines = whole.toString('utf8', 0, end).split('\n');
      lines.pop();
      for (let at = 0; at < lines.length; at += batchEntries) yield lines.slice(at, at + batchEntries).map(fromLine);
    }
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, buffer: Buffer): Promise<Buffer> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
  return buffer.subarray(0, bytesRead);
}

/** Where something of the listing lies in its provider. */
export const placeInProvider = (place: ResolvedPlace, listing: Pick<Listing, 'file'>, rel: InnerPath): InnerPath =>
  listing.file === null ? joinPath(place.path, rel) : place.path;

/** Where it lies inside the vfolder. */
export const placeInVfolder = (place: ResolvedPlace, listing: Pick<Listing, 'file'>, rel: InnerPath): InnerPath =>
  listing.file === null ? joinPath(place.inner, rel) : place.inner;
