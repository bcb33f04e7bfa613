import { describe, expect, it } from 'vitest';
import type { MountCost, PlanCost } from '#shared/contract/plan.ts';
import { costWords, estimate, percent, shareWords } from './cost-words.ts';
import { samplePlan } from './plan.fixture.ts';

const cost = (more: Partial<MountCost>): MountCost => ({
  files: 1204,
  bytes: 3e9,
  moveFiles: 1204,
  moveBytes: 3e9,
  seconds: 12.2,
  diskBytes: 3e9,
  complete: true,
  ...more,
});

const planned = (more: Partial<PlanCost>): string =>
  estimate(
    samplePlan({
      cost: {
        moveFiles: 480,
        moveBytes: 1.2e9,
        cachedBytes: 1.8e9,
        seconds: 12,
        diskBytes: 1.2e9,
        diskFreeBytes: 42.2e9,
        complete: true,
        ...more,
      },
    }),
  );

describe('costWords', () => {
  it('says what is moved, how long it takes and what disk it needs', () => {
    expect(costWords(cost({}))).toBe('moves 3.00 GB in 1,204 files · about 12 s · 3.00 GB of disk');
    expect(costWords(cost({ moveFiles: 3, moveBytes: 1e9, seconds: 4.4, diskBytes: 1e9 }))).toBe(
      'moves 1.00 GB of 3.00 GB in 3 files · about 4 s · 1.00 GB of disk',
    );
  });

  it('says that nothing has to be moved', () => {
    expect(costWords(cost({ moveFiles: 0, moveBytes: 0, seconds: 0.2, diskBytes: 0 }))).toBe('nothing to move');
    expect(costWords(null)).toBe('');
  });

  it('gives a lower bound while it is counted', () => {
    expect(costWords(cost({ seconds: null, complete: false, counting: true }))).toBe(
      'moves at least 3.00 GB in 1,204 files · at least 3.00 GB of disk · counting…',
    );
  });
});

describe('estimate', () => {
  it('tells time, bytes, what is cached and the disk that is left', () => {
    expect(planned({})).toBe('ready in about 12 s · copies 1.20 GB of 3.00 GB (60 % cached) · 41.0 GB disk left after');
  });

  it('tells that all is cached', () => {
    expect(planned({ moveFiles: 0, moveBytes: 0, seconds: 0.4, diskBytes: 0 })).toBe(
      'ready in less than a second · all 1.80 GB are cached, nothing to copy',
    );
  });

  it('tells a lower bound of a source that is too large to be counted', () => {
    expect(planned({ complete: false, cachedBytes: 0, seconds: 720 })).toBe(
      'takes more than 12 min · copies at least 1.20 GB · 41.0 GB disk left after',
    );
  });

  it('tells that a source is still counted', () => {
    expect(planned({ complete: false, counting: true, cachedBytes: 0, seconds: null })).toBe(
      'counting… · copies at least 1.20 GB · 41.0 GB disk left after',
    );
    expect(planned({ complete: false, counting: true, cachedBytes: 0, moveBytes: 0, moveFiles: 0 })).toBe(
      'Nothing mounted · counting…',
    );
  });

  it('tells how much disk is missing', () => {
    expect(planned({ diskFreeBytes: 1e9 })).toContain('200 MB more disk needed than there is');
  });
});

it('rounds to all or nothing only what is', () => {
  expect([percent(1, 1e9), percent(1e9 - 1, 1e9), percent(0, 5), percent(5, 5), percent(0, 0)]).toEqual([1, 99, 0, 100, 0]);
  expect([shareWords(undefined), shareWords(0), shareWords(0.4), shareWords(1)]).toEqual(['', '', '40 %', '100 %']);
});
