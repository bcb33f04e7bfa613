import { expect, it } from 'vitest';
import { walk } from '../walk.ts';
import { at, bytes, freshWorld, type Joined, listed, namesIn, put, putMany, textOf } from './world.ts';

export function listingContract(joined: Joined): void {
  const world = freshWorld(joined);

  it('lists nothing in an empty root', async () => {
    expect(await listed(world.provider, '')).toEqual([]);
  });

  it('lists the direct children with kind, size, time and etag', async () => {
    const { provider } = world;
    await provider.write(at('a/one.txt'), bytes('12345'), { modified: 1_600_000_000_000 });
    await put(provider, 'a/deeper/two.txt', 'x');
    const [deeper, one] = await listed(provider, 'a');
    expect(deeper).toMatchObject({ path: 'a/deeper', kind: 'directory', size: 0 });
    expect(one).toMatchObject({ path: 'a/one.txt', kind: 'file', size: 5, etag: expect.any(String) });
    const { modifiedTimes, listedTimes } = provider.features;
    if (modifiedTimes && listedTimes) expect(one?.modified).toBe(1_600_000_000_000);
  });

  it('gives the same entry by listing and by stat', async () => {
    const { provider } = world;
    await put(provider, 'a/b', 'content');
    const entry = await provider.stat(at('a/b'));
    const time = provider.features.listedTimes ? {} : { modified: expect.any(Number) };
    expect(await listed(provider, 'a')).toEqual([{ ...entry, ...time }]);
  });

  it('gives every entry of a large folder once, in pages, and stops when its signal fires', async () => {
    const { provider } = world;
    const names = Array.from({ length: 2345 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    await putMany(provider, names);
    const pages: number[] = [];
    for await (const page of provider.list(at('many'))) pages.push(page.length);
    expect(Math.max(...pages)).toBeLessThanOrEqual(5000);
    expect(await namesIn(provider, 'many')).toEqual(names);
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _page of provider.list(at('many'), { signal: stop.signal })) stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses to list what is missing, and what is a file', async () => {
    await put(world.provider, 'file', 'x');
    await expect(listed(world.provider, 'missing')).rejects.toMatchObject({ code: 'not-found' });
    await expect(listed(world.provider, 'file')).rejects.toMatchObject({ code: 'not-a-directory' });
  });

  it('finds by stat the root, folders and files, and nothing below a file', async () => {
    const { provider } = world;
    await put(provider, 'a/file', 'x');
    expect(await provider.stat(at(''))).toMatchObject({ path: '', kind: 'directory' });
    expect(await provider.stat(at('a'))).toMatchObject({ path: 'a', kind: 'directory' });
    await expect(provider.stat(at('a/missing'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(provider.stat(at('a/file/below'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('makes folders with their parents, and again without complaint', async () => {
    const { provider } = world;
    await provider.makeDirectory(at('x/y/z'));
    await provider.makeDirectory(at('x/y/z'));
    if (provider.features.emptyDirectories) expect(await namesIn(provider, 'x/y')).toEqual(['x/y/z']);
    await put(provider, 'file', 'x');
    await expect(provider.makeDirectory(at('file'))).rejects.toMatchObject({ code: 'not-a-directory' });
    if (provider.features.impliedFolders) return;
    await expect(provider.makeDirectory(at('file/below'))).rejects.toMatchObject({ code: 'not-a-directory' });
  });

  it('lets a file and a folder of one name lie side by side where folders are implied', async () => {
    const { provider } = world;
    if (!provider.features.impliedFolders) return;
    await put(provider, 'p', 'file');
    await put(provider, 'p/q', 'inside');
    expect((await listed(provider, '')).map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual(['directory p', 'file p']);
    expect(await namesIn(provider, 'p')).toEqual(['p/q']);
    expect(await textOf(provider, 'p')).toBe('file');
    await provider.remove(at('p'));
    expect(await textOf(provider, 'p/q')).toBe('inside');
    expect(await provider.stat(at('p'))).toMatchObject({ kind: 'directory' });
  });

  it('removes files and empty folders only', async () => {
    const { provider } = world;
    await put(provider, 'a/file', 'x');
    await expect(provider.remove(at('a'))).rejects.toMatchObject({ code: 'not-empty' });
    await provider.remove(at('a/file'));
    await expect(provider.remove(at('a/file'))).rejects.toMatchObject({ code: 'not-found' });
    if (!provider.features.impliedFolders) await provider.remove(at('a'));
    expect(await namesIn(provider, '')).toEqual([]);
    if (!provider.features.emptyDirectories) return;
    await provider.makeDirectory(at('empty'));
    await provider.remove(at('empty'));
    await expect(provider.remove(at('empty'))).rejects.toMatchObject({ code: 'not-found' });
    expect(await namesIn(provider, '')).toEqual([]);
  });

  it('is walked depth first, folders before or after what is in them', async () => {
    const { provider } = world;
    await put(provider, 'top/a/b/file', 'x');
    await put(provider, 'top/c', 'x');
    const before: string[] = [];
    for await (const { path } of walk(provider, at('top'))) before.push(path);
    const after: string[] = [];
    for await (const { path } of walk(provider, at('top'), { foldersLast: true })) after.push(path);
    expect(before.filter((path) => path !== 'top/c')).toEqual(['top/a', 'top/a/b', 'top/a/b/file']);
    expect(after.filter((path) => path !== 'top/c')).toEqual(['top/a/b/file', 'top/a/b', 'top/a']);
    expect(before).toContain('top/c');
  });
}
