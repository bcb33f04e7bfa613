import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { at, bytes, collect, listed, namesIn, put, textOf } from '../contract/world.ts';
import { type Fault, type FaultProxy, type SeenRequest, startFaultProxy } from '../fault-proxy.fixture.ts';
import { createS3Provider, type S3Provider } from './provider.ts';
import { type FreshBucket, freshBucket, s3Server } from './s3-server.fixture.ts';
import type { S3Settings } from './service.ts';

const mebibyte = 1024 * 1024;
let fresh: FreshBucket;
let provider: S3Provider;
let proxy: FaultProxy;
/** The same bucket through the proxy. */
let harmed: S3Provider;

beforeEach(async () => {
  fresh = await freshBucket();
  provider = fresh.provider();
  proxy = await startFaultProxy(Number(new URL(fresh.settings.endpoint ?? '').port));
  harmed = fresh.provider({ endpoint: `http://127.0.0.1:${proxy.port}` }, { http: { idleMs: 500 } });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await harmed.close();
  await provider.close();
  await proxy.close();
  await fresh.cleanUp();
});

const refusal = (status: number, code: string, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>No.</Message></Error>`,
});
const isPut = ({ method }: SeenRequest): boolean => method === 'PUT';
/** Harms the first request that `which` names. */
function once(which: (request: SeenRequest) => boolean, fault: Fault): void {
  let done = false;
  proxy.fault = (request) => {
    if (done || !which(request)) return undefined;
    done = true;
    return fault;
  };
}

describe('what is said of a service that refuses', () => {
  const opened = (change: Partial<S3Settings>, secret: object = {}): S3Provider =>
    createS3Provider({ ...fresh.settings, ...change }, { ...fresh.secret, ...secret });

  it('names a wrong secret and an unknown key, in listings, in looking at a file and in writing', async () => {
    for (const wrong of [opened({}, { secretAccessKey: 'wrong' }), opened({ accessKeyId: 'UNKNOWN' })]) {
      await expect(listed(wrong, '')).rejects.toMatchObject({ code: 'credentials-rejected' });
      await expect(wrong.stat(at('x'))).rejects.toMatchObject({ code: 'credentials-rejected' });
      await expect(wrong.write(at('x'), bytes('x'))).rejects.toMatchObject({ code: 'credentials-rejected' });
      await wrong.close();
    }
  });

  it('A25: says that a session token has expired', async () => {
    proxy.fault = () => refusal(400, 'ExpiredToken');
    const expired = opened({ endpoint: `http://127.0.0.1:${proxy.port}` }, { sessionToken: 'old' });
    await expect(listed(expired, '')).rejects.toMatchObject({ code: 'credentials-expired', action: 'edit-credentials' });
    await expect(expired.write(at('x'), bytes('x'))).rejects.toMatchObject({ code: 'credentials-expired' });
    expect(proxy.seen.every(({ headers }) => headers['x-amz-security-token'] === 'old')).toBe(true);
    await expired.close();
  });

  it('A25: says that the clock is wrong each time, and works again when it is right', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3600_000 });
    for (let round = 0; round < 2; round++) {
      await expect(listed(provider, '')).rejects.toMatchObject({ code: 'clock-wrong', action: 'fix-clock' });
    }
    await expect(put(provider, 'x', 'x')).rejects.toMatchObject({ code: 'clock-wrong' });
    vi.useRealTimers();
    await put(provider, 'x', 'x');
    expect(await namesIn(provider, '')).toEqual(['x']);
  });

  it('names a bucket that does not exist', async () => {
    const lost = opened({ bucket: 'no-such-bucket-here' });
    const told = { code: 'not-found', message: expect.stringContaining('“no-such-bucket-here”') };
    await expect(listed(lost, '')).rejects.toMatchObject(told);
    await expect(lost.stat(at(''))).rejects.toMatchObject(told);
    await expect(lost.stat(at('x'))).rejects.toMatchObject(told);
    await expect(lost.write(at('x'), bytes('x'))).rejects.toMatchObject(told);
    await lost.close();
  });

  it('tells where nothing answers, and what is no S3', async () => {
    const nowhere = opened({ endpoint: 'http://127.0.0.1:1' });
    await expect(listed(nowhere, '')).rejects.toMatchObject({ code: 'host-unreachable' });
    await nowhere.close();
    proxy.fault = () => ({ kind: 'answer', status: 200, body: '<html><body>Welcome!</body></html>' });
    await expect(listed(harmed, '')).rejects.toMatchObject({ code: 'io-error' });
    expect(() => opened({ endpoint: 'localhost:9000' })).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('keeps secrets out of what it tells', async () => {
    const wrong = opened({}, { secretAccessKey: 'do-not-tell-me', sessionToken: 'nor-me' });
    const error = await put(wrong, 'x', 'x').catch((thrown: unknown) => thrown);
    expect(JSON.stringify([error, (error as Error).message, (error as { data: object }).data])).not.toMatch(/do-not-tell|nor-me/);
    await wrong.close();
  });
});

