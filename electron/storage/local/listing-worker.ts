import { parentPort } from 'node:worker_threads';
import type { StorageEntry } from '../provider.ts';
import { listDirectorySync } from './entries.ts';
import type { ListingAnswer, ListingOrder } from './listing-thread.ts';

/** Reads directories with blocking calls, a page each time that it is asked; see listing-thread.ts. */
const listings = new Map<number, Generator<StorageEntry[], void>>();

parentPort?.on('message', (order: ListingOrder) => {
  if (order.type === 'end') {
    listings.get(order.id)?.return();
    listings.delete(order.id);
    return;
  }
  parentPort?.postMessage({ id: order.id, ...nextPage(order) } satisfies ListingAnswer);
});

function nextPage({ id, absolute, folder }: ListingOrder & { type: 'page' }): Omit<ListingAnswer, 'id'> {
  let listing = listings.get(id);
  if (!listing) {
    listing = listDirectorySync(absolute, folder);
    listings.set(id, listing);
  }
  try {
    return { page: listing.next().value ?? null };
  } catch (error) {
    // What the system's errors carry besides their message does not pass between threads by itself.
    return { page: null, error: error instanceof Error ? { ...error, message: error.message } : { message: String(error) } };
  }
}
