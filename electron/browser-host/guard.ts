import type { IncomingMessage } from 'node:http';
import { browserHost } from '#shared/bridge.ts';
import { StowageError } from '#shared/errors.ts';
import type { Access } from './access.ts';

/** What the host does, decided by the guard; there is nothing else that it can do. */
export type Route =
  | { readonly name: 'static'; readonly path: string }
  | { readonly name: 'sign-in' }
  | { readonly name: 'rpc' }
  | { readonly name: 'body'; readonly id: number; readonly seq: number; readonly offset: number }
  | { readonly name: 'download' | 'preview'; readonly ticket: string };

export type Verdict =
  | { readonly allowed: true; readonly route: Route; readonly host: string }
  | { readonly allowed: false; readonly status: number; readonly error: StowageError };

export interface GuardOptions {
  readonly port: number;
  readonly access: Access;
  /** Whether the app has a file at this path of a URL. */
  readonly isStatic: (path: string) => boolean;
}

/**
 * The one guard in front of every route, verb and upgrade: what it does not allow does not happen. In order:
 * 1. exact `Host`, one only → else 403 (DNS rebinding);
 * 2. `Origin`, where it is given and always on writes and upgrades, exactly that host's → else 403;
 * 3. the app's own page and files, to read: anyone on this machine; they hold no secret;
 * 4. all else needs its proof → else 401, whether the path exists or not;
 * 5. then only does an unknown path give 404, and a wrong verb 405.
 */
export function createGuard({ port, access, isStatic }: GuardOptions): (request: IncomingMessage, upgrade: boolean) => Verdict {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  return (request, upgrade) => {
    const method = request.method ?? '';
    const reading = (method === 'GET' || method === 'HEAD') && !upgrade;
    const host = soleHeader(request, 'host');
    if (host === undefined || !hosts.includes(host)) {
      return refuse(403, 'unauthorised', 'This address is not one of Stowage’s.');
    }
    if (!isOwnOrigin(request, host, reading)) {
      return refuse(403, 'unauthorised', 'Stowage answers its own page only.');
    }
    const [path = '', query = ''] = split(request.url ?? '');
    if (!path.startsWith('/') || path.startsWith('//')) return refuse(400, 'bad-request', 'This is not a path of Stowage.');
    if (reading && isStatic(path)) return { allowed: true, route: { name: 'static', path }, host };
    // Pages of other ports of this machine are of the same site and would bring the cookie.
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      return refuse(403, 'unauthorised', 'Stowage answers its own page only.');
    }
    const proof = isProven(request, access, path, upgrade);
    if (!proof) return refuse(401, 'unauthorised', 'Sign in to Stowage first.');
    return dispatch(method, path, query, upgrade, host);
  };
}

function isProven(request: IncomingMessage, access: Access, path: string, upgrade: boolean): boolean {
  const { headers } = request;
  if (upgrade) return access.hasSession(headers, sessionOfProtocols(headers['sec-websocket-protocol']));
  // The sign-in itself looks at the key, which is its proof.
  if (path === browserHost.sessionPath && request.method === 'POST') return headers[browserHost.keyHeader] !== undefined;
  // Their addresses hold a ticket; links and the elements that show a preview cannot bear the header.
  const byTicket = [browserHost.downloadPath, browserHost.previewPath].some((folder) => path.startsWith(`${folder}/`));
  if (byTicket && request.method === 'GET') return access.hasCookie(headers);
  const session = headers[browserHost.sessionHeader];
  return access.hasSession(headers, typeof session === 'string' ? session : undefined);
}

function dispatch(method: string, path: string, query: string, upgrade: boolean, host: string): Verdict {
  const allow = (route: Route): Verdict => ({ allowed: true, route, host });
  const only = (verb: string, route: Route): Verdict =>
    method === verb && !upgrade ? allow(route) : refuse(405, 'unsupported', 'This address does not do that.');
  if (path === browserHost.rpcPath) {
    return upgrade && method === 'GET'
      ? allow({ name: 'rpc' })
      : refuse(405, 'unsupported', 'This address takes WebSockets only.');
  }
  if (path === browserHost.sessionPath) return only('POST', { name: 'sign-in' });
  for (const [name, folder] of [
    ['download', browserHost.downloadPath],
    ['preview', browserHost.previewPath],
  ] as const) {
    const ticket = rest(path, folder);
    if (ticket !== null && /^[\w-]{1,200}$/.test(ticket)) return only('GET', { name, ticket });
  }
  const body = readBodyPath(path, query);
  if (body) return only('PUT', body);
  return refuse(404, 'not-found', 'There is nothing at this address.');
}

/** `/body/transfers/ID/SEQ?offset=N`, all whole numbers; null when it is not such a path. */
function readBodyPath(path: string, query: string): Route | null {
  const ids = /^(\d{1,15})\/(\d{1,15})$/.exec(rest(path, browserHost.bodyPath) ?? '');
  const offset = /^offset=(\d{1,15})$/.exec(query);
  if (!ids || !offset) return null;
  return { name: 'body', id: Number(ids[1]), seq: Number(ids[2]), offset: Number(offset[1]) };
}

const rest = (path: string, folder: string): string | null =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;

function split(url: string): [string, string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

/** The value of a header that came exactly once: of several, each program may believe another. */
function soleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? [];
  return values.length === 1 ? values[0] : undefined;
}

function isOwnOrigin(request: IncomingMessage, host: string, reading: boolean): boolean {
  const origins = request.headersDistinct.origin ?? [];
  if (origins.length === 0) return reading;
  return origins.length === 1 && origins[0] === `http://${host}`;
}

/** The page offers the protocol's name and its session value; a WebSocket cannot bear other headers. */
function sessionOfProtocols(header: string | undefined): string | undefined {
  const offered = (header ?? '').split(',').map((name) => name.trim());
  return offered.length === 2 && offered[0] === browserHost.rpcProtocol ? offered[1] : undefined;
}

const refuse = (
  status: number,
  code: 'unauthorised' | 'bad-request' | 'unsupported' | 'not-found',
  message: string,
): Verdict => ({
  allowed: false,
  status,
  error: new StowageError(code, message),
});
