/**
 * Reads the pages of listings as they come from Azure. A page of 5,000 blobs is megabytes of XML of which a handful of
 * elements matter; they are found by search in one pass, several times faster than by building a tree of it all. The
 * form is fixed by the service (https://learn.microsoft.com/rest/api/storageservices/list-blobs).
 */
export interface ListedBlob {
  readonly name: string;
  readonly size: number;
  readonly etag: string;
  /** 32 hex digits. */
  readonly md5: string | null;
  readonly tier: string | null;
  /** Last-Modified, as the service writes it. */
  readonly lastModified: string | null;
  /** Of the metadata `mtime`, in which programs keep the file's own time. */
  readonly mtime: string | null;
  /** Marked as a folder by metadata. */
  readonly folder: boolean;
}

export interface ListedPage {
  readonly blobs: readonly ListedBlob[];
  /** Names of folders, with the `/` at their end. */
  readonly prefixes: readonly string[];
}

/** The token that continues a listing; null on its last page. It stands at the end, so it is found without reading the page. */
export function nextMarker(xml: string): string | null {
  const at = xml.lastIndexOf('<NextMarker>');
  if (at < 0) return null;
  return unescapeXml(xml.slice(at + '<NextMarker>'.length, xml.indexOf('<', at + 1))) || null;
}

export function parseBlobPage(xml: string): ListedPage {
  const blobs: ListedBlob[] = [];
  const prefixes: string[] = [];
  let at = xml.indexOf('<Blobs>');
  if (at < 0) return { blobs, prefixes };
  for (at = xml.indexOf('<Blob', at + '<Blobs>'.length); at >= 0; at = xml.indexOf('<Blob', at)) {
    const isPrefix = xml.startsWith('Prefix>', at + '<Blob'.length);
    const close = isPrefix ? '</BlobPrefix>' : '</Blob>';
    const end = xml.indexOf(close, at);
    if (end < 0) break;
    const element = xml.slice(at, end);
    if (isPrefix) prefixes.push(nameIn(element));
    else blobs.push(parseBlob(element));
    at = end + close.length;
  }
  return { blobs, prefixes };
}

function parseBlob(element: string): ListedBlob {
  const metadataAt = element.indexOf('<Metadata>');
  const md5 = textIn(element, 'Content-MD5');
  return {
    name: nameIn(element),
    size: Number(textIn(element, 'Content-Length') ?? 0),
    etag: plainEtag(textIn(element, 'Etag') ?? ''),
    md5: md5 ? md5Hex(md5) : null,
    tier: textIn(element, 'AccessTier'),
    lastModified: textIn(element, 'Last-Modified'),
    mtime: metadataAt < 0 ? null : metadataIn(element, 'mtime', metadataAt),
    folder: metadataAt >= 0 && metadataIn(element, 'hdi_isfolder', metadataAt) === 'true',
  };
}

/** Tags of a blob. */
export function parseTags(xml: string): { name: string; value: string }[] {
  const tags: { name: string; value: string }[] = [];
  const open = '<Tag>';
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, at + open.length)) {
    const end = xml.indexOf('</Tag>', at);
    const element = xml.slice(at, end < 0 ? undefined : end);
    tags.push({ name: textIn(element, 'Key') ?? '', value: textIn(element, 'Value') ?? '' });
  }
  return tags;
}

/** Names of containers on a page of them. */
export function parseContainerPage(xml: string): string[] {
  const names: string[] = [];
  const open = '<Container>';
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, at + open.length)) {
    const end = xml.indexOf('</Container>', at);
    names.push(nameIn(xml.slice(at, end < 0 ? undefined : end)));
  }
  return names;
}

/** The blocks that were sent and not made content yet. */
export function parseBlockList(xml: string): { id: string; size: number }[] {
  const blocks: { id: string; size: number }[] = [];
  const open = '<Block>';
  for (let at = xml.indexOf(open); at >= 0; at = xml.indexOf(open, at + open.length)) {
    const end = xml.indexOf('</Block>', at);
    const element = xml.slice(at, end < 0 ? undefined : end);
    blocks.push({ id: nameIn(element), size: Number(textIn(element, 'Size') ?? 0) });
  }
  return blocks;
}

/** A name that XML cannot hold comes percent-encoded and says so. */
function nameIn(element: string): string {
  const at = element.indexOf('<Name');
  const begin = element.indexOf('>', at) + 1;
  const text = unescapeXml(element.slice(begin, element.indexOf('</Name>', begin)));
  if (element.charAt(at + '<Name'.length) === '>' || !/encoded="true"/i.test(element.slice(at, begin))) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textIn(element: string, tag: string): string | null {
  const open = `<${tag}>`;
  const at = element.indexOf(open);
  if (at < 0) return null;
  const begin = at + open.length;
  return unescapeXml(element.slice(begin, element.indexOf('<', begin)));
}

/** Names of metadata are in whatever case they were written. */
function metadataIn(element: string, name: string, from: number): string | null {
  const exact = element.indexOf(`<${name}>`, from);
  if (exact >= 0) return textIn(element.slice(exact), name);
  const match = new RegExp(`<${name}>([^<]*)<`, 'i').exec(element.slice(from));
  return match ? unescapeXml(match[1] ?? '') : null;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Etags come with and without quotes; without is how they are compared here. */
export const plainEtag = (etag: string): string => etag.replace(/^W\//, '').replace(/^"|"$/g, '');

/** Base64, as the service writes sums, in hex digits. */
export const md5Hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
