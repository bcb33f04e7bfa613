import { describe, expect, it } from 'vitest';
import type { Entry } from '#shared/contract/files.ts';
import { describeKind } from './kinds.ts';
import { compareNames, concerns, nameFilter, sortEntries } from './rows.ts';

const entry = (name: string, size = 0, kind: Entry['kind'] = 'file'): Entry => ({ name, path: name, kind, size, modified: null });
const names = (entries: readonly Entry[]): string[] => entries.map((one) => one.name);

describe('the order of a folder', () => {
  const entries = [entry('img10.png', 5), entry('b', 0, 'directory'), entry('img2.png', 9), entry('a', 0, 'directory')];
  it('counts numbers in names as numbers and puts folders first', () => {
    expect(names(sortEntries(entries, { column: 'name', descending: false }))).toEqual(['a', 'b', 'img2.png', 'img10.png']);
  });
  it('keeps folders first when it goes down', () => {
    expect(names(sortEntries(entries, { column: 'name', descending: true }))).toEqual(['b', 'a', 'img10.png', 'img2.png']);
  });
  it('takes letters in any case and with any accent for the same, and numbers of any length for numbers', () => {
    const given = ['b2', 'B10', 'a', 'ä2', 'A1', 'x9999999999999', 'x10000000000000', 'x007', 'x7', 'x8'];
    const sorted = ['a', 'A1', 'ä2', 'b2', 'B10', 'x007', 'x7', 'x8', 'x9999999999999', 'x10000000000000'];
    const shuffled = given.map((name) => entry(name));
    expect(names(sortEntries(shuffled, { column: 'name', descending: false }))).toEqual(sorted);
    expect(names(sortEntries(shuffled, { column: 'name', descending: true }))).toEqual(sorted.toReversed());
    expect(given.toSorted(compareNames)).toEqual(sorted);
  });
  it('sorts by size, equal sizes by name', () => {
    expect(names(sortEntries(entries, { column: 'size', descending: true }))).toEqual(['a', 'b', 'img2.png', 'img10.png']);
  });
});

describe('the filter', () => {
  it.each([
    ['', 'anything', true],
    ['TRAIN', 'my-train.csv', true],
    ['*.csv', 'a.csv', true],
    ['*.csv', 'a.csv.gz', false],
    ['img?.png', 'img1.png', true],
    ['img?.png', 'img10.png', false],
    ['a(b', 'xa(by', true],
    ['*.[x]', 'f.[x]', true],
    ['**********a', 'b'.repeat(200), false],
  ])('“%s” on “%s” is %s', (filter, name, passes) => expect(nameFilter(filter)(name)).toBe(passes));
});

it('names the kinds of files', () => {
  expect(describeKind(entry('a.csv'))).toBe('CSV table');
  expect(describeKind(entry('m.safetensors'))).toBe('Model');
  expect(describeKind(entry('x.y z'))).toBe('File');
  expect(describeKind(entry('.profile'))).toBe('File');
  expect(describeKind(entry('d.csv', 0, 'directory'))).toBe('Folder');
});

describe('a folder that something changed in', () => {
  const shown = [entry('inner', 0, 'directory'), entry('notes.txt')];
  it('is read again for a change in it, and for one below a folder that it does not show yet', () => {
    for (const [changed, folder] of [
      ['data', 'data'],
      ['data/new', 'data'],
      ['data/new/deep', 'data'],
      ['new/deep', ''],
    ] as const)
      expect(concerns(changed, folder, shown), changed).toBe(true);
  });
  it('is not read again for what it does not show', () => {
    for (const changed of ['data/inner', 'data/inner/deep', 'database/new', ''])
      expect(concerns(changed, 'data', shown), changed).toBe(false);
  });
});
