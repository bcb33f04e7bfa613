import { createSecretKey } from 'node:crypto';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import type { HostSettings } from '#shared/contract/hosts.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { HostSecret } from '../../services.ts';
import { createHttpClient, type HttpAnswer, type HttpClientOptions } from '../remote/http.ts';
import { withRetries } from '../remote/retries.ts';
import { type Refusal, toError } from './errors.ts';
import { type Query, sharedKeyAuthorization } from './signing.ts';

export type AzureSettings = Extract<HostSettings, { kind: 'azure-blob' }>;

/** A call of Azure's REST interface. Names are given as they are and encoded here, once. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Absent: the account. */
  readonly container?: string;
  readonly blob?: string;
  readonly query?: Query;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** What the call is about, for messages. */
  readonly subject: string;
  /** Refusals that are no failure here, by Azure's code or by status: the answer is given to the caller. */
  readonly accept?: readonly (string | number)[];
}

export interface Answer {
  readonly http: HttpAnswer;
  readonly status: number;
  /** Azure's code of a refusal that the call accepts; `''` otherwise. */
  readonly code: string;
  /** How many times it was tried: a repeated change may have been made by an earlier try already. */
  readonly attempt: number;
}

/** The blob service of one account, with its credentials: every request to Azure goes through here. */
export interface BlobService {
  call(call: Call): Promise<Answer>;
  /** The address of a blob that the service itself can read from, its authorisation included where it is needed. */
  sourceUrl(container: string, blob: string): string;
  /** The address of a blob, or of a container, without any authorisation. */
  plainUrl(container: string, blob?: string): string;
  readonly credential: StorageSharedKeyCredential | null;
  onThrottled: (() => void) | null;
  close(): void;
}

/** Old enough for every Azure and emulator of the last years, new enough for blocks of 4,000 MiB. */
const apiVersion = '2021-12-02';
const maxErrorBytes = 65_536;

/** @throws `bad-request` when the settings name no usable address, `credentials-missing` */
export function createBlobService(settings: AzureSettings, secret: HostSecret, options: HttpClientOptions = {}): BlobService {
  const { origin, base } = parseEndpoint(settings.endpoint);
  const credential = settings.auth === 'key' ? sharedKey(settings, secret) : null;
  // As an object: signing with the bytes of the key costs eight times as much.
  const key = credential && 'key' in secret ? createSecretKey(secret.key, 'base64') : null;
  const sas = settings.auth === 'sas' ? sasQuery(secret) : [];
  const http = createHttpClient(origin, options);
  const timeOf = (name: string): number | null => {
    const time = Date.parse(sas.find(([key]) => key === name)?.[1] ?? '');
    return Number.isNaN(time) ? null : time;
  };
  const about = { auth: settings.auth, validFrom: timeOf('st'), expiresAt: timeOf('se') ?? settings.expiresAt };

  const once = async (call: Call, attempt: number): Promise<Answer> => {
    const path = pathOf(base, call);
    const query = [...(call.query ?? []), ...sas];
    const headers: Record<string, string> = {
      ...call.headers,
      'x-ms-version': apiVersion,
      'x-ms-date': new Date().toUTCString(),
    };
    if (call.body) headers['content-length'] = String(call.body.length);
    else if (call.method === 'PUT') headers['content-length'] = '0';
    if (key) headers.authorization = sharedKeyAuthorization(settings.account, key, { method: call.method, path, query, headers });
    const answer = await http.send({
      method: call.method,
      path: query.length === 0 ? path : `${path}?${toQueryString(query)}`,
      headers,
      signal: call.signal,
      ...(call.body && { body: call.body }),
    });
    if (answer.status < 300) return { http: answer, status: answer.status, code: '', attempt };
    const refusal: Refusal = { status: answer.status, ...(await wordsOf(answer, call.method)), headers: answer.headers };
    if (call.accept?.includes(refusal.code) || call.accept?.includes(refusal.status)) {
      return { http: answer, status: answer.status, code: refusal.code, attempt };
    }
    throw toError(refusal, { ...about, subject: call.subject });
  };
  const service: BlobService = {
    credential,
    onThrottled: null,
    call: (call) =>
      withRetries(
        (attempt) => once(call, attempt),
        call.signal,
        (error) => {
          if (error.code === 'throttled') service.onThrottled?.();
        },
      ),
    sourceUrl: (container, blob) => {
      return `${service.plainUrl(container, blob)}${sas.length > 0 ? `?${toQueryString(sas)}` : ''}`;
    },
    plainUrl: (container, blob) => origin + pathOf(base, { container, ...(blob !== undefined && { blob }) }),
    close: () => http.close(),
  };
  return service;
}

/** The body of an answer that is known to be of moderate size. */
export const textOf = async ({ http }: Answer, limit: number): Promise<string> => (await http.bytes(limit)).toString('utf8');

function parseEndpoint(endpoint: string): { origin: string; base: string } {
  const url = URL.parse(endpoint);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new StowageError('bad-request', `“${endpoint}” is no address of a storage account.`, {
      subject: endpoint,
      hint: 'It looks like https://ACCOUNT.blob.core.windows.net.',
    });
  }
  return { origin: url.origin, base: url.pathname.replace(/\/+$/, '') };
}

function sharedKey(settings: AzureSettings, secret: HostSecret): StorageSharedKeyCredential {
  if (!('key' in secret))
    throw new StowageError('credentials-missing', `The key of the account “${settings.account}” is missing.`);
  return new StorageSharedKeyCredential(settings.account, secret.key);
}

function sasQuery(secret: HostSecret): Query {
  if (!('sas' in secret)) throw new StowageError('credentials-missing', 'The shared access signature (SAS) is missing.');
  return [...new URLSearchParams(secret.sas.trim().replace(/^\?/, ''))];
}

/** Every segment is encoded by itself, so that nothing in a name is taken for a part of the address. */
function pathOf(base: string, { container, blob }: Pick<Call, 'container' | 'blob'>): string {
  if (container === undefined) return `${base}/`;
  // Servers and proxies resolve `..` even where it is encoded; paths were checked long before, this is the last gate.
  if (!isPlain(container) || (blob !== undefined && !blob.split('/').every(isPlain))) {
    throw new StowageError('path-refused', `“${visible(blob ?? container)}” is refused: it climbs out of its folder.`, {
      subject: blob ?? container,
    });
  }
  const place = `${base}/${encodeURIComponent(container)}`;
  return blob === undefined ? place : `${place}/${blob.split('/').map(encodeURIComponent).join('/')}`;
}

const isPlain = (segment: string): boolean =>
  segment !== '.' && !segment.split('\\').includes('..') && !segment.includes('\0') && segment.isWellFormed();

const toQueryString = (query: Query): string =>
  query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

async function wordsOf(answer: HttpAnswer, method: string): Promise<{ code: string; message: string }> {
  const header = answer.headers['x-ms-error-code'];
  const code = typeof header === 'string' ? header : '';
  if (method === 'HEAD') {
    answer.discard();
    return { code, message: '' };
  }
  const body = (await answer.bytes(maxErrorBytes).catch(() => Buffer.alloc(0))).toString('utf8');
  return {
    code: code || (/<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? ''),
    message: /<Message>([^<]*)/.exec(body)?.[1] ?? '',
  };
}
