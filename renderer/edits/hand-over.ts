import { create } from 'zustand';
import type { Handover } from '#shared/contract/edits.ts';

/** What is fetched for another program, as it is shown while it takes longer than a moment. */
export interface Fetching {
  readonly id: number;
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly cancel: () => void;
}

export const useFetching = create<{ readonly all: readonly Fetching[] }>()(() => ({ all: [] }));

/** Nothing is shown of what is over before. */
const patienceMs = 300;
let last = 0;

type Ready = Extract<Handover, { type: 'ready' }>;

/**
 * Follows a handover to its ticket; what takes longer than a moment shows its progress and can be cancelled.
 * @throws what the call throws; `cancelled`
 */
export async function awaitHandover(
  label: string,
  call: (signal: AbortSignal) => Promise<AsyncIterable<Handover>>,
): Promise<Ready> {
  last += 1;
  const id = last;
  const abort = new AbortController();
  let fetching: Fetching = { id, label, done: 0, total: 0, cancel: () => abort.abort() };
  let shown = false;
  const put = (): void => useFetching.setState(({ all }) => ({ all: [...all.filter((one) => one.id !== id), fetching] }));
  const timer = setTimeout(() => {
    shown = true;
    put();
  }, patienceMs);
  try {
    for await (const event of await call(abort.signal)) {
      if (event.type === 'ready') return event;
      fetching = { ...fetching, done: event.done, total: event.total };
      if (shown) put();
    }
    throw new DOMException('Cancelled', 'AbortError');
  } finally {
    clearTimeout(timer);
    useFetching.setState(({ all }) => ({ all: all.filter((one) => one.id !== id) }));
  }
}
