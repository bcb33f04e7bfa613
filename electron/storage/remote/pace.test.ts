import { expect, it } from 'vitest';
import { createPace } from './pace.ts';

/** Lets parts of 8 MB arrive for a while at a service whose speed depends on how many are on their way. */
function run(megabytesPerSecond: (places: number) => number, seconds: number, start = 4): number {
  const pace = createPace({ start, max: 12 });
  const seen: number[] = [];
  for (let now = 0; now < seconds * 1000; ) {
    now += (8 / megabytesPerSecond(pace.limit)) * 1000;
    pace.arrived(8_000_000, now);
    seen.push(pace.limit);
  }
  const late = seen.slice(seen.length >> 1);
  return late.reduce((sum, limit) => sum + limit, 0) / late.length;
}

it('goes up while more places bring more', () => {
  expect(run((places) => places * 20, 60)).toBeGreaterThan(10);
});

it('stays where more places bring nothing', () => {
  const settled = run((places) => Math.min(places, 3) * 50, 60);
  expect(settled).toBeGreaterThanOrEqual(2);
  expect(settled).toBeLessThan(5);
});

it('goes down where more places do harm', () => {
  expect(run((places) => 200 / places, 60, 10)).toBeLessThan(4);
});

it('halves when the service asks to slow down, and never goes below two', () => {
  const pace = createPace({ start: 8 });
  pace.slowDown();
  expect(pace.limit).toBe(4);
  for (let time = 0; time < 5; time++) pace.slowDown();
  expect(pace.limit).toBe(2);
});
