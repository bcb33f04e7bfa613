import type { Transfer } from '../contract/transfers.ts';

/** Nothing of it goes on by itself any more. */
export const hasEnded = ({ state }: Pick<Transfer, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';
