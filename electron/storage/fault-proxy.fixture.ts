import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What goes wrong with one request. Offsets are bytes of the body. */
export type Fault =
  /** The answer comes later. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Answered here; the server never hears of it. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** The connection ends after so many bytes of the answer. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The answer ends after so many bytes and says that this is all. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** One bit of the answer's, or of the request's, body is another. */
  | { readonly kind: 'flip' | 'flip-request'; readonly at: number }
  /** The connection ends before any answer: `refuse`, before the server hears of it; `lose`, after it has done its work. */
  | { readonly kind: 'refuse' | 'lose' }
  /** Nothing is ever answered. */
  | { readonly kind: 'silence' };

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** From 1 on. */
  readonly number: number;
  /** When the whole answer had been passed on, as `Date.now` tells it. */
  answeredAt?: number;
}

/** A server between a client and the real server on this machine, which harms what passes as the test says. */
export interface FaultProxy {
  readonly port: number;
  /** Asked for each request; nothing returned: it passes unharmed. */
  fault: (request: SeenRequest) => Fault | undefined;
  readonly seen: readonly SeenRequest[];
  forget(): void;
  close(): Promise<void>;
}

/** A `GET` that answers with a file's bytes rather than a listing or properties. */
export const isBodyRead = ({ method, url }: SeenRequest): boolean =>
  method === 'GET' && !/[?&](comp|restype|list-type|uploads|uploadId|versioning|location)\b/.test(url);

export async function startFaultProxy(upstreamPort: number): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  let number = 0;
  const server: Server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const seenRequest: SeenRequest = { method, url, headers, number: ++number };
    seen.push(seenRequest);
    const harm = proxy.fault(seenRequest);
    // A client that went away, or a connection that was cut on purpose, is what is tested; nobody is to be told.
    outgoing.once('finish', () => {
      seenRequest.answeredAt = Date.now();
    });
    pass(upstreamPort, incoming, outgoing, harm).catch(() => outgoing.destroy());
  });
  const proxy: FaultProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    fault: () => undefined,
    seen,
    forget: () => void seen.splice(0),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return proxy;
}

async function pass(port: number, incoming: IncomingMessage, outgoing: ServerResponse, harm: Fault | undefined): Promise<void> {
  if (harm?.kind === 'refuse') return void incoming.socket.destroy();
  if (harm?.kind === 'silence') return void incoming.resume();
  if (harm?.kind === 'answer') {
    incoming.resume();
    outgoing.writeHead(harm.status, { 'content-length': Buffer.byteLength(harm.body ?? ''), ...harm.headers });
    outgoing.end(harm.body);
    return;
  }
  const answered = Promise.withResolvers<IncomingMessage>();
  // Host and everything that is signed pass as they came.
  const { method, url, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false });
  onward.on('response', answered.resolve).on('error', answered.reject);
  outgoing.on('close', () => onward.destroy());
  const sending = pipeline(incoming, flipping(harm?.kind === 'flip-request' ? harm.at : null), onward);
  sending.catch(answered.reject);
  const answer = await answered.promise;
  if (harm?.kind === 'lose') return void incoming.socket.destroy();
  if (harm?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, harm.milliseconds));
  const announced = answer.headers['content-length'];
  const shorter = harm?.kind === 'truncate' &&
    announced !== undefined && { 'content-length': Math.min(harm.after, Number(announced)) };
  outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...shorter });
  await pipeline(answer, harmed(harm, outgoing), outgoing);
}

/** The answer's body as `harm` leaves it. */
function harmed(harm: Fault | undefined, outgoing: ServerResponse): Transform {
  if (harm?.kind === 'flip') return flipping(harm.at);
  if (harm?.kind !== 'cut' && harm?.kind !== 'truncate') return flipping(null);
  let left = harm.after;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (harm.kind === 'truncate') return done(null, part);
      if (left > 0) return done(null, part);
      outgoing.write(part, () => outgoing.destroy());
    },
  });
}

/** Passes bytes on, with one bit of the byte at `at` turned over. */
function flipping(at: number | null): Transform {
  let offset = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = at === null ? -1 : at - offset;
      offset += chunk.length;
      if (index < 0 || index >= chunk.length) return done(null, chunk);
      const copy = Buffer.from(chunk);
      copy[index] = (copy[index] ?? 0) ^ 1;
      done(null, copy);
    },
  });
}
