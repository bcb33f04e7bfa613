import { cancelled, checkSignal } from '../storage/bodies.ts';
import { createBufferGate } from '../storage/remote/gate.ts';

/** The limit of bytes per second that everything over the network shares. */
export interface Bandwidth {
  /** The same bytes, as fast as the limit allows; must be consumed or returned. @throws `cancelled` */
  pace(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Holds from now on, for bodies that flow already too. Null: no limit. */
  set(limit: number | null): void;
}

/** What may pass at once after a rest, in seconds of the limit. */
const burstSeconds = 0.25;

/** A bucket of bytes that fills at the limit's rate. A piece may overdraw it, which the next one waits for. */
export function createBandwidth(first: number | null): Bandwidth {
  let limit = first;
  let tokens = 0;
  let filledAt = performance.now();
  let changed = Promise.withResolvers<void>();

  const fill = (): void => {
    const now = performance.now();
    if (limit !== null) tokens = Math.min(limit * burstSeconds, tokens + ((now - filledAt) / 1000) * limit);
    filledAt = now;
  };
  // One at a time, first come first served: of several bodies none is left behind.
  const counter = createBufferGate(1);
  const take = async (bytes: number, signal: AbortSignal): Promise<void> => {
    const leave = await counter.enter(1, signal).catch(() => {
      throw cancelled();
    });
    try {
      for (fill(); limit !== null && tokens <= 0; fill()) {
        checkSignal(signal);
        await rest(Math.min(1000, Math.max(5, (-tokens / limit) * 1000)), changed.promise, signal);
      }
      tokens -= bytes;
    } finally {
      leave();
    }
  };
  return {
    pace: async function* (body, signal) {
      for await (const chunk of body) {
        for (let at = 0; at < chunk.length || at === 0; ) {
          const piece = limit === null ? chunk.length : Math.max(1024, Math.floor(limit * burstSeconds));
          const part = at === 0 && chunk.length <= piece ? chunk : chunk.subarray(at, at + piece);
          if (limit !== null) await take(part.length, signal);
          yield part;
          at += Math.max(1, part.length);
        }
      }
    },
    set: (next) => {
      fill();
      limit = next;
      tokens = Math.min(tokens, 0);
      changed.resolve();
      changed = Promise.withResolvers<void>();
    },
  };
}

/** Waits some milliseconds, or less when `sooner` resolves. @throws `cancelled` */
async function rest(milliseconds: number, sooner: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(cancelled());
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', abort, { once: true });
  void sooner.then(resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
