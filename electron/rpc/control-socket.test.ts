import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { StowageError } from '#shared/errors.ts';
import type { FileBodies } from '../services.ts';
import { connectToCore } from './connect.ts';
import { controlFile, startControlSocket } from './control-socket.ts';
import { createRouter, type Services } from './router.ts';

const info = { version: '1', home: '/h', shell: 'browser', platform: 'linux', user: 'u', pid: 1 };
const router = createRouter({ app: { info: () => info } } as unknown as Services, () => {});

const bodies: Pick<FileBodies, 'openDownload'> = {
  openDownload: async (ticket) => {
    if (ticket === 'gone') throw new StowageError('not-found', 'This download link has been used.', { hint: 'Again.' });
    const body = (async function* () {
      yield Buffer.alloc(1_000_000, 1);
      if (ticket === 'broken') throw new Error('the disk');
      yield Buffer.alloc(1_000_000, 2);
    })();
    return { filename: 'f', contentType: 'x', size: null, range: null, body };
  },
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-control-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const readAddress = (): { path: string; key: string } => JSON.parse(readFileSync(controlFile(home), 'utf8'));

it('connects to a running core, which leaves nothing behind when it closes', async () => {
  const control = await startControlSocket({ home, router, bodies });
  const connection = await connectToCore(home);
  expect(await connection?.client.app.info()).toEqual(info);
  connection?.close();
  const { path } = readAddress();
  await control.close();
  expect([existsSync(path), existsSync(controlFile(home))]).toEqual([false, false]);
});

it('finds no core where none runs', async () => {
  expect(await connectToCore(home)).toBeNull();
});

it('takes what a killed core left behind for no core, and replaces it', async () => {
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  const path = join(home, 'run', 'core.sock');
  writeFileSync(path, '');
  writeFileSync(controlFile(home), JSON.stringify({ path, key: 'old' }));
  expect(await connectToCore(home)).toBeNull();
  writeFileSync(controlFile(home), '{"path":');
  expect(await connectToCore(home)).toBeNull();
  const control = await startControlSocket({ home, router, bodies });
  const connection = await connectToCore(home);
  expect(await connection?.client.app.info()).toEqual(info);
  connection?.close();
  await control.close();
});

it('takes a program that does not speak for no core', async () => {
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  const path = join(home, 'run', 'core.sock');
  const stranger = createServer((socket) => socket.resume().end('hello\n'));
  stranger.listen(path);
  await once(stranger, 'listening');
  writeFileSync(controlFile(home), JSON.stringify({ path, key: 'x' }));
  expect(await connectToCore(home)).toBeNull();
  await new Promise((resolve) => stranger.close(resolve));
});

it('is for its owner alone, and for none without the key', async () => {
  mkdirSync(join(home, 'run'), { mode: 0o777 });
  chmodSync(join(home, 'run'), 0o777);
  const control = await startControlSocket({ home, router, bodies });
  const mode = (path: string): number => statSync(path).mode & 0o777;
  const { path, key } = readAddress();
  expect([mode(join(home, 'run')), mode(path), mode(controlFile(home))]).toEqual([0o700, 0o600, 0o600]);
  for (const headers of [{}, { 'x-stowage-key': `${key}x` }]) {
    const socket = new WebSocket(`ws+unix:${path}:/rpc`, { headers });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('401');
  }
  await control.close();
});

it('refuses a run folder that is a link', async () => {
  const elsewhere = join(home, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(home, 'run'));
  await expect(startControlSocket({ home, router, bodies })).rejects.toMatchObject({ code: 'permission-denied' });
  expect(existsSync(join(elsewhere, 'core.sock'))).toBe(false);
});

it('serves a home whose path is too long for a socket', async () => {
  home = join(home, 'deep'.repeat(40));
  mkdirSync(home);
  const control = await startControlSocket({ home, router, bodies });
  const connection = await connectToCore(home);
  expect(await connection?.client.app.info()).toEqual(info);
  connection?.close();
  const { path } = readAddress();
  await control.close();
  expect(existsSync(path)).toBe(false);
});

it('hands out the bodies of downloads to who has the key, and cuts one that breaks off', async () => {
  const control = await startControlSocket({ home, router, bodies });
  const connection = await connectToCore(home);
  if (!connection) throw new Error('no connection');
  const read = async (ticket: string): Promise<number> => {
    let bytes = 0;
    for await (const chunk of await connection.download(ticket)) bytes += chunk.length;
    return bytes;
  };
  expect(await read('good')).toBe(2_000_000);
  await expect(read('gone')).rejects.toMatchObject({ code: 'not-found', data: { hint: 'Again.' } });
  await expect(read('broken')).rejects.toThrow();
  const { path } = readAddress();
  const status = await new Promise((resolve) => {
    const sent = request({ socketPath: path, path: '/download/good', headers: { 'x-stowage-key': 'wrong' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.end();
  });
  expect(status).toBe(401);
  connection.close();
  await control.close();
});
