import { utf8Length } from '#shared/names.ts';

/** Tar is written in blocks of this many bytes. */
export const tarBlock = 512;

export const padded = (size: number): number => Math.ceil(size / tarBlock) * tarBlock;

/** Two blocks of zeros end an archive. */
export const tarEndBytes = 2 * tarBlock;

export interface TarMember {
  /** Relative, `/`-separated; a folder ends with `/`. */
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch; archives keep whole seconds. */
  readonly modified: number | null;
  /** Default: 0755 for a folder, 0644 for a file. */
  readonly mode?: number;
  /** Default: root. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Makes it a symlink to this. */
  readonly linkTarget?: string;
}

/** What an entry takes in an archive: header, content and padding. */
export const tarBytes = (member: TarMember): number => headerBytes(member) + padded(member.size);

const maxOwner = 0o7777777;
const fits = (id = 0): number => (id <= maxOwner ? id : 0);

const maxOctalSize = 0o77777777777;

export const headerBytes = (member: TarMember): number => {
  const records = paxRecords(member);
  return tarBlock + (records === '' ? 0 : tarBlock + padded(utf8Length(records)));
};

/** The header of an entry in the ustar format, with a pax header before it where name or size need one. */
export function tarHeader(member: TarMember): Uint8Array {
  const records = paxRecords(member);
  if (records === '') return block(member.name, member, typeOf(member));
  const body = Buffer.from(records);
  const header = new Uint8Array(headerBytes(member));
  header.set(block('PaxHeader', { size: body.length, modified: member.modified }, 'x'), 0);
  header.set(body, tarBlock);
  header.set(block(splitName(member.name) === null ? 'LongName' : member.name, member, typeOf(member)), header.length - tarBlock);
  return header;
}

type EntryType = '0' | '2' | '5' | 'x';

const typeOf = ({ name, linkTarget }: TarMember): EntryType => (linkTarget !== undefined ? '2' : name.endsWith('/') ? '5' : '0');

function paxRecords({ name, size, linkTarget = '' }: TarMember): string {
  const long = splitName(name) === null ? paxRecord('path', name) : '';
  const link = utf8Length(linkTarget) > 100 ? paxRecord('linkpath', linkTarget) : '';
  return long + link + (size > maxOctalSize ? paxRecord('size', String(size)) : '');
}

/** `LENGTH key=value\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = utf8Length(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length++;
  return `${length} ${key}=${value}\n`;
}

/** The name as ustar's prefix and name, or null when it does not fit. */
function splitName(name: string): [prefix: string, name: string] | null {
  if (utf8Length(name) <= 100) return ['', name];
  for (let cut = name.indexOf('/'); cut > 0; cut = name.indexOf('/', cut + 1)) {
    const rest = name.slice(cut + 1);
    if (rest !== '' && utf8Length(rest) <= 100)
      return cut <= 155 && utf8Length(name.slice(0, cut)) <= 155 ? [name.slice(0, cut), rest] : null;
  }
  return null;
}

function block(name: string, member: Omit<TarMember, 'name'>, type: EntryType): Uint8Array {
  const { size, modified, mode, owner, linkTarget = '' } = member;
  const header = new Uint8Array(tarBlock);
  const put = (offset: number, text: string): void => header.set(Buffer.from(text), offset);
  const octal = (offset: number, length: number, value: number): void =>
    put(offset, `${value.toString(8).padStart(length - 1, '0')}\0`);
  const [prefix, short] = splitName(name) ?? ['', name];
  put(0, short);
  octal(100, 8, mode ?? (type === '5' ? 0o755 : 0o644));
  // Larger numbers do not fit; the engine's own default, root, can use the file whatever its mode.
  octal(108, 8, fits(owner?.uid));
  octal(116, 8, fits(owner?.gid));
  octal(124, 12, size > maxOctalSize ? 0 : size);
  octal(136, 12, Math.min(maxOctalSize, Math.max(0, Math.floor((modified ?? 0) / 1000))));
  put(148, '        ');
  put(156, type);
  if (utf8Length(linkTarget) <= 100) put(157, linkTarget);
  put(257, 'ustar\u000000');
  put(345, prefix);
  octal(
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  return header;
}
