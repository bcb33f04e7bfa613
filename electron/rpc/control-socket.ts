import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { browserHost } from '#shared/bridge.ts';
import { toStowageError } from '#shared/errors.ts';
import type { FileBodies } from '../services.ts';
import { equalSecrets, randomSecret, runFolder, writeOwnerOnly } from './owner-only.ts';
import type { Router } from './router.ts';
import { createSocketHandler, maxMessageBytes } from './websocket.ts';

/** What `<home>/run/control.json` tells the owner's other programs about the running core. */
export interface ControlAddress {
  /** A unix socket, or a named pipe. */
  readonly path: string;
  readonly key: string;
}

export const controlFile = (home: string): string => join(home, 'run', 'control.json');

/** Longer socket paths are cut or refused by the systems (104 bytes on macOS, 108 on Linux, with the ending zero). */
const maxSocketPath = 103;

/**
 * Lets the owner's other programs (the command line) talk to this core. Call it only while holding the lock of `home`:
 * a socket that a former core left is replaced. Closing ends the connections and removes the socket.
 */
export async function startControlSocket({
  home,
  router,
  bodies,
}: {
  home: string;
  router: Router;
  bodies: Pick<FileBodies, 'openDownload'>;
}): Promise<{ close(): Promise<void> }> {
  const folder = runFolder(home);
  const { path, remove } = socketPlace(folder);
  const key = randomSecret();
  const server = createServer((request, response) => {
    if (isKeyed(request, key)) void serveDownload(bodies, request, response);
    else response.writeHead(401).end();
  });
  const sockets = acceptSockets(server, key, router);
  try {
    await listen(server, path);
    if (process.platform !== 'win32') chmodSync(path, 0o600);
    writeOwnerOnly(controlFile(home), JSON.stringify({ path, key } satisfies ControlAddress));
  } catch (error) {
    server.close();
    remove();
    throw error;
  }
  return {
    close: async () => {
      rmSync(controlFile(home), { force: true });
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      remove();
    },
  };
}

/** Where to listen: in the run folder; a deep home needs a short folder of its own; Windows has pipes. */
function socketPlace(folder: string): { path: string; remove(): void } {
  if (process.platform === 'win32') {
    return { path: `\\\\.\\pipe\\stowage-${randomBytes(16).toString('hex')}`, remove: () => {} };
  }
  const usual = join(folder, 'core.sock');
  rmSync(usual, { force: true });
  if (Buffer.byteLength(usual) <= maxSocketPath) return { path: usual, remove: () => rmSync(usual, { force: true }) };
  const path = join(mkdtempSync(join(tmpdir(), 'stowage-')), 'core.sock');
  return { path, remove: () => rmSync(dirname(path), { recursive: true, force: true }) };
}

function acceptSockets(server: Server, key: string, router: Router): WebSocketServer {
  const serve = createSocketHandler(router);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    if (request.url !== browserHost.rpcPath || !isKeyed(request, key)) {
      // Whoever goes away before the answer must not take the core with it.
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, serve);
  });
  return sockets;
}

function isKeyed(request: IncomingMessage, key: string): boolean {
  const given = request.headers[browserHost.keyHeader];
  return typeof given === 'string' && equalSecrets(given, key);
}

/** Sends what a download ticket stands for; a failure in the middle cuts the connection. */
async function serveDownload(
  bodies: Pick<FileBodies, 'openDownload'>,
  { url, method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const prefix = `${browserHost.downloadPath}/`;
  if (method !== 'GET' || !url?.startsWith(prefix)) return void response.writeHead(404).end();
  try {
    const { body } = await bodies.openDownload(url.slice(prefix.length));
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    await pipeline(body, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else {
      const { code, message, data } = toStowageError(error);
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ code, message, data }));
    }
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
