import { parentPort } from 'node:worker_threads';
import type { StorageEntry } from '../provider.ts';
import { listDirectorySync, lookAtSync } from './entries.ts';
import type { ListingAnswer, ListingOrder } from './listing-thread.ts';

/** Reads directories with blocking calls, a page each time that it is asked; see listing-thread.ts. */
const listings = new Map<number, Generator<StorageEntry[], void>>();

parentPort?.on('message', (order: ListingOrder) => {
  if (order.type === 'end') {
    listings.get(order.id)?.return();
    listings.delete(order.id);
    return;
  }
  parentPort?.postMessage({ id: order.id, ...answer(order) } satisfies ListingAnswer);
});

function answer(order: Exclude<ListingOrder, { type: 'end' }>): Omit<ListingAnswer, 'id'> {
  try {
    return { page: order.type === 'look' ? lookAtSync(order.absolute, order.folder, order.names) : nextPage(order) };
  } catch (error) {
    // What the system's errors carry besides their message does not pass between threads by itself.
    return { page: null, error: error instanceof Error ? { ...error, message: error.message } : { message: String(error) } };
  }
}

function nextPage({ id, absolute, folder }: ListingOrder & { type: 'page' }): StorageEntry[] | null {
  let listing = listings.get(id);
  if (!listing) {
    listing = listDirectorySync(absolute, folder);
    listings.set(id, listing);
  }
  return listing.next().value ?? null;
}
