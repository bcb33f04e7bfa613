/**
 * What is shown by the browser itself: a fixed list of types that it decodes and never runs. The first bytes decide, not
 * the name; what is not here is never served as anything but a download.
 */
export type MediaType =
  | { readonly kind: 'image'; readonly contentType: string; readonly pixels: number | null }
  | { readonly kind: 'audio' | 'video'; readonly contentType: string };

const text = (head: Buffer, at: number, length: number): string => head.toString('latin1', at, at + length);
const image = (contentType: string, width: number, height: number): MediaType => ({
  kind: 'image',
  contentType,
  pixels: width > 0 && height > 0 ? width * height : null,
});

export function mediaTypeOf(bytes: Uint8Array, name: string): MediaType | null {
  if (bytes.length < 16) return null;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    rasterOf(head) ?? soundOf(head, name) ?? (isSvg(head) ? { kind: 'image', contentType: 'image/svg+xml', pixels: null } : null)
  );
}

function rasterOf(head: Buffer): MediaType | null {
  if (text(head, 0, 8) === '\x89PNG\r\n\x1a\n' && head.length >= 24) {
    return image('image/png', head.readUInt32BE(16), head.readUInt32BE(20));
  }
  if (/^GIF8[79]a/.test(text(head, 0, 6))) return image('image/gif', head.readUInt16LE(6), head.readUInt16LE(8));
  if (text(head, 0, 2) === 'BM' && head.length >= 26 && head.readUInt32LE(14) >= 40) {
    return image('image/bmp', Math.abs(head.readInt32LE(18)), Math.abs(head.readInt32LE(22)));
  }
  if (text(head, 0, 3) === '\xff\xd8\xff') return image('image/jpeg', ...jpegSize(head));
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 4) === 'WEBP' && head.length >= 30)
    return image('image/webp', ...webpSize(head));
  if (head.readUInt32BE(0) === 0x0000_0100 && head.readUInt16LE(4) > 0 && head.readUInt16LE(4) < 64) {
    return image('image/x-icon', 0, 0);
  }
  if (text(head, 4, 4) === 'ftyp' && /avif|avis/.test(text(head, 8, 32))) return image('image/avif', ...avifSize(head));
  return null;
}

function jpegSize(head: Buffer): [number, number] {
  let at = 2;
  while (at + 9 < head.length && head[at] === 0xff) {
    const marker = head[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return [head.readUInt16BE(at + 7), head.readUInt16BE(at + 5)];
    at += 2 + head.readUInt16BE(at + 2);
  }
  return [0, 0];
}

function webpSize(head: Buffer): [number, number] {
  switch (text(head, 12, 4)) {
    case 'VP8X':
      return [1 + head.readUIntLE(24, 3), 1 + head.readUIntLE(27, 3)];
    case 'VP8 ':
      return [head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff];
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
    }
    default:
      return [0, 0];
  }
}

/** The largest of the sizes that its parts have. */
function avifSize(head: Buffer): [number, number] {
  let best: [number, number] = [0, 0];
  for (
    let at = head.indexOf('ispe', 0, 'latin1');
    at >= 0 && at + 16 <= head.length;
    at = head.indexOf('ispe', at + 4, 'latin1')
  ) {
    const [width, height] = [head.readUInt32BE(at + 8), head.readUInt32BE(at + 12)];
    if (width * height > best[0] * best[1]) best = [width, height];
  }
  return best;
}

function soundOf(head: Buffer, name: string): MediaType | null {
  const audio = (contentType: string): MediaType => ({ kind: 'audio', contentType });
  const video = (contentType: string): MediaType => ({ kind: 'video', contentType });
  const magic = text(head, 0, 4);
  if (magic === 'RIFF' && text(head, 8, 4) === 'WAVE') return audio('audio/wav');
  if (magic === 'fLaC') return audio('audio/flac');
  if (magic === 'OggS')
    return /\.og[vg]$/i.test(name) && /theora/.test(text(head, 0, 512)) ? video('video/ogg') : audio('audio/ogg');
  if (magic.startsWith('ID3')) return audio('audio/mpeg');
  const sync = head.readUInt16BE(0);
  if (/\.mp3$/i.test(name) && (sync & 0xffe0) === 0xffe0 && (sync & 0x0006) !== 0) return audio('audio/mpeg');
  if (/\.aac$/i.test(name) && (sync & 0xfff6) === 0xfff0) return audio('audio/aac');
  if (text(head, 4, 4) === 'ftyp') {
    if (/^(?:M4A |M4B )/.test(text(head, 8, 4))) return audio('audio/mp4');
    return /^(?:heic|heix|mif1|msf1)/.test(text(head, 8, 4)) ? null : video('video/mp4');
  }
  if (magic === '\x1aE\xdf\xa3') return video(/\.mkv$/i.test(name) ? 'video/x-matroska' : 'video/webm');
  return null;
}

/**
 * An SVG begins with nothing but a declaration, comments and a document type without definitions of its own, which could
 * grow without bounds.
 */
const isSvg = (head: Buffer): boolean =>
  /^\ufeff?(?:<\?xml[^>]{0,200}\?>)?(?:\s|<!--(?:(?!-->)[\s\S]){0,8000}-->|<!DOCTYPE\s+svg[^>[]{0,300}>)*<svg[\s>]/.test(
    head.toString('utf8', 0, 16_384),
  );
