import { expect, it } from 'vitest';
import type { PropertyChange } from '#shared/contract/properties.ts';
import { type EditPropertiesCapable, type HostProperties, isRefusal, type PropertiesCapable } from '../properties.ts';
import { canEditProperties, canTellProperties, type StorageProvider } from '../provider.ts';
import { at, bytes, collect, freshWorld, type Joined, put, textOf } from './world.ts';

const then = 1_600_000_000_000;

export function propertiesContract(joined: Joined): void {
  const world = freshWorld(joined);
  const teller = (): (StorageProvider & PropertiesCapable) | null => (canTellProperties(world.provider) ? world.provider : null);

  it('are told of a file and of a folder, with the same entry as by stat, and say what is offered', async () => {
    const provider = teller();
    if (!provider) return;
    await put(provider, 'a/file #1.txt', 'content');
    const file = await provider.properties(at('a/file #1.txt'));
    expect(file.entry).toEqual(await provider.stat(at('a/file #1.txt')));
    const folder = await provider.properties(at('a'));
    expect(folder.entry).toMatchObject({ path: 'a', kind: 'directory' });
    expect(isRefusal(folder.edit)).toBe(true);
    expect(isRefusal(folder.share)).toBe(true);
    expect(isRefusal(file.edit)).toBe(!provider.features.editProperties);
    expect(isRefusal(file.share)).toBe(!provider.features.shareUrl);
    for (const offer of [file.edit, file.share, folder.edit, folder.share])
      if (isRefusal(offer)) expect(offer.refusal).toMatch(/^[A-Z].*\.$/s);
  });

  it('hold addresses without any authorisation', async () => {
    const provider = teller();
    if (!provider) return;
    await put(provider, 'a/b?c', 'x');
    const { urls = [] } = await provider.properties(at('a/b?c'));
    for (const { value } of urls) expect(value).not.toMatch(/sig=|signature|token|key/i);
    const url = urls.find(({ name }) => name === 'URL')?.value;
    if (url !== undefined) expect(new URL(url).pathname).toMatch(/a\/b%3Fc$/);
  });

  it('of what is missing are not told', async () => {
    const provider = teller();
    if (!provider) return;
    await expect(provider.properties(at('missing'))).rejects.toMatchObject({ code: 'not-found' });
  });
}

