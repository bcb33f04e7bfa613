import { create } from 'zustand';
import type { Transfer } from '#shared/contract/transfers.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Transfers extends Loadable {
  /** Newest first. */
  readonly transfers: readonly Transfer[];
}

export const useTransfers = create<Transfers>()(() => ({ ...notLoaded, transfers: [] }));

const newestFirst = (a: Transfer, b: Transfer): number => b.id - a.id;

/** The list with `transfer` in its place: replaced where it was, else put in by age. */
export function withTransfer(transfers: readonly Transfer[], transfer: Transfer): Transfer[] {
  if (transfers.some((one) => one.id === transfer.id)) return transfers.map((one) => (one.id === transfer.id ? transfer : one));
  return [transfer, ...transfers].sort(newestFirst);
}

export { hasEnded } from '#shared/transfers/ended.ts';

export async function loadTransfers(): Promise<void> {
  try {
    const transfers = await client.transfers.list();
    useTransfers.setState({ loaded: true, problem: null, transfers: transfers.toSorted(newestFirst) });
  } catch (error) {
    useTransfers.setState({ problem: fromContract(error) });
  }
}

export const putTransfer = (transfer: Transfer): void =>
  useTransfers.setState((state) => ({ transfers: withTransfer(state.transfers, transfer) }));

export const dropTransfers = (ids: readonly number[]): void =>
  useTransfers.setState((state) => ({ transfers: state.transfers.filter((one) => !ids.includes(one.id)) }));
