import { tell } from './crash.fixture.ts';
import { openBench } from './fixture.ts';

/**
 * A process for the tests of `kill -9`: opens the data in its first argument and, given a source, syncs it into the
 * vfolder `v` (`sync`) or packs it there (`pack`); else goes on with what was left. A plan is approved as soon as it is
 * there. Prints every state and count that is emitted.
 */
const [directory, what, source] = process.argv.slice(2);
if (!directory) throw new Error('no directory');
const bench = openBench(directory);
const { service } = bench.transfers;
bench.vfolder('v');
bench.changes.on((change) => {
  if (change.type !== 'transfer') return;
  const { id, state } = change.transfer;
  tell(change.transfer);
  if (state === 'review') void service.resume({ id }, {});
  if (state === 'done' || state === 'failed') void bench.close();
});
bench.transfers.start();
const destination = { kind: 'vfolder', vfolder: 'v', path: '' } as const;
if (source && what === 'sync') await service.sync({ source: { kind: 'local', path: source }, destination, delete: true }, {});
if (source && what === 'pack') {
  await service.start({ sources: [{ kind: 'local', path: source }], destination, pack: { shardBytes: 4_194_304 } }, {});
}
