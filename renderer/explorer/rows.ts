import type { Entry } from '#shared/contract/files.ts';
import { describeKind } from './kinds.ts';

export type Column = 'name' | 'size' | 'modified' | 'kind';

export interface Sort {
  readonly column: Column;
  readonly descending: boolean;
}

export const defaultSort: Sort = { column: 'name', descending: false };

/** Numbers in names count as numbers: `img2` before `img10`. */
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export const compareNames = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** Folders first, whatever the order; equal keys by name. Gives a new array. */
export function sortEntries(entries: readonly Entry[], { column, descending }: Sort): Entry[] {
  const sign = descending ? -1 : 1;
  const byColumn = comparers[column];
  return entries.toSorted((a, b) => {
    const folders = Number(b.kind === 'directory') - Number(a.kind === 'directory');
    return folders || sign * byColumn(a, b) || compareNames(a.name, b.name);
  });
}

const comparers: Record<Column, (a: Entry, b: Entry) => number> = {
  name: (a, b) => compareNames(a.name, b.name),
  size: (a, b) => a.size - b.size,
  modified: (a, b) => (a.modified ?? 0) - (b.modified ?? 0),
  kind: (a, b) => collator.compare(describeKind(a), describeKind(b)),
};

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
