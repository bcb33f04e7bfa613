import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { canResumeWrite, type ResumableWrite, type ResumableWriteCapable, type StorageProvider } from '../provider.ts';
import { at, bytes, collect, freshWorld, type Joined, namesIn, overwritten, put, textOf } from './world.ts';

const mebibyte = 1024 * 1024;

const pieces = (content: Uint8Array): AsyncGenerator<Uint8Array> => overwritten(content);

export function resumingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const resumer = (): StorageProvider & ResumableWriteCapable => {
    if (!canResumeWrite(world.provider)) throw new Error('this provider cannot resume writes: leave the topic out');
    return world.provider;
  };

  /** Two parts and a rest for providers that keep parts of 8 MiB. */
  const content = randomBytes(20 * mebibyte + 3);
  const size = content.length;
  const kept = (write: ResumableWrite, bytesGiven: number): number => bytesGiven - (bytesGiven % write.granularity);

  it('goes on where a write was let go, and shows nothing before it is finished', async () => {
    const provider = resumer();
    const modified = 1_500_000_000_000;
    const first = await provider.openWrite(at('a/file'), 'key-1', { size, modified });
    expect(first.committed).toBe(0);
    expect(await first.append(pieces(content.subarray(0, 18 * mebibyte)))).toBe(18 * mebibyte);
    const committed = kept(first, 18 * mebibyte);
    expect(first.committed).toBe(committed);
    await first.close();
    await expect(provider.stat(at('a/file'))).rejects.toMatchObject({ code: 'not-found' });
    const again = await provider.openWrite(at('a/file'), 'key-1', { size, modified });
    expect(again.committed).toBe(committed);
    expect(await again.append(pieces(content.subarray(committed)))).toBe(size);
    if (again.readBack) expect((await collect(again.readBack())).equals(content)).toBe(true);
    const entry = await again.finish({ size, modified });
    const { tier: _told, ...written } = await provider.stat(at('a/file'));
    expect({ ...entry, tier: undefined }).toEqual(written);
    if (provider.features.modifiedTimes) expect(entry.modified).toBe(modified);
    expect((await collect((await provider.read(at('a/file'))).body)).equals(content)).toBe(true);
    expect(await namesIn(provider, 'a')).toEqual(['a/file']);
  });

  it('keeps what came before the body broke off, and goes on from there', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key', { size });
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield* pieces(content.subarray(0, 10 * mebibyte));
      throw new StowageError('host-unreachable', 'Gone.');
    }
    await expect(write.append(breaking())).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(write.committed).toBe(kept(write, 10 * mebibyte));
    await write.append(pieces(content.subarray(write.committed)));
    await write.finish({ size });
    expect((await collect((await provider.read(at('file'))).body)).equals(content)).toBe(true);
  });

  it('drops what is beyond a length', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key');
    const part = write.granularity;
    await write.append(pieces(content.subarray(0, Math.max(6, part + 1))));
    await write.truncate(part);
    expect(write.committed).toBe(part);
    expect(await write.append(bytes('X'))).toBe(part + 1);
    await write.finish();
    const read = await collect((await provider.read(at('file'))).body);
    expect(read.equals(Buffer.concat([content.subarray(0, part), Buffer.from('X')]))).toBe(true);
  });

  it('takes bytes in any order where it says so, and keeps them for who finds it again', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key', { size });
    if (!write.scattered) return expect(provider.features.localPath).toBe(false);
    const half = 5 * mebibyte + 7;
    const halves = [content.subarray(half, half + 1000), content.subarray(half + 1000)];
    await Promise.all([write.scattered.put(halves, half), write.scattered.put([content.subarray(0, 9)], 0)]);
    expect(write.committed).toBe(size);
    await write.close();
    const again = await provider.openWrite(at('file'), 'key', { size });
    await again.scattered?.put([content.subarray(9, half)], 9);
    await again.finish({ size });
    expect((await collect((await provider.read(at('file'))).body)).equals(content)).toBe(true);
    expect(await namesIn(provider, '')).toEqual(['file']);
  });

  it('begins anew after an abort, and under another key', async () => {
    const provider = resumer();
    const write = await provider.openWrite(at('file'), 'key', { size });
    await write.append(pieces(content.subarray(0, 9 * mebibyte)));
    expect(write.committed).toBeGreaterThan(0);
    const other = await provider.openWrite(at('file'), 'other', { size });
    expect(other.committed).toBe(0);
    await other.abort();
    await write.abort();
    const again = await provider.openWrite(at('file'), 'key', { size });
    expect(again.committed).toBe(0);
    await again.append(pieces(content));
    await again.finish({ size });
    expect((await collect((await provider.read(at('file'))).body)).equals(content)).toBe(true);
    expect(await namesIn(provider, '')).toEqual(['file']);
  });

  it('lets one of two writers of one absent file win, whole, and tells the other (A10)', async () => {
    const provider = resumer();
    const theirs = randomBytes(size);
    const one = await provider.openWrite(at('file'), 'one', { size });
    const two = await provider.openWrite(at('file'), 'two', { size });
    await Promise.all([one.append(pieces(content)), two.append(pieces(theirs))]);
    await one.finish({ size, expect: { absent: true } });
    await expect(two.finish({ size, expect: { absent: true } })).rejects.toMatchObject({ code: 'precondition-failed' });
    await two.abort();
    expect((await collect((await provider.read(at('file'))).body)).equals(content)).toBe(true);
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
