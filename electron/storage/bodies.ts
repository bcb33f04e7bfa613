import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';

/** Largest chunk that a provider hands out of `read`. */
export const chunkBytes = 1024 * 1024;

export const cancelled = (): StowageError => new StowageError('cancelled', 'Cancelled.');

/** @throws `cancelled` when the signal has fired */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

/**
 * Gives every chunk of a body to `take`, in order. A signal ends the wait even while the body is silent; the body is
 * returned in any case, so its handles are let go.
 * @throws `cancelled`, and whatever the body or `take` throws
 */
export async function consume(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  take: (chunk: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  // One promise for each step: whatever is raced against a promise that lasts stays in memory as long as that.
  let giveUp: ((error: StowageError) => void) | null = null;
  const abort = (): void => giveUp?.(cancelled());
  const step = (): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      iterator.next().then(resolve, reject);
    });
  signal?.addEventListener('abort', abort, { once: true });
  let ended = false;
  try {
    for (;;) {
      checkSignal(signal);
      const next = await (signal ? step() : iterator.next());
      if (next.done) {
        ended = true;
        return;
      }
      await take(next.value);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    // A generator that hangs in `next` would never answer `return`: it is told, not waited for.
    if (!ended) void iterator.return?.()?.then(undefined, () => undefined);
  }
}

/** Holds a body to its announced length. @throws `source-changed` */
export function checkLength(subject: string, got: number, expected: number | undefined): void {
  if (expected === undefined || got === expected) return;
  throw new StowageError(
    'source-changed',
    `“${visible(subject)}” changed while it was read: ${got} bytes came, ${expected} were announced.`,
    { subject },
  );
}

/** As `checkLength`, while the body still flows: more than announced is wrong already. */
export function checkNotLonger(subject: string, got: number, expected: number | undefined): void {
  if (expected !== undefined && got > expected) checkLength(subject, got, expected);
}

/** The keys of unfinished writes. @throws `bad-request` */
export function checkWriteKey(key: string): void {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(key)) {
    throw new StowageError('bad-request', `“${visible(key)}” is not a key of an unfinished write.`, { subject: key });
  }
}

/** Waits for nothing but the signal. @throws `cancelled` */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = (): void => reject(cancelled());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
