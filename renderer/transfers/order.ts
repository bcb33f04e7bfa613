import type { Transfer } from '#shared/contract/transfers.ts';
import { hasEnded } from '#shared/transfers/ended.ts';

/** What the panel lists first: what runs or asks (newest first), the queue in its order, and what is paused. */
export function liveInOrder(transfers: readonly Transfer[]): Transfer[] {
  const rank = ({ state }: Transfer): number => (state === 'queued' ? 1 : state === 'paused' ? 2 : 0);
  return transfers
    .filter((transfer) => !hasEnded(transfer))
    .sort((a, b) => rank(a) - rank(b) || (a.state === 'queued' ? a.position - b.position : b.id - a.id));
}

export const queueOf = (transfers: readonly Transfer[]): Transfer[] =>
  liveInOrder(transfers).filter(({ state }) => state === 'queued');

export type QueueMove = 'top' | 'up' | 'down' | 'bottom';

/** Before which transfer of the queue (null: last) one has to be put; undefined when it is there already. */
export function placeAfterMove(queue: readonly Transfer[], id: number, move: QueueMove): number | null | undefined {
  const at = queue.findIndex((transfer) => transfer.id === id);
  if (at < 0) return undefined;
  const up = move === 'top' || move === 'up';
  if (up ? at === 0 : at === queue.length - 1) return undefined;
  switch (move) {
    case 'top':
      return queue[0]?.id;
    case 'up':
      return queue[at - 1]?.id;
    case 'down':
      return queue[at + 2]?.id ?? null;
    case 'bottom':
      return null;
  }
}

export type EndedState = 'all' | 'done' | 'failed' | 'cancelled';

/** Ended transfers, the last that ended first: those in the state whose title, source or destination has the text. */
export function endedInOrder(transfers: readonly Transfer[], state: EndedState, text: string): Transfer[] {
  const wanted = text.trim().toLowerCase();
  return transfers
    .filter(
      (transfer) =>
        hasEnded(transfer) &&
        (state === 'all' || transfer.state === state) &&
        [transfer.title, transfer.source, transfer.destination].some((one) => one.toLowerCase().includes(wanted)),
    )
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.id - a.id);
}
