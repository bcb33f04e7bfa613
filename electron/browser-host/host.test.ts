import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { StowageError } from '#shared/errors.ts';
import { createSocketClient } from '../rpc/connect.ts';
import { createRouter, type Services } from '../rpc/router.ts';
import { type BrowserHost, startBrowserHost } from './host.ts';

const info = { version: '1', home: '/h', shell: 'browser', platform: 'linux', user: 'u', pid: 1 };

let folder: string;
let host: BrowserHost;
/** As it is started every day: at no port in particular. */
let start: () => Promise<BrowserHost>;
/** Everything that reached the core. */
let effects: string[];
let received: { bytes: number; hash: string; aborted: boolean };
let receive: (body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) => Promise<{ done: number }>;
let downloadEnded: PromiseWithResolvers<void>;
let downloadBytes: Buffer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-host-'));
  const staticRoot = join(folder, 'renderer');
  mkdirSync(join(staticRoot, 'assets'), { recursive: true });
  writeFileSync(join(staticRoot, 'index.html'), '<!doctype html><html><head><title>Stowage</title></head></html>');
  writeFileSync(join(staticRoot, 'assets', 'app-12345678.js'), 'export {};');
  effects = [];
  received = { bytes: 0, hash: '', aborted: false };
  receive = async (body) => {
    const hash = createHash('sha256');
    for await (const chunk of body) {
      received.bytes += chunk.length;
      hash.update(chunk);
    }
    received.hash = hash.digest('hex');
    return { done: received.bytes };
  };
  downloadEnded = Promise.withResolvers();
  downloadBytes = randomBytes(3_000_000);
  start = () =>
    startBrowserHost({
      home: folder,
      staticRoot,
      core: {
        router: createRouter(
          {
            app: {
              info: () => {
                effects.push('info');
                return info;
              },
            },
          } as unknown as Services,
          () => {},
        ),
        receive: (id, seq, offset, body, signal) => {
          effects.push(`receive ${id} ${seq} ${offset}`);
          return receive(body, signal);
        },
        openDownload: async (ticket, range) => {
          effects.push(`download ${ticket}`);
          if (ticket !== 'ticket-1') throw new StowageError('not-found', 'This download is over.');
          const size = downloadBytes.length;
          const part = range && { start: range.start, end: Math.min(range.end ?? size - 1, size - 1) };
          return { filename: 'naïve "x"\r\n.bin', contentType: 'text/html', size, range: part ?? null, body: chunks(part) };
        },
        openPreview: async (ticket, range) => {
          effects.push(`preview ${ticket}`);
          if (ticket !== 'ticket-1') throw new StowageError('not-found', 'This preview has lapsed.');
          const size = downloadBytes.length;
          const part = range && { start: range.start, end: Math.min(range.end ?? size - 1, size - 1) };
          return { filename: 'x.svg', contentType: 'image/svg+xml', size, range: part ?? null, body: chunks(part) };
        },
      },
    });
  host = await start();
});

afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function* chunks(range: { start: number; end: number } | undefined): AsyncGenerator<Uint8Array> {
  try {
    const bytes = range ? downloadBytes.subarray(range.start, range.end + 1) : downloadBytes;
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  } finally {
    downloadEnded.resolve();
  }
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** One request by node:http, with the headers exactly as given. */
function send(method: string, path: string, headers: Record<string, string | string[]> = {}, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: host.port,
      method,
      path,
      headers,
      agent: false,
      setHost: !('host' in headers),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.alloc(0) });
    });
    request.on('connect', (response, socket) => {
      const parts: Buffer[] = [];
      socket.on('data', (part: Buffer) => parts.push(part));
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      socket.destroy();
    });
    request.end(body);
  });
}

const own = (): string => `127.0.0.1:${host.port}`;
const origin = (): string => `http://${own()}`;
const key = (): string => readFileSync(join(folder, 'run', 'key'), 'utf8').trim();
const json = (answer: Answer): Record<string, unknown> => JSON.parse(answer.body.toString());

async function signIn(): Promise<{ cookie: string; session: string }> {
  const answer = await send('POST', '/session', { origin: origin(), 'x-stowage-key': key() });
  expect(answer.status).toBe(200);
  const [cookie = ''] = (answer.headers['set-cookie']?.[0] ?? '').split(';');
  return { cookie, session: String(json(answer).session) };
}

