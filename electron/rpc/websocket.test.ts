import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { fromContract } from '#shared/client-errors.ts';
import { StowageError } from '#shared/errors.ts';
import { createSocketClient } from './connect.ts';
import { createRouter, type Services } from './router.ts';
import { createSocketHandler, maxMessageBytes } from './websocket.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A real server with these services, and a socket to it. */
async function open(services: Partial<Record<keyof Services, unknown>>) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, maxPayload: maxMessageBytes, perMessageDeflate: false });
  sockets.on('connection', createSocketHandler(createRouter(services as Services, () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  const connect = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(socket, 'open');
    cleanups.push(() => socket.terminate());
    return socket;
  };
  const socket = await connect();
  return { socket, connect, client: createSocketClient(socket) };
}

const info = { version: '1', home: '/h', shell: 'browser', platform: 'linux', user: 'u', pid: 1 };

it('carries calls and errors of the closed set', async () => {
  const { client } = await open({
    app: { info: () => info },
    vfolders: {
      get: () => {
        throw new StowageError('not-found', 'No vfolder is called “x”.', { subject: 'x', hint: 'List them.' });
      },
    },
  });
  expect(await client.app.info()).toEqual(info);
  const error = fromContract(await client.vfolders.get({ name: 'x' }).catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({
    code: 'not-found',
    message: 'No vfolder is called “x”.',
    data: { subject: 'x', hint: 'List them.' },
  });
});

it('ends every stream when its connection ends', async () => {
  const ended = Promise.withResolvers<void>();
  const { client, socket } = await open({
    files: {
      list: async function* (_input: unknown, { signal }: { signal: AbortSignal }) {
        try {
          yield { entries: [] };
          await once(signal, 'abort');
        } finally {
          ended.resolve();
        }
      },
    },
  });
  const pages = await client.files.list({ vfolder: 'a', path: '' });
  expect((await pages.next()).done).toBe(false);
  const next = Promise.resolve(pages.next()).catch(fromContract);
  socket.terminate();
  await ended.promise;
  expect(await next).toMatchObject({ code: 'io-error', message: 'The connection to the running Stowage ended.' });
});

it('ends a stream whose reader stops, and goes on with the connection', async () => {
  const ended = Promise.withResolvers<void>();
  const { client } = await open({
    app: { info: () => info },
    files: {
      list: async function* () {
        try {
          for (;;) yield { entries: [] };
        } finally {
          ended.resolve();
        }
      },
    },
  });
  for await (const page of await client.files.list({ vfolder: 'a', path: '' })) {
    expect(page.entries).toEqual([]);
    break;
  }
  await ended.promise;
  expect(await client.app.info()).toEqual(info);
});

it('pulls no further while a reader does not read', async () => {
  let made = 0;
  const entry = { name: 'x'.repeat(10_000), path: 'x', kind: 'file', size: 0, modified: null };
  const { client, socket } = await open({
    files: {
      list: async function* () {
        while (made < 5000) {
          made += 1;
          yield { entries: Array(10).fill(entry) };
        }
      },
    },
  });
  const pages = await client.files.list({ vfolder: 'a', path: '' });
  socket.pause();
  // 100 kB a page: 500 MB in all if nothing held it back. It stands still when two looks see the same count.
  let seen = -1;
  await vi.waitUntil(
    () => {
      const still = made > 0 && made === seen;
      seen = made;
      return still;
    },
    { interval: 300, timeout: 15_000 },
  );
  expect(made).toBeLessThan(200);
  socket.resume();
  let received = 0;
  for await (const _page of pages) {
    received += 1;
    if (received === 300) break;
  }
  expect(received).toBe(300);
});

it.each([
  ['no JSON', 'nonsense'],
  ['an array', '[]'],
  ['no id', '{"p":{"u":"/app/info"}}'],
  ['an id of the wrong type', '{"i":1,"p":{"u":"/app/info"}}'],
  ['an unknown type', '{"i":"1","t":9,"p":{}}'],
  ['no path', '{"i":"1","p":{}}'],
  ['an address for a path', '{"i":"1","p":{"u":"http://elsewhere/app/info"}}'],
  ['headers that make files of bodies', '{"i":"1","p":{"u":"/app/info","h":{"content-disposition":"attachment; filename=x"}}}'],
  ['bytes', Buffer.from('{"i":"1","p":{"u":"/app/info"}}')],
])('A21 ends a connection that sends %s', async (_what, message) => {
  const info = vi.fn();
  const { socket } = await open({ app: { info } });
  socket.send(message);
  const [code] = await once(socket, 'close');
  expect([1003, 1007]).toContain(code);
  expect(info).not.toHaveBeenCalled();
});

it('A21 refuses a string of 10 MB and serves others on', async () => {
  const { socket, connect } = await open({ app: { info: () => info } });
  socket.send(JSON.stringify({ i: '1', p: { u: '/vfolders/get', b: { json: { name: 'x'.repeat(10_000_000) } } } }));
  const [code] = await once(socket, 'close');
  expect(code).toBe(1009);
  expect(await createSocketClient(await connect()).app.info()).toEqual(info);
});

const bodies: unknown[] = [
  null,
  7,
  'text',
  [],
  { json: 7 },
  { json: { name: {} } },
  { json: { name: ['a'] } },
  { json: { name: '' } },
  { json: {}, meta: [[1, '__proto__', 'polluted']] },
  { json: { name: 'x' }, meta: [[1, 'constructor', 'prototype', 'polluted']] },
  { json: { name: '9'.repeat(100_000) }, meta: [[0, 'name']] },
  { json: { name: '/(a+)+$/' }, meta: [[7, 'name']] },
];

it.each(bodies.map((body) => [JSON.stringify(body).slice(0, 60), body]))(
  'A21 answers the body %s with a refusal',
  async (_text, body) => {
    const get = vi.fn();
    const { socket } = await open({ vfolders: { get } });
    socket.send(JSON.stringify({ i: '1', p: { u: '/vfolders/get', b: body } }));
    const [data] = await once(socket, 'message');
    const answer = JSON.parse(String(data)) as { p: { s: number } };
    expect(answer.p.s).toBeGreaterThanOrEqual(400);
    expect(get).not.toHaveBeenCalled();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  },
);

it('A21 answers nesting without end, a raw __proto__ and unknown methods, and lives', async () => {
  const get = vi.fn();
  const { socket, client } = await open({ vfolders: { get }, app: { info: () => info } });
  const depth = 100_000;
  const messages = [
    `{"i":"a","p":{"u":"/vfolders/get","b":{"json":${'['.repeat(depth)}${']'.repeat(depth)}}}}`,
    `{"i":"b","p":{"u":"/vfolders/get","b":{"json":{"__proto__":{"name":"x"}}}}}`,
    `{"i":"c","__proto__":{"polluted":1},"p":{"u":"/app/__proto__/constructor"}}`,
    `{"i":"d","p":{"u":"/constructor"}}`,
    `{"i":"e","p":{"u":"/vfolders/get","m":"DELETE","b":{"json":{"name":9}}}}`,
  ];
  const answers: number[] = [];
  const all = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      answers.push((JSON.parse(String(data)) as { p: { s: number } }).p.s);
      if (answers.length === messages.length) resolve();
    }),
  );
  for (const message of messages) socket.send(message);
  await all;
  for (const status of answers) expect(status).toBeGreaterThanOrEqual(400);
  expect(get).not.toHaveBeenCalled();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(await client.app.info()).toEqual(info);
});
