import { GetObjectTaggingCommand, HeadObjectCommand, PutObjectAclCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { at, bytes, collect, put } from '../contract/world.ts';
import { isRefusal } from '../properties.ts';
import type { S3Provider } from './provider.ts';
import { type FreshBucket, freshBucket } from './s3-server.fixture.ts';

let fresh: FreshBucket;
let provider: S3Provider;
beforeEach(async () => {
  fresh = await freshBucket();
  provider = fresh.provider();
});
afterEach(() => fresh.cleanUp());

const of = (Key: string) => ({ Bucket: fresh.bucket, Key });
const change = async (path: string, wanted: Parameters<S3Provider['setProperties']>[1], by = provider) => {
  const { etag = '' } = await by.stat(at(path));
  return by.setProperties(at(path), wanted, { etag });
};

it('of what another program wrote are told, changed and kept as that program sees them', async () => {
  const Metadata = { mtime: '1234.5', md5chksum: '1B2M2Y8AsgTpgAmY7PhCfg==', mine: 'kept' };
  const given = { ContentType: 'text/x-test', CacheControl: 'no-store', Metadata, Tagging: 'team=a%2Bb&stage=' };
  await fresh.raw.send(new PutObjectCommand({ ...of('a b/ü+'), Body: 'text', ...given }));
  const { headers, metadata, tags } = await provider.properties(at('a b/ü+'));
  expect(headers).toEqual({ contentType: 'text/x-test', cacheControl: 'no-store' });
  expect(metadata).toHaveLength(3);
  expect(tags).toEqual(
    expect.arrayContaining([
      { name: 'team', value: 'a+b' },
      { name: 'stage', value: '' },
    ]),
  );
  await change('a b/ü+', { metadata: [{ name: 'more', value: 'x' }], headers: { contentType: 'text/csv' } });
  const head = await fresh.raw.send(new HeadObjectCommand(of('a b/ü+')));
  expect(head).toMatchObject({ ContentType: 'text/csv', CacheControl: 'no-store', Metadata: { ...Metadata, more: 'x' } });
  const { TagSet = [] } = await fresh.raw.send(new GetObjectTaggingCommand(of('a b/ü+')));
  expect(TagSet).toHaveLength(2);
  const { urls = [] } = await provider.properties(at('a b/ü+'));
  expect(urls[1]).toEqual({ name: 'S3', value: `s3://${fresh.bucket}/a b/ü+` });
});

it('of a file that another program gave no time keep the time of its writing', async () => {
  await fresh.raw.send(new PutObjectCommand({ ...of('plain'), Body: 'text' }));
  const { modified } = await provider.stat(at('plain'));
  // The service counts whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await change('plain', { metadata: [{ name: 'note', value: 'x' }] })).entry.modified).toBe(modified);
});

it('of a file too large for one copy are changed by a copy in parts, which can be verified as before', async () => {
  const mebibyte = 1024 ** 2;
  const content = Buffer.alloc(12 * mebibyte + 1, 'parts ');
  await provider.write(at('big'), bytes(content), { size: content.length, modified: 1_300_000_000_500 });
  await change('big', { tags: [{ name: 'kind', value: 'big' }], metadata: [{ name: 'first', value: '1' }] });
  const inParts = fresh.provider({}, { wholeCopyBytes: 5 * mebibyte });
  const { entry, metadata, tags } = await change('big', { metadata: [{ name: 'second', value: '2' }] }, inParts);
  expect(entry).toMatchObject({ size: content.length, modified: 1_300_000_000_500, etag: expect.stringMatching(/-3$/) });
  expect(entry.md5OfParts?.partBytes).toBe(5 * mebibyte);
  expect(metadata).toEqual(
    expect.arrayContaining([
      { name: 'first', value: '1' },
      { name: 'second', value: '2' },
    ]),
  );
  expect(tags).toEqual([{ name: 'kind', value: 'big' }]);
  expect((await collect((await provider.read(at('big'))).body)).equals(content)).toBe(true);
});

it('of a file with an access list of its own are not changed, since the list would be lost', async () => {
  await put(provider, 'public', 'x');
  await fresh.raw.send(new PutObjectAclCommand({ ...of('public'), ACL: 'public-read' }));
  await expect(change('public', { headers: { contentType: 'text/csv' } })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('access list'),
  });
  expect((await change('public', { tags: [{ name: 'a', value: 'b' }] })).tags).toEqual([{ name: 'a', value: 'b' }]);
});

it('offer a URL for seven days at most, and no permission that one URL cannot give', async () => {
  await put(provider, 'file', 'x');
  const { share } = await provider.properties(at('file'));
  expect(isRefusal(share) || share.permissions).toEqual(['r', 'w']);
  const expiresAt = Date.now() + 60_000;
  await expect(provider.shareUrl(at('file'), { expiresAt, permission: 'rw' })).rejects.toMatchObject({ code: 'bad-request' });
  const longest = await provider.shareUrl(at('file'), { expiresAt: Date.now() + 7 * 86_400_000, permission: 'r' });
  expect(new URL(longest).searchParams.get('X-Amz-Expires')).toMatch(/^60(4800|4799)$/);
});
