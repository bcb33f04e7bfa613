import { setTimeout as delay } from 'node:timers/promises';
import { isStowageError, type StowageError } from '#shared/errors.ts';
import { cancelled, checkSignal } from '../bodies.ts';

/** Thrown by an attempt that may be repeated at once: the error that is told when no attempt succeeds. */
export class Transient extends Error {
  override readonly name = 'Transient';
  readonly error: StowageError;
  /** Milliseconds that the service asks to wait (Retry-After), or null. */
  readonly afterMs: number | null;

  constructor(error: StowageError, afterMs: number | null = null) {
    super(error.message, { cause: error });
    this.error = error;
    this.afterMs = afterMs;
  }
}

const tries = 3;
const firstPauseMs = 250;
/** What the short retries may take in pauses; a service that asks for more gets it from the transfer engine. */
const patienceMs = 8_000;

/**
 * Runs `attempt` up to three times while it throws `Transient`, with growing, jittered pauses, or those that the service
 * asks for. The longer patience is the transfer engine's.
 * @throws the error inside the last `Transient`, whatever else `attempt` throws, `cancelled`
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  signal?: AbortSignal,
  onRetry?: (error: StowageError) => void,
): Promise<T> {
  let spent = 0;
  for (let number = 1; ; number++) {
    checkSignal(signal);
    try {
      return await attempt(number);
    } catch (failure) {
      if (!(failure instanceof Transient)) throw failure;
      const pause = failure.afterMs ?? firstPauseMs * 4 ** (number - 1) * (0.5 + Math.random());
      spent += pause;
      if (number === tries || spent > patienceMs || isStowageError(failure.error, 'cancelled')) throw failure.error;
      onRetry?.(failure.error);
      await delay(pause, undefined, signal && { signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}

/** Milliseconds that a Retry-After header asks for: seconds, or a date. Null when it says nothing. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | null {
  if (header === undefined || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
