import { readFileSync } from 'node:fs';
import { tell } from './crash.fixture.ts';
import { openBench } from './fixture.ts';

/**
 * A process for the test of `kill -9`: opens the data in its first argument and, given a second, starts a transfer of
 * that folder into the vfolder `v`; else goes on with what was left. Prints every state and count that is emitted,
 * and at the end the bytes that this process has written.
 */
const [directory, source] = process.argv.slice(2);
if (!directory) throw new Error('no directory');
const bench = openBench(directory);
bench.vfolder('v');
bench.changes.on((change) => {
  if (change.type === 'transfer') tell(change.transfer);
});
bench.changes.on((change) => {
  if (change.type !== 'transfer' || !['done', 'failed'].includes(change.transfer.state)) return;
  const written = /wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1];
  tell({ written: Number(written) });
  void bench.close();
});
bench.transfers.start();
if (source) {
  await bench.transfers.service.start(
    { sources: [{ kind: 'local', path: source }], destination: { kind: 'vfolder', vfolder: 'v', path: '' }, conflict: 'ask' },
    {},
  );
}
