import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { isStowageError } from '#shared/errors.ts';
import type { HttpClient } from '../remote/http.ts';
import { Transient } from '../remote/retries.ts';
import { encode } from './signing.ts';

type Handler = Exclude<NonNullable<S3ClientConfig['requestHandler']>, { httpAgent?: unknown }>;

/** What the SDK asks to send: the parts of it that are used here. */
interface Outgoing {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Record<string, string | string[] | null>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/** Options of one request. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

/** Answers of the service itself, listings of 1,000 keys of 1,024 bytes among them. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** Sends what the SDK has signed through the client for all remote hosts; `clientFor` gives it for a host name. */
export function createHttpHandler(clientFor: (hostname: string) => HttpClient, close: () => void): Handler {
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: Outgoing, { abortSignal }: SendOptions = {}) => {
      const body = bodyOf(request);
      const answer = await clientFor(request.hostname).send({
        method: request.method,
        path: pathWithQuery(request),
        headers: request.headers,
        signal: abortSignal,
        ...(body && { body }),
      });
      const headers = answer.headers as Record<string, string>;
      const bytes = await answer.bytes(maxAnswerBytes).catch((error: unknown) => {
        // Cut in the middle: the request may be sent again.
        throw isStowageError(error, 'host-unreachable') ? new Transient(error) : error;
      });
      return { response: { statusCode: failsLate(answer.status, bytes) ? 500 : answer.status, headers, body: bytes } };
    },
    destroy: close,
  };
  return handler as unknown as Handler;
}

/** Long work may be answered with 200 before it fails. */
const failsLate = (status: number, body: Buffer): boolean =>
  status === 200 && body.length < 65_536 && body.includes('<Error>') && body.toString('utf8').trimEnd().endsWith('</Error>');

function bodyOf({ body }: Outgoing): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  throw new TypeError('only whole bodies are sent');
}

function pathWithQuery({ path, query }: Outgoing): string {
  const parts: string[] = [];
  for (const key of Object.keys(query ?? {}).sort()) {
    const value = query?.[key];
    const name = encode(key);
    if (Array.isArray(value)) for (const each of value) parts.push(`${name}=${encode(each)}`);
    else parts.push(typeof value === 'string' ? `${name}=${encode(value)}` : name);
  }
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}
