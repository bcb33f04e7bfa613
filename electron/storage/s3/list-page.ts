/** One answer of ListObjectsV2, with `encoding-type=url`. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** The folders' key prefixes, each ending with `/`. */
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** How to ask for the next page; `''` when it was not told. */
  readonly token: string;
}
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly modified: number | null;
  /** `''` where it was not told. */
  readonly storageClass: string;
}

/** Null for what is no listing. Looks for the few elements that are used; names in it come percent-encoded. */
export function parseListPage(xml: string): ListPage | null {
  if (!xml.includes('<ListBucketResult')) return null;
  const objects: ListedObject[] = [];
  const prefixes: string[] = [];
  for (const block of blocks(xml, 'Contents')) {
    const time = Date.parse(text(block, 'LastModified'));
    objects.push({
      key: decodeKey(text(block, 'Key')),
      size: Number(text(block, 'Size')) || 0,
      etag: text(block, 'ETag'),
      modified: Number.isNaN(time) ? null : time,
      storageClass: text(block, 'StorageClass'),
    });
  }
  for (const block of blocks(xml, 'CommonPrefixes')) {
    for (const prefix of blocks(block, 'Prefix')) prefixes.push(decodeKey(plain(prefix)));
  }
  return { objects, prefixes, truncated: text(xml, 'IsTruncated') === 'true', token: text(xml, 'NextContinuationToken') };
}

/** What stands between the tags of every element of a name. */
function* blocks(xml: string, name: string): Generator<string> {
  const open = `<${name}>`;
  const close = `</${name}>`;
  for (let at = xml.indexOf(open); at >= 0; ) {
    const begin = at + open.length;
    const end = xml.indexOf(close, begin);
    if (end < 0) return;
    yield xml.slice(begin, end);
    at = xml.indexOf(open, end);
  }
}

function text(xml: string, name: string): string {
  const open = `<${name}>`;
  const at = xml.indexOf(open);
  if (at < 0) return '';
  const begin = at + open.length;
  const end = xml.indexOf('</', begin);
  return end < 0 ? '' : plain(xml.slice(begin, end));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(escaped: string): string {
  if (!escaped.includes('&')) return escaped;
  return escaped.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Keys come percent-encoded, so that any character survives XML; a space may come as `+`. */
function decodeKey(key: string): string {
  if (!key.includes('%') && !key.includes('+')) return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    // No UTF-8, or a service that does not encode: taken as it came.
    return key;
  }
}
