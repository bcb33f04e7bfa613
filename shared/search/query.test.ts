import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StowageError } from '../errors.ts';
import { foldName } from './fold.ts';
import { matchesName, matchesPath, parseName, parsePath } from './glob.ts';
import { isEmptyQuery, parseQuery } from './query.ts';

const now = new Date(2026, 5, 15, 12).getTime();
const parse = (text: string) => parseQuery(text, now);

it('never fails but by saying what is not understood, whatever is typed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a*?[]{},/\\"!-: <>1g') })), (text) => {
      try {
        const query = parse(text);
        expect(JSON.parse(JSON.stringify(query))).toBeTruthy();
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
        expect((error as StowageError).code).toBe('bad-request');
      }
    }),
  );
});

it('takes a quoted phrase as it is, and a glob made of a name with every sign escaped matches that name only', () => {
  const names = fc.string({ minLength: 1 }).filter((name) => !/["/]/.test(name));
  fc.assert(
    fc.property(names, fc.string(), (name, other) => {
      expect(parse(`"${name}"`).names).toEqual([{ kind: 'contains', text: foldName(name) }]);
      const pattern = parseName(name.replace(/[\\*?[\]{}]/g, '\\$&'));
      expect(matchesName(pattern, name)).toBe(true);
      expect(matchesName(pattern, other)).toBe(other === name);
      expect(matchesName([{ kind: 'any' }, ...pattern, { kind: 'any' }], `${other}${name}${other}`)).toBe(true);
    }),
  );
});

it('matches globs as a regular expression does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(patterns, letters, (pattern, name) => {
      const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      expect(matchesName(parseName(pattern), name)).toBe(new RegExp(`^${expression}$`, 's').test(name));
    }),
  );
});

it('is not slowed down by a pattern made to be slow', () => {
  const begun = performance.now();
  expect(matchesName(parseName(`${'*a'.repeat(60)}*b`), 'a'.repeat(255))).toBe(false);
  expect(matchesPath(parsePath(`${'**/a/'.repeat(40)}b`), Array(200).fill('a'))).toBe(false);
  expect(performance.now() - begun).toBeLessThan(200);
});

it('reads words, globs, paths and classes', () => {
  const fits = (text: string, path: string): boolean => {
    const names = path.split('/');
    const name = foldName(names.at(-1) ?? '');
    return parse(text).names.every((term) =>
      term.kind === 'contains'
        ? name.includes(term.text)
        : term.alternatives.some(
            (each) =>
              matchesName(each.name, name) &&
              (each.folder === null || matchesPath(each.folder, names.slice(0, -1).map(foldName))),
          ),
    );
  };
  expect(fits('CSV train', 'x/Train-2.csv')).toBe(true);
  expect(fits('train csv', 'train/x.csv')).toBe(false);
  expect(fits('*.CSV', 'a/b.csv')).toBe(true);
  expect(fits('b.csv*', 'a/xb.csv')).toBe(false);
  expect(fits('*.{csv,{t,p}sv}', 'a.tsv')).toBe(true);
  expect(fits('[a-c]?.txt', 'b1.txt')).toBe(true);
  expect(fits('[!a-c]?.txt', 'b1.txt')).toBe(false);
  expect(fits('train/*.csv', 'train/a.csv')).toBe(true);
  expect(fits('train/*.csv', 'x/train/a.csv')).toBe(false);
  expect(fits('**/train/**', 'x/train/y/a.csv')).toBe(true);
  expect(fits('train/**', 'x/train/y/a.csv')).toBe(false);
  expect(fits('ain/a', 'x/train/a.csv')).toBe(true);
  expect(fits('/ain/a', 'x/train/a.csv')).toBe(false);
  expect(fits('"a [1]"', 'a [1].txt')).toBe(true);
  expect(fits('ext:csv,.TSV', 'a.tsv')).toBe(true);
  expect(fits('ÉTÉ', 'e\u0301te\u0301.txt')).toBe(true);
  expect(isEmptyQuery(parse('  '))).toBe(true);
});

it('reads filters', () => {
  expect(parse('size:>1g').size).toEqual({ from: 1024 ** 3 + 1, to: Number.POSITIVE_INFINITY });
  expect(parse('size:>=1k size:<1.5m').size).toEqual({ from: 1024, to: 1.5 * 1024 ** 2 - 1 });
  expect(parse('modified:<7d').modified?.from).toBe(now - 7 * 24 * 3_600_000);
  expect(parse('modified:>7d').modified?.to).toBe(now - 7 * 24 * 3_600_000);
  expect(parse('modified:>2026-01-01').modified?.from).toBe(new Date(2026, 0, 2).getTime());
  expect(parse('modified:2026-02').modified).toEqual({
    from: new Date(2026, 1, 1).getTime(),
    to: new Date(2026, 2, 1).getTime() - 1,
  });
  expect(parse('kind:folder,link').kinds).toEqual(['directory', 'symlink']);
});

it.each([
  ['colour:red', 'There is no filter “colour:”.'],
  ['size:big', '“size:big” is not understood.'],
  ['modified:2026-02-30', '“modified:2026-02-30” is not understood.'],
  ['kind:constructor', '“kind:constructor” is not understood.'],
  ['ext:', '“ext:” names no extension.'],
  ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', 'stands for too many patterns'],
])('says what is wrong with %s, and what could be written', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
