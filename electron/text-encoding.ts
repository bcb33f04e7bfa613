import type { TextEncoding } from '#shared/contract/previews.ts';
import { StowageError } from '#shared/errors.ts';

/** @throws TypeError with `fatal`, when the bytes are not of this encoding */
export const decodeText = (bytes: Uint8Array, encoding: TextEncoding, fatal = false): string =>
  new TextDecoder(encoding, { fatal, ignoreBOM: true }).decode(bytes);

/** The bytes that windows-1252 has for characters beyond Latin-1. */
const highSigns = new Map(
  Array.from({ length: 32 }, (_, at) => [decodeText(Uint8Array.of(0x80 + at), 'windows-1252'), 0x80 + at] as const),
);

/** @throws StowageError `bad-request` naming the first character that the encoding does not have */
export function encodeText(text: string, encoding: TextEncoding, bom: boolean): Uint8Array {
  const marked = bom ? `\ufeff${text}` : text;
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(marked, 'utf8');
    case 'utf-16le':
      return Buffer.from(marked, 'utf16le');
    case 'utf-16be':
      return Buffer.from(marked, 'utf16le').swap16();
    case 'windows-1252': {
      const bytes = new Uint8Array(text.length);
      for (let at = 0; at < text.length; at += 1) {
        const sign = text.charAt(at);
        const code = highSigns.get(sign) ?? text.charCodeAt(at);
        if (code > 255 || (code >= 0x80 && code < 0xa0 && !highSigns.has(sign))) {
          throw new StowageError('bad-request', `The text has “${sign}”, which Windows-1252 does not have.`, {
            hint: 'Take it out, or save the text as a copy in UTF-8.',
          });
        }
        bytes[at] = code;
      }
      return bytes;
    }
  }
}
