import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { StowageError } from '#shared/errors.ts';
import { cancelled } from '../bodies.ts';
import { Transient } from './retries.ts';

/** One request, as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, encoded already: sent as it is, so that no `..` is ever resolved on the way. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has come. The body must be consumed, or let go of by `discard`. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, the names as they were sent. */
  readonly rawHeaders: readonly string[];
  /** The body as it comes; fails when it stalls, breaks off or is cancelled. Returning it closes the connection. */
  body(): AsyncGenerator<Uint8Array, void, undefined>;
  /** The whole body; `io-error` when it is longer than `limit` bytes. */
  bytes(limit: number): Promise<Buffer>;
  /** Lets go of the body: an answer without one frees its connection, another closes it. */
  discard(): void;
}

export interface HttpClient {
  /**
   * Sends a request over a kept connection.
   * @throws Transient around `host-unreachable` (worth repeating), StowageError `stalled` after 30 s without a byte,
   * `host-unreachable` for what no repetition mends, `cancelled`
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpClientOptions {
  /** Milliseconds without a byte in either direction, while one is waited for, until a request counts as stalled. */
  readonly idleMs?: number;
  /** Connections at once; more requests wait. */
  readonly maxSockets?: number;
}

/** A client for one service, with keep-alive. `origin` is scheme, host and port. */
export function createHttpClient(origin: string, options: HttpClientOptions = {}): HttpClient {
  const { idleMs = 30_000, maxSockets = 128 } = options;
  const { protocol, hostname, port, host } = new URL(origin);
  const secure = protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets, scheduling: 'lifo' as const };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  // An IPv6 address stands in brackets in a URL, and without them for the connection.
  const connection = { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || (secure ? 443 : 80), agent, timeout: idleMs };
  const start = secure ? httpsRequest : httpRequest;

  const attempt = ({ method, path, headers, body, signal }: HttpRequest): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const request = start({ ...connection, method, path, headers });
      let answer: Answer | null = null;
      const abort = (): void => {
        // With the answer's last byte the connection is the agent's again: nobody would hear of its error, and that ends the process.
        if (!answer?.message.complete) request.destroy(cancelled());
      };
      signal?.addEventListener('abort', abort, { once: true });
      request.once('close', () => signal?.removeEventListener('abort', abort));
      request.on('timeout', () => {
        if (!answer) request.destroy(stalled(host, idleMs));
        // A reader that takes its time is no stalled service: only while one waits for bytes does silence count.
        else if (answer.waiting) answer.message.destroy(stalled(host, idleMs));
        else request.socket?.setTimeout(idleMs);
      });
      request.once('error', (error) => {
        if (answer) return;
        if (!request.reusedSocket || !isReset(error)) return reject(toFailure(error, host));
        // Most likely the service had closed the kept connection meanwhile, and others with it: a new one is tried at once.
        for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
        reject(new Transient(toStowage(error, host), 0));
      });
      request.once('response', (message) => {
        answer = new Answer(message, host, signal);
        resolve(answer);
      });
      request.end(body);
    });

  return { send: attempt, close: () => agent.destroy() };
}

const isReset = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';

class Answer implements HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly message: IncomingMessage;
  /** True while someone waits for bytes. */
  waiting = false;
  readonly #host: string;
  readonly #signal: AbortSignal | undefined;

  constructor(message: IncomingMessage, host: string, signal: AbortSignal | undefined) {
    this.message = message;
    this.status = message.statusCode ?? 0;
    this.headers = message.headers;
    this.rawHeaders = message.rawHeaders;
    this.#host = host;
    this.#signal = signal;
    // It may fail before anybody reads it.
    message.on('error', () => undefined);
  }

  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    const { message } = this;
    try {
      const iterator: AsyncIterator<Buffer> = message[Symbol.asyncIterator]();
      for (;;) {
        this.waiting = true;
        const next = await iterator.next();
        this.waiting = false;
        if (next.done) break;
        yield next.value;
      }
      if (!message.complete) throw cutOff(this.#host);
    } catch (error) {
      throw this.#broken(error);
    } finally {
      if (!message.complete) message.destroy();
    }
  }

  async bytes(limit: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.body()) {
      length += chunk.length;
      if (length > limit) {
        throw new StowageError('io-error', `${this.#host} gave an answer of more than ${limit} bytes.`, { subject: this.#host });
      }
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  }

  discard(): void {
    const { message } = this;
    const length = Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    if (length > 65_536 && !message.complete) message.destroy();
    else message.resume();
  }

  #broken(error: unknown): StowageError {
    if (this.#signal?.aborted) return cancelled();
    return error instanceof StowageError ? error : toStowage(error as NodeJS.ErrnoException, this.#host);
  }
}

const stalled = (host: string, idleMs: number): StowageError =>
  new StowageError('stalled', `${host} has sent nothing for ${Math.round(idleMs / 1000)} seconds.`, {
    subject: host,
    hint: 'It goes on by itself when the host answers again; check the network if it does not.',
  });

const cutOff = (host: string): StowageError =>
  new StowageError('host-unreachable', `The connection to ${host} broke off in the middle of an answer.`, { subject: host });

/** Failures that stay as they are however often they are tried within seconds. */
const lasting: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  ECONNREFUSED: 'nothing answers there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted by this machine',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted by this machine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted by this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

function toFailure(error: NodeJS.ErrnoException, host: string): StowageError | Transient {
  const known = toStowage(error, host);
  const once =
    error instanceof StowageError || (error.code !== undefined && error.code !== 'ECONNREFUSED' && error.code in lasting);
  return once ? known : new Transient(known);
}

function toStowage(error: NodeJS.ErrnoException, host: string): StowageError {
  if (error instanceof StowageError) return error;
  const why = lasting[error.code ?? ''] ?? (isReset(error) ? 'the connection broke' : 'the connection failed');
  const detail = error.code ?? error.message;
  const hint = 'Check the address, the network, and whether the service runs.';
  return new StowageError(
    'host-unreachable',
    `${host} cannot be reached: ${why}.`,
    { subject: host, detail, hint },
    { cause: error },
  );
}
