import type { UsageSample, UsageSeries } from '../contract/metrics.ts';

/** More samples than this are never kept of one job, however long it runs. */
export const mostSamples = 600;

export const emptySeries: UsageSeries = { interval: 1, samples: [] };

/** A span that is this much of an interval or more is full: readings are never exactly a second apart. */
const full = 0.75;
/** Samples further apart than this many intervals have a gap between them, in which nobody measured. */
const gapIntervals = 2;

/** Milliseconds of the beginning of a sample's span. */
export const beginOf = ({ at, seconds }: UsageSample): number => at - seconds * 1000;

/** Nobody measured between the two. */
export const isGap = (before: UsageSample, after: UsageSample, interval: number): boolean =>
  beginOf(after) - before.at > gapIntervals * interval * 1000;

/**
 * The series with one more sample, which ends later than all others. It fills the last one up until that spans the interval;
 * when there are too many, neighbours are joined and the interval doubles. What was used in all, and the most memory, stay
 * as they were.
 */
export function withSample(series: UsageSeries, sample: UsageSample, most: number = mostSamples): UsageSeries {
  const last = series.samples.at(-1);
  const fits = last && last.seconds < series.interval * full && !isGap(last, sample, series.interval);
  const samples = fits ? [...series.samples.slice(0, -1), joined(last, sample)] : [...series.samples, sample];
  return samples.length <= most ? { ...series, samples } : thinned({ ...series, samples });
}

/** The same time in at most `most` samples. */
export function withAtMost(series: UsageSeries, most: number): UsageSeries {
  let thin = series;
  while (thin.samples.length > most) thin = thinned(thin);
  return thin;
}

function thinned({ interval, samples }: UsageSeries): UsageSeries {
  const pairs: UsageSample[] = [];
  for (let at = 0; at < samples.length; at += 2) {
    const one = samples[at];
    const other = samples[at + 1];
    if (one) pairs.push(other ? joined(one, other) : one);
  }
  return { interval: interval * 2, samples: pairs };
}

const mostOrNull = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b));

function joined(one: UsageSample, other: UsageSample): UsageSample {
  const seconds = one.seconds + other.seconds;
  const mean = (a: number, b: number): number => (seconds > 0 ? (a * one.seconds + b * other.seconds) / seconds : b);
  const meanOrNull = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : mean(a, b));
  return {
    at: other.at,
    seconds,
    cpus: mean(one.cpus, other.cpus),
    memoryBytes: Math.max(one.memoryBytes, other.memoryBytes),
    networkIn: meanOrNull(one.networkIn, other.networkIn),
    networkOut: meanOrNull(one.networkOut, other.networkOut),
    diskRead: meanOrNull(one.diskRead, other.diskRead),
    diskWritten: meanOrNull(one.diskWritten, other.diskWritten),
    gpus: meanOrNull(one.gpus, other.gpus),
    gpuMemoryBytes: mostOrNull(one.gpuMemoryBytes, other.gpuMemoryBytes),
  };
}

/** What a job used in all while it was measured; null: the engine does not tell. */
export interface UsageTotals {
  readonly cpuSeconds: number;
  /** The most at any time. */
  readonly memoryBytes: number;
  readonly networkIn: number | null;
  readonly networkOut: number | null;
  readonly diskRead: number | null;
  readonly diskWritten: number | null;
}

export function totalsOf(samples: readonly UsageSample[]): UsageTotals {
  const total = (of: (sample: UsageSample) => number | null): number | null =>
    samples.reduce<number | null>((sum, sample) => {
      const rate = of(sample);
      return rate === null ? sum : (sum ?? 0) + rate * sample.seconds;
    }, null);
  return {
    cpuSeconds: total(({ cpus }) => cpus) ?? 0,
    memoryBytes: samples.reduce((most, { memoryBytes }) => Math.max(most, memoryBytes), 0),
    networkIn: total(({ networkIn }) => networkIn),
    networkOut: total(({ networkOut }) => networkOut),
    diskRead: total(({ diskRead }) => diskRead),
    diskWritten: total(({ diskWritten }) => diskWritten),
  };
}
