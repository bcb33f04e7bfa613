import { StowageError } from './errors.ts';
import { visible } from './paths.ts';

/** Names that would be taken for something else: path words, parts of the data directory, Windows devices. */
const reservedNames = new Set(['.', '..', '.stowage', '.trash', 'stowage', 'trash', 'home', 'local', 'root', 'work']);
const windowsDevice = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/**
 * The name rules of vfolders: 1–64 of `A–Z a–z 0–9 . _ -`, not reserved. Names that begin with `.` are automount folders.
 * @throws StowageError `name-invalid` or `name-reserved`, saying the rule.
 */
export function checkVfolderName(name: string): string {
  const subject = visible(name);
  const invalid = (why: string): StowageError =>
    new StowageError('name-invalid', `“${subject}” cannot be a vfolder's name: ${why}.`, { subject: name });
  if (name.length === 0) throw invalid('it is empty');
  if (name.length > 64) throw invalid(`it has ${name.length} characters, 64 are allowed`);
  const bad = /[^A-Za-z0-9._-]/u.exec(name);
  if (bad) throw invalid(`“${visible(bad[0])}” is not allowed (letters A–Z a–z, digits, “.”, “_” and “-” are)`);
  if (reservedNames.has(name.toLowerCase()) || windowsDevice.test(name)) {
    throw new StowageError('name-reserved', `“${subject}” is reserved and cannot be a vfolder's name.`, { subject: name });
  }
  if (name.endsWith('.')) throw invalid('it ends with “.”, which Windows cannot hold');
  return name;
}

export const isAutomountName = (name: string): boolean => name.startsWith('.');

/** What a storage host can hold as the name of one file or folder. */
export interface NameRules {
  readonly maxSegmentBytes: number;
  /** Windows' rules: no `<>:"|?*\`, no device names, no trailing dot or space. */
  readonly windows: boolean;
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * Why `segment` cannot be held under the rules, as the end of a sentence, or null.
 * The path words `.` and `..` are refused before (paths.ts).
 */
export function segmentProblem(segment: string, rules: NameRules): string | null {
  const bytes = utf8Length(segment);
  if (bytes > rules.maxSegmentBytes) return `the name has ${bytes} bytes, ${rules.maxSegmentBytes} are allowed here`;
  if (segment.includes('/') || segment.includes('\0')) return 'it contains “/” or NUL';
  if (rules.windows) {
    if (/[<>:"|?*\\\u0000-\u001f]/.test(segment)) return 'it contains a character that Windows cannot hold';
    if (windowsDevice.test(segment)) return 'Windows reserves this name';
    if (/[. ]$/.test(segment)) return 'Windows cannot hold a name that ends with a dot or a space';
  }
  return null;
}
