import type { Entry } from '#shared/contract/files.ts';
import { describeKind } from './kinds.ts';

export type Column = 'name' | 'size' | 'modified' | 'kind';

export interface Sort {
  readonly column: Column;
  readonly descending: boolean;
}

export const defaultSort: Sort = { column: 'name', descending: false };

/** Longer numbers than any name needs are told apart by their first digits only. */
const mostDigits = 40;
const firstDigit = 48;

/** A number so that its text sorts by its value: its length, then its digits. */
function numberKey(digits: string): string {
  const value = digits.replace(/^0+(?=.)/, '');
  return String.fromCharCode(firstDigit + Math.min(value.length, mostDigits)) + value;
}

/**
 * What a name is sorted by: letters in any case and with any accent are the same, numbers count as numbers (`img2` before
 * `img10`). Made once for each name, since comparing by a collator takes a second for 100,000.
 */
function nameKey(name: string): string {
  const plain = /^[\x00-\x7f]*$/.test(name) ? name : name.normalize('NFKD').replace(/\p{M}+/gu, '');
  return plain.toLowerCase().replace(/\d+/g, numberKey);
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Names as people sort them; equal ones by their characters. */
export const compareNames = (a: string, b: string): number => compareTexts(nameKey(a), nameKey(b)) || compareTexts(a, b);

const columnKeys: Record<Column, (entry: Entry) => number | string> = {
  name: () => 0,
  size: (entry) => entry.size,
  modified: (entry) => entry.modified ?? 0,
  kind: describeKind,
};

/** Folders first, whatever the order; equal keys by name. Gives a new array. */
export function sortEntries(entries: readonly Entry[], { column, descending }: Sort): Entry[] {
  const sign = descending ? -1 : 1;
  const nameSign = column === 'name' ? sign : 1;
  const keyOf = columnKeys[column];
  return entries
    .map((entry) => ({ entry, folder: entry.kind === 'directory', key: keyOf(entry), name: nameKey(entry.name) }))
    .sort((a, b) => {
      if (a.folder !== b.folder) return a.folder ? -1 : 1;
      if (a.key !== b.key) return a.key < b.key ? -sign : sign;
      return nameSign * (compareTexts(a.name, b.name) || compareTexts(a.entry.name, b.entry.name));
    })
    .map(({ entry }) => entry);
}

/**
 * Reads a filter: with `*` or `?` a glob over the whole name, else a part of it; letters in any case.
 * An empty filter lets everything through.
 */
export function nameFilter(text: string): (name: string) => boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return () => true;
  if (!/[*?]/.test(wanted)) return (name) => name.toLowerCase().includes(wanted);
  const source = wanted
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  const pattern = new RegExp(`^${source}$`, 's');
  return (name) => pattern.test(name.toLowerCase());
}

/**
 * Whether a change in `changed` is to be seen in `folder`: it is that folder, or lies below a folder in it that is not
 * shown yet, as one that is there because something is below it.
 */
export function concerns(changed: string, folder: string, shown: readonly Pick<Entry, 'name'>[]): boolean {
  if (changed === folder) return true;
  const above = folder === '' ? '' : `${folder}/`;
  if (!changed.startsWith(above)) return false;
  const child = changed.slice(above.length).split('/', 1)[0];
  return !shown.some((entry) => entry.name === child);
}
