import { createHmac, type KeyObject } from 'node:crypto';

/** A query parameter, decoded. */
export type Query = readonly (readonly [name: string, value: string])[];

export interface Signable {
  readonly method: string;
  /** Encoded path of the URL. */
  readonly path: string;
  readonly query: Query;
  /** Names in lower case; the signature is of these. */
  readonly headers: Readonly<Record<string, string>>;
}

const signedHeaders = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const;

/**
 * The Authorization header of Azure's Shared Key scheme
 * (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
 */
export function sharedKeyAuthorization(account: string, key: KeyObject, request: Signable): string {
  const { method, headers, path, query } = request;
  const standard = signedHeaders.map((name) => (name === 'content-length' && headers[name] === '0' ? '' : (headers[name] ?? '')));
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim() ?? ''}`);
  const parameters = query
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`);
  const resource = [`/${account}${path}`, ...parameters].join('\n');
  const text = [method, ...standard, ...own, resource].join('\n');
  return `SharedKey ${account}:${createHmac('sha256', key).update(text, 'utf8').digest('base64')}`;
}
