import { firstTempo, nextTempo, slowerTempo } from '#shared/transfers/tempo.ts';

/** What is measured together, in milliseconds. */
const windowMs = 400;
/** Bytes that weigh as much as one more file. */
const bytesPerUnit = 64 * 1024;

/** How many files of a transfer are worked on at once where bodies are streamed. */
export interface Lanes {
  /** Waits for a free lane; what it gives frees the lane again, once. Large files have a few lanes of their own. */
  enter(large: boolean): Promise<() => void>;
  /** A file of this many bytes has arrived. */
  arrived(bytes: number): void;
  /** The service asked to slow down. */
  throttled(): void;
  /** Small files at once, at the moment. */
  readonly width: number;
}

/** Finds by measuring how many small files at once are fastest; `largeWidth` large ones go beside them. */
export function createLanes(largeWidth: number, now: () => number = performance.now.bind(performance)): Lanes {
  let tempo = firstTempo;
  let began: number | null = null;
  let files = 0;
  let units = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  const small = createGate(() => tempo.width);
  const large = createGate(() => largeWidth);
  return {
    enter: (isLarge) => (isLarge ? large : small).enter(),
    arrived: (bytes) => {
      const at = now();
      began ??= at;
      files++;
      units += 1 + bytes / bytesPerUnit;
      // As many files as there are lanes: fewer would measure the latency of single requests.
      if (at - began < windowMs || files < tempo.width) return;
      const { width } = tempo;
      // While fewer wait than could enter, the width was not what limited.
      if (small.full()) tempo = nextTempo(tempo, (units * 1000) / (at - began));
      began = at;
      files = 0;
      units = 0;
      if (tempo.width > width) small.widen();
    },
    throttled: () => {
      const at = now();
      // One overload is answered by many files at once; it slows down once.
      if (at - slowedAt < 2 * windowMs) return;
      slowedAt = at;
      tempo = slowerTempo(tempo);
    },
    get width() {
      return tempo.width;
    },
  };
}

interface Gate {
  enter(): Promise<() => void>;
  /** The width may have grown. */
  widen(): void;
  full(): boolean;
}

/** Lets `width` callers in at a time, in order. */
function createGate(width: () => number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  const widen = (): void => {
    while (inside < width()) {
      const next = waiting.shift();
      if (!next) return;
      inside++;
      next();
    }
  };
  const leave = (): void => {
    inside--;
    widen();
  };
  return {
    enter: async () => {
      if (inside < width() && waiting.length === 0) inside++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let left = false;
      return () => {
        if (!left) leave();
        left = true;
      };
    },
    widen,
    full: () => waiting.length > 0 || inside >= width(),
  };
}
