import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideConflict, keepBothPath } from './conflicts.ts';
import { collisionKey, pathProblem, resolveLink } from './names.ts';
import { addSample, etaSeconds, type SpeedSample, speedOf } from './speed.ts';

const file = (modified: number | null) => ({ kind: 'file' as const, size: 1, modified });
const rules = { maxSegmentBytes: 255, windows: false };

describe('conflict policies', () => {
  it('overwrites under “newer” only what is surely older', () => {
    expect(decideConflict('newer', file(10_000), file(5000))).toBe('overwrite');
    expect(decideConflict('newer', file(6000), file(5000))).toBe('skip');
    expect(decideConflict('newer', file(5000), file(10_000))).toBe('skip');
    expect(decideConflict('newer', file(null), file(5000))).toBe('skip');
    expect(decideConflict('newer', file(5000), file(null))).toBe('skip');
  });

  it('never replaces a folder, link or device', () => {
    for (const kind of ['directory', 'symlink', 'special'] as const) {
      expect(decideConflict('overwrite', file(1), { kind, size: 0, modified: 0 })).toBe('refuse');
      expect(decideConflict('newer', file(9000), { kind, size: 0, modified: 0 })).toBe('refuse');
      expect(decideConflict('skip', file(1), { kind, size: 0, modified: 0 })).toBe('skip');
    }
  });

  it.each([
    ['report.pdf', 'report (2).pdf'],
    ['a.b/report', 'a.b/report (2)'],
    ['x/data.tar.gz', 'x/data (2).tar.gz'],
    ['.bashrc', '.bashrc (2)'],
    ['.config.json', '.config (2).json'],
    ['v1.2 final notes', 'v1.2 final notes (2)'],
  ])('keeps both %s and %s', (path, both) => {
    expect(keepBothPath(path, 2)).toBe(both);
  });

  it('always gives another name in the same folder', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^/\0]+(\/[^/\0]+)?$/), fc.integer({ min: 2, max: 999 }), (path, n) => {
        const both = keepBothPath(path, n);
        expect(both).not.toBe(path);
        expect(both.split('/').slice(0, -1)).toEqual(path.split('/').slice(0, -1));
      }),
    );
  });
});

describe('names', () => {
  it('finds names that a destination cannot tell apart', () => {
    expect(collisionKey('A/é', false)).toBe(collisionKey('a/e\u0301', false));
    expect(collisionKey('A', true)).not.toBe(collisionKey('a', true));
  });

  it('says why a path cannot be held', () => {
    expect(pathProblem('a/b', rules)).toBeNull();
    expect(pathProblem(`a/${'ü'.repeat(128)}`, rules)).toContain('256 bytes');
    expect(pathProblem(Array(100).fill('x'.repeat(100)).join('/'), rules)).toContain('path');
    expect(pathProblem('a/CON', { ...rules, windows: true })).toContain('Windows');
  });

  it('follows links only inside their tree', () => {
    expect(resolveLink('t/a/link', '../b', 't')).toBe('t/b');
    expect(resolveLink('t/link', '../t/b', 't')).toBe('t/b');
    expect(resolveLink('t/link', '../u', 't')).toBeNull();
    expect(resolveLink('t/link', '../tu', 't')).toBeNull();
    expect(resolveLink('link', '../../x', '')).toBeNull();
  });
});

describe('speed', () => {
  const samples = (...pairs: [number, number][]): SpeedSample[] =>
    pairs.reduce<SpeedSample[]>((all, [at, bytes]) => addSample(all, { at, bytes }), []);

  it('is that of the last seconds', () => {
    expect(speedOf(samples([0, 0], [1000, 1000], [2000, 2000]), 2000)).toBe(1000);
    expect(speedOf(samples([0, 0], [10_000, 0], [11_000, 5000]), 11_000)).toBe(455);
    expect(speedOf(samples([0, 0], [1000, 1000]), 10_000)).toBe(0);
    expect(speedOf(samples([0, 0]), 0)).toBe(0);
  });

  it('keeps a bounded window and never goes below zero', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.nat()), { maxLength: 300 }), (pairs) => {
        const all = samples(...pairs.sort((a, b) => a[0] - b[0]));
        expect(all.length).toBeLessThanOrEqual(64);
        expect(speedOf(all, pairs.at(-1)?.[0] ?? 0)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('says nothing about the time left while nothing moves', () => {
    expect(etaSeconds(100, 0)).toBeNull();
    expect(etaSeconds(101, 10)).toBe(11);
  });
});
