import type { transfersContract } from '#shared/contract/transfers.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { FileBodies, VfolderLookup, VfolderUsers } from '../services.ts';
import type { Database } from '../store/database.ts';
import { type Bandwidth, createBandwidth } from './bandwidth.ts';
import { createCopyPool } from './copy-pool.ts';
import { keepHistoryShort } from './history.ts';
import { createJournal, liveStates } from './journal.ts';
import { type PatienceLimits, usualPatience } from './patience.ts';
import { createPush } from './push.ts';
import { createQueue } from './queue.ts';
import { createReporter } from './reporter.ts';
import type { StoredRequest } from './request.ts';
import { createService } from './service.ts';

export interface Transfers {
  readonly service: Service<typeof transfersContract>;
  readonly users: VfolderUsers;
  /** The limit of all that goes over the network. */
  readonly bandwidth: Bandwidth;
  /**
   * A body of a push, from `offset` to the end of the file. Gives the bytes of the file that are kept.
   * @throws `not-found`, `wrong-state` when it is not awaited, `bad-request` for an offset past what is kept,
   * `source-changed` when the body is longer or shorter than announced, `disk-full`
   */
  readonly receive: FileBodies['receive'];
  /** Goes on with what a former process left. */
  start(): void;
  /** Stops at a checkpoint; the state is kept. */
  close(): Promise<void>;
}

export interface TransfersOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  /** Bytes per second over the network, read again at every change of the settings; null: no limit. */
  readonly bandwidthLimit?: () => number | null;
  readonly patience?: PatienceLimits;
}

/** The transfers of a data directory: a durable queue of copies and moves, journaled file by file. */
export function createTransfers(options: TransfersOptions): Transfers {
  const { database, changes, lookup, bandwidthLimit = () => null, patience = usualPatience } = options;
  const journal = createJournal(database);
  const reporter = createReporter(journal, changes);
  const pool = createCopyPool();
  const bandwidth = createBandwidth(bandwidthLimit());
  const unlisten = changes.on((change) => {
    if (change.type === 'settings') bandwidth.set(bandwidthLimit());
  });
  const queue = createQueue(journal, reporter, { database, journal, reporter, pool, lookup, bandwidth, patience });
  const push = createPush({ journal, reporter, lookup, bandwidth });
  const service = createService({ journal, reporter, queue, push, lookup });
  const history = keepHistoryShort(journal, changes, (ids) => service.clear({ ids }, {}));
  return {
    service,
    bandwidth,
    users: (vfolderId) =>
      journal
        .inStates(liveStates)
        .filter((row) => (JSON.parse(row.request) as StoredRequest).vfolderIds.includes(vfolderId))
        .map((row) => `${row.kind === 'push' ? 'upload' : row.kind} “${row.title}”`),
    receive: (id, seq, offset, body, signal) => push.receive(id, seq, offset, body, signal),
    start: () => {
      journal.forgetRunning();
      push.recover();
      for (const row of journal.inStates(['running'])) journal.setState(row.id, 'queued');
      queue.pump();
    },
    close: async () => {
      unlisten();
      await history.close();
      await push.close();
      await queue.close();
      await pool.close();
      reporter.close();
    },
  };
}
