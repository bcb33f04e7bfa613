import type { Endpoint } from '#shared/contract/transfers.ts';
import { tell } from './crash.fixture.ts';
import { openBench } from './fixture.ts';
import { type Made, makeProvider } from './remote-hosts.fixture.ts';

/** What the parent wants; passed in the environment. */
export interface RemoteTask {
  readonly directory: string;
  readonly made: Made;
  /** Absent: go on with what was left. */
  readonly start?: { readonly source: Endpoint; readonly destination: Endpoint };
  readonly bandwidthLimit: number | null;
}

/** A process for tests of `kill -9` with a remote host: as crash-child.ts, its vfolder `v` being on that host. */
const task = JSON.parse(process.env.STOWAGE_TEST_TASK ?? '{}') as RemoteTask;
const bench = openBench(task.directory, makeProvider(task.made), { bandwidthLimit: () => task.bandwidthLimit });
bench.vfolder('v');
bench.changes.on((change) => {
  if (change.type !== 'transfer') return;
  tell(change.transfer);
  if (['done', 'failed', 'waiting', 'paused'].includes(change.transfer.state)) void bench.close();
});
bench.transfers.start();
if (task.start) {
  const { source, destination } = task.start;
  await bench.transfers.service.start({ sources: [source], destination, conflict: 'overwrite' }, {});
}
