import type { ArchiveEntry, PreviewContent } from '#shared/contract/previews.ts';
import { type ByteSource, inBlocks, NotShown } from './byte-source.ts';
import { cutCell } from './cells.ts';

const blockBytes = 512;
/** Each may be a request, since the contents between the headers are passed over. */
const maxEntries = 1000;
const maxMs = 3000;
const maxLongNameBytes = 64 * 1024;

export const isTar = (head: Uint8Array): boolean => Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';

/** The first entries of a tar (POSIX ustar, pax and GNU names), found by passing over their contents. @throws NotShown */
export async function openTar(source: ByteSource): Promise<PreviewContent> {
  const blocks = inBlocks(source);
  const entries: ArchiveEntry[] = [];
  const started = performance.now();
  let longName: string | null = null;
  let longSize: number | null = null;
  let at = 0;
  while (at + blockBytes <= source.size) {
    if (entries.length >= maxEntries || performance.now() - started > maxMs)
      return { kind: 'archive', format: 'tar', entries, count: null };
    const header = Buffer.from(await blocks.read(at, blockBytes));
    if (header.every((byte) => byte === 0)) break;
    if (!isTar(header)) {
      if (entries.length === 0) throw new NotShown('This tar archive is damaged.');
      return { kind: 'archive', format: 'tar', entries, count: null };
    }
    const type = header.toString('latin1', 156, 157);
    const size: number = type !== 'x' && type !== 'g' && longSize !== null ? longSize : sizeOf(header);
    const body = at + blockBytes;
    at = body + Math.ceil(size / blockBytes) * blockBytes;
    if (type === 'x' || type === 'L') {
      const text = Buffer.from(await blocks.read(body, Math.min(size, maxLongNameBytes))).toString('utf8');
      if (type === 'L') longName = text.replace(/\0.*$/s, '');
      else ({ longName, longSize } = paxOf(text));
    } else if (type !== 'g' && type !== 'K') {
      entries.push({ name: cutCell(longName ?? nameOf(header)), size, compressed: null, directory: type === '5' });
      longName = null;
      longSize = null;
    }
  }
  return { kind: 'archive', format: 'tar', entries, count: entries.length };
}

const textOf = (header: Buffer, from: number, length: number): string =>
  header.toString('utf8', from, from + length).replace(/\0.*$/s, '');

function nameOf(header: Buffer): string {
  const prefix = textOf(header, 345, 155);
  const name = textOf(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits, or with the first bit set a binary number (GNU). */
function sizeOf(header: Buffer): number {
  const size =
    (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(textOf(header, 124, 12).trim() || '0', 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new NotShown('This tar archive is damaged.');
  return size;
}

function paxOf(text: string): { longName: string | null; longSize: number | null } {
  const size = Number(/^\d+ size=(\d{1,15})$/m.exec(text)?.[1] ?? Number.NaN);
  return { longName: /^\d+ path=(.*)$/m.exec(text)?.[1] ?? null, longSize: Number.isSafeInteger(size) ? size : null };
}
