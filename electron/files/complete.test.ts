import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { put } from '../storage/contract/world.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { complete } from './complete.ts';

let store: ObjectStore;
let world: VfolderWorld;
beforeEach(async () => {
  store = createObjectStore();
  world = await createVfolderWorld(store);
  for (const name of ['data', 'Data-2', 'models', '.cache']) await world.create(name);
});
afterEach(() => world.close());

const addresses = async (text: string, limit?: number): Promise<string[]> =>
  (await complete(world.vfolders.lookup, text, limit)).map(({ address }) => address);

describe('completing an address', () => {
  it('offers vfolders while their name is typed, by name, whatever the case', async () => {
    expect(await addresses('')).toEqual(['.cache:/', 'data:/', 'Data-2:/', 'models:/']);
    expect(await addresses('da')).toEqual(['data:/', 'Data-2:/']);
    expect(await addresses('DATA-')).toEqual(['Data-2:/']);
    expect(await addresses('x')).toEqual([]);
    expect(await addresses('', 2)).toEqual(['.cache:/', 'data:/']);
  });

  it('offers what is in the folder that is typed, folders ending with a slash', async () => {
    const folder = join(world.root, 'data');
    mkdirSync(join(folder, 'train', 'deep'), { recursive: true });
    for (const file of ['train.txt', 'test.txt', 'train/a b', 'train/ä']) writeFileSync(join(folder, file), '');
    expect(await complete(world.vfolders.lookup, 'data:/tr')).toEqual([
      { address: 'data:/train/', kind: 'directory' },
      { address: 'data:/train.txt', kind: 'file' },
    ]);
    for (const text of ['data:', 'data:/', 'data/'])
      expect(await addresses(text)).toEqual(['data:/test.txt', 'data:/train/', 'data:/train.txt']);
    expect(await addresses('data:/train/')).toEqual(['data:/train/a b', 'data:/train/deep/', 'data:/train/ä']);
    expect(await addresses('data:/train/d')).toEqual(['data:/train/deep/']);
    expect(await addresses('data:train/d')).toEqual(['data:/train/deep/']);
  });

  it('offers nothing where nothing is, and for what can be no address', async () => {
    for (const text of ['missing:/a', 'data:/missing/a', 'data:/../x', '/etc/pa', ':/a', 'a b', 'ü'])
      expect(await addresses(text)).toEqual([]);
  });

  it('offers what is on another host likewise', async () => {
    await world.create('far', 'store');
    await put(store, 'far/sub/file', 'x');
    expect(await addresses('far:/s')).toEqual(['far:/sub/']);
    expect(await addresses('far:/sub/')).toEqual(['far:/sub/file']);
  });

  it('looks at a folder of 100,000 entries no longer than it takes, and offers the first by name of what it saw', async () => {
    await world.create('far', 'store');
    let pages = 0;
    let returned = false;
    const entry = (index: number): StorageEntry => ({
      path: `far/f${String(99_999 - index).padStart(6, '0')}` as never,
      kind: 'file',
      size: 1,
      modified: 0,
    });
    store.list = async function* () {
      try {
        for (let at = 0; at < 100_000; at += 1000) {
          pages++;
          // As slow as a service.
          await new Promise((resolve) => setTimeout(resolve, 10));
          yield Array.from({ length: 1000 }, (_, index) => entry(at + index));
        }
      } finally {
        returned = true;
      }
    };
    const bounds = { enoughMs: 60, mostMs: 5000 };
    const found = await complete(world.vfolders.lookup, 'far:/f', 5, undefined, bounds);
    expect(pages).toBeLessThan(40);
    expect(returned).toBe(true);
    const last = 100_000 - pages * 1000;
    expect(found.map(({ address }) => address)).toEqual(
      [0, 1, 2, 3, 4].map((add) => `far:/f${String(last + add).padStart(6, '0')}`),
    );
  });

  it('gives what it has when the host falls silent, and ends when it is cancelled', async () => {
    await world.create('far', 'store');
    store.list = async function* (_folder, { signal } = {}) {
      yield [{ path: 'far/first' as never, kind: 'file', size: 1, modified: 0 }];
      signal?.throwIfAborted();
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    };
    const bounds = { enoughMs: 10, mostMs: 100 };
    expect(await complete(world.vfolders.lookup, 'far:/f', 5, undefined, bounds)).toMatchObject([{ address: 'far:/first' }]);
    const controller = new AbortController();
    const asked = complete(world.vfolders.lookup, 'far:/f', 5, controller.signal, { enoughMs: 10, mostMs: 60_000 });
    controller.abort();
    await expect(asked).rejects.toBeDefined();
  });
});
