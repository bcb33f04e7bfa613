import type { IncomingHttpHeaders } from 'node:http';
import { type Editable, type HeaderName, headerNames, type Pair, type PropertyChange } from '#shared/contract/properties.ts';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { applyChange, type HostProperties, type Refusal, type Share } from '../properties.ts';
import type { StorageEntry } from '../provider.ts';
import { entryOf, isFolderMarker, plainEtagOf, timeMetadata } from './blob-entry.ts';
import { parseTags } from './list-page.ts';
import { type BlobService, textOf } from './service.ts';
import { blobSas, type Query } from './signing.ts';

/** A blob that is there, for messages too. */
export interface BlobPlace {
  readonly path: InnerPath;
  readonly container: string;
  readonly blob: string;
}

/** https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const metadataRules: Editable['metadata'] = { names: 'identifier', maxPairs: 200, maxName: 512, maxValue: 8192, maxBytes: 8192 };
/** https://learn.microsoft.com/rest/api/storageservices/set-blob-tags */
const tagRules: Editable['tags'] = { names: 'tag', maxPairs: 10, maxName: 128, maxValue: 256, maxBytes: null };
const tiers = ['Hot', 'Cool', 'Cold', 'Archive'];

const headerOf: Readonly<Record<HeaderName, string>> = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  contentDisposition: 'content-disposition',
  cacheControl: 'cache-control',
};

const maxTagBytes = 65_536;
const skewMs = 5 * 60_000;

/** What is told of a folder; `url` is null for the account. */
export const folderProperties = (entry: StorageEntry, url: string | null): HostProperties => ({
  entry,
  ...(url !== null && { urls: [{ name: 'URL', value: url }] }),
  edit: { refusal: 'Folders have no properties of their own.' },
  share: { refusal: 'Only single files can be shared by a URL.' },
});

/** @throws `not-found` */
export async function blobProperties(
  service: BlobService,
  place: BlobPlace,
  signal: AbortSignal | undefined,
): Promise<HostProperties> {
  const { path, container, blob } = place;
  const [head, tags] = await Promise.all([
    service.call({ method: 'HEAD', container, blob, subject: path, signal }),
    readTags(service, place, signal),
  ]);
  head.http.discard();
  const { headers } = head.http;
  const entry = entryOf(path, headers);
  const url = service.plainUrl(container, blob);
  if (isFolderMarker(headers)) return folderProperties({ path, kind: 'directory', size: 0, modified: null }, url);
  return {
    entry,
    headers: headersIn(headers),
    metadata: metadataIn(head.http.rawHeaders),
    ...(tags && { tags }),
    created: timeOf(headers['x-ms-creation-time']),
    accessed: timeOf(headers['x-ms-last-access-time']),
    versionId: textIn(headers, 'x-ms-version-id') ?? null,
    details: detailsIn(headers),
    urls: [{ name: 'URL', value: url }],
    edit: editableOf(headers, tags !== null),
    share: sharingOf(service),
  };
}

const textIn = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

function timeOf(header: string | string[] | undefined): number | null {
  const time = Date.parse(String(header ?? ''));
  return Number.isNaN(time) ? null : time;
}