const signedIn = async (): Promise<Record<string, string>> => {
  const { cookie, session } = await signIn();
  return { cookie, 'x-stowage-session': session, origin: origin() };
};

const upgradeHeaders = (protocols: string): Record<string, string> => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
  'sec-websocket-protocol': protocols,
});

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'CONNECT'];
const paths = [
  '/',
  '/index.html',
  '/assets/app-12345678.js',
  '/session',
  '/rpc',
  '/body/transfers/1/2?offset=0',
  '/download/ticket-1',
  '/preview/ticket-1',
  '/nowhere',
];
const isPublic = (verb: string, path: string): boolean =>
  (verb === 'GET' || verb === 'HEAD') && ['/', '/index.html', '/assets/app-12345678.js'].includes(path);

it('A11 refuses a foreign Host on every route and verb, whoever asks', async () => {
  const headers = { ...(await signedIn()), 'x-stowage-key': key() };
  const foreign = [
    'evil.example',
    `evil.example:${host.port}`,
    '127.0.0.1',
    `127.0.0.1:${host.port + 1}`,
    `[::1]:${host.port}`,
    `localhost.:${host.port}`,
  ];
  for (const name of foreign) {
    for (const verb of verbs) {
      for (const path of paths) {
        const answer = await send(verb, path, { ...headers, host: name, origin: `http://${name}` });
        expect([name, verb, path, answer.status]).toEqual([name, verb, path, 403]);
      }
    }
  }
  expect(effects).toEqual([]);
});

it('A11 refuses a foreign Origin on every route and verb, and none on writes, whoever asks', async () => {
  const { cookie, session } = await signIn();
  const headers = { cookie, 'x-stowage-session': session, 'x-stowage-key': key() };
  const foreign = [
    'http://evil.example',
    'null',
    `http://127.0.0.1:${host.port + 1}`,
    `https://${own()}`,
    `http://localhost:${host.port}`,
    '',
  ];
  for (const from of [...foreign, undefined]) {
    for (const verb of verbs) {
      if (from === undefined && (verb === 'GET' || verb === 'HEAD')) continue;
      for (const path of paths) {
        const answer = await send(verb, path, { ...headers, ...(from !== undefined && { origin: from }) });
        expect([from, verb, path, answer.status]).toEqual([from, verb, path, 403]);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    }
  }
  expect(effects).toEqual([]);
});

it('A11 refuses a WebSocket of a foreign Host or Origin, or of no Origin', async () => {
  const { cookie, session } = await signIn();
  const headers = { ...upgradeHeaders(`stowage, ${session}`), cookie };
  const attempts: Record<string, string>[] = [
    { host: `evil.example:${host.port}`, origin: `http://evil.example:${host.port}` },
    { host: own(), origin: 'http://evil.example' },
    { host: own(), origin: 'null' },
    { host: own() },
  ];
  for (const attempt of attempts) {
    for (const path of ['/rpc', '/', '/session', '/nowhere']) {
      expect((await send('GET', path, { ...headers, ...attempt })).status).toBe(403);
    }
  }
  expect((await send('GET', '/rpc', { ...headers, host: own(), origin: origin() })).status).toBe(101);
  expect(effects).toEqual([]);
});

it('A11 refuses two Hosts, an absolute target, and pages of other ports of this machine', async () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(host.port, '127.0.0.1', () => socket.end(text));
      let answer = '';
      socket.on('data', (part) => {
        answer += part.toString();
      });
      socket.on('end', () => resolve(answer)).on('error', reject);
    });
  expect(await raw(`GET / HTTP/1.1\r\nHost: ${own()}\r\nHost: evil.example\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(await raw(`GET http://evil.example/ HTTP/1.1\r\nHost: ${own()}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
  const { cookie } = await signIn();
  const sameSite = await send('GET', '/download/ticket-1', { cookie, 'sec-fetch-site': 'same-site' });
  expect(sameSite.status).toBe(403);
  expect(effects).toEqual([]);
});

