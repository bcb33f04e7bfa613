import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UsageSample, UsageSeries } from '../contract/metrics.ts';
import { beginOf, emptySeries, isGap, totalsOf, withAtMost, withSample } from './series.ts';

const uses = fc.record({
  pause: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000 }) }),
  seconds: fc.double({ min: 0.5, max: 2, noNaN: true }),
  cpus: fc.double({ min: 0, max: 64, noNaN: true }),
  memoryBytes: fc.integer({ min: 0, max: 2 ** 40 }),
  networkIn: fc.integer({ min: 0, max: 1e9 }),
});

function samplesOf(
  list: readonly { pause: number; seconds: number; cpus: number; memoryBytes: number; networkIn: number }[],
): UsageSample[] {
  let at = 1_000_000;
  return list.map(({ pause, seconds, ...use }) => {
    at += pause + seconds * 1000;
    return { at, seconds, ...use, networkOut: null, diskRead: 0, diskWritten: 1, gpus: null, gpuMemoryBytes: null };
  });
}

const seriesOf = (samples: readonly UsageSample[], most: number): UsageSeries =>
  samples.reduce((series, sample) => withSample(series, sample, most), emptySeries);

it('keeps what was used in all and the most memory, in a bounded number of samples, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(uses, { maxLength: 300 }), fc.integer({ min: 2, max: 20 }), (list, most) => {
      const samples = samplesOf(list);
      const series = seriesOf(samples, most);
      expect(series.samples.length).toBeLessThanOrEqual(most);
      const kept = totalsOf(series.samples);
      const given = totalsOf(samples);
      expect(kept.cpuSeconds).toBeCloseTo(given.cpuSeconds, 4);
      expect(kept.memoryBytes).toBe(given.memoryBytes);
      expect(kept.networkOut).toBeNull();
      const [keptIn, givenIn] = [kept.networkIn ?? 0, given.networkIn ?? 0];
      expect(Math.abs(keptIn - givenIn)).toBeLessThanOrEqual(1e-6 * Math.max(1, givenIn));
      const times = series.samples.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBe(samples.at(-1)?.at);
    }),
    { numRuns: 200 },
  );
});

it('joins seconds into longer spans as a job runs on, and shows where nobody measured', () => {
  const second = (at: number): UsageSample =>
    samplesOf([{ pause: at, seconds: 1, cpus: 1, memoryBytes: 5, networkIn: 0 }])[0] as UsageSample;
  const hours = Array.from({ length: 10_000 }, (_, index) => second(index * 1000));
  const series = seriesOf(hours, 600);
  expect(series.interval).toBe(32);
  expect(series.samples.length).toBeGreaterThan(300);
  const [first, next] = series.samples;
  if (!first || !next) throw new Error('no samples');
  expect([first.seconds, beginOf(next) - first.at, isGap(first, next, series.interval)]).toEqual([32, 0, false]);
  const gap = withSample(series, second(90_000_000), 600);
  expect(isGap(gap.samples.at(-2) as UsageSample, gap.samples.at(-1) as UsageSample, gap.interval)).toBe(true);
  expect(withAtMost(series, 30).samples.length).toBeLessThanOrEqual(30);
});
