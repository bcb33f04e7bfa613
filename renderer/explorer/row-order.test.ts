import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '#shared/contract/files.ts';
import { FolderRows } from './folder-rows.ts';
import { describeKind } from './kinds.ts';
import { compareNames } from './names.ts';
import { type CacheShares, type Column, RowOrder, type Sort, sortColumns } from './row-order.ts';

const entry = (name: string, size = 0, kind: Entry['kind'] = 'file', more: Partial<Entry> = {}): Entry => ({
  name,
  path: `in/${name}`,
  kind,
  size,
  modified: null,
  ...more,
});

/** The names in the order that rows are shown in which came in pages. */
function shownNames(
  pages: ReadonlyArray<readonly Entry[]>,
  sort: Sort,
  filter = '',
  shares: CacheShares | null = null,
): string[] {
  const rows = new FolderRows('in');
  const order = new RowOrder();
  for (const page of pages) {
    rows.add(page);
    order.add(rows.columns(order.length));
  }
  const { ids, positions } = order.order(sort, filter, shares);
  for (const [at, id] of ids.entries()) expect(positions[id]).toBe(at);
  expect(positions.filter((position) => position >= 0)).toHaveLength(ids.length);
  return [...ids].map((id) => rows.entry(id).name);
}

const byName: Sort = { column: 'name', descending: false };

describe('the order of a folder', () => {
  const entries = [entry('img10.png', 5), entry('b', 0, 'directory'), entry('img2.png', 9), entry('a', 0, 'directory')];
  it('counts numbers in names as numbers and puts folders first', () => {
    expect(shownNames([entries], byName)).toEqual(['a', 'b', 'img2.png', 'img10.png']);
  });
  it('keeps folders first when it goes down', () => {
    expect(shownNames([entries], { column: 'name', descending: true })).toEqual(['b', 'a', 'img10.png', 'img2.png']);
  });
  it('takes letters in any case and with any accent for the same, and numbers of any length for numbers', () => {
    const given = ['b2', 'B10', 'a', 'ä2', 'A1', 'x9999999999999', 'x10000000000000', 'x007', 'x7', 'x8'];
    const sorted = ['a', 'A1', 'ä2', 'b2', 'B10', 'x007', 'x7', 'x8', 'x9999999999999', 'x10000000000000'];
    const shuffled = given.map((name) => entry(name));
    expect(shownNames([shuffled], byName)).toEqual(sorted);
    expect(shownNames([shuffled], { column: 'name', descending: true })).toEqual(sorted.toReversed());
    expect(given.toSorted(compareNames)).toEqual(sorted);
  });
  it('sorts by size, equal sizes by name', () => {
    expect(shownNames([entries], { column: 'size', descending: true })).toEqual(['a', 'b', 'img2.png', 'img10.png']);
  });
  it('sorts times before 1970, and those that are not known last going down', () => {
    const timed = [-5e11, null, 1.8e12, 1.7e12 + 0.5, 1.7e12].map((modified, at) => entry(`${at}`, 0, 'file', { modified }));
    expect(shownNames([timed], { column: 'modified', descending: false })).toEqual(['0', '1', '4', '3', '2']);
    expect(shownNames([timed], { column: 'modified', descending: true })).toEqual(['2', '3', '4', '1', '0']);
  });
  it('sorts by tier, of which the first rows may have none', () => {
    const pages = [[entry('none')], [entry('h', 0, 'file', { tier: 'Hot' }), entry('c', 0, 'file', { tier: 'Cool' })]];
    expect(shownNames(pages, { column: 'tier', descending: false })).toEqual(['none', 'c', 'h']);
  });
  it('shows what the filter lets through, with the sum of its sizes', () => {
    const rows = new FolderRows('');
    rows.add(entries);
    const order = new RowOrder();
    order.add(rows.columns(0));
    expect(order.order(byName, 'IMG')).toMatchObject({ bytes: 14 });
    expect([...order.order(byName, 'img?.*').ids].map((id) => rows.name(id))).toEqual(['img2.png']);
  });

  it('is that of a plain sort, whatever comes in whatever pages', () => {
    const shares = new Map([
      ['a1.csv', 0.5],
      ['b', 1],
      ['é', 0.25],
    ]);
    const columnKey: Record<Column, (one: Entry) => number | string> = {
      name: () => 0,
      size: (one) => one.size,
      modified: (one) => one.modified ?? 0,
      kind: describeKind,
      tier: (one) => one.tier ?? '',
      cached: ({ name }) => shares.get(name) ?? 0,
    };
    const anyEntry = fc.record({
      name: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a1.csv', 'a10.csv', 'A2.png', 'b', 'é', '😀')),
      size: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeNat()),
      modified: fc.option(fc.double({ min: -1e13, max: 1e13, noNaN: true })),
      kind: fc.constantFrom<Entry['kind']>('file', 'directory', 'symlink'),
      tier: fc.option(fc.constantFrom('Hot', 'Cool'), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyEntry, { selector: ({ name }) => name, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(...sortColumns),
        fc.boolean(),
        (given, perPage, column, descending) => {
          const all = given.map(({ name, tier, ...one }): Entry => ({ ...one, name, path: name, ...(tier && { tier }) }));
          const pages = Array.from({ length: Math.ceil(all.length / perPage) }, (_, at) =>
            all.slice(at * perPage, (at + 1) * perPage),
          );
          const sign = descending ? -1 : 1;
          const key = columnKey[column];
          const plain = all.toSorted((a, b) => {
            const folders = Number(b.kind === 'directory') - Number(a.kind === 'directory');
            const [x, y] = [key(a), key(b)];
            const names = compareNames(a.name, b.name) * (column === 'name' ? sign : 1);
            return folders || (x < y ? -sign : x > y ? sign : names);
          });
          expect(shownNames(pages, { column, descending }, '', shares)).toEqual(plain.map(({ name }) => name));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('rows', () => {
  it('give back the entries that came, the same object for the same row, across blocks', () => {
    const entries = Array.from({ length: 10_000 }, (_, at) =>
      entry(`n${at}`, at, at % 3 === 0 ? 'directory' : 'file', { modified: at % 2 === 0 ? null : at, packed: true }),
    );
    const rows = new FolderRows('in');
    rows.add(entries.slice(0, 5000));
    rows.add(entries.slice(5000));
    expect(Array.from({ length: rows.length }, (_, id) => rows.entry(id))).toEqual(entries);
    expect(rows.entry(9999)).toBe(rows.entry(9999));
    expect([rows.find('n4096'), rows.find('no')]).toEqual([4096, -1]);
  });
});
