import type { Handover } from '#shared/contract/edits.ts';
import type { Fetched } from './fetch.ts';

/** How often progress is told. */
const pauseMs = 200;

/** Tells how far `work` is until it ends, then gives what it made. When nobody listens any more, it is cancelled. */
export async function* withProgress<T>(
  fetched: Fetched,
  work: (signal: AbortSignal) => Promise<T>,
  caller: AbortSignal | undefined,
): AsyncGenerator<Handover, T> {
  const own = new AbortController();
  const signal = caller ? AbortSignal.any([caller, own.signal]) : own.signal;
  const result = work(signal);
  // Looked at below; until then it is nobody's unhandled failure.
  result.catch(() => undefined);
  let ended = false;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const pause = new Promise<'pause'>((resolve) => {
        timer = setTimeout(() => resolve('pause'), pauseMs);
      });
      const first = await Promise.race([result.then(() => 'ended' as const), pause]).finally(() => clearTimeout(timer));
      if (first === 'ended') break;
      yield { type: 'progress', done: fetched.done, total: fetched.total };
    }
    ended = true;
    return await result;
  } finally {
    if (!ended) own.abort();
  }
}
