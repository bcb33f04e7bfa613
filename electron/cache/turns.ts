import { cancelled } from '../storage/bodies.ts';
import { overlap, type Place } from './rows.ts';

/** Lets those at places that overlap in one after the other, so that what both need is fetched once. */
export interface Turns {
  /** Waits until nobody before is at a place that overlaps. @returns what ends the turn @throws `cancelled` */
  enter(place: Place, signal: AbortSignal | undefined): Promise<() => void>;
}

interface Turn {
  readonly place: Place;
  readonly ended: Promise<void>;
}

export function createTurns(): Turns {
  const turns: Turn[] = [];
  return {
    enter: async (place, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = turns.filter((other) => overlap(other.place, place));
      const turn: Turn = { place, ended: promise };
      turns.push(turn);
      const leave = (): void => {
        const at = turns.indexOf(turn);
        if (at >= 0) turns.splice(at, 1);
        resolve();
      };
      const gone = Promise.withResolvers<never>();
      gone.promise.catch(() => undefined);
      const abort = (): void => gone.reject(cancelled());
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await Promise.race([Promise.all(before.map(({ ended }) => ended)), gone.promise]);
        return leave;
      } catch (error) {
        leave();
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
