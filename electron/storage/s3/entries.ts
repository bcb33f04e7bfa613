import type { IncomingHttpHeaders } from 'node:http';
import type { InnerPath } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';

/** The answer to GET or HEAD: the parts of it that make an entry. */
export interface ObjectHead {
  readonly ContentLength?: number | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly StorageClass?: string | undefined;
}

/** What the headers of an answer say of an object. */
export function headOf(headers: IncomingHttpHeaders): ObjectHead {
  const metadata: Record<string, string> = {};
  for (const name of [mtimeName, md5Name, partSizeName]) {
    const value = headers[`x-amz-meta-${name}`];
    if (typeof value === 'string') metadata[name] = value;
  }
  const of = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const time = Date.parse(headers['last-modified'] ?? '');
  return {
    ContentLength: Number(headers['content-length'] ?? 0),
    ETag: headers.etag,
    LastModified: Number.isNaN(time) ? undefined : new Date(time),
    Metadata: metadata,
    ServerSideEncryption: of('x-amz-server-side-encryption'),
    SSECustomerAlgorithm: of('x-amz-server-side-encryption-customer-algorithm'),
    StorageClass: of('x-amz-storage-class'),
  };
}

/** An ETag without its quotes. */
export const plainEtag = (etag: string | undefined): string => (etag ?? '').replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
/** An ETag as conditions name it. */
export const quotedEtag = (etag: string): string => `"${etag}"`;

/** An MD5 of hex digits as headers have it. */
export const base64Of = (md5: string): string => Buffer.from(md5, 'hex').toString('base64');

const md5Shape = /^[0-9a-f]{32}$/;

/** The MD5 that an ETag is, or undefined: that of several parts is none. */
export const md5OfEtag = (etag: string): string | undefined => (md5Shape.test(etag) ? etag : undefined);

/** Of an object encrypted with a key from outside, the ETag is no MD5. */
export const hidesMd5 = (head: Pick<ObjectHead, 'ServerSideEncryption' | 'SSECustomerAlgorithm'>): boolean =>
  head.SSECustomerAlgorithm !== undefined || (head.ServerSideEncryption ?? 'AES256') !== 'AES256';

/** The names of metadata that rclone writes too. */
const mtimeName = 'mtime';
const md5Name = 'md5chksum';
/** Ours: the bytes of the parts that an object was made of, without which its ETag says nothing about its content. */
const partSizeName = 'stowage-part-size';

/** `size` is that of the whole file: of a part, ContentLength is not. */
export function entryOfHead(path: InnerPath, head: ObjectHead, size = head.ContentLength ?? 0): StorageEntry {
  const etag = plainEtag(head.ETag);
  const md5 = (hidesMd5(head) ? undefined : md5OfEtag(etag)) ?? md5OfMetadata(head.Metadata?.[md5Name]);
  const kept = parseMtime(head.Metadata?.[mtimeName]);
  return {
    path,
    kind: 'file',
    size,
    ...(kept === null ? { modified: head.LastModified?.getTime() ?? null } : timeFields(kept)),
    etag,
    tier: tierOf(head.StorageClass),
    ...(md5 !== undefined && { md5 }),
    ...(md5 === undefined && !hidesMd5(head) && md5OfParts(etag, size, Number(head.Metadata?.[partSizeName]))),
  };
}

/** The storage class of an object: the one for which services give no name is the usual one, by the rule of S3. */
export const tierOf = (storageClass: string | undefined): string => storageClass || 'STANDARD';

/** What the ETag of an object in parts says, when it was made of parts of this size. */
function md5OfParts(etag: string, size: number, partBytes: number): Pick<StorageEntry, 'md5OfParts'> {
  const [, md5, count] = /^([0-9a-f]{32})-(\d+)$/.exec(etag) ?? [];
  const fits = Number.isSafeInteger(partBytes) && partBytes > 0 && Math.ceil(size / partBytes) === Number(count);
  return md5 !== undefined && fits ? { md5OfParts: { md5, partBytes } } : {};
}

export const folderEntry = (path: InnerPath): StorageEntry => ({ path, kind: 'directory', size: 0, modified: null });

function md5OfMetadata(base64: string | undefined): string | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  return bytes.length === 16 ? bytes.toString('hex') : undefined;
}

/** A modification time in nanoseconds; S3 keeps it beside the content, so to any precision. */
export function nanosecondsOf(time: { modified?: number | undefined; modifiedNs?: bigint | undefined }): bigint {
  return time.modifiedNs ?? BigInt(Math.round((time.modified ?? Date.now()) * 1000)) * 1000n;
}

/** The time as an entry tells it. */
export function timeFields(nanoseconds: bigint): Pick<StorageEntry, 'modified' | 'modifiedNs'> {
  const whole = nanoseconds / 1_000_000n;
  const rest = nanoseconds % 1_000_000n;
  if (rest === 0n) return { modified: Number(whole) };
  return { modified: Number(whole) + Number(rest) / 1e6, modifiedNs: nanoseconds };
}

/** What is kept beside the content: the modification time, as rclone writes it. */
export const metadataFor = (nanoseconds: bigint): Record<string, string> => ({ [mtimeName]: formatMtime(nanoseconds) });
/** What is kept beside content that is made of parts. */
export const partMetadata = (partBytes: number): Record<string, string> => ({ [partSizeName]: String(partBytes) });

const perSecond = 1_000_000_000n;

/** Nanoseconds as seconds with a fraction of up to nine digits, none that is a trailing zero. */
export function formatMtime(nanoseconds: bigint): string {
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(absolute % perSecond)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanoseconds < 0n ? '-' : ''}${absolute / perSecond}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The nanoseconds that such a text says, or null when it is none. */
export function parseMtime(text: string | undefined): bigint | null {
  const match = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(text ?? '');
  if (!match) return null;
  const [, sign, seconds = '0', fraction = ''] = match;
  const nanoseconds = BigInt(seconds) * perSecond + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  return sign === '-' ? -nanoseconds : nanoseconds;
}

/** The same as a header. */
export const metadataHeaders = (nanoseconds: bigint): Record<string, string> => ({
  [`x-amz-meta-${mtimeName}`]: formatMtime(nanoseconds),
});
