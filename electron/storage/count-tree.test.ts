import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { at, bytes, put, putMany } from './contract/world.ts';
import { countTree, type TreeCount } from './count-tree.ts';
import { createMemoryProvider } from './memory/provider.ts';
import type { StorageProvider } from './provider.ts';

async function counted(provider: StorageProvider, path = ''): Promise<TreeCount> {
  let last: TreeCount | null = null;
  for await (last of countTree(provider, at(path), undefined));
  if (!last) throw new Error('nothing was counted');
  return last;
}

it('counts files, folders, bytes, sizes, endings, and finds the largest and the newest', async () => {
  const provider = createMemoryProvider();
  for (let index = 0; index < 30; index++)
    await provider.write(at(`d/${index % 3}/f${index}.${index % 2 ? 'CSV' : 'bin'}`), bytes('x'.repeat(index * 100)), {
      modified: index,
    });
  await put(provider, 'd/.hidden', '');
  await put(provider, 'd/no ending', 'x');
  const count = await counted(provider, 'd');
  expect(count).toMatchObject({ files: 32, directories: 3, bytes: 43_501, unlisted: 0 });
  expect(count.histogram.map(({ files }) => files)).toEqual([2, 10, 20, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(count.histogram.reduce((sum, bucket) => sum + bucket.bytes, 0)).toBe(43_501);
  expect(count.largest.map(({ size }) => size)).toEqual(Array.from({ length: 10 }, (_, index) => 2900 - index * 100));
  expect(count.largest[0]).toEqual({ path: 'd/2/f29.CSV', size: 2900, modified: 29 });
  expect(count.newest.slice(2).map(({ modified }) => modified)).toEqual([29, 28, 27, 26, 25, 24, 23, 22]);
  expect(count.extensions).toEqual([
    { extension: 'csv', files: 15, bytes: 22_500 },
    { extension: 'bin', files: 15, bytes: 21_000 },
    { extension: '', files: 2, bytes: 1 },
  ]);
});

it('counts a single file, and passes over a folder that may not be listed', async () => {
  const provider = createMemoryProvider();
  await put(provider, 'a/one.txt', 'x');
  await put(provider, 'b/two.txt', 'x');
  expect(await counted(provider, 'a/one.txt')).toMatchObject({ files: 1, directories: 0, bytes: 1 });
  const list: StorageProvider['list'] = async function* (folder, options) {
    if (folder === 'b') throw new StowageError('permission-denied', 'You may not look into “b”.');
    yield* provider.list(folder, options);
  };
  expect(await counted({ ...provider, list })).toMatchObject({ files: 1, directories: 2, unlisted: 1 });
});

it('keeps its memory bounded however many endings there are', async () => {
  const provider = createMemoryProvider();
  await putMany(
    provider,
    Array.from({ length: 6000 }, (_, index) => `f.x${index}`),
    'x',
  );
  const { extensions, files } = await counted(provider);
  expect(files).toBe(6000);
  expect(extensions).toHaveLength(10);
  expect(extensions[0]).toEqual({ extension: '', files: 6000 - 4096, bytes: 6000 - 4096 });
});
