import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Entry } from '#shared/contract/files.ts';
import { createInProcessClient } from '../rpc/in-process.ts';
import { createRouter, type Services } from '../rpc/router.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { createFiles } from './files.ts';

const pages = 100;
const pageSize = 1000;
let store: ObjectStore;
let world: VfolderWorld;
let asked: number;
let left: boolean;

/** A folder of 100,000 entries, of which a page is made when it is asked for. */
beforeEach(async () => {
  store = createObjectStore();
  world = await createVfolderWorld(store);
  await world.create('data', 'store');
  asked = 0;
  left = false;
  store.list = async function* (folder, { signal } = {}) {
    try {
      for (; asked < pages; ) {
        signal?.throwIfAborted();
        const first = asked++ * pageSize;
        await new Promise((resolve) => setImmediate(resolve));
        yield Array.from({ length: pageSize }, (_, index): StorageEntry => {
          const path = `${folder}/a-name-of-usual-length-${first + index}.parquet` as StorageEntry['path'];
          return { path, kind: 'file', size: 1, modified: 0, etag: `e${first + index}` };
        });
      }
    } finally {
      left = true;
    }
  };
});
afterEach(() => world.close());

const client = () => {
  const files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
  return createInProcessClient(createRouter({ files: files.service } as Services, () => undefined));
};

it('gives the first rows of a folder of 100,000 entries and never holds more than two pages (A24)', async () => {
  const listing = await client().files.list({ vfolder: 'data', path: '' });
  let rows = 0;
  for await (const { entries } of listing as AsyncIterable<{ entries: Entry[] }>) {
    if (rows === 0) expect(asked).toBeLessThanOrEqual(2);
    rows += entries.length;
    // However slow the reader is, no more than that is held.
    expect(asked * pageSize - rows).toBeLessThanOrEqual(2 * pageSize);
  }
  expect(rows).toBe(pages * pageSize);
});

it('stops asking when the reader leaves or cancels (A24)', async () => {
  for await (const _page of (await client().files.list({ vfolder: 'data', path: '' })) as AsyncIterable<unknown>) break;
  await expect.poll(() => left).toBe(true);
  expect(asked).toBeLessThan(5);

  [asked, left] = [0, false];
  const controller = new AbortController();
  const listing = await client().files.list({ vfolder: 'data', path: '' }, { signal: controller.signal });
  const read = async (): Promise<void> => {
    for await (const _page of listing as AsyncIterable<unknown>) controller.abort();
  };
  await read().catch(() => undefined);
  await expect.poll(() => left).toBe(true);
  expect(asked).toBeLessThan(5);
});
