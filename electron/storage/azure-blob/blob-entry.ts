import type { IncomingHttpHeaders } from 'node:http';
import type { InnerPath } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';
import { type ListedBlob, md5Hex, plainEtag } from './list-page.ts';

/** A time to be kept: milliseconds since the epoch, and nanoseconds where they are known. */
export interface GivenTime {
  readonly modified?: number | undefined;
  readonly modifiedNs?: bigint | undefined;
}
type EntryTime = Pick<StorageEntry, 'modified' | 'modifiedNs'>;

/** How rclone and others keep the time of a file: metadata `mtime`, RFC 3339. */
export function timeMetadata(time: GivenTime): Record<string, string> {
  const text = formatTime(time);
  return text === null ? {} : { 'x-ms-meta-mtime': text };
}

/** RFC 3339 in UTC with nanoseconds, as few digits as it needs; null for none, and for what no date can hold. */
function formatTime({ modified, modifiedNs }: GivenTime): string | null {
  if (modified === undefined && modifiedNs === undefined) return null;
  const nanoseconds = modifiedNs ?? BigInt(Math.round((modified ?? 0) * 1e3)) * 1000n;
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((nanoseconds - fraction) / 1_000_000n));
  if (Number.isNaN(date.getTime())) return null;
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  return `${date.toISOString().slice(0, -'.000Z'.length)}${digits && `.${digits}`}Z`;
}

function parseTime(text: string | null | undefined): number | null {
  const time = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** The time of an entry: that of the metadata to the nanosecond, else that of the last writing. */
function entryTime(mtime: string | null | undefined, lastModified: string | null | undefined): EntryTime {
  const modified = parseTime(mtime);
  if (!mtime || modified === null) return { modified: parseTime(lastModified) };
  const fraction = /\.(\d+)/.exec(mtime)?.[1] ?? '';
  // A date counts milliseconds only, so the rest of the digits is added to the whole second.
  const second = BigInt(Math.floor(modified / 1000));
  return { modified, modifiedNs: second * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')) };
}

/** The time of what was just written with `time`. */
export const keptTime = (time: GivenTime, lastModified: string | undefined): EntryTime =>
  entryTime(formatTime(time), lastModified);

/** True for an empty blob that only says that there is a folder. */
export const isFolderMarker = (headers: IncomingHttpHeaders): boolean =>
  headers['x-ms-meta-hdi_isfolder'] === 'true' && Number(headers['content-length'] ?? 0) === 0;

export const plainEtagOf = (headers: IncomingHttpHeaders): string => plainEtag(headers.etag ?? '');

/** The entry of a blob from the answer to HEAD or GET; of a range, the whole blob's. */
export function entryOf(path: InnerPath, headers: IncomingHttpHeaders): StorageEntry {
  const range = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  const md5 = headers['x-ms-blob-content-md5'] ?? (range === undefined ? headers['content-md5'] : undefined);
  const mtime = headers['x-ms-meta-mtime'];
  const tier = headers['x-ms-access-tier'];
  return {
    path,
    kind: 'file',
    size: Number(range ?? headers['content-length'] ?? 0),
    ...entryTime(typeof mtime === 'string' ? mtime : null, headers['last-modified']),
    etag: plainEtagOf(headers),
    ...(typeof tier === 'string' && { tier }),
    ...(typeof md5 === 'string' && { md5: md5Hex(md5) }),
  };
}

export function listedEntry(path: InnerPath, blob: ListedBlob): StorageEntry {
  return {
    path,
    kind: 'file',
    size: blob.size,
    ...entryTime(blob.mtime, blob.lastModified),
    etag: blob.etag,
    ...(blob.tier !== null && { tier: blob.tier }),
    ...(blob.md5 !== null && { md5: blob.md5 }),
  };
}

export const folderEntry = (path: InnerPath): StorageEntry => ({ path, kind: 'directory', size: 0, modified: null });

/** The headers that hold a change to what is expected there. */
export function conditions(expect: { absent: true } | { etag: string } | undefined): Record<string, string> {
  if (!expect) return {};
  return 'absent' in expect ? { 'if-none-match': '*' } : { 'if-match': `"${expect.etag}"` };
}
