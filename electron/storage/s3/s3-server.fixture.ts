import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll } from 'vitest';
import { createUser, type KeyPair, newKeys, startCeph } from '../../../scripts/ceph.mjs';
import { createS3Provider, type S3Provider, type S3ProviderOptions } from './provider.ts';
import type { S3Secret, S3Settings } from './service.ts';

/** The S3 server of a test file: that of `npm test` (by its environment variables), or one of its own. */
export interface TestServer {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Buckets answer to `BUCKET.DOMAIN` too. */
  readonly domain: string;
  readonly configuration: string;
}

let running: Promise<TestServer & { stop?(): Promise<void> }> | null = null;

/** Fails, naming what is missing, where no server can be started. */
export function s3Server(): Promise<TestServer> {
  running ??= open();
  return running;
}

async function open(): Promise<TestServer & { stop?(): Promise<void> }> {
  const {
    STOWAGE_TEST_S3_ENDPOINT: endpoint,
    STOWAGE_TEST_S3_KEY: accessKeyId,
    STOWAGE_TEST_S3_SECRET: secretAccessKey,
    STOWAGE_TEST_S3_DOMAIN: domain,
    STOWAGE_TEST_S3_CONFIGURATION: configuration,
  } = process.env;
  if (endpoint && accessKeyId && secretAccessKey && domain && configuration)
    return { endpoint, accessKeyId, secretAccessKey, domain, configuration };
  return startCeph();
}

/** A client without Stowage between, to see and to do what others do. */
export async function rawClient(keys?: KeyPair): Promise<S3Client> {
  const server = await s3Server();
  const { endpoint } = server;
  const { accessKeyId, secretAccessKey } = keys ?? server;
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export interface FreshBucket {
  readonly bucket: string;
  readonly raw: S3Client;
  readonly settings: S3Settings;
  readonly secret: S3Secret;
  /** A provider on the bucket, or where `change` says. */
  provider(change?: Partial<S3Settings>, options?: S3ProviderOptions): S3Provider;
  /** Removes the bucket with everything in it. */
  cleanUp(): Promise<void>;
}

/** A bucket of its own; a prefix-rooted or other provider on it is had by `provider`. */
export async function freshBucket(): Promise<FreshBucket> {
  const { endpoint, accessKeyId, secretAccessKey } = await s3Server();
  const raw = await rawClient();
  const bucket = `test-${randomUUID()}`;
  await raw.send(new CreateBucketCommand({ Bucket: bucket }));
  const settings: S3Settings = { kind: 's3', endpoint, region: 'us-east-1', pathStyle: true, bucket, prefix: '', accessKeyId };
  const secret: S3Secret = { secretAccessKey };
  return {
    bucket,
    raw,
    settings,
    secret,
    provider: (change = {}, options = {}) => createS3Provider({ ...settings, ...change }, secret, options),
    cleanUp: async () => {
      await removeBucket(raw, bucket);
      raw.destroy();
    },
  };
}

export async function removeBucket(raw: S3Client, bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await raw.send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url' }));
    const keys = Contents.map(({ Key = '' }) => decodeURIComponent(Key));
    if (keys.length === 0) break;
    for (let at = 0; at < keys.length; at += 50) {
      const some = keys.slice(at, at + 50);
      await Promise.all(some.map((Key) => raw.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
    }
  }
  await raw.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** An endpoint without a bucket, as a user of its own sees it. */
export async function freshEndpoint(): Promise<{ provider: S3Provider; cleanUp(): Promise<void> }> {
  const { endpoint, configuration } = await s3Server();
  const keys = newKeys();
  await createUser(configuration, `test-${randomUUID()}`, keys);
  const { accessKeyId, secretAccessKey } = keys;
  const place = { bucket: null, prefix: '' };
  const settings: S3Settings = { kind: 's3', endpoint, region: 'us-east-1', pathStyle: true, ...place, accessKeyId };
  return {
    provider: createS3Provider(settings, { secretAccessKey }),
    cleanUp: async () => {
      const raw = await rawClient(keys);
      const { Buckets = [] } = await raw.send(new ListBucketsCommand());
      for (const { Name = '' } of Buckets) await removeBucket(raw, Name);
      raw.destroy();
    },
  };
}

afterAll(async () => {
  const server = await running?.catch(() => null);
  running = null;
  await server?.stop?.();
});
