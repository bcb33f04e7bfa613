import type { Transfer } from '#shared/contract/transfers.ts';
import { hasEnded } from '#shared/transfers/ended.ts';
import { etaSeconds } from '#shared/transfers/speed.ts';
import { formatBytes, formatDuration, formatSpeed } from '../ui/format.ts';

/** All transfers that have not ended, as one. */
export interface Overall {
  readonly running: number;
  /** Queued, or waiting for an answer. */
  readonly waiting: number;
  readonly paused: number;
  /** Of those that run or wait; paused ones go nowhere. */
  readonly bytes: { readonly done: number; readonly total: number };
  /** False while the total still grows. */
  readonly scanned: boolean;
  readonly speed: number;
  readonly etaSeconds: number | null;
}

export function overallOf(transfers: readonly Transfer[]): Overall {
  const active = transfers.filter((transfer) => !hasEnded(transfer) && transfer.state !== 'paused');
  const sum = (of: (transfer: Transfer) => number): number => active.reduce((total, transfer) => total + of(transfer), 0);
  const bytes = { done: sum((transfer) => transfer.bytes.done), total: sum((transfer) => transfer.bytes.total) };
  const speed = sum((transfer) => (transfer.stalledSince === null ? transfer.speed : 0));
  const running = active.filter(({ state }) => state === 'running').length;
  return {
    running,
    waiting: active.length - running,
    paused: transfers.filter(({ state }) => state === 'paused').length,
    bytes,
    scanned: active.every((transfer) => transfer.scanned),
    speed,
    etaSeconds: etaSeconds(bytes.total - bytes.done, speed),
  };
}

/** How far everything is, 0–1; null when nothing is under way or nothing is known. */
export const overallFraction = ({ bytes }: Overall): number | null => (bytes.total > 0 ? bytes.done / bytes.total : null);

/** The parts of the line above the list: `2 running`, `1 waiting`, `1.20 GB of 3.00 GB`, `45.0 MB/s`, `40 s left`. */
export function overallWords(overall: Overall): string[] {
  const { running, waiting, paused, bytes, scanned, speed, etaSeconds: eta } = overall;
  const words: string[] = [];
  if (running > 0) words.push(`${running} running`);
  if (waiting > 0) words.push(`${waiting} waiting`);
  if (paused > 0) words.push(`${paused} paused`);
  if (bytes.total > 0) words.push(`${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}${scanned ? '' : '…'}`);
  if (speed > 0) words.push(formatSpeed(speed));
  if (eta !== null) words.push(`${scanned ? '' : 'at least '}${formatDuration(eta * 1000)} left`);
  return words;
}
