import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at, bytes, collect, listed, namesIn, put, textOf } from '../contract/world.ts';
import { type FaultProxy, isBodyRead, startFaultProxy } from '../fault-proxy.fixture.ts';
import { type Azurite, hostOn, startAzurite } from './azurite.fixture.ts';
import { freshGround, type Ground } from './provider.fixture.ts';
import { type AzureBlobProvider, createAzureBlobProvider } from './provider.ts';
import type { AzureSettings } from './service.ts';

// A real server beside everything else that this machine may be doing.

let azurite: Azurite;
let proxy: FaultProxy;
let ground: Ground;
/** The same container through the proxy. */
let harmed: AzureBlobProvider;
beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startFaultProxy(azurite.port);
});
afterAll(async () => {
  await proxy.close();
  await azurite.stop();
});
beforeEach(async () => {
  ground = await freshGround(azurite);
  harmed = ground.again({ port: proxy.port });
});
afterEach(async () => {
  proxy.fault = () => undefined;
  proxy.forget();
  await ground.close();
});

const mebibyte = 1024 * 1024;
const readAll = async (provider: AzureBlobProvider, path: string): Promise<Buffer> =>
  collect((await provider.read(at(path))).body);

describe('credentials', () => {
  const credential = () => new StorageSharedKeyCredential(ground.account.name, ground.account.key);
  const withSas = (sas: string, place: { container?: string } = {}): AzureBlobProvider => {
    const settings: AzureSettings = { ...hostOn(ground.account, place).settings, auth: 'sas' };
    return createAzureBlobProvider(settings, { sas });
  };
  const containerSas = (expiresOn: Date, permissions = 'rcwdl'): string =>
    generateBlobSASQueryParameters(
      { containerName: ground.container, permissions: ContainerSASPermissions.parse(permissions), expiresOn },
      credential(),
    ).toString();
  const soon = (): Date => new Date(Date.now() + 3_600_000);

  it('of a wrong key are rejected, in words', async () => {
    const { settings } = hostOn(ground.account, { container: ground.container });
    const provider = createAzureBlobProvider(settings, { key: randomBytes(32).toString('base64') });
    // Azurite gives the code that Azure gives to a machine that a firewall keeps out.
    const refused = { code: 'permission-denied', data: { hint: expect.stringMatching(/key .*firewall/) } };
    await expect(listed(provider, '')).rejects.toMatchObject(refused);
    await expect(provider.stat(at('file'))).rejects.toMatchObject(refused);
    proxy.fault = () => ({ kind: 'answer', status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' } });
    await expect(harmed.stat(at('file'))).rejects.toMatchObject({ code: 'credentials-rejected' });
    await provider.close();
  });

  it('of a SAS that has expired say when (A25)', async () => {
    const provider = withSas(`?${containerSas(new Date('2024-05-06T07:08:00Z'))}`, { container: ground.container });
    const calls = [() => listed(provider, ''), () => provider.stat(at('file')), () => put(provider, 'file', 'x')];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'credentials-expired',
        message: expect.stringContaining('2024-05-06 07:08 UTC'),
      });
    }
    await provider.close();
  });

  it('that Azure refuses because of the clock of this machine say so (A25)', async () => {
    const headers = { 'x-ms-error-code': 'AuthenticationFailed', date: new Date(Date.now() - 2 * 3_600_000).toUTCString() };
    proxy.fault = () => ({ kind: 'answer', status: 403, headers });
    await expect(harmed.stat(at('file'))).rejects.toMatchObject({
      code: 'clock-wrong',
      message: expect.stringContaining('2 hours fast'),
    });
  });

  it('of a container SAS do everything in the container', async () => {
    const provider = withSas(containerSas(soon()), { container: ground.container });
    await put(provider, 'a/file %+&#?', 'content');
    await provider.copy(at('a/file %+&#?'), at('b/copy'));
    expect(await textOf(provider, 'b/copy')).toBe('content');
    expect(await namesIn(provider, '')).toEqual(['a', 'b']);
    await provider.remove(at('b/copy'));
    await provider.close();
    const reader = withSas(containerSas(soon(), 'rl'), { container: ground.container });
    expect(await textOf(reader, 'a/file %+&#?')).toBe('content');
    await expect(put(reader, 'new', 'x')).rejects.toMatchObject({ code: 'permission-denied' });
    await reader.close();
  });

  it('of an account SAS do everything in the account', async () => {
    const sas = generateAccountSASQueryParameters(
      {
        services: AccountSASServices.parse('b').toString(),
        resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
        permissions: AccountSASPermissions.parse('rwdlac'),
        expiresOn: soon(),
      },
      credential(),
    ).toString();
    const provider = withSas(sas);
    const container = `made-${randomBytes(4).toString('hex')}`;
    await put(provider, `${container}/file`, 'content');
    await provider.copy(at(`${container}/file`), at(`${container}/copy`));
    expect(await namesIn(provider, container)).toEqual([`${container}/copy`, `${container}/file`]);
    expect(await namesIn(provider, '')).toContain(container);
    await provider.close();
  });
});

