/**
 * Finds how many parts or ranges are worth having on their way at once: climbs while more of them bring more bytes per
 * second, and steps back when they do not. One for each direction of a host, shared by its transfers.
 */
export interface Pace {
  /** How many may be on their way now. */
  readonly limit: number;
  /** A part or a range has arrived. `now` in milliseconds. */
  arrived(bytes: number, now?: number): void;
  /** The service asked to slow down. */
  slowDown(): void;
}

export interface PaceOptions {
  readonly start?: number;
  readonly max?: number;
}

/** A window closes with this many arrivals per place, and not before it lasted as long as this. */
const arrivalsPerPlace = 2;
const windowMs = 250;
/** Silence that ends a measurement: nothing was under way. */
const pauseMs = 2_000;
/** Rates within this share of each other count as equal. */
const tolerance = 0.07;

export function createPace({ start = 4, max = 12 }: PaceOptions = {}): Pace {
  const min = Math.min(2, max);
  let limit = Math.min(start, max);
  let step = 1;
  let begun: number | null = null;
  let last = 0;
  let bytes = 0;
  let arrivals = 0;
  let before: number | null = null;

  const decide = (rate: number): void => {
    const former = before;
    before = rate;
    if (former !== null && rate < former * (1 + tolerance)) {
      // More brought nothing, or less did harm: back. What is equally fast with fewer stays with fewer.
      step = rate < former * (1 - tolerance) ? -step : -1;
    }
    limit = Math.max(min, Math.min(max, limit + step));
    if (limit === min) step = 1;
  };
  return {
    get limit() {
      return limit;
    },
    arrived: (count, now = performance.now()) => {
      if (begun === null || now - last > pauseMs) {
        begun = now;
        bytes = 0;
        arrivals = 0;
        before = null;
        last = now;
        return;
      }
      last = now;
      bytes += count;
      arrivals++;
      if (arrivals < limit * arrivalsPerPlace || now - begun < windowMs) return;
      decide(bytes / (now - begun));
      begun = now;
      bytes = 0;
      arrivals = 0;
    },
    slowDown: () => {
      limit = Math.max(min, limit >> 1);
      begun = null;
      before = null;
    },
  };
}
