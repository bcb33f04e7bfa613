import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { InputMethod } from '#shared/contract/provenance.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { joinPath } from '#shared/paths.ts';
import type { Listings, LookOptions } from '../listings/listings.ts';
import type { Found } from '../listings/tally.ts';
import { hasLocalPath } from '../storage/provider.ts';
import { hashFiles } from './hash-thread.ts';
import {
  entriesOf,
  type InputEntry,
  type InputSource,
  isOnHost,
  kindOfVersion,
  listEntries,
  localPathOf,
} from './input-source.ts';
import { readLines, SortedEntries, toLine } from './sorted-entries.ts';

/** What a source held: a digest over a list that is kept under it. */
export interface Manifest {
  readonly digest: string;
  readonly method: InputMethod;
  readonly files: number;
  readonly bytes: number;
  /** What was there and could not be listed or read. */
  readonly missed: number;
  /** When listing it began. */
  readonly listedAt: number;
}

/** What a source holds now, sorted; to be dropped. */
export interface Listed {
  readonly entries: SortedEntries;
  readonly files: number;
  readonly bytes: number;
  readonly missed: number;
}

interface ListOptions {
  /** Of a listing of a host that will do. Default: `current`. */
  readonly age?: LookOptions['age'];
  readonly signal: AbortSignal;
  onSeen?(files: number, bytes: number): void;
}

export interface Manifests {
  /** Lists a source and keeps the list. @throws what listing throws, `unsupported` when there is too much, `disk-full` */
  make(source: InputSource, options: ListOptions): Promise<Manifest>;
  /** Lists a source without keeping or reading anything of it. @throws as `make` */
  list(source: InputSource, signal: AbortSignal): Promise<Listed>;
  /** The list of this digest. @throws `not-found`, `data-damaged` */
  read(digest: string): AsyncGenerator<InputEntry>;
  drop(digest: string): void;
}

/** Listing more takes minutes and the list itself megabytes. */
const mostEntries = 1_000_000;
/** Sources of this machine up to this size are known by their content; reading more would slow the job down. */
const readBytes = 16 * 1024 ** 2;
const readFiles = 1000;
/** Lines between two turns of everybody else. */
const batchLines = 1000;

