import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { foldName } from '#shared/search/fold.ts';
import { matchesName, parseName } from '#shared/search/glob.ts';
import { parseQuery } from '#shared/search/query.ts';
import { Columns } from './columns.ts';
import { appendPages, type IndexIdentity, IndexWriter, readIndex } from './index-file.ts';
import { type ListedPage, toIndexPage } from './page.ts';
import { scan } from './scan.ts';

type Part = 'first' | 'middle' | 'last' | 'only';

const directory = 1;
const page = (folder: number, names: readonly string[], part: Part = 'only', kind = 0): ListedPage => ({
  folder,
  first: part === 'first' || part === 'only',
  last: part === 'last' || part === 'only',
  names: names.join('/'),
  kinds: new Uint8Array(names.length).fill(kind),
  sizes: Float64Array.from(names, (name) => name.length),
  times: new Float64Array(names.length).fill(Number.NaN),
});
const add = (columns: Columns, ...given: Parameters<typeof page>) => columns.append(toIndexPage(page(...given)));

function found(columns: Columns, query: string, top = 0): string[] {
  const names: string[] = [];
  scan(columns, parseQuery(query, Date.now()), top, (entry) => names.push(columns.name(entry)));
  return names;
}

it('finds what a look at every name finds, whatever names and patterns are', () => {
  const name = fc
    .string({
      unit: fc.oneof(fc.constantFrom('a', 'b', 'A', '.', '0'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
    })
    .filter((text) => text !== '' && !/[/\0]/.test(text) && text.isWellFormed());
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '0'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), pattern, fc.nat(3), (names, text, pages) => {
      const columns = new Columns();
      const size = Math.ceil(names.length / (pages + 1)) || 1;
      for (let from = 0; from < names.length; from += size)
        add(columns, 0, names.slice(from, from + size), from === 0 ? 'first' : 'middle');
      const fits = (each: string): boolean =>
        /[*?]/.test(text) ? matchesName(parseName(text), foldName(each)) : foldName(each).includes(text);
      expect(found(columns, text)).toEqual(names.filter(fits));
    }),
    { numRuns: 300 },
  );
});

it('keeps folders as they are when their parent is listed anew, and all of a listing or nothing of it', () => {
  const columns = new Columns();
  const [a, b] = add(columns, 0, ['a', 'b'], 'only', directory);
  add(columns, a?.folder ?? 0, ['in-a']);
  add(columns, b?.folder ?? 0, ['in-b']);
  expect(found(columns, 'in')).toEqual(['in-a', 'in-b']);
  // Of a listing that was broken off nothing is seen, nor when another comes.
  add(columns, 0, ['in-half'], 'first');
  expect(found(columns, 'in')).toEqual(['in-a', 'in-b']);
  expect(add(columns, 0, ['b', 'c'], 'first', directory)).toEqual([
    { folder: b?.folder, isNew: false },
    { folder: 3, isNew: true },
  ]);
  expect(found(columns, '')).toEqual(['a', 'b', 'in-a', 'in-b']);
  add(columns, 0, ['in-root'], 'last');
  expect(found(columns, 'in')).toEqual(['in-b', 'in-root']);
  expect(found(columns, '', b?.folder)).toEqual(['in-b']);
  expect(columns.nearest('b/x/y')).toEqual({ folder: b?.folder, path: 'b' });
  expect(columns.nearest('a')).toEqual({ folder: 0, path: '' });
  expect(columns.totals()).toEqual({ entries: 4, files: 2, folders: 2, bytes: 11 });
  // The same name later is another folder.
  expect(add(columns, 0, ['a'], 'only', directory)).toEqual([{ folder: 4, isNew: true }]);
  expect(found(columns, '')).toEqual(['a']);
});

it('holds 1,000,000 names in less than 100 bytes each, and finds them in the time of a blink', () => {
  const before = process.memoryUsage().rss;
  const columns = new Columns();
  const folders = add(
    columns,
    0,
    Array.from({ length: 1000 }, (_, index) => `part-${index}`),
    'only',
    directory,
  );
  for (const { folder } of folders)
    add(
      columns,
      folder,
      Array.from({ length: 1000 }, (_, index) => `sample-of-usual-length-${folder * 1000 + index}.parquet`),
    );
  expect(columns.count).toBe(1_001_000);
  expect(columns.bytes / columns.count).toBeLessThan(100);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 ** 2);
  expect(found(columns, 'length-1000999.')).toEqual(['sample-of-usual-length-1000999.parquet']);
  expect(found(columns, '*-77777?.parquet')).toHaveLength(10);
  const begun = performance.now();
  expect(found(columns, 'nothing like it')).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(300);
});

const identity: IndexIdentity = { format: 1, vfolder: 'v', place: 'p' };
let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-index-'));
  file = join(home, 'v.idx');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function read(of = identity) {
  const columns = new Columns();
  const told = readIndex(file, of, (each) => void columns.append(each));
  return told && { ...told, names: found(columns, '') };
}

it('is the same after it was written and read, drops what a crash left at its end, and knows damage from it', () => {
  const names = ['Ünïcode', 'new\nline', 'x'.repeat(300), 'A', 'é', 'e\u0301'];
  const writer = new IndexWriter(file, identity);
  writer.page(toIndexPage(page(0, names.slice(0, 3), 'first')));
  writer.page(toIndexPage(page(0, names.slice(3), 'last')));
  writer.page(toIndexPage(page(0, [], 'middle')));
  expect(read()).toBeNull();
  writer.publish({ takenAt: 5, tookMs: 2, skipped: 1 });
  expect(read()).toMatchObject({ end: { takenAt: 5, tookMs: 2, skipped: 1 }, cut: false, names });
  expect(read({ ...identity, place: 'elsewhere' })).toBeNull();

  const whole = statSync(file).size;
  appendPages(file, [toIndexPage(page(0, ['later']))]);
  expect(read()).toMatchObject({ cut: false, names: ['later'] });
  truncateSync(file, statSync(file).size - 3);
  expect(read()).toMatchObject({ cut: true, goodBytes: whole, names });
  appendFileSync(file, 'rubbish');
  expect(read()).toMatchObject({ cut: true, goodBytes: whole, names });
  truncateSync(file, whole - 10);
  expect(read()).toBeNull();
});
