import type { Transfer } from '#shared/contract/transfers.ts';

/** Seconds that the graph of all transfers shows, and that of one. */
export const overallSpan = 300;
export const transferSpan = 60;

/** Bytes per second, one sample a second, oldest first. */
export interface SpeedHistory {
  readonly overall: readonly number[];
  readonly byTransfer: Readonly<Record<number, readonly number[]>>;
}

export const noSpeeds: SpeedHistory = { overall: [], byTransfer: {} };

/** The history one second on. What no longer runs is forgotten, and so is everything when nothing ran for the whole span. */
export function sampled(history: SpeedHistory, transfers: readonly Transfer[]): SpeedHistory {
  const running = transfers.filter(({ state }) => state === 'running');
  const speedOf = ({ speed, stalledSince }: Transfer): number => (stalledSince === null ? speed : 0);
  const total = running.reduce((sum, transfer) => sum + speedOf(transfer), 0);
  const overall = [...history.overall, total].slice(-overallSpan);
  if (overall.length === overallSpan && overall.every((speed) => speed === 0)) return noSpeeds;
  const byTransfer = Object.fromEntries(
    running.map((transfer) => [
      transfer.id,
      [...(history.byTransfer[transfer.id] ?? []), speedOf(transfer)].slice(-transferSpan),
    ]),
  );
  return { overall, byTransfer };
}
