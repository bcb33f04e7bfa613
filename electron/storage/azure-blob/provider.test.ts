import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { InnerPath } from '#shared/paths.ts';
import { at, bytes, listed, namesIn, put, textOf } from '../contract/world.ts';
import { type Azurite, hostOn, startAzurite } from './azurite.fixture.ts';
import { copyBlob } from './copy.ts';
import { freshGround, type Ground } from './provider.fixture.ts';
import { createAzureBlobProvider } from './provider.ts';

// A real server beside everything else that this machine may be doing.

let azurite: Azurite;
let ground: Ground;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());
beforeEach(async () => {
  ground = await freshGround(azurite);
});
afterEach(() => ground.close());

describe('names', () => {
  it('that climb are listed as what must not be touched, with the rest beside them (A1)', async () => {
    const { provider, account, container } = ground;
    const credential = new StorageSharedKeyCredential(account.name, account.key);
    const others = new BlobServiceClient(account.endpoint, credential).getContainerClient(container);
    await others.getBlockBlobClient('..\\..\\w').upload('x', 1);
    await others.getBlockBlobClient('d//y').upload('x', 1);
    await put(provider, 'good', 'good');
    const all = await listed(provider, '');
    expect(all.find(({ path }) => path === 'good')).toMatchObject({ kind: 'file' });
    const [climbing] = all.filter(({ problem }) => problem !== undefined);
    expect(climbing).toMatchObject({ kind: 'special', path: expect.not.stringMatching(/\.\.[\\/]/) });
    const [empty] = await listed(provider, 'd');
    expect(empty).toMatchObject({ kind: 'special', problem: expect.stringContaining('empty') });
    for (const entry of [climbing, empty]) {
      await expect(provider.read(entry?.path ?? at('x'))).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('that climb never reach another container, in whatever way they come (A2)', async () => {
    const { provider, account } = ground;
    const { settings, secret } = hostOn(account);
    const whole = createAzureBlobProvider(settings, secret);
    await whole.makeDirectory(at('beta'));
    await put(whole, 'beta/x', 'untouched');
    await put(provider, 'mine', 'mine');
    for (const path of ['../beta/x', 'a/../../beta/x', '..\\beta\\x', 'a\\..\\..\\beta\\x']) {
      const climbing = path as InnerPath;
      await provider.write(climbing, bytes('overwritten')).catch(() => undefined);
      await provider.copy(at('mine'), climbing).catch(() => undefined);
      await provider.remove(climbing).catch(() => undefined);
    }
    expect(await textOf(whole, 'beta/x')).toBe('untouched');
    expect(await namesIn(whole, 'beta')).toEqual(['beta/x']);
    await expect(provider.write('../beta/x' as InnerPath, bytes('x'))).rejects.toMatchObject({ code: 'path-refused' });
    await expect(provider.copy(at('mine'), '../beta/x' as InnerPath)).rejects.toMatchObject({ code: 'path-refused' });
    await whole.close();
  });

  it('that others wrote without encoding are read, copied and removed', async () => {
    const { provider, putRaw } = ground;
    for (const name of ['folder/dot.', 'folder/look\u2421alike', 'folder/a\u201bb', 'nul\u2400']) await putRaw(name, name);
    expect(await namesIn(provider, 'folder')).toEqual(['folder/a\u201bb', 'folder/dot.', 'folder/look\u007falike']);
    expect(await textOf(provider, 'folder/dot.')).toBe('folder/dot.');
    expect(await textOf(provider, 'folder/a\u201bb')).toBe('folder/a\u201bb');
    expect(await textOf(provider, 'nul\u2400')).toBe('nul\u2400');
    await provider.copy(at('folder/dot.'), at('copied.'));
    expect(await textOf(provider, 'copied.')).toBe('folder/dot.');
    await provider.remove(at('folder/dot.'));
    expect(await namesIn(provider, 'folder')).toEqual(['folder/a\u201bb', 'folder/look\u007falike']);
  });

  it('of containers are made of any name', async () => {
    const { provider } = ground;
    const made = ['My Data', 'a', '..', '-x--y-', 'x'.repeat(100), '日本', '.dotfiles', 'train_v2'].map((name) =>
      provider.containerName(name),
    );
    for (const name of made) expect(name).toMatch(/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(made.slice(0, 2)).toEqual(['my-data', 'a-folder']);
  });
});

describe('folders', () => {
  it('that other programs mark by a blob are folders, once', async () => {
    const { provider, putRaw } = ground;
    await putRaw('marked', '', { 'x-ms-meta-hdi_isfolder': 'true' });
    await putRaw('marked!', 'between the two');
    await putRaw('marked/file', 'x');
    await putRaw('slashed/', '');
    expect((await listed(provider, '')).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'directory marked',
      'file marked!',
      'directory slashed',
    ]);
    expect(await provider.stat(at('marked'))).toMatchObject({ kind: 'directory' });
    expect(await listed(provider, 'slashed')).toEqual([]);
    await expect(provider.read(at('marked'))).rejects.toMatchObject({ code: 'is-a-directory' });
  });

  it('at the top of an account are containers', async () => {
    const { settings, secret } = hostOn(azurite.nextAccount());
    const provider = createAzureBlobProvider(settings, secret);
    expect(provider.features.containers).toBe(true);
    await put(provider, 'made-by-writing/file', 'x');
    await provider.makeDirectory(at('empty-one'));
    expect(await namesIn(provider, '')).toEqual(expect.arrayContaining(['empty-one', 'made-by-writing']));
    await expect(provider.remove(at('made-by-writing'))).rejects.toMatchObject({ code: 'not-empty' });
    await provider.remove(at('empty-one'));
    expect(await namesIn(provider, '')).not.toContain('empty-one');
    await expect(put(provider, 'No_Container/file', 'x')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(provider.makeDirectory(at('No_Container'))).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(put(provider, 'file', 'x')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(provider.stat(at('No_Container'))).rejects.toMatchObject({ code: 'not-found' });
    await provider.close();
  });

  it('of a container that does not exist are not found, and it is not made', async () => {
    const { settings, secret } = hostOn(ground.account, { container: 'missing' });
    const provider = createAzureBlobProvider(settings, secret);
    await expect(listed(provider, '')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('container'),
    });
    await expect(put(provider, 'file', 'x')).rejects.toMatchObject({ code: 'not-found' });
    await provider.close();
  });
});

it('changes nothing on a read-only host', async () => {
  await put(ground.provider, 'file', 'kept');
  const provider = ground.again({ readOnly: true });
  const refused = { code: 'read-only' };
  await expect(put(provider, 'file', 'x')).rejects.toMatchObject(refused);
  await expect(provider.openWrite(at('file'), 'key')).rejects.toMatchObject(refused);
  await expect(provider.makeDirectory(at('folder'))).rejects.toMatchObject(refused);
  await expect(provider.remove(at('file'))).rejects.toMatchObject(refused);
  await expect(provider.copy(at('file'), at('copy'))).rejects.toMatchObject(refused);
  expect(await namesIn(provider, '')).toEqual(['file']);
});

it('watches a large copy, which Azure makes by itself, to its end', async () => {
  const { provider, service, container } = ground;
  const entry = await provider.write(at('source'), bytes('content'), { modified: 1_600_000_000_123 });
  const target = { container, blob: 'target', path: at('target') };
  const copy = { service, source: { container, blob: 'source', entry }, target, options: {}, makeContainer: null };
  await copyBlob(copy, 0);
  expect(await provider.stat(at('target'))).toMatchObject({ size: 7, modified: 1_600_000_000_123, md5: entry.md5 });
  await expect(copyBlob({ ...copy, options: { etag: 'other' } }, 0)).rejects.toMatchObject({ code: 'precondition-failed' });
});

it('keeps times to the nanosecond, before 1970 too', async () => {
  const { provider } = ground;
  for (const modifiedNs of [1_600_000_000_123_456_789n, 0n, -1n, 1_600_000_000_000_000_000n]) {
    const entry = await provider.write(at('file'), bytes('x'), { modifiedNs, modified: Number(modifiedNs / 1_000_000n) });
    expect(entry.modifiedNs).toBe(modifiedNs);
    const told = await provider.stat(at('file'));
    // Azure does not answer a write with the tier.
    expect({ ...entry, tier: 'Hot' }).toEqual(told);
    expect(await listed(provider, '')).toEqual([told]);
  }
});