it('A12 gives nobody without cookie and session more than the page and its files', async () => {
  const { cookie, session } = await signIn();
  const value = cookie.split('=')[1] ?? '';
  const halves: Record<string, string>[] = [
    {},
    { cookie },
    { 'x-stowage-session': session },
    { cookie, 'x-stowage-session': `${session}x` },
    { cookie, 'x-stowage-session': '' },
    { cookie: `${cookie}x`, 'x-stowage-session': session },
    { cookie: `other=${value}`, 'x-stowage-session': session },
    { cookie, 'x-stowage-session': value },
    { 'x-stowage-session': key(), cookie: `stowage-${host.port}=${key()}` },
  ];
  for (const half of halves) {
    for (const verb of verbs) {
      for (const path of paths) {
        const mayDownload = verb === 'GET' && /^\/(?:download|preview)\//.test(path) && half.cookie === cookie;
        if (mayDownload) continue;
        const answer = await send(verb, path, { ...half, origin: origin() });
        expect([half, verb, path, answer.status]).toEqual([half, verb, path, isPublic(verb, path) ? 200 : 401]);
      }
    }
    for (const protocols of ['stowage', `stowage, ${half['x-stowage-session'] ?? 'x'}`, `${session}`, `${session}, stowage`]) {
      if (half.cookie === cookie && protocols === `stowage, ${session}`) continue;
      const answer = await send('GET', '/rpc', { ...upgradeHeaders(protocols), ...half, origin: origin() });
      expect([half, protocols, answer.status]).toEqual([half, protocols, 401]);
    }
  }
  expect(effects).toEqual([]);
});

it('A12 signs nobody in without the key of this start', async () => {
  for (const wrong of ['', 'x', `${key()}x`, key().slice(1), key().toLowerCase()]) {
    const answer = await send('POST', '/session', { origin: origin(), 'x-stowage-key': wrong });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  }
  const inQuery = await send('POST', `/session?key=${key()}`, { origin: origin() });
  expect(inQuery.status).toBe(401);
});

it('A12 takes each key once, and leaves a new one for the next browser', async () => {
  const used = key();
  expect((await send('POST', '/session', { origin: origin(), 'x-stowage-key': used })).status).toBe(200);
  expect((await send('POST', '/session', { origin: origin(), 'x-stowage-key': used })).status).toBe(401);
  expect(readFileSync(host.openPath, 'utf8')).not.toContain(used);
  expect(readFileSync(host.openPath, 'utf8')).toContain(key());
  expect((await send('POST', '/session', { origin: origin(), 'x-stowage-key': key() })).status).toBe(200);
});

it('A12 keeps the key in files of the owner alone, and takes them away when it closes', async () => {
  const mode = (name: string): number => statSync(join(folder, 'run', name)).mode & 0o777;
  expect([mode('.'), mode('key'), mode('open.html')]).toEqual([0o700, 0o600, 0o600]);
  expect(Buffer.from(key(), 'base64url')).toHaveLength(32);
  expect(readFileSync(host.openPath, 'utf8')).toContain(`${host.url}#key=${key()}`);
  expect(host.url).not.toContain(key());
  const { openPath } = host;
  await host.close();
  expect(statSync(openPath, { throwIfNoEntry: false })).toBeUndefined();
  expect(statSync(join(folder, 'run', 'key'), { throwIfNoEntry: false })).toBeUndefined();
});

