import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { collector } from '../contract.suite.ts';
import { canMeter, type UsageReading } from '../engine.ts';
import { plainRun } from '../run.fixture.ts';
import { createDockerEngine } from './engine.ts';
import { readStats } from './stats.ts';

const run = promisify(execFile);
const image = 'busybox:local';

const stats = (memory: object): string =>
  JSON.stringify({
    read: '2026-11-22T00:00:01.5Z',
    cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
    memory_stats: memory,
    networks: { eth0: { rx_bytes: 10, tx_bytes: 1 }, eth1: { rx_bytes: 20, tx_bytes: 2 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 8, minor: 0, op: 'Read', value: 4096 },
        { major: 8, minor: 16, op: 'read', value: 1 },
        { major: 8, minor: 0, op: 'Write', value: 8192 },
        { major: 8, minor: 0, op: 'Total', value: 12_288 },
      ],
    },
  });

it('counts memory without inactive file cache on both kinds of cgroup', () => {
  const expected = {
    at: Date.parse('2026-11-22T00:00:01.5Z'),
    cpuSeconds: 2.5,
    memoryBytes: 700,
    network: { received: 30, sent: 3 },
    disk: { read: 4097, written: 8192 },
  };
  expect(readStats(stats({ usage: 1000, stats: { total_inactive_file: 300, inactive_file: 1 } }))).toEqual(expected);
  expect(readStats(stats({ usage: 1000, stats: { inactive_file: 300 } }))).toEqual(expected);
  expect(readStats(stats({ usage: 700, stats: { inactive_file: 800 } }))).toEqual(expected);
});

it('takes the statistics of a container that does not run for none', () => {
  const ended = { read: '0001-01-01T00:00:00Z', cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
  expect(readStats(JSON.stringify(ended))).toBeNull();
});

it('agrees with the docker program about a container that reads files and keeps memory', async () => {
  const engine = createDockerEngine({ homeId: 'stats-test' });
  if (!canMeter(engine)) throw new Error('no meter');
  // Some megabytes of a file in the cache, some in memory; and then nothing changes any more.
  const script =
    'head -c 30000000 /dev/zero > /tmp/f; cat /tmp/f > /dev/null; x=abcdefgh; i=0; while [ $i -lt 13 ]; do x=$x$x$x; i=$((i+1)); done; ' +
    'echo ready; sleep 60; :';
  for (const { reference } of await engine.find()) await engine.remove(reference);
  const reference = await engine.create({ ...plainRun, jobId: 1, image, command: ['sh', '-c', script] });
  const ready = Promise.withResolvers<void>();
  const output = collector();
  await engine.start(reference, {
    write: async (stream, bytes) => {
      await output.write(stream, bytes);
      if (output.text('stdout').includes('ready')) ready.resolve();
    },
  });
  await ready.promise;
  const ours = async (): Promise<number> => {
    const stopping = new AbortController();
    let reading: UsageReading | null = null;
    for await (const now of engine.meter(reference, { signal: stopping.signal })) {
      reading = now;
      stopping.abort();
    }
    return reading?.memoryBytes ?? 0;
  };
  const theirs = async (): Promise<number> => {
    const { stdout } = await run('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', reference]);
    return Number(/^([\d.]+)MiB/.exec(stdout)?.[1]) * 2 ** 20;
  };
  // The kernel brings its sums up to date only every few seconds.
  await expect
    .poll(
      async () => {
        const [mine, said] = [await ours(), await theirs()];
        return said > 10_000_000 && Math.abs(mine - said) < 0.02 * said;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  await engine.remove(reference);
  await engine.close();
});