/** Keeps lists in `directory`, one file for equal lists. */
export function createManifests(directory: string, listings: Listings): Manifests {
  const work = join(directory, 'work');
  // What a former process left there is of no use.
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const fileOf = (digest: string): string => join(directory, `${digest}.jsonl.gz`);

  const list = async (source: InputSource, { age = 'current', signal, onSeen }: ListOptions) => {
    const onFound = ({ files, bytes }: Found): void => onSeen?.(files, bytes);
    const listing = isOnHost(source) ? await listings.look(source, { age, signal, onFound }) : null;
    const entries = new SortedEntries(work);
    const found = { entries, files: 0, bytes: 0, missed: listing?.missed ?? 0, listedAt: listing?.listedAt ?? Date.now() };
    const onMissed = (): void => {
      found.missed += 1;
    };
    try {
      for await (const entry of listing ? entriesOf(listing) : listEntries(source, { signal, onMissed })) {
        if (found.files >= mostEntries) throw tooMany();
        found.files += 1;
        found.bytes += entry.size;
        await entries.add(entry);
        if (found.files % batchLines === 0) onSeen?.(found.files, found.bytes);
      }
      onSeen?.(found.files, found.bytes);
      return found;
    } catch (error) {
      await entries.drop();
      throw error;
    } finally {
      await listing?.drop();
    }
  };

  /** Writes the list. `better` may put better versions in the place of what the host tells, batch by batch. */
  const write = async (entries: SortedEntries, better: (batch: readonly InputEntry[]) => Promise<readonly InputEntry[]>) => {
    const hash = createHash('sha256');
    const kinds = new Set<string>();
    const take = async (batch: readonly InputEntry[]): Promise<string> => {
      const known = await better(batch);
      for (const { version } of known) kinds.add(kindOfVersion(version));
      const text = known.map(toLine).join('');
      hash.update(text);
      return text;
    };
    const texts = async function* (): AsyncGenerator<string> {
      let batch: InputEntry[] = [];
      for await (const entry of entries.read()) {
        batch.push(entry);
        if (batch.length < batchLines) continue;
        await turn();
        yield await take(batch);
        batch = [];
      }
      yield await take(batch);
    };
    const unfinished = join(work, `${randomUUID()}.gz`);
    try {
      await pipeline(Readable.from(texts()), createGzip({ level: 1 }), createWriteStream(unfinished, { mode: 0o600 }));
      const digest = hash.digest('hex');
      await rename(unfinished, fileOf(digest));
      return { digest, method: methodOf(kinds) };
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  };

  return {
    list: (source, signal) => list(source, { signal }),
    make: async (source, options) => {
      const { signal } = options;
      const { entries, files, bytes, missed, listedAt } = await list(source, options);
      let unread = 0;
      const readable = hasLocalPath(source.provider) && files <= readFiles && bytes <= readBytes;
      try {
        const written = await write(entries, async (batch) => {
          signal.throwIfAborted();
          if (!readable) return batch;
          const known = await withContent(source, batch, signal);
          unread += known.filter(({ version }) => kindOfVersion(version) === 'mtime').length;
          return known;
        });
        return { ...written, files, bytes, missed: missed + unread, listedAt };
      } finally {
        await entries.drop();
      }
    },
    read: async function* (digest) {
      const file = createReadStream(fileOf(digest));
      const unpacked = createGunzip();
      file.once('error', (error) => unpacked.destroy(error));
      try {
        yield* readLines(file.pipe(unpacked));
      } catch (error) {
        const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
        const what = gone ? 'is gone' : 'cannot be read';
        throw new StowageError(
          gone ? 'not-found' : 'data-damaged',
          `The list of the files that the job got ${what}.`,
          { detail: String(error) },
          { cause: error },
        );
      } finally {
        file.destroy();
      }
    },
    drop: (digest) => rmSync(fileOf(digest), { force: true }),
  };
}

/** `sha256:…` of a file of a source; null when it cannot be read. @throws `cancelled` */
export async function contentVersion(source: InputSource, { path }: InputEntry, signal: AbortSignal): Promise<string | null> {
  try {
    const top = await source.provider.stat(source.path, { signal });
    const place = top.kind === 'directory' ? joinPath(source.path, path) : source.path;
    const { body } = await source.provider.read(place, { signal });
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    return `sha256:${hash.digest('hex')}`;
  } catch (error) {
    if (signal.aborted || isStowageError(error, 'cancelled')) throw error;
    return null;
  }
}

/** Fewer files are read faster than a thread is started. */
const threadFrom = 32;

/** The files of a folder of this machine with hashes of their content; those that cannot be read as they were. */
async function withContent(source: InputSource, batch: readonly InputEntry[], signal: AbortSignal): Promise<InputEntry[]> {
  const files = batch.filter(({ version }) => kindOfVersion(version) === 'mtime');
  const root = localPathOf(source);
  const versions = new Map<InputEntry, string | null>();
  if (files.length < threadFrom || root === null) {
    for (const file of files) versions.set(file, await contentVersion(source, file, signal));
  } else {
    const digests = await hashFiles(files.map(({ path }) => join(root, path)));
    for (const [at, file] of files.entries()) versions.set(file, digests[at] ? `sha256:${digests[at]}` : null);
  }
  return batch.map((entry) => ({ ...entry, version: versions.get(entry) ?? entry.version }));
}

function methodOf(kinds: ReadonlySet<string>): InputMethod {
  if (kinds.has('mtime')) return 'time';
  return kinds.has('etag') ? 'etag' : 'content';
}

const tooMany = (): StowageError =>
  new StowageError('unsupported', `There are more than ${mostEntries.toLocaleString('en-US')} files.`);
