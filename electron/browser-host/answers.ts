import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, type StowageError, toStowageError } from '#shared/errors.ts';
import { inertPolicy, securityHeaders } from '../static-app.ts';

/** A refused body is read on to this length, so that the sender sees the answer rather than a broken connection. */
const drainBytes = 64 * 1024 * 1024;
const drainMs = 10_000;

const headersOf = (body: Buffer): Record<string, string> => ({
  ...securityHeaders,
  'content-security-policy': inertPolicy,
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(body.length),
});

export function sendJson(response: ServerResponse, status: number, value: unknown, extra: Record<string, string> = {}): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { ...headersOf(body), ...extra }).end(body);
}

/** Answers `{ code, message, data }` with the status that fits, or breaks an answer that has begun. */
export function sendError(request: IncomingMessage, response: ServerResponse, thrown: unknown, status?: number): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const error = toStowageError(thrown);
  // The answer must not be kept waiting by a body that nobody wants, nor the connection be reused in its middle.
  const unread = !request.complete;
  const code = status ?? statusOf(error.code);
  sendJson(response, code, { code: error.code, message: error.message, data: error.data }, unread ? { connection: 'close' } : {});
  if (unread) void drain(request);
}

/** Refuses an upgrade, which has a bare socket and no response yet. */
export function refuseSocket(socket: Duplex, status: number, error: StowageError): void {
  const body = Buffer.from(JSON.stringify({ code: error.code, message: error.message, data: error.data }));
  const headers = Object.entries({ ...headersOf(body), connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${statusText[status] ?? 'Refused'}\r\n${headers.join('')}\r\n${body.toString()}`);
}

const statusText: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
};

async function drain(request: IncomingMessage): Promise<void> {
  let read = 0;
  request.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > drainBytes) request.destroy();
  });
  const timer = setTimeout(() => request.destroy(), drainMs);
  timer.unref();
  // A sender that goes away is as good an end as any.
  await once(request, 'close').catch(() => {});
  clearTimeout(timer);
}

const statuses: Partial<Record<ErrorCode, number>> = {
  'bad-request': 400,
  'name-invalid': 400,
  'name-reserved': 400,
  'path-refused': 400,
  unauthorised: 401,
  'permission-denied': 403,
  'read-only': 403,
  'not-found': 404,
  unsupported: 405,
  exists: 409,
  'name-taken': 409,
  'is-a-directory': 409,
  'not-a-directory': 409,
  'not-empty': 409,
  'in-use': 409,
  'wrong-state': 409,
  'source-changed': 409,
  cancelled: 409,
  'precondition-failed': 412,
  'checksum-mismatch': 422,
  'host-unreachable': 502,
  'timed-out': 504,
  stalled: 504,
  'disk-full': 507,
};

const statusOf = (code: ErrorCode): number => statuses[code] ?? 500;
