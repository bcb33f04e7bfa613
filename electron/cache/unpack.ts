import { hash } from 'node:crypto';
import { z } from 'zod';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { type Listing, placeInVfolder, versionOf } from '../listings/listing.ts';
import type { ResolvedPlace } from '../services.ts';
import { checkSignal } from '../storage/bodies.ts';
import { hasLocalPath } from '../storage/provider.ts';
import { runPool } from '../storage/task-pool.ts';
import type { Fetcher } from './fetch.ts';
import { leastPacked, type PackLine, packedFileBytes, packFolder, packFormat, packIndexName } from './pack.ts';
import type { CacheRows } from './rows.ts';

export interface Unpacking {
  readonly rows: CacheRows;
  readonly place: ResolvedPlace;
  readonly listing: Listing;
  readonly fetcher: Fetcher;
  readonly signal: AbortSignal;
  onLanded(bytes: number): void;
}

/** Shards that are read at once. */
const parallel = 2;
/** A shard is read whole when at least this part of it is wanted. */
const leastPart = 0.25;
/** More than these are not looked for in a pack: what is wanted is kept in memory. */
const mostWanted = 2_000_000;

const lineSchema = z.tuple([
  z.string(),
  z.string(),
  z.string().regex(/^[0-9a-f]{8}-\d{6}\.tar$/),
  z.number().int().nonnegative(),
  z.number().int().nonnegative().max(packedFileBytes),
  z.number(),
  z.string().regex(/^[0-9a-f]{32}$/),
]);

/**
 * Takes out of the pack of a place what is missing in the cache, where it has a pack: a stream for thousands of files.
 * What is not in it, or not as it should be, is left to be fetched alone. @throws `cancelled`
 */
export async function unpackKnown(unpacking: Unpacking): Promise<void> {
  const { place, signal } = unpacking;
  if (hasLocalPath(place.provider) || unpacking.listing.file !== null) return;
  const wanted = await wantedOf(unpacking);
  if (wanted.size < leastPacked) return;
  async function* tasks(): AsyncGenerator<() => Promise<void>> {
    let shard: PackLine[] = [];
    for await (const line of readIndex(place, signal)) {
      if (shard[0] && shard[0][2] !== line[2]) {
        const whole = shard;
        shard = [];
        yield () => unpackShard(unpacking, whole, wanted);
      }
      shard.push(line);
    }
    const last = shard;
    if (last.length > 0) yield () => unpackShard(unpacking, last, wanted);
  }
  // A pack that is gone, damaged or being replaced is no reason to fail: everything is on the host as it was.
  await runPool(tasks(), parallel).catch(() => undefined);
  checkSignal(signal);
}

const keyOf = (rel: string, version: string): string => hash('md5', `${rel}\0${version}`, 'base64').slice(0, 16);

async function wantedOf({ rows, place, listing, signal }: Unpacking): Promise<Set<string>> {
  const wanted = new Set<string>();
  for await (const batch of listing.read()) {
    checkSignal(signal);
    for (const entry of batch) {
      if (entry.kind !== 'file' || entry.size > packedFileBytes || wanted.size >= mostWanted) continue;
      const version = versionOf(entry);
      if (!rows.find(place.vfolder.id, placeInVfolder(place, listing, entry.rel), version)) wanted.add(keyOf(entry.rel, version));
    }
  }
  return wanted;
}

/** The lines of the index; it comes from the host, so every one is checked. @throws what `read` throws, bad lines */
async function* readIndex(place: ResolvedPlace, signal: AbortSignal): AsyncGenerator<PackLine> {
  const { body } = await place.provider.read(joinPath(packFolder(place), packIndexName), { signal });
  let rest: Buffer = Buffer.alloc(0);
  let first = true;
  for await (const chunk of body) {
    const whole = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const end = whole.lastIndexOf(10) + 1;
    rest = whole.subarray(end);
    for (const text of whole.toString('utf8', 0, end).split('\n')) {
      if (text === '') continue;
      const value: unknown = JSON.parse(text);
      if (first) {
        if (value !== packFormat) return;
        first = false;
      } else yield lineSchema.parse(value);
    }
  }
}

/** Reads a shard from its beginning to its end and keeps of it what is wanted. */
async function unpackShard(unpacking: Unpacking, lines: readonly PackLine[], wanted: ReadonlySet<string>): Promise<void> {
  const { place, signal, listing, fetcher, onLanded } = unpacking;
  const all = lines.reduce((sum, line) => sum + line[4] + 512, 0);
  const going = lines.filter(([rel, version]) => wanted.has(keyOf(rel, version)));
  if (going.reduce((sum, line) => sum + line[4] + 512, 0) < all * leastPart) return;
  const [name] = lines.map((line) => line[2]);
  const { body } = await place.provider.read(joinPath(packFolder(place), name ?? ''), { signal });
  const landing: Promise<void>[] = [];
  const land = ([rel, version, , , size, modified]: PackLine, content: Uint8Array): void => {
    const inner = placeInVfolder(place, listing, parseInnerPath(rel) as InnerPath);
    const landed = fetcher
      .land({ inner, version, size, executable: false, to: null }, content, modified)
      .then(() => onLanded(size));
    landed.catch(() => undefined);
    landing.push(landed);
  };
  const iterator = body[Symbol.asyncIterator]();
  try {
    let at = 0;
    let held: Buffer[] = [];
    let heldBytes = 0;
    for (const line of going) {
      const [, , , offset, size, , md5] = line;
      while (at + heldBytes < offset + size) {
        const next = await iterator.next();
        if (next.done) return;
        // A chunk is only valid until the next is asked for.
        held.push(Buffer.from(next.value));
        heldBytes += next.value.length;
      }
      const whole = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
      const content = Buffer.allocUnsafeSlow(size);
      whole.copy(content, 0, offset - at, offset - at + size);
      held = [whole.subarray(offset - at + size)];
      heldBytes -= offset - at + size;
      at = offset + size;
      if (hash('md5', content, 'hex') === md5) land(line, content);
      if (landing.length >= 512) await Promise.all(landing.splice(0));
    }
  } finally {
    await iterator.return?.();
    await Promise.all(landing);
  }
}