describe('a listing', () => {
  const page = (marker: string): string =>
    `<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>same</Name><Properties><Content-Length>1</Content-Length>` +
    `</Properties></Blob></Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`;

  it('that repeats its continuation token ends with an error that names the folder (A24)', async () => {
    proxy.fault = () => ({ kind: 'answer', status: 200, body: page('again') });
    await expect(listed(harmed, 'deep/folder')).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('“deep/folder”'),
    });
    expect(proxy.seen.length).toBeLessThan(5);
  });

  it('that answers 500 ends with an error that names the folder, after some tries (A24)', async () => {
    proxy.fault = () => ({ kind: 'answer', status: 500 });
    await expect(listed(harmed, 'deep/folder')).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('“deep/folder”'),
    });
    expect(proxy.seen).toHaveLength(3);
  });
});

describe('a service that falters', () => {
  it('is asked again after the time that it names, and told as throttled when that does not end', async () => {
    await put(ground.provider, 'file', 'content');
    let asked = 0;
    proxy.fault = () => (++asked === 1 ? { kind: 'answer', status: 503, headers: { 'retry-after': '1' } } : undefined);
    const begun = performance.now();
    expect(await textOf(harmed, 'file')).toBe('content');
    expect(performance.now() - begun).toBeGreaterThan(950);
    proxy.fault = () => ({ kind: 'answer', status: 429, headers: { 'retry-after': '60' } });
    await expect(harmed.stat(at('file'))).rejects.toMatchObject({ code: 'throttled' });
  });

  it('and says nothing is told as stalled (A15)', async () => {
    const impatient = ground.again({ port: proxy.port, http: { idleMs: 300 } });
    proxy.fault = () => ({ kind: 'silence' });
    await expect(impatient.stat(at('file'))).rejects.toMatchObject({ code: 'stalled' });
    await expect(put(impatient, 'other', 'x')).rejects.toMatchObject({ code: 'stalled' });
  });

  it('and does not answer is given up at once when the signal fires (A15)', async () => {
    proxy.fault = () => ({ kind: 'silence' });
    const stop = new AbortController();
    const waiting = harmed.stat(at('file'), { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is told as unreachable when nothing answers', async () => {
    const nobody = ground.again({ port: 1 });
    await expect(nobody.stat(at('file'))).rejects.toMatchObject({ code: 'host-unreachable' });
  });
});

describe('bytes on their way', () => {
  const content = randomBytes(20 * mebibyte + 7);

  it('that come cut or truncated are asked for again, and never taken for whole (A7)', async () => {
    await put(ground.provider, 'file', content);
    for (const kind of ['cut', 'truncate'] as const) {
      // Every range once: what it asks for again ends where it ended before.
      const harmedEnds = new Set<string | undefined>();
      proxy.fault = (request) => {
        const end = request.headers.range?.split('-')[1];
        if (!isBodyRead(request) || harmedEnds.has(end)) return undefined;
        harmedEnds.add(end);
        return { kind, after: 100_000 };
      };
      expect((await readAll(harmed, 'file')).equals(content)).toBe(true);
      proxy.fault = (request) => (isBodyRead(request) ? { kind, after: 100_000 } : undefined);
      await expect(readAll(harmed, 'file')).rejects.toMatchObject({ code: 'host-unreachable' });
    }
  });

  it('that were changed are noticed, coming and going (A6)', async () => {
    await put(ground.provider, 'file', content);
    proxy.fault = (request) => (isBodyRead(request) ? { kind: 'flip', at: 50_000 } : undefined);
    await expect(readAll(harmed, 'file')).rejects.toMatchObject({ code: 'checksum-mismatch' });
    proxy.fault = ({ method }) => (method === 'PUT' ? { kind: 'flip-request', at: 50_000 } : undefined);
    await expect(put(harmed, 'large', content)).rejects.toMatchObject({ code: 'checksum-mismatch' });
    await expect(put(harmed, 'small', content.subarray(0, 100_000))).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await namesIn(ground.provider, '')).toEqual(['file']);
    // Once is mended by sending it again.
    const sent = new Set<string>();
    proxy.fault = ({ method, url }) => {
      if (method !== 'PUT' || sent.has(url)) return undefined;
      sent.add(url);
      return { kind: 'flip-request', at: 50_000 };
    };
    await put(harmed, 'large', content);
    expect((await readAll(ground.provider, 'large')).equals(content)).toBe(true);
  });

  it('of a file that is replaced between two ranges end as a failed precondition (A9)', async () => {
    await put(ground.provider, 'file', Buffer.alloc(60 * mebibyte, 'old'));
    const { body } = await ground.provider.read(at('file'));
    const read = async (): Promise<void> => {
      let first = true;
      for await (const _chunk of body) {
        if (first) await put(ground.provider, 'file', Buffer.alloc(60 * mebibyte, 'new'));
        first = false;
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  it('whose write was done, but whose answer was lost, are not taken for somebody else’s', async () => {
    for (const [name, body] of [
      ['small', content.subarray(0, 1000)],
      ['large', content],
    ] as const) {
      let lost = false;
      proxy.fault = ({ method, url }) => {
        const last = method === 'PUT' && (name === 'small' || url.includes('comp=blocklist'));
        if (!last || lost) return undefined;
        lost = true;
        return { kind: 'lose' };
      };
      const entry = await harmed.write(at(name), bytes(body), { expect: { absent: true }, modified: 1_600_000_000_000 });
      expect(lost).toBe(true);
      // Azure does not answer a write with the tier.
      expect({ ...entry, tier: 'Hot' }).toEqual(await ground.provider.stat(at(name)));
    }
  });
});

it('finds the parts of a write again after kill -9, the old blob intact until then (A4)', async () => {
  const { provider, account, container } = ground;
  await put(provider, 'file', 'old');
  const size = 20 * mebibyte;
  const source = `
    import { createAzureBlobProvider } from ${JSON.stringify(new URL('./provider.ts', import.meta.url).href)};
    const { settings, secret } = JSON.parse(process.env.HOST);
    const provider = createAzureBlobProvider(settings, secret);
    const write = await provider.openWrite('file', 'key', { size: ${size} });
    async function* body() {
      for (let part = 0; part < 17; part++) yield Buffer.alloc(${mebibyte}, part);
      while (write.committed < 16 * ${mebibyte}) await new Promise((resolve) => setTimeout(resolve, 5));
      process.stdout.write('ready');
      await new Promise(() => setInterval(() => undefined, 1000));
    }
    await write.append(body());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOST: JSON.stringify(hostOn(account, { container })) },
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
  expect(await textOf(provider, 'file')).toBe('old');
  const write = await provider.openWrite(at('file'), 'key', { size });
  expect(write.committed).toBe(16 * mebibyte);
  await write.append(
    (async function* () {
      for (let part = 16; part < 20; part++) yield Buffer.alloc(mebibyte, part);
    })(),
  );
  await write.finish({ size });
  const expected = Buffer.concat(Array.from({ length: 20 }, (_, part) => Buffer.alloc(mebibyte, part)));
  expect((await readAll(provider, 'file')).equals(expected)).toBe(true);
});

it('tells a writer whose parts another write has swept away (A10)', async () => {
  const content = randomBytes(17 * mebibyte);
  const write = await harmed.openWrite(at('file'), 'key', { size: content.length });
  await write.append(bytes(content));
  await put(ground.provider, 'file', 'theirs');
  await expect(write.finish({ expect: { absent: true } })).rejects.toMatchObject({ code: 'precondition-failed' });
  // Azure drops the parts that nobody made content when the blob is written; the emulator keeps them.
  const headers = { 'x-ms-error-code': 'InvalidBlockList' };
  proxy.fault = ({ url }) => (url.includes('comp=blocklist') ? { kind: 'answer', status: 400, headers } : undefined);
  await expect(write.finish({})).rejects.toMatchObject({ code: 'io-error', message: expect.stringContaining('another write') });
  expect(await textOf(ground.provider, 'file')).toBe('theirs');
});
