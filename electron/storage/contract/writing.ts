import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { at, bytes, collect, freshWorld, type Joined, namesIn, overwritten, put, textOf } from './world.ts';

export function writingContract(joined: Joined): void {
  const world = freshWorld(joined);

  it('makes parents, overwrites, and tells the new entry', async () => {
    const { provider } = world;
    const first = await put(provider, 'a/b/c', 'first');
    const second = await put(provider, 'a/b/c', 'second!');
    expect(second).toMatchObject({ path: 'a/b/c', kind: 'file', size: 7 });
    expect(second.etag).not.toBe(first.etag);
    const { tier: _told, ...written } = await provider.stat(at('a/b/c'));
    expect({ ...second, tier: undefined }).toEqual(written);
    expect(await textOf(provider, 'a/b/c')).toBe('second!');
  });

  it('is done with a chunk when it asks for the next one', async () => {
    const content = randomBytes(3_000_001);
    await world.provider.write(at('file'), overwritten(content), { size: content.length });
    expect((await collect((await world.provider.read(at('file'))).body)).equals(content)).toBe(true);
    const { body } = await world.provider.read(at('file'), { reuse: true });
    const copies: Buffer[] = [];
    for await (const chunk of body) copies.push(Buffer.from(chunk));
    expect(Buffer.concat(copies).equals(content)).toBe(true);
  });

  it('changes the etag with content of equal length and time', async () => {
    const { provider } = world;
    const write = (text: string) => provider.write(at('file'), bytes(text), { modified: 1_600_000_000_000 });
    const etags = [await write('aaa'), await write('bbb'), await write('ccc')].map(({ etag }) => etag);
    expect(new Set(etags).size).toBe(3);
  });

  it('shows nothing and keeps the old content until a write has ended', async () => {
    const { provider } = world;
    await put(provider, 'old', 'old content');
    const middle = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('new ');
      middle.resolve();
      await goOn.promise;
      yield Buffer.from('content');
    }
    const writing = provider.write(at('old'), slow());
    await middle.promise;
    expect(await textOf(provider, 'old')).toBe('old content');
    expect(await namesIn(provider, '')).toEqual(['old']);
    goOn.resolve();
    await writing;
    expect(await textOf(provider, 'old')).toBe('new content');
  });

  it('leaves the old content and no parts when the body fails', async () => {
    const { provider } = world;
    await put(provider, 'folder/file', 'old');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new StowageError('host-unreachable', 'The source went away.');
    }
    await expect(provider.write(at('folder/file'), failing())).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(await textOf(provider, 'folder/file')).toBe('old');
    await provider.remove(at('folder/file'));
    if (!provider.features.impliedFolders) await provider.remove(at('folder'));
    expect(await namesIn(provider, '')).toEqual([]);
  });

  it('refuses a body of another length than announced', async () => {
    const { provider } = world;
    for (const size of [2, 4]) {
      await expect(provider.write(at('file'), bytes('abc'), { size })).rejects.toMatchObject({ code: 'source-changed' });
    }
    expect(await namesIn(provider, '')).toEqual([]);
    await provider.write(at('file'), bytes('ab', 'c'), { size: 3 });
    expect(await textOf(provider, 'file')).toBe('abc');
  });

  it('keeps the modification time', async () => {
    const { provider } = world;
    const entry = await provider.write(at('file'), bytes('x'), { modified: 1_234_567_890_123 });
    if (provider.features.modifiedTimes) expect(entry.modified).toBe(1_234_567_890_123);
  });

  it('writes where nothing is expected only when nothing is there', async () => {
    const { provider } = world;
    await provider.write(at('file'), bytes('first'), { expect: { absent: true } });
    await expect(provider.write(at('file'), bytes('second'), { expect: { absent: true } })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(await textOf(provider, 'file')).toBe('first');
  });

  it('lets exactly one of many writers win an absent name', async () => {
    const { provider } = world;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => provider.write(at('name'), bytes(`writer ${index}`), { expect: { absent: true } })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await namesIn(provider, '')).toEqual(['name']);
  });

  it('overwrites under an etag only what still has it', async () => {
    const { provider } = world;
    const { etag = '' } = await put(provider, 'file', 'first');
    const { etag: next = '' } = await provider.write(at('file'), bytes('second'), { expect: { etag } });
    await expect(provider.write(at('file'), bytes('third'), { expect: { etag } })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(await textOf(provider, 'file')).toBe('second');
    await provider.remove(at('file'));
    await expect(provider.write(at('file'), bytes('x'), { expect: { etag: next } })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });

  it('removes under an etag only what still has it', async () => {
    const { provider } = world;
    const { etag = '' } = await put(provider, 'file', 'first');
    const { etag: next = '' } = await put(provider, 'file', 'second');
    await expect(provider.remove(at('file'), { etag })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await textOf(provider, 'file')).toBe('second');
    await provider.remove(at('file'), { etag: next });
    await expect(provider.remove(at('file'), { etag: next })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('refuses to write over a folder or below a file', async () => {
    const { provider } = world;
    if (provider.features.impliedFolders) return;
    await put(provider, 'folder/file', 'x');
    await expect(put(provider, 'folder', 'x')).rejects.toMatchObject({ code: 'is-a-directory' });
    await expect(put(provider, 'folder/file/below', 'x')).rejects.toMatchObject({ code: 'not-a-directory' });
  });

  it('gives up a silent body when the signal fires', async () => {
    const { provider } = world;
    const stop = new AbortController();
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('some');
      stop.abort();
      await new Promise(() => undefined);
    }
    await expect(provider.write(at('file'), silent(), { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await namesIn(provider, '')).toEqual([]);
  });
}
