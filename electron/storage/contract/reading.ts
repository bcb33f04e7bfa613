import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { at, collect, freshWorld, type Joined, put } from './world.ts';

/** Larger than what any provider reads ahead. */
const large = 52 * 1024 * 1024;

export function readingContract(joined: Joined): void {
  const world = freshWorld(joined);

  it('reads ranges; at or past the end there is nothing', async () => {
    const { provider } = world;
    await put(provider, 'file', '0123456789');
    const range = async (offset?: number, length?: number): Promise<string> => {
      const options = { ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) };
      return (await collect((await provider.read(at('file'), options)).body)).toString();
    };
    expect(await range()).toBe('0123456789');
    expect(await range(3)).toBe('3456789');
    expect(await range(3, 4)).toBe('3456');
    expect(await range(8, 100)).toBe('89');
    expect(await range(2, 0)).toBe('');
    expect(await range(10)).toBe('');
    expect(await range(1000, 5)).toBe('');
  });

  it('gives a large file whole, in chunks of at most 1 MiB', async () => {
    const { provider } = world;
    const content = randomBytes(3_500_001);
    await put(provider, 'large', content);
    const sizes: number[] = [];
    const parts: Uint8Array[] = [];
    for await (const chunk of (await provider.read(at('large'))).body) {
      sizes.push(chunk.length);
      parts.push(chunk);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  it('reads an empty file as nothing', async () => {
    await put(world.provider, 'empty', '');
    const { entry, body } = await world.provider.read(at('empty'));
    expect(entry.size).toBe(0);
    expect(await collect(body)).toHaveLength(0);
  });

  it('refuses what is missing and what is a folder', async () => {
    await put(world.provider, 'folder/file', 'x');
    await expect(world.provider.read(at('missing'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.provider.read(at('folder/file/below'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.provider.read(at('folder'))).rejects.toMatchObject({ code: 'is-a-directory' });
  });

  it('reads under an etag only what still has it', async () => {
    const { provider } = world;
    const { etag } = await put(provider, 'file', 'first');
    expect(etag).toBeDefined();
    const given = { etag: etag ?? '' };
    expect((await collect((await provider.read(at('file'), given)).body)).toString()).toBe('first');
    await put(provider, 'file', 'other');
    await expect(provider.read(at('file'), given)).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('never mixes two versions of a file that is replaced while it is read (A9)', async () => {
    const { provider } = world;
    const before = Buffer.alloc(large, 'before ');
    await put(provider, 'file', before);
    const { body } = await provider.read(at('file'));
    const got: Uint8Array[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of body) {
        if (got.length === 0) await put(provider, 'file', Buffer.alloc(large, 'AFTER! '));
        got.push(chunk);
      }
    };
    const failure = await read().catch((error: unknown) => error);
    // Either the old content to its end, or the beginning of it and the reason.
    const bytesRead = Buffer.concat(got);
    expect(bytesRead.equals(before.subarray(0, bytesRead.length))).toBe(true);
    if (bytesRead.length < large)
      expect(failure).toMatchObject({ code: expect.stringMatching(/precondition-failed|source-changed/) });
    else expect(failure).toBeUndefined();
  });

  it('lets go of a body that is returned before its first chunk', async () => {
    const { provider } = world;
    await put(provider, 'file', 'x');
    for (let round = 0; round < 50; round++) {
      const { body } = await provider.read(at('file'));
      await body[Symbol.asyncIterator]().return?.();
    }
    await provider.remove(at('file'));
  });

  it('ends with `cancelled` when its signal has fired', async () => {
    await put(world.provider, 'file', randomBytes(3_000_000));
    const stop = new AbortController();
    const { body } = await world.provider.read(at('file'), { signal: stop.signal });
    const read = async (): Promise<void> => {
      for await (const _chunk of body) stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
  });
}
