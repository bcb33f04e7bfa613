import { maxEditBytes, type TextEncoding, type TextPart } from '#shared/contract/previews.ts';
import { decodeText } from '../text-encoding.ts';
import type { ByteSource } from './byte-source.ts';
import { textPartBytes } from './limits.ts';

export interface TextForm {
  readonly encoding: TextEncoding;
  /** Bytes of the byte order mark; 0 without one. */
  readonly bom: number;
}

/**
 * How a text is written, by its beginning; null when that is no text. `whole`: nothing follows, so that a character cut
 * at the end is an error rather than the end of the sample.
 */
export function textFormOf(head: Uint8Array, whole: boolean): TextForm | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bom: 3 };
  if (head[0] === 0xff && head[1] === 0xfe && head.length % 2 === 0) return { encoding: 'utf-16le', bom: 2 };
  if (head[0] === 0xfe && head[1] === 0xff && head.length % 2 === 0) return { encoding: 'utf-16be', bom: 2 };
  if (looksBinary(head)) return null;
  return { encoding: isUtf8(head, whole) ? 'utf-8' : 'windows-1252', bom: 0 };
}

/** A NUL, or many control characters that no text has. */
function looksBinary(head: Uint8Array): boolean {
  const sample = head.subarray(0, 8192);
  let strange = 0;
  for (const byte of sample) {
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27) strange += 1;
  }
  return strange * 50 > sample.length;
}

function isUtf8(bytes: Uint8Array, whole: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}

/** The whole of a small text, or its first part; `lossless` when writing it back gives the same bytes. */
export async function openText(source: ByteSource, form: TextForm): Promise<TextPart & { lossless: boolean }> {
  if (source.size > maxEditBytes) return { ...(await readText(source, form.encoding, form.bom)), lossless: false };
  const bytes = await source.read(form.bom, source.size);
  const part = { offset: form.bom, end: source.size };
  try {
    return { ...part, text: decodeText(bytes, form.encoding, true), lossless: true };
  } catch {
    return { ...part, text: decodeText(bytes, form.encoding), lossless: false };
  }
}

/**
 * A part of a long text. It begins at the line that holds `offset` unless that began long before, and ends with a line
 * where it can, so that parts join without a character or a line cut in two.
 */
export async function readText(source: ByteSource, encoding: TextEncoding, offset: number): Promise<TextPart> {
  const wide = encoding.startsWith('utf-16');
  // Enough before it to find where the line or the character begins.
  const before = Math.min(offset, 4096);
  const from = offset - before - (wide ? (offset - before) % 2 : 0);
  const bytes = await source.read(from, textPartBytes + before);
  const start =
    offset === 0 || offset >= source.size ? Math.min(offset - from, bytes.length) : startAt(bytes, offset - from, encoding);
  let end = bytes.length;
  if (from + end < source.size) {
    const line = wide ? -1 : bytes.lastIndexOf(10);
    end = line > start + (bytes.length - start) / 2 ? line + 1 : boundary(bytes, end, encoding);
  }
  return { text: decodeText(bytes.subarray(start, end), encoding), offset: from + start, end: from + end };
}

function startAt(bytes: Uint8Array, at: number, encoding: TextEncoding): number {
  if (encoding.startsWith('utf-16')) return at - (at % 2);
  const line = bytes.lastIndexOf(10, Math.max(0, at - 1));
  return line >= 0 && at > 0 ? line + 1 : boundary(bytes, at, encoding);
}

/** The place at or just before `at` where a character begins. */
function boundary(bytes: Uint8Array, at: number, encoding: TextEncoding): number {
  if (encoding.startsWith('utf-16')) return at - (at % 2);
  if (encoding !== 'utf-8') return at;
  for (let back = 0; back < 4 && at - back > 0; back += 1) {
    const byte = bytes[at - back];
    if (at - back < bytes.length && byte !== undefined && (byte & 0xc0) !== 0x80) return at - back;
    if (at - back === bytes.length) {
      // Past the end: look whether the last character is whole.
      for (let last = 1; last <= 4 && last <= at; last += 1) {
        const lead = bytes[at - last] ?? 0;
        if ((lead & 0xc0) === 0x80) continue;
        const needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        return needs > last ? at - last : at;
      }
    }
  }
  return at;
}
