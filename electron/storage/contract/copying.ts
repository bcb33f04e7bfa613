import { expect, it } from 'vitest';
import { type CopyCapable, canCopy, type StorageProvider } from '../provider.ts';
import { at, bytes, freshWorld, type Joined, namesIn, put, textOf } from './world.ts';

export function copyingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const copier = (): StorageProvider & CopyCapable => {
    if (!canCopy(world.provider)) throw new Error('this provider cannot copy: leave the topic out');
    return world.provider;
  };

  it('copies a file with its time, making parents, and keeps the source', async () => {
    const provider = copier();
    const source = await provider.write(at('a/file #1?.txt'), bytes('content'), { modified: 1_600_000_000_000 });
    const copy = await provider.copy(at('a/file #1?.txt'), at('b/c/copy %41+&.txt'));
    expect(copy).toMatchObject({ path: 'b/c/copy %41+&.txt', kind: 'file', size: 7 });
    expect(copy.modified).toBe(source.modified);
    expect(copy).toEqual(await provider.stat(at('b/c/copy %41+&.txt')));
    expect(await textOf(provider, 'b/c/copy %41+&.txt')).toBe('content');
    expect(await textOf(provider, 'a/file #1?.txt')).toBe('content');
  });

  it('copies only the source that was looked at, onto what is expected', async () => {
    const provider = copier();
    const { etag: old = '' } = await put(provider, 'source', 'old');
    const { etag = '' } = await put(provider, 'source', 'new');
    const { etag: there = '' } = await put(provider, 'target', 'mine');
    const unmet = { code: 'precondition-failed' };
    await expect(provider.copy(at('source'), at('target'), { etag: old })).rejects.toMatchObject(unmet);
    await expect(provider.copy(at('source'), at('target'), { expect: { absent: true } })).rejects.toMatchObject(unmet);
    await expect(provider.copy(at('source'), at('target'), { expect: { etag } })).rejects.toMatchObject(unmet);
    expect(await textOf(provider, 'target')).toBe('mine');
    await provider.copy(at('source'), at('target'), { etag, expect: { etag: there } });
    expect(await textOf(provider, 'target')).toBe('new');
    await provider.copy(at('source'), at('fresh'), { etag, expect: { absent: true } });
    expect(await namesIn(provider, '')).toEqual(['fresh', 'source', 'target']);
  });

  it('refuses what is missing', async () => {
    const provider = copier();
    await expect(provider.copy(at('missing'), at('target'))).rejects.toMatchObject({ code: 'not-found' });
    expect(await namesIn(provider, '')).toEqual([]);
  });
}
