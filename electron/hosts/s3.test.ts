import { ListObjectsV2Command, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostAttach } from '#shared/contract/hosts.ts';
import { type FreshBucket, freshBucket } from '../storage/s3/s3-server.fixture.ts';
import { type HostBench, openBench } from './hosts.fixture.ts';

let bench: HostBench;
let place: FreshBucket;
beforeEach(async () => {
  bench = openBench();
  place = await freshBucket();
}, 90_000);
afterEach(async () => {
  vi.useRealTimers();
  await bench.close();
  await place?.cleanUp();
});

const hour = 3600_000;
const attach = (more: Partial<Extract<HostAttach, { form: 's3' }>> = {}): HostAttach => ({
  form: 's3',
  endpoint: place.settings.endpoint ?? '',
  accessKeyId: place.settings.accessKeyId,
  secretAccessKey: place.secret.secretAccessKey,
  bucket: place.bucket,
  ...more,
});
const errors = async (given: HostAttach): Promise<string[]> =>
  Object.values(await bench.tryAttach(given))
    .filter(({ state }) => state === 'error')
    .map(({ id, message }) => `${id}: ${message}`);

it('attaches a bucket, a folder in one by its address, and the whole service', async () => {
  const address = `${place.settings.endpoint}/${place.bucket}/deep/folder`;
  for (const given of [attach(), attach({ endpoint: address })]) {
    const checks = await bench.tryAttach(given);
    expect(Object.values(checks).filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(checks.write).toMatchObject({ message: 'A small file was written and removed again.' });
  }
  const { KeyCount } = await place.raw.send(new ListObjectsV2Command({ Bucket: place.bucket }));
  expect(KeyCount).toBe(0);
  const { bucket: _, ...whole } = attach() as Extract<HostAttach, { form: 's3' }>;
  expect(await bench.tryAttach(whole)).toMatchObject({ list: { state: 'ok' }, write: { state: 'skipped' } });
});

describe('what is wrong is told in its own words (H4)', () => {
  it('a wrong secret, and an unknown id', async () => {
    const wrong = await errors(attach({ secretAccessKey: 'not-the-secret-at-all' }));
    expect(wrong).toEqual([expect.stringMatching(/^credentials: .*key pair/)]);
    expect(await errors(attach({ accessKeyId: 'NOBODYKNOWSTHISID000' }))).toEqual([expect.stringMatching(/^credentials: /)]);
  });

  it('a bucket that does not exist', async () => {
    expect(await errors(attach({ bucket: 'nobody-made-this' }))).toEqual([
      `list: There is no bucket “nobody-made-this” at ${place.settings.endpoint}.`,
    ]);
  });

  it('A25 a clock that is two hours off', async () => {
    const good = attach();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * hour });
    const found = await errors(good);
    expect(found).toEqual([
      'clock: The clock of this machine is 2 hours ahead of that of the service, which therefore refuses it.',
    ]);
  });

  it('no permission to write', async () => {
    await place.raw.send(
      new PutBucketPolicyCommand({
        Bucket: place.bucket,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Principal: '*', Action: ['s3:PutObject'], Resource: [`arn:aws:s3:::${place.bucket}/*`] }],
        }),
      }),
    );
    expect(await errors(attach())).toEqual(['write: The credentials do not allow writing.']);
    expect((await bench.tryAttach(attach(), true)).write).toMatchObject({ state: 'skipped' });
  });
});
