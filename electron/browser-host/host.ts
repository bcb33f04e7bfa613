import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { browserHost } from '#shared/bridge.ts';
import { assertNever, isStowageError, StowageError } from '#shared/errors.ts';
import { runFolder, writeOwnerOnly } from '../rpc/owner-only.ts';
import type { Router } from '../rpc/router.ts';
import { createSocketHandler, maxMessageBytes } from '../rpc/websocket.ts';
import type { FileBodies } from '../services.ts';
import { createStaticApp, type StaticApp } from '../static-app.ts';
import { type Access, createAccess } from './access.ts';
import { refuseSocket, sendError, sendJson } from './answers.ts';
import { receiveBody, sendDownload, sendPreview } from './bodies.ts';
import { createGuard, type Verdict } from './guard.ts';
import { openFile } from './open-file.ts';

/** What the host needs of the core. */
export interface HostCore extends FileBodies {
  readonly router: Router;
}

export interface BrowserHostOptions {
  readonly core: HostCore;
  readonly home: string;
  /**
   * 0: any free one. None: the one of the last time while it is free, so that a browser finds again what it has kept of
   * the page and its compiled scripts; else any.
   */
  readonly port?: number | undefined;
  /** The built renderer. */
  readonly staticRoot: string;
}

export interface BrowserHost {
  /** Address without any secret. */
  readonly url: string;
  /** Owner-only file that signs a browser in when it is opened. */
  readonly openPath: string;
  readonly port: number;
  /** Resolves when the first page has connected. */
  readonly visited: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves the app to browsers of this machine's owner, on the loopback address only.
 * @throws StowageError `in-use` when the port is taken, `not-found` when the renderer is not built
 */
export async function startBrowserHost({ core, home, port, staticRoot }: BrowserHostOptions): Promise<BrowserHost> {
  const app = createStaticApp(staticRoot);
  const folder = runFolder(home);
  const server = createServer({ requestTimeout: 0 });
  const bound = port === undefined ? await listenAgain(server, join(home, 'port')) : await listen(server, port);
  const url = `http://127.0.0.1:${bound}/`;
  const files = keyFiles(home, folder, url);
  const access = createAccess(bound, files.publish);
  const guard = createGuard({ port: bound, access, isStatic: app.has });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: () => browserHost.rpcProtocol,
  });
  const visited = Promise.withResolvers<void>();
  attach(server, guard, { core, app, access, sockets, onVisit: visited.resolve });
  return {
    url,
    openPath: files.openPath,
    port: bound,
    visited: visited.promise,
    close: async () => {
      files.remove();
      for (const socket of sockets.clients) socket.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Parts {
  readonly core: HostCore;
  readonly app: StaticApp;
  readonly access: Access;
  readonly sockets: WebSocketServer;
  readonly onVisit: () => void;
}

/** Every way into the server passes the guard: requests of every kind, upgrades, and CONNECT. */
function attach(server: Server, guard: (request: IncomingMessage, upgrade: boolean) => Verdict, parts: Parts): void {
  const serveSocket = createSocketHandler(parts.core.router);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const verdict = guard(request, false);
    if (!verdict.allowed) {
      sendError(request, response, verdict.error, verdict.status);
      return;
    }
    if (request.headers.expect !== undefined) response.writeContinue();
    answer(verdict, parts, request, response).catch((error: unknown) => sendError(request, response, error));
  };
  const onSocket = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const verdict = guard(request, true);
    if (!verdict.allowed) refuseSocket(socket, verdict.status, verdict.error);
    else if (verdict.route.name !== 'rpc') refuseSocket(socket, 405, notHere());
    else
      parts.sockets.handleUpgrade(request, socket, head, (opened) => {
        serveSocket(opened);
        parts.onVisit();
      });
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', onSocket);
  server.on('connect', onSocket);
}

const notHere = (): StowageError => new StowageError('unsupported', 'This address does not do that.');

async function answer(
  { route, host }: Extract<Verdict, { allowed: true }>,
  { core, app, access }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (route.name) {
    case 'static': {
      const { status, headers, body } = await app.answer(route.path, [`ws://${host}`]);
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    case 'sign-in': {
      const signedIn = access.signIn(request.headers);
      if (!signedIn) throw new StowageError('unauthorised', 'This key does not open this Stowage. Open it again from its file.');
      return sendJson(response, 200, { session: signedIn.session }, { 'set-cookie': signedIn.setCookie });
    }
    case 'body':
      return receiveBody(core, route, request, response);
    case 'download':
      return sendDownload(core, route.ticket, request, response);
    case 'preview':
      return sendPreview(core, route.ticket, request, response);
    case 'rpc':
      throw notHere();
    default:
      return assertNever(route);
  }
}

/** Listens at the port in the file while that is free, else at any, and keeps which. */
async function listenAgain(server: Server, file: string): Promise<number> {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const bound = await listen(server, last > 0 && last <= 65_535 ? Math.trunc(last) : 0).catch((error: unknown) => {
    if (isStowageError(error, 'in-use')) return listen(server, 0);
    throw error;
  });
  if (bound !== last) writeOwnerOnly(file, `${bound}\n`);
  return bound;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new StowageError(
              'in-use',
              `Port ${port} cannot be used: ${error.code === 'EACCES' ? 'it is not permitted' : 'another program has it'}.`,
              {
                subject: String(port),
                hint: 'Choose another with --port, or leave it out.',
              },
            )
          : error,
      );
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** The key for programs, and the page that hands it to a browser. */
function keyFiles(home: string, folder: string, url: string): { openPath: string; publish(key: string): void; remove(): void } {
  const keyPath = join(folder, 'key');
  const open = openFile(home);
  return {
    openPath: open.path,
    publish: (key) => {
      open.publish(url, key);
      writeOwnerOnly(keyPath, `${key}\n`);
    },
    remove: () => {
      open.remove();
      rmSync(keyPath, { force: true });
    },
  };
}