export function editingContract(joined: Joined): void {
  const world = freshWorld(joined);
  const editor = (): StorageProvider & EditPropertiesCapable => {
    if (!canEditProperties(world.provider)) throw new Error('this provider changes no properties: leave the topic out');
    return world.provider;
  };
  /** Changes what is there now. */
  const change = async (path: string, wanted: PropertyChange): Promise<HostProperties> => {
    const provider = editor();
    const { etag = '' } = await provider.stat(at(path));
    return provider.setProperties(at(path), wanted, { etag });
  };
  const pairs = (found: readonly { name: string; value: string }[] | undefined) =>
    Object.fromEntries((found ?? []).filter(({ name }) => name !== 'mtime').map(({ name, value }) => [name, value]));

  it('changes headers, metadata and tags, keeping what is not named, the time and the content', async () => {
    const provider = editor();
    await provider.write(at('a/data #1.csv'), bytes('a,b\n1,2\n'), { modified: then });
    await change('a/data #1.csv', {
      headers: { contentType: 'text/csv; charset=utf-8', cacheControl: 'max-age=60' },
      metadata: [
        { name: 'station', value: 'Nordhang & "Sud"' },
        { name: 'season', value: '2025' },
      ],
    });
    await change('a/data #1.csv', { tags: [{ name: 'cost centre', value: 'a+b/c=1' }] });
    const after = await change('a/data #1.csv', {
      headers: { contentDisposition: 'attachment; filename="d.csv"' },
      metadata: [
        { name: 'season', value: null },
        { name: 'checked', value: 'yes' },
      ],
    });
    expect(after).toEqual(await provider.properties(at('a/data #1.csv')));
    expect(after.headers).toMatchObject({
      contentType: 'text/csv; charset=utf-8',
      cacheControl: 'max-age=60',
      contentDisposition: 'attachment; filename="d.csv"',
    });
    expect(pairs(after.metadata)).toEqual({ station: 'Nordhang & "Sud"', checked: 'yes' });
    expect(pairs(after.tags)).toEqual({ 'cost centre': 'a+b/c=1' });
    expect(after.entry).toMatchObject({ size: 8, modified: then });
    expect(await textOf(provider, 'a/data #1.csv')).toBe('a,b\n1,2\n');
    const { headers = {} } = await change('a/data #1.csv', { headers: { cacheControl: null } });
    expect(headers.cacheControl).toBeUndefined();
    expect(pairs((await change('a/data #1.csv', { tags: [{ name: 'cost centre', value: null }] })).tags)).toEqual({});
  });

  it('keeps the sum of the content, so that reading is verified as before', async () => {
    const provider = editor();
    const content = Buffer.alloc(9 * 1024 * 1024, 'large ');
    const written = await put(provider, 'large', content);
    const { entry } = await change('large', { metadata: [{ name: 'note', value: 'x' }] });
    const sum = (one: typeof entry) => one.md5 !== undefined || one.md5OfParts !== undefined;
    expect(sum(entry)).toBe(sum(written));
    expect((await collect((await provider.read(at('large'))).body)).equals(content)).toBe(true);
  });

  it('changes nothing of a file that is not the one that was looked at', async () => {
    const provider = editor();
    const { etag: old = '' } = await put(provider, 'file', 'old');
    await put(provider, 'file', 'new');
    for (const wanted of [
      { headers: { contentType: 'text/plain' } },
      { metadata: [{ name: 'note', value: 'x' }] },
      { tags: [{ name: 'note', value: 'x' }] },
    ]) {
      await expect(provider.setProperties(at('file'), wanted, { etag: old })).rejects.toMatchObject({
        code: 'precondition-failed',
      });
    }
    const { headers = {}, metadata, tags } = await provider.properties(at('file'));
    expect(headers.contentType).not.toBe('text/plain');
    expect([pairs(metadata), pairs(tags)]).toEqual([{}, {}]);
  });

  it.each<[string, PropertyChange]>([
    ['a name', { metadata: [{ name: 'no name', value: 'x' }] }],
    ['what is kept for the file', { metadata: [{ name: 'mtime', value: '1' }] }],
    ['its removal', { metadata: [{ name: 'Mtime', value: null }] }],
    ['a line break', { metadata: [{ name: 'note', value: 'x\r\nx-evil: 1' }] }],
    ['too much', { metadata: [{ name: 'note', value: 'x'.repeat(16_000) }] }],
    ['a content type', { headers: { contentType: 'csv' } }],
    ['a tag', { tags: [{ name: '<b>', value: '' }] }],
    ['a tier', { tier: 'Lukewarm' }],
  ])('refuses %s that it cannot keep, before anything is sent', async (_what, wanted) => {
    const provider = editor();
    await put(provider, 'file', 'content');
    await expect(change('file', wanted)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('file”'),
    });
  });

  it('refuses folders and what is missing', async () => {
    const provider = editor();
    await put(provider, 'folder/file', 'x');
    const wanted = { headers: { contentType: 'text/plain' } };
    const options = { etag: 'x' };
    await expect(provider.setProperties(at('folder'), wanted, options)).rejects.toMatchObject({ code: 'is-a-directory' });
    await expect(provider.setProperties(at('missing'), wanted, options)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('changes the tier where there is another, and lists it', async () => {
    const provider = editor();
    await put(provider, 'file', 'content');
    const { edit, entry } = await provider.properties(at('file'));
    const other = isRefusal(edit) ? undefined : edit.tiers.find((tier) => tier !== entry.tier);
    if (other === undefined) return;
    await change('file', { metadata: [{ name: 'note', value: 'x' }] });
    const after = await change('file', { tier: other });
    expect(after.entry.tier).toBe(other);
    expect(pairs(after.metadata)).toEqual({ note: 'x' });
    const tiers: unknown[] = [];
    for await (const page of provider.list(at(''))) tiers.push(...page.map(({ tier }) => tier));
    expect(tiers).toEqual([other]);
  });
}