it('signs in with a cookie that scripts and other sites do not get, and keeps a browser’s session over a second sign-in', async () => {
  const first = await send('POST', '/session', { origin: origin(), 'x-stowage-key': key() });
  const [setCookie = ''] = first.headers['set-cookie'] ?? [];
  expect(setCookie).toMatch(new RegExp(`^stowage-${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
  const [cookie = ''] = setCookie.split(';');
  const again = await send('POST', '/session', { origin: origin(), 'x-stowage-key': key(), cookie });
  expect(json(again)).toEqual(json(first));
  expect(again.headers['set-cookie']).toEqual(first.headers['set-cookie']);
});

it('answers the owner’s calls over the WebSocket, and says what is not there', async () => {
  const { cookie, session } = await signIn();
  const socket = new WebSocket(`ws://${own()}/rpc`, ['stowage', session], { headers: { cookie, origin: origin() } });
  await once(socket, 'open');
  expect(socket.protocol).toBe('stowage');
  expect(await createSocketClient(socket).app.info()).toEqual(info);
  socket.close();
  const headers = { cookie, 'x-stowage-session': session, origin: origin() };
  const statuses = async (verb: string, path: string): Promise<number> => (await send(verb, path, headers)).status;
  expect(await statuses('GET', '/nowhere')).toBe(404);
  expect(await statuses('POST', '/')).toBe(404);
  expect(await statuses('GET', '/rpc')).toBe(405);
  expect(await statuses('POST', '/download/ticket-1')).toBe(405);
  expect(await statuses('GET', '/body/transfers/1/2?offset=0')).toBe(405);
  expect(await statuses('PUT', '/body/transfers/1/x?offset=0')).toBe(404);
  expect(await statuses('PUT', '/body/transfers/1/2?offset=-1')).toBe(404);
  expect(await statuses('PUT', '/body/transfers/1/2')).toBe(404);
  expect(effects).toEqual(['info']);
});

it('hands a body to the core as it is', async () => {
  const body = randomBytes(5_000_000);
  const answer = await send('PUT', '/body/transfers/7/3?offset=11', await signedIn(), body);
  expect([answer.status, json(answer)]).toEqual([200, { done: body.length }]);
  expect(effects).toEqual(['receive 7 3 11']);
  expect(received.hash).toBe(createHash('sha256').update(body).digest('hex'));
});

it('asks for a body only when it is wanted (Expect: 100-continue)', async () => {
  const attempt = async (headers: Record<string, string>): Promise<{ continued: boolean; status: number }> =>
    new Promise((resolve, reject) => {
      let continued = false;
      const request = httpRequest({
        host: '127.0.0.1',
        port: host.port,
        method: 'PUT',
        path: '/body/transfers/1/1?offset=0',
        headers: { ...headers, expect: '100-continue', 'content-length': '3' },
        agent: false,
      });
      request.on('continue', () => {
        continued = true;
        request.end('abc');
      });
      request.on('response', (response) => {
        response.resume();
        request.destroy();
        resolve({ continued, status: response.statusCode ?? 0 });
      });
      request.on('error', reject);
      request.flushHeaders();
    });
  expect(await attempt({ origin: origin() })).toEqual({ continued: false, status: 401 });
  expect(await attempt(await signedIn())).toEqual({ continued: true, status: 200 });
});

it('gives a failure of the core as an error with its code, also in the middle of a large body', async () => {
  receive = async (body) => {
    for await (const _chunk of body) break;
    throw new StowageError('disk-full', 'The disk of “data” is full.', { subject: 'data', hint: 'Free some space.' });
  };
  const answer = await send('PUT', '/body/transfers/1/1?offset=0', await signedIn(), Buffer.alloc(20_000_000));
  expect(answer.status).toBe(507);
  expect(json(answer)).toEqual({
    code: 'disk-full',
    message: 'The disk of “data” is full.',
    data: { subject: 'data', hint: 'Free some space.' },
  });
});

it('tells the core when the sender of a body goes away', async () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  receive = async (body, signal) => {
    try {
      for await (const _chunk of body) begun.resolve();
      return { done: 0 };
    } finally {
      if (!signal?.aborted) await once(signal as AbortSignal, 'abort');
      ended.resolve(signal?.aborted ?? false);
    }
  };
  const headers = { ...(await signedIn()), 'content-length': '1000000' };
  const request = httpRequest({
    host: '127.0.0.1',
    port: host.port,
    method: 'PUT',
    path: '/body/transfers/1/1?offset=0',
    headers,
  });
  request.on('error', () => {});
  request.write(Buffer.alloc(1000));
  await begun.promise;
  request.destroy();
  expect(await ended.promise).toBe(true);
});

it('serves a download whole, with a name that cannot break out of its header', async () => {
  const { cookie } = await signIn();
  const answer = await send('GET', '/download/ticket-1', { cookie });
  expect(answer.status).toBe(200);
  expect(answer.body.equals(downloadBytes)).toBe(true);
  expect(answer.headers).toMatchObject({
    'content-length': String(downloadBytes.length),
    'content-type': 'text/html',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining('sandbox'),
  });
  expect(answer.headers['content-disposition']).toBe(
    `attachment; filename="na_ve _x___.bin"; filename*=UTF-8''na%C3%AFve%20%22x%22%0D%0A.bin`,
  );
  const over = await send('GET', '/download/other', { cookie });
  expect([over.status, json(over)]).toEqual([404, { code: 'not-found', message: 'This download is over.', data: {} }]);
});

it.each([
  ['bytes=100-199', 206, 'bytes 100-199/3000000', 100, 200],
  ['bytes=2999990-', 206, 'bytes 2999990-2999999/3000000', 2_999_990, 3_000_000],
  ['bytes=0-0', 206, 'bytes 0-0/3000000', 0, 1],
  ['bytes=9-3', 200, undefined, 0, 3_000_000],
  ['bytes=0-1,5-6', 200, undefined, 0, 3_000_000],
  ['lines=1-2', 200, undefined, 0, 3_000_000],
])('serves the range %s', async (range, status, contentRange, start, end) => {
  const { cookie } = await signIn();
  const answer = await send('GET', '/download/ticket-1', { cookie, range });
  expect([answer.status, answer.headers['content-range']]).toEqual([status, contentRange]);
  expect(answer.body.equals(downloadBytes.subarray(start, end))).toBe(true);
});

it('serves a preview in place, as often as it is asked, where it can draw but neither run nor load anything', async () => {
  const { cookie } = await signIn();
  const whole = await send('GET', '/preview/ticket-1', { cookie });
  expect(whole.body.equals(downloadBytes)).toBe(true);
  const part = await send('GET', '/preview/ticket-1', { cookie, range: 'bytes=100-199' });
  expect([part.status, part.body.equals(downloadBytes.subarray(100, 200))]).toEqual([206, true]);
  expect(part.headers).toMatchObject({
    'content-type': 'image/svg+xml',
    'content-disposition': 'inline',
    'content-range': 'bytes 100-199/3000000',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringMatching(/^default-src 'none'(?!.*script-src).*; sandbox;/),
  });
  expect((await send('GET', '/preview/other', { cookie })).status).toBe(404);
});

it('ends the source of a download whose reader goes away', async () => {
  const { cookie } = await signIn();
  downloadBytes = Buffer.alloc(200_000_000);
  const request = httpRequest({ host: '127.0.0.1', port: host.port, path: '/download/ticket-1', headers: { cookie } });
  request.on('error', () => {});
  request.end();
  const [response] = await once(request, 'response');
  await once(response, 'readable');
  request.destroy();
  await downloadEnded.promise;
});

it('breaks a download that fails in the middle, so that no part is taken for the whole', async () => {
  const { cookie } = await signIn();
  const bytes = downloadBytes;
  downloadBytes = new Proxy(bytes, {
    get: (target, name) => {
      if (name === 'subarray') {
        return (start: number, end: number) => {
          if (start > 1_000_000) throw new StowageError('io-error', 'The disk went away.');
          return target.subarray(start, end);
        };
      }
      return Reflect.get(target, name, target);
    },
  });
  await expect(send('GET', '/download/ticket-1', { cookie })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
});

it('keeps its memory flat while a gigabyte goes up to a slow core', async () => {
  const total = 1024 ** 3;
  receive = async (body) => {
    let done = 0;
    for await (const chunk of body) {
      done += chunk.length;
      await nextTurn();
    }
    return { done };
  };
  const before = process.memoryUsage().rss;
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const headers = { ...(await signedIn()), 'content-length': String(total) };
  const request = httpRequest({
    host: '127.0.0.1',
    port: host.port,
    method: 'PUT',
    path: '/body/transfers/1/1?offset=0',
    headers,
  });
  const answered = once(request, 'response');
  const block = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < total; sent += block.length) {
    if (!request.write(block)) await once(request, 'drain');
  }
  request.end();
  const [response] = await answered;
  clearInterval(timer);
  const parts = await response.toArray();
  expect(JSON.parse(Buffer.concat(parts).toString())).toEqual({ done: total });
  // Sender and receiver are both in this process.
  expect((peak - before) / 1024 ** 2).toBeLessThan(200);
});

it('says that a port is taken', async () => {
  const second = startBrowserHost({
    home: folder,
    staticRoot: join(folder, 'renderer'),
    port: host.port,
    core: { router: createRouter({} as Services, () => {}), receive: vi.fn(), openDownload: vi.fn(), openPreview: vi.fn() },
  });
  await expect(second).rejects.toMatchObject({ code: 'in-use' });
});

it('comes back at the port of the last time, and at another one when that is taken', async () => {
  const { port } = host;
  await host.close();
  host = await start();
  expect(host.port).toBe(port);
  const other = await start();
  expect(other.port).not.toBe(port);
  await host.close();
  host = other;
});
