import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareFiles, type Reviewed, type SyncFile, stillReviewed, timesMatter } from './sync-rules.ts';

const md5 = fc.stringMatching(/^[0-9a-f]{32}$/);
const file: fc.Arbitrary<SyncFile> = fc.record(
  {
    size: fc.nat(4),
    modified: fc.option(fc.double({ min: 0, max: 1e13, noNaN: true })),
    md5: fc.option(fc.constantFrom('0'.repeat(32), 'A'.repeat(32), 'a'.repeat(32)), { nil: undefined }),
  },
  { requiredKeys: ['size', 'modified'] },
);
const rules = fc.record({ checksum: fc.boolean(), timesKept: fc.boolean() });

describe('what a sync sends', () => {
  it('is the same question from either side, and never needed between files of one size, time and content', () => {
    fc.assert(
      fc.property(file, file, rules, (a, b, by) => {
        expect(compareFiles(a, b, by)).toBe(compareFiles(b, a, by));
        if (a.modified !== null && a.md5 !== undefined) expect(compareFiles(a, { ...a }, by)).toBe('same');
      }),
    );
  });

  it('is every file of another size', () => {
    fc.assert(
      fc.property(file, file, rules, (a, b, by) => {
        fc.pre(a.size !== b.size);
        expect(compareFiles(a, b, by)).toBe('differs');
        expect(timesMatter(a, b, by)).toBe(false);
      }),
    );
  });

  it('goes by the time, within the precision of a millisecond', () => {
    const by = { checksum: false, timesKept: true };
    const at = (modified: number | null): SyncFile => ({ size: 1, modified });
    expect(compareFiles(at(1000), at(1001), by)).toBe('same');
    expect(compareFiles(at(1000.4), at(1000.6), by)).toBe('same');
    expect(compareFiles(at(1000), at(1002), by)).toBe('differs');
    expect(compareFiles(at(null), at(null), by)).toBe('differs');
    expect(compareFiles(at(1000), at(9000), { ...by, timesKept: false })).toBe('same');
  });

  it('goes by the content under “checksum”, whatever the times say', () => {
    fc.assert(
      fc.property(file, file, md5, md5, fc.boolean(), (a, b, left, right, timesKept) => {
        const by = { checksum: true, timesKept };
        const one = { ...a, size: 1, md5: left };
        const other = { ...b, size: 1, md5: right };
        expect(compareFiles(one, other, by)).toBe(left === right ? 'same' : 'differs');
        expect(compareFiles(one, { ...other, md5: undefined }, by)).toBe('content');
        expect(compareFiles(one, { ...one, md5: left.toUpperCase(), modified: 5 }, by)).toBe('same');
      }),
    );
  });
});

describe('what was reviewed', () => {
  const seen: Reviewed = { kind: 'file', size: 3, modified: 1000, etag: 'a' };

  it('is known by its etag, else by size and time', () => {
    expect(stillReviewed(seen, { ...seen, modified: 5000 }, true)).toBe(true);
    expect(stillReviewed(seen, { ...seen, etag: 'b' }, true)).toBe(false);
    expect(stillReviewed({ ...seen, etag: null }, seen, true)).toBe(true);
    expect(stillReviewed({ ...seen, etag: null }, { ...seen, modified: 5000 }, true)).toBe(false);
    expect(stillReviewed({ ...seen, etag: null }, { ...seen, modified: 5000 }, false)).toBe(true);
  });

  it('is never something of another kind or size', () => {
    fc.assert(
      fc.property(fc.constantFrom('file', 'directory', 'symlink', 'special'), fc.nat(9), fc.boolean(), (kind, size, listed) => {
        const now = { ...seen, kind, size } as const;
        if (stillReviewed(seen, now, listed)) expect({ kind, size }).toEqual({ kind: 'file', size: 3 });
      }),
    );
  });
});
