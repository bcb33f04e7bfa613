import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InnerPath } from '#shared/paths.ts';
import { at, bytes, collect, listed, namesIn, put, textOf } from '../contract/world.ts';
import type { S3Provider } from './provider.ts';
import { type FreshBucket, freshBucket, s3Server } from './s3-server.fixture.ts';

const mebibyte = 1024 * 1024;
let fresh: FreshBucket;
let provider: S3Provider;

beforeEach(async () => {
  fresh = await freshBucket();
  provider = fresh.provider();
});
afterEach(async () => {
  await provider.close();
  await fresh.cleanUp();
});

const putRaw = (Key: string, Body: string | Uint8Array = '', more: object = {}) =>
  fresh.raw.send(new PutObjectCommand({ Bucket: fresh.bucket, Key, Body, ...more }));
const keysOf = async (bucket = fresh.bucket): Promise<string[]> => {
  const { Contents = [] } = await fresh.raw.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
};
const uploads = async (): Promise<number> => {
  const { Uploads = [] } = await fresh.raw.send(new ListMultipartUploadsCommand({ Bucket: fresh.bucket }));
  return Uploads.length;
};

/** A body of so many bytes, and what it is. */
function large(size: number): { content: Buffer; body(): AsyncGenerator<Uint8Array> } {
  const content = randomBytes(size);
  return {
    content,
    async *body() {
      for (let from = 0; from < size; from += 700_000) yield content.subarray(from, from + 700_000);
    },
  };
}

