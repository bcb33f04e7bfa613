import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type InnerPath, joinPath } from '#shared/paths.ts';
import { type ListedFile, readListing, versionOf } from '../listings/listing.ts';
import { padded, tarEndBytes, tarHeader } from '../packing/tar-header.ts';
import type { ResolvedPlace } from '../services.ts';
import { checkSignal } from '../storage/bodies.ts';
import { packsFolder, shortHash } from '../storage/host-folder.ts';
import { hasLocalPath } from '../storage/provider.ts';

/**
 * A pack lies on the host under `.stowage/packs/<vfolder>/<place>`: the small files of a place as a few tar archives, and an index
 * that is written last. A host gives one object for each request; out of a pack thousands come with one. The index names
 * the version of every file, so what changed since is seen from the listing and fetched alone.
 */
export const packIndexName = 'index.jsonl';
export const packFormat = 'stowage-copies 1';
/** Larger files are as fast alone. */
export const packedFileBytes = 256 * 1024;
/** Fewer files are fetched alone. */
export const leastPacked = 500;
const shardBytes = 32 * 1024 * 1024;
const readAtOnce = 32;
const joinedBytes = 256 * 1024;

/** A line of the index after the first, which is the format. Shards and offsets rise. */
export type PackLine = readonly [
  rel: string,
  version: string,
  shard: string,
  offset: number,
  size: number,
  modified: number,
  md5: string,
];

/** Where the pack of a place lies in its provider. */
export const packFolder = ({ provider, root, inner }: ResolvedPlace): InnerPath =>
  joinPath(packsFolder(provider, root), shortHash(inner));

/** Whether a pack may be laid beside a place. */
export const mayPack = ({ vfolder, provider }: ResolvedPlace): boolean => vfolder.permission === 'rw' && !hasLocalPath(provider);

export interface Packing {
  readonly place: ResolvedPlace;
  /** The listing that the tree was made from. */
  readonly listing: string;
  readonly file: string | null;
  readonly tree: string;
  readonly signal: AbortSignal;
}

/** Makes the pack of a place from its files on this machine, in the place of a former one. @throws what `write` throws */
export async function makePack(packing: Packing): Promise<void> {
  const { place, signal } = packing;
  const { provider } = place;
  if (packing.file !== null) return;
  const folder = packFolder(place);
  const generation = randomUUID().slice(0, 8);
  const lines: string[] = [`${JSON.stringify(packFormat)}\n`];
  const shards = new Set<string>([packIndexName]);
  const files = smallFiles(packing);
  for (let next = await files.next(); !next.done; ) {
    const name = `${generation}-${String(shards.size).padStart(6, '0')}.tar`;
    shards.add(name);
    const shard = new Shard(name, lines);
    const body = async function* (): AsyncGenerator<Uint8Array> {
      while (!next.done && shard.bytes < shardBytes) {
        checkSignal(signal);
        yield* shard.add(next.value);
        next = await files.next();
      }
      yield* shard.end();
    };
    await provider.write(joinPath(folder, name), body(), { signal });
  }
  const index = async function* (): AsyncGenerator<Uint8Array> {
    yield* [Buffer.from(lines.join(''))];
  };
  await provider.write(joinPath(folder, packIndexName), index(), { signal });
  for await (const page of provider.list(folder, { signal })) {
    for (const { path } of page) if (!shards.has(path.slice(folder.length + 1))) await provider.remove(path, { signal });
  }
}

interface SmallFile {
  readonly file: ListedFile;
  readonly content: Buffer;
  readonly modified: number;
}

/** The small files of a tree, several read at once. */
async function* smallFiles({ listing, tree }: Packing): AsyncGenerator<SmallFile, undefined> {
  for await (const batch of readListing(listing)) {
    const small = batch.filter((entry): entry is ListedFile => entry.kind === 'file' && entry.size <= packedFileBytes);
    for (let at = 0; at < small.length; at += readAtOnce) {
      yield* await Promise.all(
        small.slice(at, at + readAtOnce).map(async (file): Promise<SmallFile> => {
          const path = join(tree, file.rel);
          const [content, { mtimeMs }] = await Promise.all([readFile(path), stat(path)]);
          return { file, content, modified: mtimeMs };
        }),
      );
    }
  }
}

class Shard {
  readonly #name: string;
  readonly #lines: string[];
  #joined: Uint8Array[] = [];
  #waiting = 0;
  bytes = 0;

  constructor(name: string, lines: string[]) {
    this.#name = name;
    this.#lines = lines;
  }

  *add({ file, content, modified }: SmallFile): Generator<Uint8Array> {
    this.#gather(tarHeader({ name: file.rel, size: content.length, modified }));
    const md5 = createHash('md5').update(content).digest('hex');
    const line: PackLine = [file.rel, versionOf(file), this.#name, this.bytes, content.length, modified, md5];
    this.#lines.push(`${JSON.stringify(line)}\n`);
    this.#gather(content);
    this.#gather(new Uint8Array(padded(content.length) - content.length));
    if (this.#waiting >= joinedBytes) yield this.#flush();
  }

  *end(): Generator<Uint8Array> {
    this.#gather(new Uint8Array(tarEndBytes));
    yield this.#flush();
  }

  #gather(chunk: Uint8Array): void {
    this.#joined.push(chunk);
    this.#waiting += chunk.length;
    this.bytes += chunk.length;
  }

  #flush(): Uint8Array {
    const chunk = Buffer.concat(this.#joined);
    this.#joined = [];
    this.#waiting = 0;
    return chunk;
  }
}