describe('what happens when a service is troubled', () => {
  it('A15: gives up on silence, before an answer and in the middle of one', async () => {
    await put(provider, 'file', randomBytes(3 * mebibyte));
    proxy.fault = () => ({ kind: 'silence' });
    const begun = performance.now();
    await expect(listed(harmed, '')).rejects.toMatchObject({ code: 'stalled' });
    await expect(put(harmed, 'x', 'x')).rejects.toMatchObject({ code: 'stalled' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    proxy.fault = () => undefined;
    expect(await namesIn(harmed, '')).toEqual(['file']);
  });

  it('A16: tries again shortly when asked to slow down, as late as it is asked to, and then says so', async () => {
    proxy.fault = () => refusal(503, 'SlowDown', { 'retry-after': '0.2' });
    const begun = performance.now();
    await expect(listed(harmed, '')).rejects.toMatchObject({ code: 'throttled' });
    expect(proxy.seen).toHaveLength(3);
    expect(performance.now() - begun).toBeGreaterThan(390);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('A16: gets over one failure of a request', async () => {
    for (const fault of [refusal(503, 'SlowDown'), refusal(500, 'InternalError'), { kind: 'refuse' } as const]) {
      once(() => true, fault);
      await put(harmed, 'x', 'fine');
      once(() => true, fault);
      expect(await textOf(harmed, 'x')).toBe('fine');
    }
  });

  it('A6: never takes for stored what changed on the way, and gets over a single change', async () => {
    once(isPut, { kind: 'flip-request', at: 3 });
    await put(harmed, 'x', 'content');
    expect(await textOf(provider, 'x')).toBe('content');
    proxy.fault = (request) => (isPut(request) ? { kind: 'flip-request', at: 3 } : undefined);
    await expect(put(harmed, 'y', 'content')).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await namesIn(provider, '')).toEqual(['x']);
  });

  it('notices a service that says it stored something else', async () => {
    once(isPut, { kind: 'answer', status: 200, headers: { etag: '"00000000000000000000000000000000"' } });
    await expect(put(harmed, 'x', 'content')).rejects.toMatchObject({ code: 'checksum-mismatch' });
    // No ETag that could say so, and nothing there.
    once(isPut, { kind: 'answer', status: 200, headers: { etag: '"version-7"' } });
    await expect(put(harmed, 'x', 'content')).rejects.toMatchObject({ code: 'checksum-mismatch' });
  });

  it('A7: never takes a cut or shortened answer for a whole file', async () => {
    const content = randomBytes(6 * mebibyte);
    await put(provider, 'file', content);
    const isGet = ({ method, url }: SeenRequest): boolean => method === 'GET' && url.includes('/file');
    once(isGet, { kind: 'cut', after: 1_000_000 });
    expect((await collect((await harmed.read(at('file'))).body)).equals(content)).toBe(true);
    proxy.fault = (request) => (isGet(request) ? { kind: 'truncate', after: 1_000 } : undefined);
    await expect(harmed.read(at('file')).then(({ body }) => collect(body))).rejects.toMatchObject({ code: 'host-unreachable' });
    // The small file has an MD5; this is held to it.
    await put(provider, 'small', 'some bytes');
    proxy.fault = ({ method }) => (method === 'GET' ? { kind: 'flip', at: 2 } : undefined);
    await expect(harmed.read(at('small')).then(({ body }) => collect(body))).rejects.toMatchObject({ code: 'checksum-mismatch' });
  });

  it('knows its own write again when only the answer was lost', async () => {
    // The request passes and is carried out; its answer is cut before it begins.
    once(isPut, { kind: 'cut', after: 0 });
    const entry = await harmed.write(at('new'), bytes('mine'), { expect: { absent: true } });
    expect(entry).toMatchObject({ size: 4 });
    expect(await textOf(provider, 'new')).toBe('mine');
    const size = 9 * mebibyte;
    once(({ method, url }) => method === 'POST' && url.includes('uploadId='), { kind: 'cut', after: 0 });
    const big = await harmed.write(at('big'), bytes(randomBytes(size)), { size, expect: { absent: true } });
    expect(big.size).toBe(size);
  });
});

describe('two at work on one key', () => {
  it('A9: never gives a mixture when a file is overwritten while it is read', async () => {
    // More than may be fetched ahead.
    const first = Buffer.alloc(80 * mebibyte, 1);
    await put(provider, 'file', first);
    const { body } = await provider.read(at('file'));
    const seen = new Set<number>();
    const read = async (): Promise<void> => {
      let chunks = 0;
      for await (const chunk of body) {
        seen.add(chunk[0] ?? -1).add(chunk.at(-1) ?? -1);
        if (++chunks === 2) await put(provider, 'file', Buffer.alloc(mebibyte, 2));
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'precondition-failed' });
    expect([...seen]).toEqual([1]);
  });

  it('A10: lets one of two writers win, small or large, and tells the other', async () => {
    for (const size of [10, 9 * mebibyte]) {
      const name = `file-${size}`;
      const { etag = '' } = await put(provider, name, 'both have seen this');
      const write = (byte: number) => provider.write(at(name), bytes(Buffer.alloc(size, byte)), { size, expect: { etag } });
      await write(1);
      await expect(write(2)).rejects.toMatchObject({ code: 'precondition-failed' });
      expect((await collect((await provider.read(at(name))).body)).equals(Buffer.alloc(size, 1))).toBe(true);
      await expect(
        provider.write(at(name), bytes(Buffer.alloc(size, 3)), { size, expect: { absent: true } }),
      ).rejects.toMatchObject({ code: 'precondition-failed' });
    }
    expect(await namesIn(provider, '')).toHaveLength(2);
  });
});

describe('A24: listings', () => {
  const listing = ({ url }: SeenRequest): boolean => url.includes('list-type=2');

  it('end with an error that names the folder when a continuation token comes again', async () => {
    const page = `<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><KeyCount>1</KeyCount>
      <NextContinuationToken>again</NextContinuationToken><EncodingType>url</EncodingType>
      <Contents><Key>deep/folder/x</Key><Size>1</Size><ETag>"1"</ETag></Contents></ListBucketResult>`;
    proxy.fault = (request) => (listing(request) ? { kind: 'answer', status: 200, body: page } : undefined);
    await expect(listed(harmed, 'deep/folder')).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('“deep/folder”'),
    });
    expect(proxy.seen.length).toBeLessThan(5);
  });

  it('that are answered with 500 name the folder', async () => {
    proxy.fault = (request) => (listing(request) ? refusal(500, 'InternalError') : undefined);
    await expect(listed(harmed, 'deep/folder')).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('“deep/folder”'),
    });
  });

  it('of 100,000 files come in pages, hold little memory, and end when they are left', async () => {
    const pages = 100;
    const server = createServer((request, response) => {
      const token = new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token');
      const page = token === null ? 0 : Number(token.slice(1));
      const keys = Array.from({ length: 1000 }, (_, index) => `many/${String(page * 1000 + index).padStart(6, '0')}`);
      const next = page + 1 < pages ? `<NextContinuationToken>t${page + 1}</NextContinuationToken>` : '';
      const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>7</Size><ETag>"e"</ETag></Contents>`).join('');
      response.end(`<ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${next}${contents}</ListBucketResult>`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const many = fresh.provider({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    let files = 0;
    let peak = 0;
    const before = process.memoryUsage().heapUsed;
    for await (const page of many.list(at('many'))) {
      files += page.length;
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    }
    expect(files).toBe(pages * 1000);
    expect(peak - before).toBeLessThan(150 * mebibyte);
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _page of many.list(at('many'), { signal: stop.signal })) stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
    await many.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

it('reaches buckets by host names of their own', async () => {
  const { domain } = await s3Server();
  const names: string[] = [];
  const lookup = (name: string, options: { all?: boolean }, done: (error: null, ...found: unknown[]) => void): void => {
    names.push(name);
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
  const { port } = new URL(fresh.settings.endpoint ?? '');
  const hosted = fresh.provider({ endpoint: `http://${domain}:${port}`, pathStyle: false });
  await put(hosted, 'folder/ü', 'by host name');
  expect(await textOf(hosted, 'folder/ü')).toBe('by host name');
  expect(await namesIn(hosted, 'folder')).toEqual(['folder/ü']);
  expect(new Set(names)).toEqual(new Set([`${fresh.bucket}.${domain}`]));
  await hosted.close();
});
