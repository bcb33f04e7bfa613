import { expect, it, vi } from 'vitest';
import { isRefusal, type PropertiesCapable, type ShareUrlCapable } from '../properties.ts';
import { canShareUrl, canTellProperties, type StorageProvider } from '../provider.ts';
import { at, freshWorld, type Joined, put, textOf } from './world.ts';

const inAnHour = (): number => Date.now() + 3_600_000;

export function sharingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const sharer = (): StorageProvider & ShareUrlCapable & PropertiesCapable => {
    const { provider } = world;
    if (!canShareUrl(provider) || !canTellProperties(provider))
      throw new Error('this provider signs no URLs: leave the topic out');
    return provider;
  };

  it('lets anybody read the file by its URL, and do nothing else', async () => {
    const provider = sharer();
    await put(provider, 'a/file #1+&?%.txt', 'shared');
    await put(provider, 'a/other', 'secret');
    const url = await provider.shareUrl(at('a/file #1+&?%.txt'), { expiresAt: inAnHour(), permission: 'r' });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'shared']);
    const range = await fetch(url, { headers: { range: 'bytes=1-3' } });
    expect([range.status, await range.text()]).toEqual([206, 'har']);
    const written = await fetch(url, { method: 'PUT', body: 'evil', headers: { 'x-ms-blob-type': 'BlockBlob' } });
    expect(written.status).toBe(403);
    const plain = url.slice(0, url.indexOf('?'));
    expect((await fetch(plain)).ok).toBe(false);
    const other = new URL(url);
    other.pathname = `${other.pathname.slice(0, other.pathname.lastIndexOf('/'))}/other`;
    expect((await fetch(other)).status).toBe(403);
    expect(await textOf(provider, 'a/file #1+&?%.txt')).toBe('shared');
  });

  it('lets anybody write by a URL for writing', async () => {
    const provider = sharer();
    await put(provider, 'file', 'old');
    const url = await provider.shareUrl(at('file'), { expiresAt: inAnHour(), permission: 'w' });
    const written = await fetch(url, { method: 'PUT', body: 'new', headers: { 'x-ms-blob-type': 'BlockBlob' } });
    expect(written.ok).toBe(true);
    expect((await fetch(url)).ok).toBe(false);
    expect(await textOf(provider, 'file')).toBe('new');
  });

  it('ends when it is said to', async () => {
    const provider = sharer();
    await put(provider, 'file', 'x');
    const url = await provider.shareUrl(at('file'), { expiresAt: Date.now() + 2000, permission: 'r' });
    expect((await fetch(url)).status).toBe(200);
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(403), { timeout: 6000, interval: 250 });
  });

  it('refuses times that it cannot promise, folders, and what is missing', async () => {
    const provider = sharer();
    await put(provider, 'a/file', 'x');
    const share = { expiresAt: inAnHour(), permission: 'r' } as const;
    await expect(provider.shareUrl(at('a/file'), { ...share, expiresAt: Date.now() - 1 })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(provider.shareUrl(at('a'), share)).rejects.toMatchObject({ code: 'is-a-directory' });
    await expect(provider.shareUrl(at('missing'), share)).rejects.toMatchObject({ code: 'not-found' });
    const { share: offer } = await provider.properties(at('a/file'));
    if (isRefusal(offer)) throw new Error('nothing is offered');
    if (offer.longestMs !== null) {
      const expiresAt = Date.now() + offer.longestMs + 3_600_000;
      await expect(provider.shareUrl(at('a/file'), { ...share, expiresAt })).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('7 days'),
      });
    }
  });
}
