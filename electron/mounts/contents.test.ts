import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { type Changes, createChanges } from '../events.ts';
import { listingsIn, placeIn } from '../listings/listings.fixture.ts';
import { type Listings, recentMs } from '../listings/listings.ts';
import type { ResolvedPlace } from '../services.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createContentsCounter } from './contents.ts';

let home: string;
let changes: Changes;
let listings: Listings;
let store: StorageProvider;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'stowage-contents-'));
  changes = createChanges();
  listings = listingsIn(home, changes);
  store = createMemoryProvider();
  await put('set/train/1', 100, 1000);
  await put('set/train/deep/2', 200, 3000);
  await put('set/test/3', 50, 2000);
  await put('set/top', 1, 500);
});

afterEach(async () => {
  await listings.close();
  await rm(home, { recursive: true });
});

async function put(path: string, size: number, modified: number): Promise<void> {
  await store.write(parseInnerPath(path), Readable.from([Buffer.alloc(size)]), { modified });
}

const place = (inner = '', provider = store): ResolvedPlace => placeIn(provider, inner);

/** The store, whose listings wait; how many were asked for. */
function held(): { provider: StorageProvider; asked: () => number; letGo: () => void } {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const provider: StorageProvider = {
    ...store,
    stat: (path, options) => store.stat(path, options),
    list: async function* (folder, options) {
      asked += 1;
      await gate.promise;
      yield* store.list(folder, options);
    },
  };
  return { provider, asked: () => asked, letGo: gate.resolve };
}

describe('the counter of contents', () => {
  it('counts a folder with its newest file and its largest parts, and a single file', async () => {
    const counter = createContentsCounter(listings);
    expect(await counter.count(place(), 5000)).toEqual({
      ...{ files: 4, bytes: 351, newest: 3000, complete: true },
      parts: [
        { name: 'train', bytes: 300 },
        { name: 'test', bytes: 50 },
      ],
    });
    expect(await counter.count(place('train'), 5000)).toMatchObject({
      files: 2,
      bytes: 300,
      parts: [{ name: 'deep', bytes: 200 }],
    });
    expect(await counter.count(place('top'), 5000)).toEqual({ files: 1, bytes: 1, newest: 500, complete: true });
    counter.close();
  });

  it('does not wait longer than it may, and has the whole when it is asked again', async () => {
    const counter = createContentsCounter(listings);
    const { provider, asked, letGo } = held();
    const begun = performance.now();
    expect(await counter.count(place('', provider), 20)).toEqual({
      files: 0,
      bytes: 0,
      newest: null,
      complete: false,
      counting: true,
    });
    expect(performance.now() - begun).toBeLessThan(1000);
    letGo();
    expect(await counter.count(place('', provider), 5000)).toMatchObject({ files: 4, complete: true });
    const before = asked();
    expect(await counter.count(place('', provider), 0)).toMatchObject({ files: 4, complete: true });
    expect(asked()).toBe(before);
    counter.close();
  });

  it('counts what is on a host anew after a while, and gives the former count until then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const counter = createContentsCounter(listings);
    expect(await counter.count(place(), 5000)).toMatchObject({ files: 4 });
    await put('set/new', 1, 1);
    await vi.advanceTimersByTimeAsync(recentMs - 1000);
    expect(await counter.count(place(), 5000)).toMatchObject({ files: 4 });
    await vi.advanceTimersByTimeAsync(2000);
    const { provider, letGo } = held();
    expect(await counter.count(place('', provider), 5000)).toMatchObject({ files: 4, complete: true });
    letGo();
    await expect.poll(() => counter.count(place('', provider), 0)).toMatchObject({ files: 5, complete: true });
    counter.close();
  });

  it('forgets a count when files of it change, above or below, and only then', async () => {
    const counter = createContentsCounter(listings, changes);
    const count = (): Promise<unknown> => counter.count(place('train'), 5000);
    await count();
    await put('set/train/4', 10, 4000);
    for (const [vfolder, path] of [
      ['other', 'train'],
      ['set', 'test'],
      ['set', '/trained'],
    ] as const) {
      changes.emit({ type: 'files', vfolder, path });
      expect(await count(), path).toMatchObject({ files: 2 });
    }
    changes.emit({ type: 'files', vfolder: 'set', path: '/train/deep' });
    expect(await count()).toMatchObject({ files: 3, bytes: 310, newest: 4000 });
    await put('set/train/5', 10, 5000);
    changes.emit({ type: 'files', vfolder: 'set', path: '' });
    expect(await count()).toMatchObject({ files: 4 });
    counter.close();
  });

  it('gives a lower bound when a folder cannot be listed, and nothing when nothing can', async () => {
    const refusing = (refused: string): StorageProvider => ({
      ...store,
      stat: (path, options) => store.stat(path, options),
      list: async function* (folder, options) {
        if (folder === refused) throw new StowageError('permission-denied', 'refused');
        yield* store.list(folder, options);
      },
    });
    const counter = createContentsCounter(listings);
    const part = await counter.count(place('', refusing('set/test')), 5000);
    expect(part).toEqual({ files: 3, bytes: 301, newest: 3000, complete: false });
    expect(await counter.count(place('gone'), 5000)).toBeNull();
    counter.close();
  });

  it('counts a few places at a time, and ends what it counts when it is closed', async () => {
    const counter = createContentsCounter(listings);
    const { provider, asked, letGo } = held();
    const counts = ['', 'train', 'train/deep', 'test'].map((inner) => counter.count(place(inner, provider), 30));
    expect((await Promise.all(counts)).filter((contents) => contents === null)).toHaveLength(1);
    expect(asked()).toBe(3);
    counter.close();
    letGo();
  });
});
