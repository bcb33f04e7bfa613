import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { type Changes, createChanges } from '../events.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Listed, Listing } from './listing.ts';
import { listingsIn, placeIn } from './listings.fixture.ts';
import { type Listings, type LookOptions, recentMs } from './listings.ts';

let home: string;
let changes: Changes;
let listings: Listings;
let memory: StorageProvider;
/** How often the folder itself was listed. */
let asked: number;
/** What a listing waits for before it goes on. */
let gate: Promise<void>;
let provider: StorageProvider;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stowage-listings-'));
  changes = createChanges();
  listings = listingsIn(home, changes);
  memory = createMemoryProvider();
  asked = 0;
  gate = Promise.resolve();
  provider = {
    ...memory,
    stat: (path, options) => memory.stat(path, options),
    list: async function* (folder, options) {
      if (folder === 'set') asked += 1;
      await gate;
      options?.signal?.throwIfAborted();
      yield* memory.list(folder, options);
    },
  };
  for (const path of ['a', 'sub/b']) await put(path);
});
afterEach(async () => {
  vi.useRealTimers();
  await listings.close();
  expect(readdirSync(join(home, 'listings'))).toEqual([]);
  rmSync(home, { recursive: true });
});

const put = (path: string): Promise<unknown> => memory.write(parseInnerPath(`set/${path}`), Readable.from([Buffer.from(path)]));
const look = (age: LookOptions['age'], options: Partial<LookOptions> = {}): Promise<Listing> =>
  listings.look(placeIn(provider), { age, signal: new AbortController().signal, ...options });
/** The files of a listing, which is dropped. */
async function filesOf(listing: Listing): Promise<string[]> {
  const files: Listed[] = [];
  for await (const batch of listing.read()) files.push(...batch);
  await listing.drop();
  return files.flatMap(({ kind, rel }) => (kind === 'file' ? [rel] : [])).sort();
}
const kept = (): number => readdirSync(join(home, 'listings')).length;

describe('the listing of a place', () => {
  it('holds its files with their versions, counts them, and is the same for the same files', async () => {
    const one = await look('new');
    expect(one).toMatchObject({ file: null, files: 2, bytes: 6, missed: 0, problem: null, parts: [{ name: 'sub', bytes: 5 }] });
    const entries: Listed[] = [];
    for await (const batch of one.read()) entries.push(...batch);
    const { etag, md5, modified } = await memory.stat(parseInnerPath('set/a'));
    expect(entries).toContainEqual({
      ...{ kind: 'file', rel: 'a', size: 1, etag, modified, executable: false, md5: md5 ?? null },
    });
    const other = await look('new');
    expect(other.fingerprint).toBe(one.fingerprint);
    await put('c');
    const third = await look('new');
    expect(third.fingerprint).not.toBe(one.fingerprint);
    for (const listing of [one, other, third]) await listing.drop();
  });

  it('names what cannot be listed, and ends with a host that is lost', async () => {
    const refusing = (error: Error): StorageProvider => ({
      ...provider,
      list: async function* (folder, options) {
        if (folder === 'set/sub') throw error;
        yield* memory.list(folder, options);
      },
    });
    const refused = new StowageError('permission-denied', 'not for you');
    const signal = new AbortController().signal;
    const part = await listings.look(placeIn(refusing(refused)), { age: 'new', signal });
    expect(part).toMatchObject({ files: 1, missed: 1, problem: refused });
    await part.drop();
    const lost = new StowageError('host-unreachable', 'gone');
    await expect(listings.look(placeIn(refusing(lost)), { age: 'new', signal })).rejects.toBe(lost);
  });
});

describe('those who look at one place', () => {
  it('at the same time share one listing, and each has it for itself', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const found: number[] = [];
    const all = [
      look('recent'),
      look('current', { onFound: ({ files }) => found.push(files) }),
      look('current', { onFound: ({ files }) => found.push(files) }),
    ];
    resolve();
    const [first, ...others] = await Promise.all(all);
    expect(asked).toBe(1);
    await first?.drop();
    for (const listing of others) expect(await filesOf(listing)).toEqual(['a', 'sub/b']);
    expect(found.length).toBeGreaterThan(1);
  });

  it('a little later have the same one, if that will do for them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    await (await look('new')).drop();
    await put('c');
    expect(await filesOf(await look('recent'))).toEqual(['a', 'sub/b']);
    expect(asked).toBe(1);
    expect(await filesOf(await look('current'))).toEqual(['a', 'c', 'sub/b']);
    expect(asked).toBe(2);
    await put('d');
    await vi.advanceTimersByTimeAsync(recentMs + 1);
    expect(await filesOf(await look('recent'))).toEqual(['a', 'c', 'd', 'sub/b']);
    expect(asked).toBe(3);
  });

  it('do not get one that was begun before a change, nor one that they want anew', async () => {
    await (await look('new')).drop();
    await put('sub/c');
    changes.emit({ type: 'files', vfolder: 'other', path: 'sub' });
    expect(await filesOf(await look('recent'))).toEqual(['a', 'sub/b']);
    changes.emit({ type: 'files', vfolder: 'set', path: '/sub' });
    expect(await filesOf(await look('recent'))).toEqual(['a', 'sub/b', 'sub/c']);

    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const early = look('current');
    await expect.poll(() => asked).toBe(3);
    changes.emit({ type: 'files', vfolder: 'set', path: '' });
    const late = look('current');
    await expect.poll(() => asked).toBe(4);
    const anew = look('new');
    await expect.poll(() => asked).toBe(5);
    resolve();
    for (const listing of await Promise.all([early, late, anew])) expect(await filesOf(listing)).toHaveLength(3);
  });

  it('leave it one by one; it ends with the last', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const [one, other] = [new AbortController(), new AbortController()];
    const first = look('current', { signal: one.signal });
    const second = look('current', { signal: other.signal });
    await expect.poll(() => asked).toBe(1);
    one.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    other.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    resolve();
    await expect.poll(kept).toBe(0);
    expect(await filesOf(await look('recent'))).toEqual(['a', 'sub/b']);
    expect(asked).toBe(2);
  });
});
