import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketFloors, bucketLabel, bucketOf } from '../contract/statistics.ts';
import { headerProblem, mergePairs, pairChanges, pairProblem, pairsProblem } from './rules.ts';

const identifier = { names: 'identifier', maxPairs: 3, maxName: 20, maxValue: 50, maxBytes: 60 } as const;
const tag = { names: 'tag', maxPairs: 10, maxName: 128, maxValue: 256, maxBytes: null } as const;
const token = { ...identifier, names: 'token' } as const;

describe('metadata and tags', () => {
  it.each([
    ['', 'x', 'name'],
    ['1st', 'x', 'name'],
    ['with-dash', 'x', 'name'],
    ['x: y', 'x', 'name'],
    ['a'.repeat(21), 'x', 'name'],
    ['mtime', '2020', 'name'],
    ['MTime', '2020', 'name'],
    ['note', '', 'value'],
    ['note', 'two\r\nlines', 'value'],
    ['note', 'ümlaut', 'value'],
    ['note', ' space', 'value'],
    ['note', 'x'.repeat(51), 'value'],
  ])('refuses %j = %j by its %s', (name, value, field) => {
    expect(pairProblem({ name, value }, identifier)).toMatchObject({ field, problem: expect.stringMatching(/\.$/) });
  });

  it('takes what the host takes', () => {
    expect(pairProblem({ name: '_Note2', value: 'a b; c="d"' }, identifier)).toBeNull();
    expect(pairProblem({ name: 'with-dash', value: 'x' }, token)).toBeNull();
    expect(pairProblem({ name: 'cost centre', value: '' }, tag)).toBeNull();
    expect(pairProblem({ name: 'aws:x', value: '' }, tag)).toMatchObject({ field: 'name' });
    expect(pairProblem({ name: 'a', value: '<b>' }, tag)).toMatchObject({ field: 'value' });
  });

  it('refuses too many, too much, and a name twice', () => {
    const of = (...names: string[]) => names.map((name) => ({ name, value: 'v' }));
    expect(pairsProblem(of('a', 'b', 'c'), identifier)).toBeNull();
    expect(pairsProblem(of('a', 'b', 'c', 'd'), identifier)).toContain('3 are allowed');
    expect(pairsProblem(of('a', 'A'), identifier)).toContain('twice');
    expect(pairsProblem(of('a', 'A'), tag)).toBeNull();
    expect(pairsProblem([{ name: 'a', value: 'x'.repeat(60) }], identifier)).toContain('60 are allowed');
  });

  it('makes of the changes between two states the second of them', () => {
    const pairs = fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1, maxLength: 3 }), value: fc.string() }), {
      selector: ({ name }) => name.toLowerCase(),
    });
    const sorted = (all: readonly { name: string; value: string }[]) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
    fc.assert(
      fc.property(pairs, pairs, (before, now) => {
        expect(sorted(mergePairs(before, pairChanges(before, now, identifier), identifier))).toEqual(sorted(now));
        expect(pairChanges(before, before, identifier)).toEqual([]);
      }),
    );
  });
});

describe('headers', () => {
  it('are plain text, and a content type has two parts', () => {
    expect(headerProblem('contentType', 'text/csv; charset=utf-8')).toBeNull();
    expect(headerProblem('contentType', '')).toBeNull();
    for (const bad of ['csv', 'text/', 'a b/c', 'text/x\r\nx-evil: 1']) expect(headerProblem('contentType', bad)).toMatch(/\.$/);
    expect(headerProblem('cacheControl', 'max-age=60\n')).toMatch(/\.$/);
    expect(headerProblem('contentDisposition', 'x'.repeat(1025))).toMatch(/1024 are allowed/);
  });
});

describe('buckets of sizes', () => {
  it('hold every size once, and say which', () => {
    expect([0, 1, 999, 1000, 9999, 10_000, 999_999_999, 1e11, 5e14].map(bucketOf)).toEqual([0, 1, 1, 2, 2, 3, 7, 10, 10]);
    const labels = bucketFloors.map((_, index) => bucketLabel(index));
    expect(labels.slice(0, 4)).toEqual(['0 B', '1 B – 1 KB', '1 KB – 10 KB', '10 KB – 100 KB']);
    expect(labels.slice(-2)).toEqual(['10 GB – 100 GB', '100 GB and more']);
  });
});
