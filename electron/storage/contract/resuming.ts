import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { canResumeWrite, type ResumableWriteCapable, type StorageProvider } from '../provider.ts';
import { at, bytes, collect, freshWorld, type Joined, namesIn, put, textOf } from './world.ts';

export function resumingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const resumer = (): StorageProvider & ResumableWriteCapable => {
    if (!canResumeWrite(world.provider)) throw new Error('this provider cannot resume writes: leave the topic out');
    return world.provider;
  };

  it('goes on where a write was let go, and shows nothing before it is finished', async () => {
    const provider = resumer();
    const first = await provider.openWrite(at('a/file'), 'key-1');
    expect(first.committed).toBe(0);
    expect(await first.append(bytes('abc', 'def'))).toBe(6);
    await first.close();
    await expect(provider.stat(at('a/file'))).rejects.toMatchObject({ code: 'not-found' });
    const again = await provider.openWrite(at('a/file'), 'key-1');
    expect(again.committed).toBe(6);
    await again.append(bytes('ghi'));
    expect((await collect(again.readBack())).toString()).toBe('abcdefghi');
    const entry = await again.finish({ size: 9, modified: 1_500_000_000_000 });
    expect(entry).toEqual(await provider.stat(at('a/file')));
    if (provider.features.modifiedTimes) expect(entry.modified).toBe(1_500_000_000_000);
    expect(await textOf(provider, 'a/file')).toBe('abcdefghi');
    expect(await namesIn(provider, 'a')).toEqual(['a/file']);
  });

  it('keeps what came before the body broke off', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key');
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('kept');
      throw new StowageError('host-unreachable', 'Gone.');
    }
    await expect(write.append(breaking())).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(write.committed).toBe(4);
    await write.abort();
  });

  it('drops what is beyond a length', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key');
    await write.append(bytes('abcdef'));
    await write.truncate(2);
    expect(write.committed).toBe(2);
    await write.append(bytes('X'));
    await write.finish();
    expect(await textOf(provider, 'file')).toBe('abX');
  });

  it('begins anew after an abort, and under another key', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key');
    await write.append(bytes('abc'));
    const other = await provider.openWrite(at('file'), 'other');
    expect(other.committed).toBe(0);
    await other.abort();
    await write.abort();
    const again = await provider.openWrite(at('file'), 'key');
    expect(again.committed).toBe(0);
    await again.abort();
    expect(await namesIn(provider, '')).toEqual([]);
  });

  it('keeps to length and preconditions when it is finished; a refused finish can be repeated', async () => {
    const provider = resumer();
    const { etag = '' } = await put(provider, 'file', 'old');
    const write = await provider.openWrite(at('file'), 'key');
    await write.append(bytes('new'));
    await expect(write.finish({ size: 4 })).rejects.toMatchObject({ code: 'source-changed' });
    await expect(write.finish({ expect: { absent: true } })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await textOf(provider, 'file')).toBe('old');
    await write.finish({ size: 3, expect: { etag } });
    expect(await textOf(provider, 'file')).toBe('new');
  });

  it('refuses keys that could be paths', async () => {
    for (const key of ['', '../x', 'a/b', 'a'.repeat(65)]) {
      await expect(resumer().openWrite(at('file'), key)).rejects.toMatchObject({ code: 'bad-request' });
    }
  });
}
