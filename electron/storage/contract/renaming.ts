import { expect, it } from 'vitest';
import { canRename, type RenameCapable, type StorageProvider } from '../provider.ts';
import { at, freshWorld, type Joined, namesIn, put, textOf } from './world.ts';

export function renamingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const renamer = (): StorageProvider & RenameCapable => {
    if (!canRename(world.provider)) throw new Error('this provider cannot rename: leave the topic out');
    return world.provider;
  };

  it('moves a file, making parents', async () => {
    const provider = renamer();
    await put(provider, 'a', 'content');
    await provider.rename(at('a'), at('x/y/b'));
    expect(await textOf(provider, 'x/y/b')).toBe('content');
    expect(await namesIn(provider, '')).toEqual(['x']);
  });

  it('moves a folder with what is in it, and an empty one', async () => {
    const provider = renamer();
    await put(provider, 'from/deep/file', 'content');
    await provider.makeDirectory(at('empty'));
    await provider.rename(at('from'), at('to/here'));
    await provider.rename(at('empty'), at('to/void'));
    expect(await textOf(provider, 'to/here/deep/file')).toBe('content');
    expect(await namesIn(provider, '')).toEqual(['to']);
    expect(await namesIn(provider, 'to')).toEqual(['to/here', 'to/void']);
  });

  it('never overwrites: not a file, not a folder, not an empty folder', async () => {
    const provider = renamer();
    await put(provider, 'file', 'mine');
    await put(provider, 'folder/inside', 'mine');
    await put(provider, 'there', 'theirs');
    await provider.makeDirectory(at('empty'));
    for (const from of ['file', 'folder']) {
      for (const to of ['there', 'empty']) {
        await expect(provider.rename(at(from), at(to))).rejects.toMatchObject({ code: 'exists' });
      }
    }
    expect(await textOf(provider, 'there')).toBe('theirs');
    expect(await textOf(provider, 'file')).toBe('mine');
    expect(await namesIn(provider, 'empty')).toEqual([]);
  });

  it('lets one of two win the same new name, losing neither', async () => {
    const provider = renamer();
    await put(provider, 'a', 'a');
    await put(provider, 'b', 'b');
    const results = await Promise.allSettled([provider.rename(at('a'), at('c')), provider.rename(at('b'), at('c'))]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const texts = await Promise.all((await namesIn(provider, '')).map((name) => textOf(provider, name)));
    expect(texts.sort()).toEqual(['a', 'b']);
  });

  it('refuses what is missing, and a folder into itself', async () => {
    const provider = renamer();
    await put(provider, 'folder/file', 'x');
    await expect(provider.rename(at('missing'), at('b'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(provider.rename(at('folder'), at('folder/below/it'))).rejects.toMatchObject({ code: 'bad-request' });
    expect(await namesIn(provider, '')).toEqual(['folder']);
    expect(await textOf(provider, 'folder/file')).toBe('x');
  });
}
