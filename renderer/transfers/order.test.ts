import { describe, expect, it } from 'vitest';
import type { Transfer } from '#shared/contract/transfers.ts';
import { endedInOrder, liveInOrder, placeAfterMove, queueOf } from './order.ts';
import { overallFraction, overallOf, overallWords } from './overall.ts';
import { noSpeeds, overallSpan, sampled } from './speed-samples.ts';

const transfer = (id: number, fields: Partial<Transfer> = {}): Transfer => ({
  id,
  kind: 'copy',
  title: `t${id}`,
  source: 'a:/x',
  destination: 'b:/',
  destinationVfolder: 'b',
  state: 'queued',
  scanned: true,
  files: { total: 1, done: 0, skipped: 0, failed: 0 },
  bytes: { total: 1000, done: 0 },
  speed: 0,
  etaSeconds: null,
  conflict: 'ask',
  conflicts: 0,
  stalledSince: null,
  sync: null,
  problem: null,
  position: id,
  createdAt: 0,
  endedAt: null,
  ranMs: 0,
  ...fields,
});

const ids = (transfers: readonly Transfer[]): number[] => transfers.map(({ id }) => id);

describe('the order of the panel', () => {
  it('has what runs first, then the queue in its order, then what is paused; ended ones the last that ended first', () => {
    const all = [
      transfer(1, { state: 'done', endedAt: 5 }),
      transfer(2, { state: 'failed', endedAt: 9 }),
      transfer(3, { state: 'paused' }),
      transfer(4, { state: 'running' }),
      transfer(5, { position: 8 }),
      transfer(6, { position: 7 }),
      transfer(7, { state: 'waiting' }),
    ];
    expect(ids(liveInOrder(all))).toEqual([7, 4, 6, 5, 3]);
    expect(ids(endedInOrder(all, 'all', ''))).toEqual([2, 1]);
    expect(ids(endedInOrder(all, 'done', ''))).toEqual([1]);
    expect(ids(endedInOrder(all, 'all', 'T2'))).toEqual([2]);
  });

  it('knows before which transfer one comes that is moved by a step or to an end', () => {
    const queue = queueOf([transfer(1), transfer(2), transfer(3), transfer(4, { state: 'running' })]);
    expect(placeAfterMove(queue, 3, 'up')).toBe(2);
    expect(placeAfterMove(queue, 3, 'top')).toBe(1);
    expect(placeAfterMove(queue, 1, 'down')).toBe(3);
    expect(placeAfterMove(queue, 2, 'down')).toBeNull();
    expect(placeAfterMove(queue, 1, 'up')).toBeUndefined();
    expect(placeAfterMove(queue, 3, 'bottom')).toBeUndefined();
    expect(placeAfterMove(queue, 4, 'up')).toBeUndefined();
  });
});

describe('all transfers as one', () => {
  it('adds up what runs or waits, and leaves out what ended or is paused', () => {
    const overall = overallOf([
      transfer(1, { state: 'running', speed: 100, bytes: { total: 1000, done: 500 } }),
      transfer(2),
      transfer(3, { state: 'paused', bytes: { total: 9_000_000, done: 1 } }),
      transfer(4, { state: 'done', bytes: { total: 7, done: 7 } }),
    ]);
    expect(overallFraction(overall)).toBe(0.25);
    expect(overallWords(overall)).toEqual(['1 running', '1 waiting', '1 paused', '500 B of 2.00 KB', '100 B/s', '15 s left']);
    expect(overallWords(overallOf([]))).toEqual([]);
    expect(overallFraction(overallOf([]))).toBeNull();
  });

  it('samples speeds of what runs, bounded, and forgets them when nothing ran for the whole span', () => {
    const running = transfer(1, { state: 'running', speed: 50 });
    let history = sampled(sampled(noSpeeds, [running]), [running, transfer(2, { state: 'running', speed: 7 })]);
    expect(history).toEqual({ overall: [50, 57], byTransfer: { 1: [50, 50], 2: [7] } });
    history = sampled(history, [{ ...running, stalledSince: 1 }]);
    expect(history).toEqual({ overall: [50, 57, 0], byTransfer: { 1: [50, 50, 0] } });
    for (let second = 0; second < overallSpan - 1; second += 1) history = sampled(history, []);
    expect(history).toEqual(noSpeeds);
  });
});
