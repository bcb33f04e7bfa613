import { describe, expect, it } from 'vitest';
import type { HostAttach } from '../contract/hosts.ts';
import { isStowageError } from '../errors.ts';
import { hostRoot, parseAttach } from './attach.ts';

type S3 = Extract<HostAttach, { form: 's3' }>;
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const pair = { form: 's3', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey } as const;
const s3 = (more: Partial<S3>) => parseAttach({ ...pair, ...more }).settings;

const amazon = {
  kind: 's3',
  endpoint: null,
  region: 'us-east-1',
  pathStyle: false,
  bucket: null,
  prefix: '',
  accessKeyId: pair.accessKeyId,
};

describe('endpoint and bucket addresses', () => {
  it.each<[Partial<S3>, object]>([
    [{}, amazon],
    [
      { region: 'eu-central-1', bucket: 'data' },
      { ...amazon, region: 'eu-central-1', bucket: 'data' },
    ],
    [{ endpoint: 's3://data/a/b/' }, { ...amazon, bucket: 'data', prefix: 'a/b' }],
    [
      { endpoint: 's3://data', prefix: '/a' },
      { ...amazon, bucket: 'data', prefix: 'a' },
    ],
    [{ endpoint: 'https://s3.amazonaws.com' }, amazon],
    [{ endpoint: 'https://s3.eu-west-1.amazonaws.com/data/a' }, { ...amazon, region: 'eu-west-1', bucket: 'data', prefix: 'a' }],
    [
      { endpoint: 'https://data.s3.eu-west-1.amazonaws.com/a%20b' },
      { ...amazon, region: 'eu-west-1', bucket: 'data', prefix: 'a b' },
    ],
    [{ endpoint: 'https://s3-eu-west-1.amazonaws.com' }, { ...amazon, region: 'eu-west-1' }],
    [{ bucket: 'my.data' }, { ...amazon, bucket: 'my.data', pathStyle: true }],
    [{ endpoint: 'http://127.0.0.1:7480' }, { ...amazon, endpoint: 'http://127.0.0.1:7480', pathStyle: true }],
    [
      { endpoint: 'http://127.0.0.1:7480/', pathStyle: false },
      { ...amazon, endpoint: 'http://127.0.0.1:7480' },
    ],
    [
      { endpoint: 'https://store.example:9000/My_Bucket/a' },
      { ...amazon, endpoint: 'https://store.example:9000', pathStyle: true, bucket: 'My_Bucket', prefix: 'a' },
    ],
    [
      { endpoint: 'https://abc.r2.cloudflarestorage.com/data' },
      { ...amazon, endpoint: 'https://abc.r2.cloudflarestorage.com', region: 'auto', pathStyle: true, bucket: 'data' },
    ],
    [
      { endpoint: 'https://s3.eu-central-2.wasabisys.com', bucket: 'data' },
      { ...amazon, endpoint: 'https://s3.eu-central-2.wasabisys.com', region: 'eu-central-2', pathStyle: true, bucket: 'data' },
    ],
  ])('%j', (given, expected) => {
    expect(s3(given)).toEqual(expected);
  });

  it('keep the secrets apart from the settings', () => {
    const { settings, secret } = parseAttach({ ...pair, accessKeyId: 'ASIAIOSFODNN7EXAMPLE', sessionToken: ' token== \n' });
    expect(secret).toEqual({ secretAccessKey, sessionToken: 'token==' });
    expect(JSON.stringify(settings)).not.toMatch(/token|wJalr/);
  });

  it('are named for people', () => {
    expect(hostRoot(s3({ endpoint: 's3://data/a' }) as never)).toBe('Amazon S3/data/a');
    expect(hostRoot(s3({ endpoint: 'http://127.0.0.1:7480' }) as never)).toBe('127.0.0.1:7480');
  });
});

describe('every bad input is told apart (H4)', () => {
  const bad: [what: string, attach: HostAttach][] = [
    ['no scheme', { ...pair, endpoint: 'store.example:9000' }],
    ['another scheme', { ...pair, endpoint: 'ftp://store.example' }],
    ['a password in the endpoint', { ...pair, endpoint: `https://me:${secretAccessKey.replaceAll('/', '')}@store.example` }],
    ['a bucket address without bucket', { ...pair, endpoint: 's3:///a' }],
    ['an address of the console', { ...pair, endpoint: 'https://s3.console.aws.amazon.com/s3/buckets/data' }],
    ['a presigned address', { ...pair, endpoint: 'https://data.s3.amazonaws.com/a?X-Amz-Signature=abc' }],
    ['an endpoint with a question', { ...pair, endpoint: 'https://store.example/?list-type=2' }],
    ['two buckets', { ...pair, endpoint: 's3://data', bucket: 'other' }],
    ['two regions', { ...pair, endpoint: 'https://s3.eu-west-1.amazonaws.com', region: 'eu-central-1' }],
    ['a region with a space', { ...pair, region: 'eu west' }],
    ['a bucket with capital letters', { ...pair, bucket: 'Data' }],
    ['a bucket of two letters', { ...pair, bucket: 'ab' }],
    ['a bucket with a folder', { ...pair, bucket: 'data/a' }],
    ['a bucket with a space', { ...pair, bucket: 'my data' }],
    ['a bucket with two dots', { ...pair, bucket: 'my..data' }],
    ['a bucket like an address', { ...pair, bucket: '10.0.0.1' }],
    ['a folder without bucket', { ...pair, prefix: 'a' }],
    ['a folder that climbs', { ...pair, bucket: 'data', prefix: 'a/../b' }],
    ['an empty id', { ...pair, accessKeyId: ' ' }],
    ['an empty secret', { ...pair, secretAccessKey: ' ' }],
    ['an id with a space', { ...pair, accessKeyId: 'AKIA IOSF' }],
    ['a secret with a line break', { ...pair, secretAccessKey: `${secretAccessKey}\nmore` }],
    ['the id twice', { ...pair, secretAccessKey: pair.accessKeyId }],
    ['id and secret swapped', { form: 's3', accessKeyId: secretAccessKey, secretAccessKey: pair.accessKeyId }],
    ['a temporary pair without token', { ...pair, accessKeyId: 'ASIAIOSFODNN7EXAMPLE' }],
  ];
  const refusal = (attach: HostAttach): string => {
    try {
      parseAttach(attach);
    } catch (error) {
      if (isStowageError(error)) return error.message;
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it.each(bad)('%s', (_what, attach) => {
    expect(refusal(attach)).toMatch(/\.$/);
  });

  it('with a message of its own, which holds no secret', () => {
    const messages = bad.map(([, attach]) => refusal(attach));
    expect(messages.filter((message, index) => messages.indexOf(message) !== index)).toEqual([]);
    expect(messages.join('\n')).not.toMatch(/wJalr/);
  });
});

describe('directories', () => {
  it.each([
    ['/data/', '/data'],
    [' /data ', '/data'],
    ['/', '/'],
    ['C:\\', 'C:\\'],
    ['D:\\data\\', 'D:\\data'],
  ])('%s is %s', (root, expected) => {
    expect(parseAttach({ form: 'local', root })).toEqual({ settings: { kind: 'local', root: expected }, secret: null });
  });

  it.each(['data', './data', '/a/../b', 'file:///data', ' ', '/a\0b'])('refuses %j', (root) => {
    expect(() => parseAttach({ form: 'local', root })).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
