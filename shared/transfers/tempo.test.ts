import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstTempo, maxWidth, minWidth, nextTempo, slowerTempo, type Tempo } from './tempo.ts';

/** A host that does more with more at once up to `best`, and no more beyond. */
const run = (best: number, windows: number, tempo: Tempo = firstTempo): Tempo => {
  let current = tempo;
  for (let window = 0; window < windows; window++) current = nextTempo(current, Math.min(current.width, best) * 100);
  return current;
};

describe('the number of small files at once', () => {
  it('grows as far as it pays, and not much further', () => {
    expect(run(1000, 20).width).toBe(maxWidth);
    const found = run(20, 40).width;
    expect(found).toBeGreaterThanOrEqual(15);
    expect(found).toBeLessThanOrEqual(40);
    expect(run(1, 200).width).toBeLessThanOrEqual(8);
  });

  it('follows a host that becomes faster or slower', () => {
    expect(run(60, 200, run(8, 200)).width).toBeGreaterThan(25);
    expect(run(6, 300, run(60, 40)).width).toBeLessThan(25);
  });

  it('is halved when the service asks to slow down, and stays so for a while', () => {
    const slowed = slowerTempo(run(1000, 20));
    expect(slowed.width).toBe(maxWidth / 2);
    expect(run(1000, 10, slowed).width).toBe(maxWidth / 2);
    expect(run(1000, 60, slowed).width).toBeGreaterThan(maxWidth / 2);
  });

  it('stays within its bounds whatever is measured', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(null))), (rates) => {
        let tempo = firstTempo;
        for (const rate of rates) {
          tempo = rate === null ? slowerTempo(tempo) : nextTempo(tempo, rate);
          expect(tempo.width).toBeGreaterThanOrEqual(minWidth);
          expect(tempo.width).toBeLessThanOrEqual(maxWidth);
        }
      }),
    );
  });
});
