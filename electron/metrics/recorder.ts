import { setTimeout as delay } from 'node:timers/promises';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { isStowageError } from '#shared/errors.ts';
import type { MeterCapable, UsageReading } from '../engines/engine.ts';
import type { GpuUse } from './gpu-watch.ts';
import type { UsageKeeper } from './keeper.ts';
import { firstReading, sampleBetween } from './rates.ts';

/** Between tries of an engine that is away, or whose stream broke. */
const againMilliseconds = 2000;
/** A first reading so soon after the start tells what was used since the start. */
const freshMilliseconds = 10_000;

export interface Recording {
  readonly reference: string;
  readonly startedAt: number | null;
  readonly signal: AbortSignal;
  /** What its GPUs do now; null: not known. */
  gpuUse(): GpuUse | null;
  onSample(sample: UsageSample): void;
}

/** Records a running job until the signal fires: an engine that is away is asked again. Never fails. */
export async function record(engine: MeterCapable, keeper: UsageKeeper, recording: Recording): Promise<void> {
  const { reference, signal } = recording;
  let before: UsageReading | null = null;
  while (!signal.aborted) {
    try {
      for await (const reading of engine.meter(reference, { signal })) {
        if (signal.aborted) return;
        before ??= startOf(recording, keeper, reading);
        const sample: UsageSample | null = before && withGpus(sampleBetween(before, reading), recording.gpuUse());
        if (before && !sample) continue;
        before = reading;
        if (!sample || sample.at <= (keeper.series().samples.at(-1)?.at ?? 0)) continue;
        keeper.add(sample);
        recording.onSample(sample);
      }
    } catch (error) {
      // A run that is gone has ended: whoever knows of its end fires the signal.
      if (!isStowageError(error)) throw error;
    }
    // While nobody measured, counters went on: the next reading begins anew.
    before = null;
    await delay(againMilliseconds, undefined, { signal }).catch(() => {});
  }
}

const withGpus = (sample: UsageSample | null, use: GpuUse | null): UsageSample | null =>
  sample && use ? { ...sample, gpus: use.busy, gpuMemoryBytes: use.memoryBytes } : sample;

/** What the first reading is compared with: the start of a run that has only begun. */
function startOf({ startedAt }: Recording, keeper: UsageKeeper, reading: UsageReading): UsageReading | null {
  if (startedAt === null || keeper.series().samples.length > 0) return null;
  return reading.at > startedAt && reading.at - startedAt < freshMilliseconds ? firstReading(startedAt, reading) : null;
}
