import { useEffect, useState } from 'react';
import type { Job } from '#shared/contract/jobs.ts';
import type { UsageSeries } from '#shared/contract/metrics.ts';
import type { StowageError } from '#shared/errors.ts';
import { beginOf, withSample } from '#shared/metrics/series.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract, useConnection } from '../app/client.ts';

/** Between the last known sample and a new one there may be others that were not heard of, if they lie so far apart. */
const missedMilliseconds = 500;

/** What a job used until now, growing while it runs; null: not here yet. */
export function useUsageSeries(job: Job): { series: UsageSeries | null; error: StowageError | null } {
  const { id, state } = job;
  const [result, setResult] = useState<{ id: number; series: UsageSeries | null; error: StowageError | null }>({
    id,
    series: null,
    error: null,
  });
  const epoch = useConnection((connection) => connection.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was not heard of before a new connection is fetched; the last sample comes with the end
  useEffect(() => {
    const abort = new AbortController();
    let series: UsageSeries | null = null;
    const show = (next: UsageSeries): void => {
      series = next;
      setResult({ id, series, error: null });
    };
    const fetchAll = async (): Promise<void> => {
      try {
        const whole = await client.metrics.get({ id }, { signal: abort.signal });
        if (!abort.signal.aborted) show(whole);
      } catch (error) {
        if (!abort.signal.aborted) setResult({ id, series, error: fromContract(error) });
      }
    };
    void fetchAll();
    const off = onChange((change) => {
      if (change.type !== 'job-usage' || change.id !== id || !series) return;
      const last = series.samples.at(-1);
      if (last && change.sample.at <= last.at) return;
      if (last && beginOf(change.sample) - last.at > missedMilliseconds) void fetchAll();
      else show(withSample(series, change.sample));
    });
    return () => {
      abort.abort();
      off();
    };
  }, [id, state, epoch]);
  return result.id === id ? result : { series: null, error: null };
}