function headersIn(headers: IncomingHttpHeaders): NonNullable<HostProperties['headers']> {
  const found: Partial<Record<HeaderName, string>> = {};
  for (const name of headerNames) {
    const value = textIn(headers, headerOf[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Names keep their case, which Azure remembers. */
function metadataIn(raw: readonly string[]): Pair[] {
  const prefix = 'x-ms-meta-';
  const pairs: Pair[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (name.toLowerCase().startsWith(prefix)) pairs.push({ name: name.slice(prefix.length), value: raw[at + 1] ?? '' });
  }
  return pairs;
}

/** Words for what else a blob's head may say. */
const detailWords: readonly (readonly [header: string, words: string])[] = [
  ['x-ms-blob-type', 'Blob type'],
  ['x-ms-lease-state', 'Lease'],
  ['x-ms-archive-status', 'Being restored'],
  ['x-ms-rehydrate-priority', 'Restore priority'],
  ['x-ms-encryption-scope', 'Encryption scope'],
  ['x-ms-immutability-policy-until-date', 'Cannot be changed until'],
  ['x-ms-legal-hold', 'Legal hold'],
];

const detailsIn = (headers: IncomingHttpHeaders): Pair[] =>
  detailWords.flatMap(([header, name]) => {
    const value = textIn(headers, header);
    // Nobody holds it: nothing to tell.
    return value === undefined || value === 'available' ? [] : [{ name, value }];
  });

const editableOf = (headers: IncomingHttpHeaders, tags: boolean): Editable => ({
  headers: [...headerNames],
  metadata: metadataRules,
  tags: tags ? tagRules : null,
  tiers: headers['x-ms-blob-type'] === 'BlockBlob' && headers['x-ms-access-tier'] !== undefined ? tiers : [],
});

const sharingOf = ({ credential }: BlobService): HostProperties['share'] =>
  credential
    ? { permissions: ['r', 'rw', 'w', 'rwd'], longestMs: null, note: 'It ends at once when the account’s key is renewed.' }
    : ({
        refusal:
          'The storage host is attached by a shared access signature (SAS), which cannot sign another. Attach it by the account’s key to share files.',
      } satisfies Refusal);

/** Null where the account has no tags, or the credentials may not see them. */
async function readTags(service: BlobService, place: BlobPlace, signal: AbortSignal | undefined): Promise<Pair[] | null> {
  const { path: subject, container, blob } = place;
  const query = [['comp', 'tags']] as const;
  const accept = [400, 403, 404, 409, 501];
  const answer = await service.call({ method: 'GET', container, blob, query, subject, signal, accept });
  return answer.status < 300 ? parseTags(await textOf(answer, maxTagBytes)) : null;
}

/**
 * Changes what is asked for, a kind of property after the other, each on the condition that the blob is still the one that
 * was looked at. Tags and tier have no etag of their own: they come last. The blob's own time would become that of the
 * change, so it is kept in its metadata where it was not there before.
 */
export async function setBlobProperties(
  service: BlobService,
  place: BlobPlace,
  before: HostProperties,
  change: PropertyChange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { entry, metadata: had = [] } = before;
  const { headers, metadata, tags, tier } = applyChange(before, change);
  let etag = entry.etag ?? '';
  const put = async (what: string, given: Record<string, string>, body?: Buffer): Promise<void> => {
    const query: Query = [['comp', what]];
    const { path: subject, container, blob } = place;
    const request = { method: 'PUT', container, blob, query, subject, signal } as const;
    const answer = await service.call({ ...request, headers: given, ...(body && { body }) });
    answer.http.discard();
    if (answer.http.headers.etag !== undefined) etag = plainEtagOf(answer.http.headers);
  };
  const untimed = !had.some(({ name }) => name.toLowerCase() === 'mtime');
  if (metadata || (headers && untimed)) {
    const given = Object.fromEntries((metadata ?? had).map(({ name, value }) => [`x-ms-meta-${name}`, value]));
    const time = untimed && entry.modified !== null ? timeMetadata({ modified: entry.modified }) : {};
    await put('metadata', { ...given, ...time, 'if-match': `"${etag}"` });
  }
  if (headers) {
    // What is left out is lost, the sum of the content too.
    const given = Object.fromEntries(
      headerNames.flatMap((name) => (headers[name] ? [[`x-ms-blob-${headerOf[name]}`, headers[name]]] : [])),
    );
    const md5 = entry.md5 === undefined ? {} : { 'x-ms-blob-content-md5': Buffer.from(entry.md5, 'hex').toString('base64') };
    await put('properties', { ...given, ...md5, 'if-match': `"${etag}"` });
  }
  if (tags) await put('tags', { 'content-type': 'application/xml; charset=UTF-8' }, tagBody(tags));
  if (tier !== null) await put('tier', { 'x-ms-access-tier': tier });
}

function tagBody(tags: readonly Pair[]): Buffer {
  const set = tags.map(({ name, value }) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`);
  return Buffer.from(`<?xml version="1.0" encoding="utf-8"?><Tags><TagSet>${set.join('')}</TagSet></Tags>`);
}

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The URL of a blob with a signature of the account's key. */
export function shareBlob(service: BlobService, { path, container, blob }: BlobPlace, { expiresAt, permission }: Share): string {
  const { credential } = service;
  if (!credential)
    throw new StowageError('unsupported', `“${visible(path)}” cannot be shared: the host has no key.`, { subject: path });
  const url = service.plainUrl(container, blob);
  // Begins in the past: the clocks of this machine and of Azure differ. It ends on a whole second, never later than asked.
  const times = { startsAt: Date.now() - skewMs, expiresAt };
  return `${url}?${blobSas(credential, { container, blob, permissions: permission, ...times, httpsOnly: url.startsWith('https:') })}`;
}
