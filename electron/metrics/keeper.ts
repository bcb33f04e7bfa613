import type { UsageSample, UsageSeries } from '#shared/contract/metrics.ts';
import { withSample } from '#shared/metrics/series.ts';
import { appendUsage, readUsage, writeUsage } from './usage-file.ts';

/** Keeps what one job uses, in memory and in its file. */
export interface UsageKeeper {
  series(): UsageSeries;
  add(sample: UsageSample): void;
  /** Resolves when everything is in the file, or cannot be: `onError` was told then. */
  close(): Promise<void>;
}

/**
 * Goes on with what the file at `path` has. A sample is written when it spans its interval, so that each is written once, and
 * everything anew when samples were joined. What cannot be written (a full disk) is written with what comes later.
 */
export async function openKeeper(path: string, onError: (error: unknown) => void): Promise<UsageKeeper> {
  let series = await readUsage(path);
  // What is in the file: so many samples of this interval. A last line may be cut off, so the first write is of everything.
  let kept: { interval: number; samples: number } | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = async (whole: boolean): Promise<void> => {
    const now = series;
    const done = whole ? now.samples.length : now.samples.length - 1;
    try {
      if (kept?.interval === now.interval && kept.samples <= done) {
        if (kept.samples < done) await appendUsage(path, now.samples.slice(kept.samples, done));
      } else await writeUsage(path, { ...now, samples: now.samples.slice(0, done) });
      kept = { interval: now.interval, samples: done };
    } catch (error) {
      kept = null;
      onError(error);
    }
  };
  const later = (whole: boolean): void => {
    writing = writing.then(() => write(whole));
  };
  return {
    series: () => series,
    add: (sample) => {
      const before = series;
      series = withSample(series, sample);
      if (series.samples.length !== before.samples.length) later(false);
    },
    close: async () => {
      later(true);
      await writing;
    },
  };
}
