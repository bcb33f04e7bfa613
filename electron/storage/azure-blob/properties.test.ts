import { BlobServiceClient, ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { at, put } from '../contract/world.ts';
import { type Azurite, hostOn, startAzurite } from './azurite.fixture.ts';
import { freshGround, type Ground } from './provider.fixture.ts';
import { createAzureBlobProvider } from './provider.ts';
import { blobSas } from './signing.ts';

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

const others = () => {
  const { account, container } = ground;
  return new BlobServiceClient(account.endpoint, new StorageSharedKeyCredential(account.name, account.key)).getContainerClient(
    container,
  );
};
const change = async (path: string, wanted: Parameters<typeof ground.provider.setProperties>[1]) => {
  const { etag = '' } = await ground.provider.stat(at(path));
  return ground.provider.setProperties(at(path), wanted, { etag });
};

it('of what another program wrote keep the case of names, the time of writing and the sum of the content', async () => {
  const blob = others().getBlockBlobClient('theirs');
  await blob.upload('text', 4, {
    metadata: { MixedCase: 'yes' },
    tags: { team: 'a+b' },
    blobHTTPHeaders: { blobContentType: 'text/x-test', blobContentLanguage: 'de' },
  });
  const before = await ground.provider.properties(at('theirs'));
  expect(before).toMatchObject({ metadata: [{ name: 'MixedCase', value: 'yes' }], tags: [{ name: 'team', value: 'a+b' }] });
  // The service counts whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await change('theirs', { headers: { contentType: 'text/csv' }, metadata: [{ name: 'more', value: 'x' }] });
  await change('theirs', { headers: { cacheControl: 'no-store' } });
  const seen = await blob.getProperties();
  expect(seen).toMatchObject({ contentType: 'text/csv', contentLanguage: 'de', cacheControl: 'no-store' });
  expect(Buffer.from(seen.contentMD5 ?? []).toString('hex')).toBe(before.entry.md5);
  const after = await ground.provider.properties(at('theirs'));
  expect(after.entry).toMatchObject({ modified: before.entry.modified, md5: before.entry.md5 });
  expect(after.metadata?.map(({ name }) => name).sort()).toEqual(['MixedCase', 'more', 'mtime']);
  expect((await blob.getTags()).tags).toEqual({ team: 'a+b' });
});

it('show no signature in an address, and offer none where a SAS is all there is', async () => {
  const { account, container } = ground;
  await put(ground.provider, 'file', 'x');
  const sas =
    (
      await others().generateSasUrl({
        permissions: ContainerSASPermissions.parse('racwdlt'),
        expiresOn: new Date(Date.now() + 60_000),
      })
    ).split('?')[1] ?? '';
  const { settings } = hostOn(account, { container });
  const bySas = createAzureBlobProvider({ ...settings, auth: 'sas' }, { sas });
  const { urls, share } = await bySas.properties(at('file'));
  expect(urls).toEqual([{ name: 'URL', value: `${account.endpoint}/${container}/file` }]);
  expect(share).toEqual({ refusal: expect.stringContaining('account’s key') });
  expect(bySas.features.shareUrl).toBe(false);
  await expect(bySas.shareUrl(at('file'), { expiresAt: Date.now() + 60_000, permission: 'r' })).rejects.toMatchObject({
    code: 'unsupported',
  });
  await bySas.close();
});

it('may allow reading, writing and deleting by one URL', async () => {
  const { provider } = ground;
  await put(provider, 'file', 'old');
  const url = await provider.shareUrl(at('file'), { expiresAt: Date.now() + 60_000, permission: 'rwd' });
  expect(new URL(url).searchParams.get('sp')).toBe('rwd');
  // The emulator has no https; of an account it is asked for.
  expect(new URL(url).searchParams.get('spr')).toBeNull();
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(202);
  await expect(provider.stat(at('file'))).rejects.toMatchObject({ code: 'not-found' });
});

it('ask for https at an account that has it', () => {
  const credential = new StorageSharedKeyCredential(ground.account.name, ground.account.key);
  const query = blobSas(credential, { container: 'c', blob: 'b', permissions: 'r', startsAt: 0, expiresAt: 1, httpsOnly: true });
  expect(new URLSearchParams(query).get('spr')).toBe('https');
});
