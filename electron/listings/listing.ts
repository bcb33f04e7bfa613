import { hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, visible } from '#shared/paths.ts';
import type { ResolvedPlace } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';
import { type Found, Tally } from './tally.ts';

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
      /** Of its content, 32 hex digits, where the host knows it. */
      readonly md5: string | null;
    }
  | { readonly kind: 'folder'; readonly rel: InnerPath }
  | { readonly kind: 'link'; readonly rel: InnerPath; readonly target: string };
export type ListedFile = Extract<Listed, { kind: 'file' }>;

/** Everything at a place, kept in a file of this machine: memory is the same whatever there is. */
export interface Listing extends Found {
  /** The name of the one file that the place is; null: a folder. */
  readonly file: string | null;
  readonly parts: Tally['parts'];
  /** When listing it began. */
  readonly listedAt: number;
  /** What is there and is not in the listing: its folder cannot be listed, or its name must not be used. */
  readonly missed: number;
  /** Why the first of these is not. */
  readonly problem: StowageError | null;
  /** Equal for equal listings, in whatever order they come: paths, kinds and versions. */
  readonly fingerprint: string;
  /** Where it is kept. */
  readonly path: string;
  /** What is there, in batches. */
  read(): AsyncGenerator<readonly Listed[]>;
  /** Removes the file. */
  drop(): Promise<void>;
}

/** What is known of a listing, with the file that it is kept in. */
export const listingAt = (known: Omit<Listing, 'path' | 'read' | 'drop'>, path: string): Listing => ({
  ...known,
  path,
  read: () => readListing(path),
  drop: () => rm(path, { force: true }),
});

/** Tells one content of a file from another. */
export const versionOf = ({ etag, size, modified }: Pick<ListedFile, 'etag' | 'size' | 'modified'>): string =>
  etag === null ? `${size}-${modified}` : `e${etag}`;

const batchEntries = 1000;

/**
 * Lists a place into the file `path`, which is new. `onFound` hears every thousand files of what was seen so far.
 * @throws what listing the place itself throws, `name-invalid` and `special-file` for a single file, `disk-full`
 */
export async function listPlace(
  place: ResolvedPlace,
  path: string,
  { signal, onFound }: { readonly signal: AbortSignal; onFound?(found: Found): void },
): Promise<Listing> {
  const listedAt = Date.now();
  const writer = await openWriter(path);
  let missed = 0;
  let problem: StowageError | null = null;
  const miss = (why: unknown): void => {
    missed += 1;
    problem ??= toStowageError(why);
  };
  try {
    const top = await place.provider.stat(place.path, { signal });
    const file = top.kind === 'directory' ? null : baseName(place.path);
    if (file !== null) {
      const entry = toListed(top, file as InnerPath);
      if (entry?.kind !== 'file') throw refused(top, 'special-file', 'is no regular file');
      writer.add(entry);
    } else {
      onFound?.(writer.tally.found);
      const skip = place.path === '' ? 0 : place.path.length + 1;
      const onUnlistable = (_: StorageEntry, error: unknown): void => {
        // A host that is lost would fail every folder that is left.
        if (!isStowageError(error, 'permission-denied', 'path-refused', 'not-a-directory')) throw error;
        miss(error);
      };
      for await (const found of walk(place.provider, place.path, { signal, onUnlistable })) {
        if (found.problem !== undefined) {
          miss(refused(found, 'name-invalid', 'cannot be copied', found.problem));
          continue;
        }
        const entry = toListed(found, found.path.slice(skip) as InnerPath);
        if (entry && writer.add(entry)) {
          await writer.flush();
          onFound?.(writer.tally.found);
        }
      }
    }
    const fingerprint = await writer.end();
    const { tally } = writer;
    return listingAt({ ...tally.found, parts: tally.parts, listedAt, file, missed, problem, fingerprint }, path);
  } catch (error) {
    await writer.abandon();
    await rm(path, { force: true });
    throw error;
  }
}

/** Null for pipes, sockets and devices, which no copy can hold. */
function toListed(entry: StorageEntry, rel: InnerPath): Listed | null {
  switch (entry.kind) {
    case 'file':
      return {
        kind: 'file',
        rel,
        size: entry.size,
        etag: entry.etag ?? null,
        modified: entry.modified,
        executable: entry.executable === true,
        md5: entry.md5 ?? null,
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
  readonly tally: Tally;
  /** True when it is time to flush. */
  add(entry: Listed): boolean;
  flush(): Promise<void>;
  /** Gives the fingerprint. */
  end(): Promise<string>;
  abandon(): Promise<void>;
}

async function openWriter(path: string): Promise<Writer> {
  const handle = await open(path, 'wx', 0o600);
  const sum = new BigUint64Array(4);
  let lines: string[] = [];
  const tally = new Tally();
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    await handle.writeFile(text);
  };
  return {
    tally,
    add: (entry) => {
      const what = entry.kind === 'file' ? versionOf(entry) : entry.kind === 'link' ? entry.target : '';
      const digest = hash('sha256', `${entry.kind}\0${entry.rel}\0${what}`, 'buffer');
      // A sum does not depend on the order in which a host lists, so nothing has to be sorted.
      for (let lane = 0; lane < sum.length; lane++) sum[lane] = (sum[lane] ?? 0n) + digest.readBigUInt64LE(lane * 8);
      if (entry.kind === 'file') tally.add(entry.rel, entry.size, entry.modified);
      lines.push(lineOf(entry));
      return lines.length >= batchEntries;
    },
    flush,
    end: async () => {
      await flush();
      await handle.close();
      return Buffer.from(sum.buffer).toString('hex');
    },
    abandon: () => handle.close().catch(() => undefined),
  };
}

function lineOf(entry: Listed): string {
  switch (entry.kind) {
    case 'file': {
      const { rel, size, etag, modified, executable, md5 } = entry;
      const rare = md5 !== null ? [executable ? 1 : 0, md5] : executable ? [1] : [];
      return `${JSON.stringify([rel, size, etag, modified, ...rare])}\n`;
    }
    case 'folder':
      return `${JSON.stringify([entry.rel])}\n`;
    case 'link':
      return `${JSON.stringify([entry.rel, entry.target])}\n`;
  }
}

function fromLine(line: string): Listed {
  // Written by this very module, maybe by an earlier version of it; the paths were checked by the provider.
  const parts = JSON.parse(line) as [InnerPath, ...unknown[]];
  const [rel, second, etag, modified, executable, md5 = null] = parts;
  if (parts.length === 1) return { kind: 'folder', rel };
  if (parts.length === 2) return { kind: 'link', rel, target: String(second) };
  return {
    kind: 'file',
    rel,
    size: Number(second),
    etag: etag as string | null,
    modified: modified as number | null,
    executable: executable === 1,
    md5: md5 as string | null,
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
