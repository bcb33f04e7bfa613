import { StowageError } from '#shared/errors.ts';
import { utf8Length } from '#shared/names.ts';
import { type InnerPath, visible } from '#shared/paths.ts';

/**
 * Names of blobs. What Azure cannot hold, or holds as something else, is written as rclone writes it by default for Azure
 * Blob, so that both see the same names: `\` and DEL and control characters as their look-alikes, a dot at the end of a
 * segment too; a look-alike in the name itself is quoted by `‛`.
 */
const quote = '\u201b';
const fullWidthDot = '\uff0e';
const fullWidthBackslash = '\uff3c';
const symbolForDelete = '\u2421';
const symbolsFrom = 0x2400;

const needsEncoding = /[\u0001-\u001f\u007f\\\u2400-\u241f\u2421\uff3c\u201b]|[.\uff0e]$/;
const needsDecoding = /[\u2400-\u241f\u2421\uff3c\u201b]|\uff0e$/;

/** A segment of a path as it stands in the name of a blob. */
export function encodeSegment(segment: string): string {
  if (!needsEncoding.test(segment)) return segment;
  const encoded = segment.replace(/[\u0001-\u001f\u007f\\\u2400-\u241f\u2421\uff3c\u201b]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(symbolsFrom + code);
    if (code === 0x7f) return symbolForDelete;
    if (character === '\\') return fullWidthBackslash;
    return quote + character;
  });
  if (encoded.endsWith('.')) return encoded.slice(0, -1) + fullWidthDot;
  return encoded.endsWith(fullWidthDot) ? `${encoded.slice(0, -1)}${quote}${fullWidthDot}` : encoded;
}

/** The segment that the name of a blob means. */
export function decodeSegment(name: string): string {
  if (!needsDecoding.test(name)) return name;
  let decoded = '';
  for (let at = 0; at < name.length; at++) {
    const character = name[at] ?? '';
    const next = name[at + 1];
    const last = at === name.length - 1;
    if (character === quote && next !== undefined && isQuotable(next, at + 1 === name.length - 1)) {
      decoded += next;
      at++;
    } else decoded += decodeCharacter(character, last);
  }
  return decoded;
}

const isQuotable = (character: string, last: boolean): boolean =>
  /[\u2400-\u241f\u2421\uff3c\u201b]/.test(character) || (last && character === fullWidthDot);

function decodeCharacter(character: string, last: boolean): string {
  const code = character.charCodeAt(0);
  // The symbol for NUL stays what it is: no name holds a NUL.
  if (code > symbolsFrom && code < symbolsFrom + 0x20) return String.fromCharCode(code - symbolsFrom);
  if (character === symbolForDelete) return '\u007f';
  if (character === fullWidthBackslash) return '\\';
  return last && character === fullWidthDot ? '.' : character;
}

/** The name of the blob for a path. */
export const encodePath = (path: string): string =>
  needsEncodingInPath(path) ? path.split('/').map(encodeSegment).join('/') : path;

const needsEncodingInPath = (path: string): boolean =>
  needsEncoding.test(path) || path.includes('./') || path.includes(`${fullWidthDot}/`);

/** True when something that was named by others without this encoding can be found under its path as it is. */
export const isReachable = (name: string, segment: string): boolean => name === segment || name === encodeSegment(segment);

const maxNameLength = 1024;

/** @throws `name-invalid` when a blob cannot have so long a name */
export function checkBlobName(path: InnerPath, name: string): void {
  if (name.length <= maxNameLength) return;
  throw new StowageError('name-invalid', `“${visible(path)}” cannot be stored: its whole path is longer than Azure allows.`, {
    subject: path,
    detail: `${name.length} characters, ${maxNameLength} are allowed`,
    hint: 'Use shorter names or fewer folders.',
  });
}

/** The longest segment that fits behind a prefix, in bytes: a blob's whole name has at most 1,024 characters. */
export const maxSegmentBytes = (prefix: string): number => maxNameLength - utf8Length(prefix);

const containerPattern = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const systemContainers: readonly string[] = ['$root', '$web', '$logs'];

export const isContainerName = (name: string): boolean => containerPattern.test(name) || systemContainers.includes(name);

/** A name for a container, made of any name: lower case letters, digits and single hyphens, 3 to 63 of them. */
export function containerNameOf(name: string): string {
  const trimmed = (text: string): string => text.replace(/^-+|-+$/g, '');
  const plain = trimmed(name.toLowerCase().replace(/[^a-z0-9]+/g, '-')).slice(0, 63);
  const made = trimmed(plain);
  return made.length >= 3 ? made : trimmed(`${made}-folder`);
}

/** @throws `name-invalid` */
export function checkContainerName(name: string): void {
  if (containerPattern.test(name)) return;
  throw new StowageError('name-invalid', `“${visible(name)}” cannot be the name of a container.`, {
    subject: name,
    hint: 'Azure wants 3 to 63 lower case letters, digits and single hyphens, for example “my-data”.',
  });
}
