/** How many small files are worked on at once; found by measuring. */
export interface Tempo {
  readonly width: number;
  /** Work per second at the last width that was kept. */
  readonly rate: number;
  /** What is being tried: more, fewer, or nothing for some windows. */
  readonly trying: 'more' | 'fewer' | 'nothing';
  /** The width to go back to when what is tried does not pay. */
  readonly kept: number;
  /** Windows until something is tried again. */
  readonly rest: number;
  /** What to try after the rest. */
  readonly next: 'more' | 'fewer';
}

export const minWidth = 4;
export const maxWidth = 64;
/** Windows of rest between two trials, and after the service asked to slow down. */
const restWindows = 8;
const slowWindows = 24;

const clamp = (width: number): number => Math.min(maxWidth, Math.max(minWidth, Math.round(width)));

export const firstTempo: Tempo = { width: 16, rate: 0, trying: 'more', kept: 16, rest: 0, next: 'more' };

/** The next tempo after a window in which `rate` work per second was done. More is kept when it does 8 % more, fewer when it does no less. */
export function nextTempo(tempo: Tempo, rate: number): Tempo {
  if (tempo.trying === 'more' && rate > tempo.rate * 1.08) {
    if (tempo.width >= maxWidth) return settle(tempo.width, rate, 'fewer');
    return { ...tempo, kept: tempo.width, rate, width: clamp(tempo.width * 1.6) };
  }
  if (tempo.trying === 'more') return settle(tempo.kept, tempo.rate, 'fewer');
  if (tempo.trying === 'fewer') {
    return rate >= tempo.rate * 0.98 ? settle(tempo.width, rate, 'fewer') : settle(tempo.kept, tempo.rate, 'more');
  }
  // What the host can do changes with time: the mean follows it.
  const mean = tempo.rate * 0.7 + rate * 0.3;
  if (tempo.rest > 1) return { ...tempo, rate: mean, rest: tempo.rest - 1 };
  const width = clamp(tempo.next === 'more' ? tempo.width * 1.5 : tempo.width * 0.75);
  if (width === tempo.width) return { ...settle(width, mean, tempo.next === 'more' ? 'fewer' : 'more') };
  return { ...tempo, rate: mean, kept: tempo.width, width, trying: tempo.next };
}

/** The service asked to slow down: half as many, for a good while. */
export function slowerTempo(tempo: Tempo): Tempo {
  return { ...settle(clamp(tempo.width / 2), tempo.rate / 2, 'more'), rest: slowWindows };
}

function settle(width: number, rate: number, next: Tempo['next']): Tempo {
  return { width, rate, trying: 'nothing', kept: width, rest: restWindows, next };
}