describe('names', () => {
  it('A1: tells of names that are not safe, and neither reads nor writes them', async () => {
    const unsafe = ['../../w', 'd/../y', '/abs', 'a//b', '..', 'n/.', '..\\..\\w'];
    for (const key of unsafe) await putRaw(key, 'planted');
    await putRaw('good', 'fine');
    const root = await listed(provider, '');
    expect(root.filter(({ kind }) => kind !== 'special').map(({ path }) => path)).toEqual(['a', 'd', 'good', 'n']);
    const told = [...root, ...(await listed(provider, 'd')), ...(await listed(provider, 'a')), ...(await listed(provider, 'n'))];
    const problems = told.filter(({ kind }) => kind === 'special');
    expect(problems).toHaveLength(7);
    for (const { problem } of problems) expect(problem).toMatch(/^“.*” is left alone: .*\.$/);
    for (const key of unsafe) {
      // As if a name had got past the check of paths.
      const path = key as InnerPath;
      await expect(provider.read(path)).rejects.toMatchObject({ code: 'path-refused' });
      await expect(provider.stat(path)).rejects.toMatchObject({ code: 'path-refused' });
      await expect(provider.write(path, bytes('x'))).rejects.toMatchObject({ code: 'path-refused' });
      await expect(provider.remove(path)).rejects.toMatchObject({ code: 'path-refused' });
    }
    expect(await textOf(provider, 'good')).toBe('fine');
  });

  it('A2: refuses to copy into another bucket by a name that climbs', async () => {
    const other = await freshBucket();
    await other.provider().write(at('x'), bytes('untouched'));
    await put(provider, 'x', 'mine');
    for (const to of [`../${other.bucket}/x`, `a/../../${other.bucket}/x`]) {
      await expect(provider.copy(at('x'), to as InnerPath)).rejects.toMatchObject({ code: 'path-refused' });
      await expect(provider.copy(to as InnerPath, at('y'))).rejects.toMatchObject({ code: 'path-refused' });
    }
    expect(await textOf(other.provider(), 'x')).toBe('untouched');
    expect(await keysOf()).toEqual(['x']);
    await other.cleanUp();
  });

  it('keeps every character that a key can have, through listings too', async () => {
    const names = ['tab\tbell\u0007', '\u0001', 'plus+space percent%2F', '\uFFFE', '&amp;<x>', 'ünï-📦', "it's(1)*!"];
    for (const name of names) await put(provider, `f/${name}`, name);
    expect((await namesIn(provider, 'f')).sort()).toEqual(names.map((name) => `f/${name}`).sort());
    for (const name of names) expect(await textOf(provider, `f/${name}`)).toBe(name);
    expect((await keysOf()).length).toBe(names.length);
  });

  it('holds names together to the 1,024 bytes of a key, the prefix of the host among them', async () => {
    const deep = fresh.provider({ prefix: 'some/where' });
    const room = 1024 - 'some/where/'.length;
    const folder = 'f'.repeat(500);
    await put(deep, `${folder}/${'x'.repeat(room - 501)}`, 'fits');
    await expect(put(deep, `${folder}/${'x'.repeat(room - 500)}`, 'no')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(deep.makeDirectory(at(`${folder}/${'y'.repeat(room - 501)}`))).rejects.toMatchObject({ code: 'name-invalid' });
  });

  it('shows nothing of its own folder at the top, and gives it when asked for by name', async () => {
    await put(provider, '.stowage/trash/x', 'kept');
    await put(provider, 'sub/.stowage/x', 'of someone');
    expect(await namesIn(provider, '')).toEqual(['sub']);
    expect(await namesIn(provider, 'sub')).toEqual(['sub/.stowage']);
    expect(await namesIn(provider, '.stowage')).toEqual(['.stowage/trash']);
    expect(await textOf(provider, '.stowage/trash/x')).toBe('kept');
  });
});

describe('folders', () => {
  it('are markers as rclone knows them, implied otherwise', async () => {
    await provider.makeDirectory(at('a/empty'));
    expect(await keysOf()).toEqual(['a/empty/']);
    await put(provider, 'b/c/file', 'x');
    expect(await keysOf()).toEqual(['a/empty/', 'b/c/file']);
    expect(await provider.stat(at('b'))).toMatchObject({ kind: 'directory' });
    await provider.remove(at('b/c/file'));
    await expect(provider.stat(at('b'))).rejects.toMatchObject({ code: 'not-found' });
    await provider.remove(at('a/empty'));
    expect(await keysOf()).toEqual([]);
  });

  it('lie below the prefix of the host, which sees nothing else', async () => {
    await putRaw('team/inside', 'x');
    await putRaw('team-2/outside', 'x');
    await putRaw('outside', 'x');
    const team = fresh.provider({ prefix: 'team' });
    expect(await namesIn(team, '')).toEqual(['inside']);
    await put(team, 'new', 'x');
    expect(await keysOf()).toContain('team/new');
    await expect(team.stat(at('outside'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are buckets where the endpoint is the host', async () => {
    const endpoint = fresh.provider({ bucket: null });
    const name = `${endpoint.containerName('My Data_Set!')}-${Date.now()}`;
    expect(name).toMatch(/^my-data-set-\d+$/);
    await endpoint.makeDirectory(at(name));
    await endpoint.makeDirectory(at(name));
    await put(endpoint, `${name}/folder/file`, 'x');
    expect(await namesIn(endpoint, '')).toContain(name);
    expect(await keysOf(name)).toEqual(['folder/file']);
    await expect(endpoint.remove(at(name))).rejects.toMatchObject({ code: 'not-empty' });
    await endpoint.remove(at(`${name}/folder/file`));
    await endpoint.remove(at(name));
    expect(await namesIn(endpoint, '')).not.toContain(name);
    await expect(endpoint.makeDirectory(at('NOT_A_BUCKET'))).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(endpoint.stat(at('arn:aws:s3:x/y'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('names buckets so that S3 takes them', () => {
    const wanted = ['a', 'Übung', '--x--', 'a..b', '192.168.1.1', 'x'.repeat(80), 'xn--abc', '', '...'];
    const names = wanted.map((name) => provider.containerName(name));
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
      expect(name).not.toMatch(/\.\.|^xn--|^\d+\.\d+\.\d+\.\d+$/);
    }
  });
});

describe('times and sums', () => {
  it('are those that rclone writes and reads', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stowage-s3-'));
    try {
      for (const [name, seconds] of [
        ['a', 1_234_567_890.123],
        ['b', 1_600_000_000],
        ['c', 999_999_999.000001],
      ] as const) {
        writeFileSync(join(directory, name), name);
        utimesSync(join(directory, name), seconds, seconds);
        const { mtimeMs, mtimeNs } = statSync(join(directory, name), { bigint: true });
        await provider.write(at(`dir/${name}`), bytes(name), { modified: Number(mtimeMs), modifiedNs: mtimeNs });
      }
      await provider.write(at('old'), bytes('x'), { modified: -1500 });
      const { Metadata } = await fresh.raw.send(new HeadObjectCommand({ Bucket: fresh.bucket, Key: 'dir/a' }));
      expect(Metadata).toEqual({ mtime: expect.stringMatching(/^1234567890\.12[23]\d*$/) });
      expect((await provider.stat(at('old'))).modified).toBe(-1500);
      const { endpoint } = await s3Server();
      const env = {
        PATH: process.env.PATH,
        RCLONE_CONFIG: '/dev/null',
        RCLONE_CONFIG_R_TYPE: 's3',
        RCLONE_CONFIG_R_PROVIDER: 'Ceph',
        RCLONE_CONFIG_R_ENDPOINT: endpoint,
        RCLONE_CONFIG_R_ACCESS_KEY_ID: fresh.settings.accessKeyId,
        RCLONE_CONFIG_R_SECRET_ACCESS_KEY: fresh.secret.secretAccessKey,
      };
      const rclone = (...args: string[]) => promisify(execFile)('rclone', args, { env });
      const check = await rclone('sync', '--dry-run', '--use-json-log', '-v', directory, `R:${fresh.bucket}/dir`);
      expect(check.stderr).not.toMatch(/Skipped|modification time/);
      await rclone('copy', directory, `R:${fresh.bucket}/theirs`);
      for (const name of ['a', 'b', 'c']) {
        const [ours, theirs] = [await provider.stat(at(`dir/${name}`)), await provider.stat(at(`theirs/${name}`))];
        expect(theirs).toEqual({ ...ours, path: `theirs/${name}` });
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('knows the MD5 of what rclone has sent in parts', async () => {
    await putRaw('x', 'abc', {
      Metadata: { md5chksum: Buffer.from('0123456789abcdef0123456789abcdef', 'hex').toString('base64') },
    });
    // The ETag is an MD5 itself and comes first.
    expect((await provider.stat(at('x'))).md5).toBe('900150983cd24fb0d6963f7d28e17f72');
  });
});

describe('large files', () => {
  it('are sent in parts, and leave no upload and no record behind', async () => {
    const { content, body } = large(20 * mebibyte + 5);
    const entry = await provider.write(at('big'), body(), { size: content.length, modified: 1_500_000_000_123 });
    expect(entry).toMatchObject({ size: content.length, modified: 1_500_000_000_123, etag: expect.stringMatching(/-3$/) });
    expect((await collect((await provider.read(at('big'))).body)).equals(content)).toBe(true);
    const middle = await provider.read(at('big'), { offset: 7 * mebibyte + 3, length: 9 * mebibyte });
    expect((await collect(middle.body)).equals(content.subarray(7 * mebibyte + 3, 16 * mebibyte + 3))).toBe(true);
    expect(await uploads()).toBe(0);
    expect(await keysOf()).toEqual(['big']);
  });

  it('go on with the parts that were kept, and leave nothing when they are given up', async () => {
    const { content } = large(25 * mebibyte);
    const options = { size: content.length, modified: 1_400_000_000_000 };
    const first = await provider.openWrite(at('f/big'), 'key', options);
    await first.append(bytes(content.subarray(0, 17 * mebibyte)));
    expect(first.committed).toBe(16 * mebibyte);
    await first.close();
    await expect(provider.stat(at('f/big'))).rejects.toMatchObject({ code: 'not-found' });
    // Someone else's upload of the same key, and one under another key of ours, are not taken for it.
    const other = await provider.openWrite(at('f/big'), 'other', options);
    expect(other.committed).toBe(0);
    await other.append(bytes(content.subarray(0, 9 * mebibyte)));
    const again = await fresh.provider().openWrite(at('f/big'), 'key', options);
    expect(again.committed).toBe(16 * mebibyte);
    await again.append(bytes(content.subarray(16 * mebibyte)));
    const entry = await again.finish({ size: content.length, modified: options.modified });
    expect(entry).toEqual(await provider.stat(at('f/big')));
    expect(entry.modified).toBe(options.modified);
    expect((await collect((await provider.read(at('f/big'))).body)).equals(content)).toBe(true);
    expect(await uploads()).toBe(1);
    await other.abort();
    expect(await uploads()).toBe(0);
    expect(await keysOf()).toEqual(['f/big']);
  });

  it('are copied inside the service in parts, with what stands beside the content', async () => {
    const { content, body } = large(12 * mebibyte + 1);
    await provider.write(at('big'), body(), { size: content.length, modified: 1_300_000_000_500 });
    const inParts = fresh.provider({}, { wholeCopyBytes: 5 * mebibyte });
    const copy = await inParts.copy(at('big'), at('copies/big'));
    expect(copy).toMatchObject({ size: content.length, modified: 1_300_000_000_500, etag: expect.stringMatching(/-3$/) });
    expect((await collect((await provider.read(at('copies/big'))).body)).equals(content)).toBe(true);
    expect(await uploads()).toBe(0);
  });
});

describe('copies inside the service', () => {
  it('keep metadata and content type, also across buckets of an endpoint', async () => {
    const other = await freshBucket();
    await putRaw('a b/ü+', 'text', { ContentType: 'text/x-test', Metadata: { mtime: '1234.5', mine: 'kept' } });
    const endpoint = fresh.provider({ bucket: null });
    const entry = await endpoint.copy(at(`${fresh.bucket}/a b/ü+`), at(`${other.bucket}/c d/ü%20`));
    expect(entry).toMatchObject({ path: `${other.bucket}/c d/ü%20`, size: 4, modified: 1_234_500 });
    const copied = await fresh.raw.send(new GetObjectCommand({ Bucket: other.bucket, Key: 'c d/ü%20' }));
    expect(copied).toMatchObject({ ContentType: 'text/x-test', Metadata: { mtime: '1234.5', mine: 'kept' } });
    await other.cleanUp();
  });

  it('are held to the etag of the source and to what is expected of the target', async () => {
    const { etag = '' } = await put(provider, 'a', 'first');
    await put(provider, 'b', 'there');
    await put(provider, 'a', 'second');
    await expect(provider.copy(at('a'), at('c'), { etag })).rejects.toMatchObject({ code: 'precondition-failed' });
    await expect(provider.copy(at('a'), at('b'), { expect: { absent: true } })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    await expect(provider.copy(at('missing'), at('c'))).rejects.toMatchObject({ code: 'not-found' });
    await provider.makeDirectory(at('folder'));
    await expect(provider.copy(at('folder'), at('c'))).rejects.toMatchObject({ code: 'is-a-directory' });
    expect((await keysOf()).sort()).toEqual(['a', 'b', 'folder/']);
    expect(await textOf(provider, 'b')).toBe('there');
  });
});

it('writes nothing to a host that is read-only', async () => {
  const readOnly = fresh.provider({}, { readOnly: true });
  await expect(readOnly.write(at('x'), bytes('x'))).rejects.toMatchObject({ code: 'read-only' });
  await expect(readOnly.remove(at('x'))).rejects.toMatchObject({ code: 'read-only' });
  await expect(readOnly.makeDirectory(at('x'))).rejects.toMatchObject({ code: 'read-only' });
  await expect(readOnly.copy(at('x'), at('y'))).rejects.toMatchObject({ code: 'read-only' });
  await expect(readOnly.openWrite(at('x'), 'key')).rejects.toMatchObject({ code: 'read-only' });
  expect(await keysOf()).toEqual([]);
});
