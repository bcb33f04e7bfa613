import { createHmac, type KeyObject } from 'node:crypto';
import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';

/** A query parameter, decoded. */
export type Query = readonly (readonly [name: string, value: string])[];

export interface Signable {
  readonly method: string;
  /** Encoded path of the URL. */
  readonly path: string;
  readonly query: Query;
  /** Names in lower case, except of metadata; the signature is of these. */
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
  const own = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`);
  const parameters = query
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`);
  const resource = [`/${account}${path}`, ...parameters].join('\n');
  const text = [method, ...standard, ...own, resource].join('\n');
  return `SharedKey ${account}:${createHmac('sha256', key).update(text, 'utf8').digest('base64')}`;
}

export interface BlobSas {
  readonly container: string;
  readonly blob: string;
  /** Letters as Azure has them: `r`, `w`, `d`. */
  readonly permissions: string;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly expiresAt: number;
  readonly httpsOnly: boolean;
}

/** The query of a URL by which anybody may use one blob for a while (a service SAS). */
export function blobSas(credential: StorageSharedKeyCredential, sas: BlobSas): string {
  return generateBlobSASQueryParameters(
    {
      containerName: sas.container,
      blobName: sas.blob,
      permissions: BlobSASPermissions.parse(sas.permissions),
      startsOn: new Date(sas.startsAt),
      expiresOn: new Date(sas.expiresAt),
      ...(sas.httpsOnly && { protocol: SASProtocol.Https }),
    },
    credential,
  ).toString();
}
