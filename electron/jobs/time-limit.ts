import { setTimeout as delay } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import type { RunExit } from '../engines/engine.ts';

/** A timer of Node holds no more than 24 days. */
const longestWait = 24 * 60 * 60 * 1000;

/** Waits until what began at `startedAt` has gone on for so long. @throws `timed-out` then; the signal's reason before */
export async function limitTime(startedAt: number, maxSeconds: number, signal: AbortSignal): Promise<never> {
  for (;;) {
    const left = startedAt + maxSeconds * 1000 - Date.now();
    if (left <= 0) throw overTime(maxSeconds);
    await delay(Math.min(left, longestWait), undefined, { signal });
  }
}

/** Two clocks of an engine may differ by so much. */
const clockMilliseconds = 50;

/** By SIGKILL and SIGTERM, as a stop ends a run. */
const stopCodes: readonly (number | null)[] = [137, 143];

/**
 * Why a run with a time limit ended, when it was not by itself; `cause` is what it was stopped for. One that had ended just
 * before its stop was not stopped; one that a former process stopped is told by its length and code.
 */
export function causeAtEnd(cause: StowageError | null, exit: RunExit, maxSeconds: number): StowageError | null {
  const inTime =
    exit.startedAt !== null && exit.endedAt !== null && exit.endedAt - exit.startedAt + clockMilliseconds < maxSeconds * 1000;
  if (cause !== null) return cause.code === 'timed-out' && inTime ? null : cause;
  const known = exit.startedAt !== null && exit.endedAt !== null;
  return known && !inTime && stopCodes.includes(exit.code) ? overTime(maxSeconds) : null;
}

const overTime = (maxSeconds: number): StowageError =>
  new StowageError('timed-out', `The job was stopped: it had run for ${duration(maxSeconds)}, which is its limit.`, {
    hint: 'Run it again with a longer maximum run time, or without one.',
  });

/** E.g. `90 seconds`, `1 hour 30 minutes`. */
function duration(seconds: number): string {
  const part = (count: number, unit: string): string => (count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`);
  if (seconds < 120) return part(seconds, 'second');
  const units: readonly [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  let left = seconds;
  const parts = units.map(([size, unit]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return part(count, unit);
  });
  return parts.filter(Boolean).slice(0, 2).join(' ');
}
