import type { UsageSample } from '#shared/contract/metrics.ts';
import type { UsageReading } from '../engines/engine.ts';

/** The reading that a run would have given at its start. */
export const firstReading = (startedAt: number, reading: UsageReading): UsageReading => ({
  at: startedAt,
  cpuSeconds: 0,
  memoryBytes: 0,
  network: reading.network && { received: 0, sent: 0 },
  disk: reading.disk && { read: 0, written: 0 },
});

/** Less than this apart, two readings say nothing about rates; in seconds. */
const shortestSpan = 0.05;

/** What was used between two readings of one run; null when they are too close together. */
export function sampleBetween(before: UsageReading, now: UsageReading): UsageSample | null {
  const seconds = (now.at - before.at) / 1000;
  if (!(seconds >= shortestSpan)) return null;
  // A counter that went back (the engine counts anew) says nothing about the time before.
  const rate = (from: number | undefined, to: number | undefined): number | null =>
    from === undefined || to === undefined ? null : Math.max(0, to - from) / seconds;
  return {
    at: now.at,
    seconds,
    cpus: rate(before.cpuSeconds, now.cpuSeconds) ?? 0,
    memoryBytes: now.memoryBytes,
    networkIn: rate(before.network?.received, now.network?.received),
    networkOut: rate(before.network?.sent, now.network?.sent),
    diskRead: rate(before.disk?.read, now.disk?.read),
    diskWritten: rate(before.disk?.written, now.disk?.written),
    gpus: null,
    gpuMemoryBytes: null,
  };
}
