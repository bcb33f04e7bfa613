import { followChanges } from './app/changes.ts';
import { connect } from './app/connection.ts';

/** How often the page was read anew in a row. */
const readsItem = 'stowage.reads';
const mostReads = 5;

/** A browser breaks off what it reads when a network comes or goes, as with every container: then the page is read anew. */
function readAnew(error: unknown): void {
  const reads = Number(sessionStorage.getItem(readsItem) ?? 0) + 1;
  if (reads > mostReads) throw error;
  sessionStorage.setItem(readsItem, String(reads));
  setTimeout(() => location.reload(), 300);
}

// The way to the core is made, and what the first screen shows fetched, while the rest of the page is still read.
const connected = connect();
followChanges();
import('./app/start.tsx').then(
  () => sessionStorage.removeItem(readsItem),
  // Not before the key of this start has become a session.
  (error: unknown) => void connected.finally(() => readAnew(error)),
);
