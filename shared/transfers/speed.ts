/** A window over which the speed is measured, in milliseconds. */
const windowMs = 5000;

export interface SpeedSample {
  readonly at: number;
  readonly bytes: number;
}

/** The samples that still count at the newest one: those of the last seconds and one before them. At most 64. */
export function addSample(samples: readonly SpeedSample[], sample: SpeedSample): SpeedSample[] {
  const last = samples.at(-1);
  const kept = last && sample.at - last.at < 100 ? samples.slice(0, -1) : samples;
  const first = kept.findIndex((entry) => sample.at - entry.at <= windowMs);
  return [...(first < 0 ? kept.slice(-1) : kept.slice(Math.max(0, first - 1))), sample].slice(-64);
}

/** Bytes per second over the samples, as seen at `now`; 0 without progress. */
export function speedOf(samples: readonly SpeedSample[], now: number): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || now - last.at > windowMs) return 0;
  const elapsed = Math.max(now, last.at) - first.at;
  return elapsed < 200 ? 0 : Math.max(0, Math.round(((last.bytes - first.bytes) * 1000) / elapsed));
}

/** Seconds until `left` bytes are through, or null when nothing can be said. */
export function etaSeconds(left: number, speed: number): number | null {
  return speed > 0 ? Math.ceil(Math.max(0, left) / speed) : null;
}
