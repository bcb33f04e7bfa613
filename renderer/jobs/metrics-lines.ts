import type { UsageSample, UsageSeries } from '#shared/contract/metrics.ts';
import { beginOf, isGap } from '#shared/metrics/series.ts';

/** A row of numbers beside the times; null: nobody measured, or the engine does not tell. */
export type Line = (number | null)[];

/** What a chart draws: times in seconds since `start`, and a row for each of `of`. Where nobody measured, the lines break. */
export function linesOf(
  { samples, interval }: UsageSeries,
  start: number,
  of: readonly ((sample: UsageSample) => number | null)[],
): { readonly times: number[]; readonly lines: Line[] } {
  const times: number[] = [];
  const lines: Line[] = of.map(() => []);
  const put = (at: number, sample: UsageSample | null): void => {
    times.push((at - start) / 1000);
    for (const [index, line] of lines.entries()) line.push(sample === null ? null : (of[index]?.(sample) ?? null));
  };
  samples.forEach((sample, index) => {
    const before = samples[index - 1];
    if (before && isGap(before, sample, interval)) put((before.at + beginOf(sample)) / 2, null);
    // A span that follows none begins where it begins.
    if (!before || isGap(before, sample, interval)) put(beginOf(sample), sample);
    put(sample.at, sample);
  });
  return { times, lines };
}

/** The series as a table that other programs read. */
export function toCsv({ samples }: UsageSeries): string {
  const head = 'time,seconds,cpus,memory_bytes,network_in,network_out,disk_read,disk_written,gpus,gpu_memory_bytes';
  const rows = samples.map((sample) =>
    [
      new Date(sample.at).toISOString(),
      sample.seconds.toFixed(3),
      sample.cpus.toFixed(4),
      Math.round(sample.memoryBytes),
      ...[sample.networkIn, sample.networkOut, sample.diskRead, sample.diskWritten].map((rate) =>
        rate === null ? '' : Math.round(rate),
      ),
      sample.gpus?.toFixed(4) ?? '',
      sample.gpuMemoryBytes ?? '',
    ].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}
