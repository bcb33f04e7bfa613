import { z } from 'zod';
import { method, timeSchema } from './base.ts';

/** What a job used over one span of time. Rates are means over the span; null: the engine does not tell. */
export const usageSampleSchema = z.object({
  /** End of the span. */
  at: timeSchema,
  /** Its length. */
  seconds: z.number(),
  /** CPUs kept busy. */
  cpus: z.number(),
  /** The most in use, without file cache that can be given up at once. */
  memoryBytes: z.number(),
  /** Bytes per second. */
  networkIn: z.number().nullable(),
  networkOut: z.number().nullable(),
  diskRead: z.number().nullable(),
  diskWritten: z.number().nullable(),
  /** GPUs kept busy: two that are half busy are one; null: it has none, or nobody tells. */
  gpus: z.number().nullable(),
  /** The most in use of their memory. */
  gpuMemoryBytes: z.number().nullable(),
});
export type UsageSample = z.infer<typeof usageSampleSchema>;

/** What a job used over its time, in a bounded number of samples (shared/metrics/series.ts), oldest first. */
export const usageSeriesSchema = z.object({
  /** Seconds that a sample spans when it is full; doubles each time the series would grow too long. */
  interval: z.number(),
  samples: z.array(usageSampleSchema),
});
export type UsageSeries = z.infer<typeof usageSeriesSchema>;

const id = z.number().int();

export const metricsContract = {
  /** What a job used so far, also when it has ended. The event `job-usage` tells each new sample of a running one. */
  get: method.input(z.object({ id })).output(usageSeriesSchema),
  /** The same of several jobs in at most `points` samples each, for small pictures; jobs without any are left out. */
  overview: method
    .input(z.object({ ids: z.array(id).max(200), points: z.number().int().min(2).max(100) }))
    .output(z.array(z.object({ id, samples: z.array(usageSampleSchema) }))),
};
