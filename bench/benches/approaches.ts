import { randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Approach, JobSpec } from '#shared/contract/plan.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { type Core, openCore } from '../../electron/core.ts';
import { type Bench, type Prepared, type Sample, type Side, timeCommand } from '../harness.ts';
import type { RemotePlace } from '../remote-benches.ts';
import { azure } from './azure.ts';

const image = 'busybox:local';
/** 10: ten times as much, once and not three times, which takes half an hour and 60 GB of disk. */
const scale = Number(process.env.STOWAGE_BENCH_SCALE ?? 1);

interface Shape {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}
const shapes: readonly Shape[] = [
  { name: 'large', files: 1, bytes: scale * 1e9 },
  { name: 'medium', files: 100, bytes: scale * 10e6 },
  { name: 'small', files: scale * 5000, bytes: 10e3 },
];

/** Random, so that nothing on the way can make it smaller. */
function fill(folder: string, { files, bytes }: Shape): void {
  const chunk = randomFillSync(Buffer.allocUnsafe(Math.min(bytes, 10e6)));
  for (let file = 0; file < files; file++) {
    const path = join(folder, `d${Math.floor(file / 500)}`, `f${file}.bin`);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
    for (let written = 0; written < bytes; written += chunk.length) {
      chunk.writeUInt32LE((file * 1_000_003 + written) >>> 0);
      writeFileSync(path, chunk, { flag: 'a' });
    }
  }
}

/** Counting what is read would take longer than reading it, so the sizes are added up besides. */
const readEverything = `cd /home/work/data && find . -type f -exec cat {} + > /dev/null &&
  test "$(find . -type f -exec stat -c %s {} + | awk '{ sum += $1 } END { printf "%.0f", sum }')" = "$1"`;

/** A job that reads every byte of `data`, and fails when one is missing. */
const specOf = (shape: Shape, approach?: Approach): JobSpec => ({
  engine: 'docker',
  image,
  command: ['sh', '-c', readEverything, 'sh', String(shape.files * shape.bytes)],
  mounts: [{ source: 'data', mode: 'ro', ...(approach && { approach }) }],
  output: null,
  env: [],
  resources: {},
});

/** Milliseconds from submitting it until its end is known. */
async function readAll(core: Core, shape: Shape, approach: Approach | undefined): Promise<number> {
  const spec = specOf(shape, approach);
  const begun = performance.now();
  const ended = Promise.withResolvers<void>();
  let id: number | null = null;
  const off = core.changes.on((change) => {
    if (change.type !== 'job' || change.job.id !== id || !hasEnded(change.job.state)) return;
    if (change.job.exitCode === 0) ended.resolve();
    else ended.reject(new Error(change.job.problem?.message ?? change.job.state));
  });
  id = (await core.services.jobs.run({ spec }, {})).id;
  await ended.promise.finally(off);
  return performance.now() - begun;
}

/** The first job with nothing prepared, and one after it. */
async function coldAndWarm(core: Core, shape: Shape, approach: Approach | undefined): Promise<Sample> {
  await core.services.cache.free({}, {});
  for (const { id } of await core.services.images.list(undefined, {})) await core.services.images.remove({ id }, {});
  // A count does not hold for ever; who presses Run has seen the plan.
  await possible(core, shape);
  const cold = await readAll(core, shape, approach);
  const warm = await readAll(core, shape, approach);
  for (const { id } of await core.services.jobs.list(undefined, {})) await core.services.jobs.remove({ id }, {});
  return { value: cold + warm, cpuSeconds: null, peakBytes: null, also: { cold, warm } };
}

async function prepare(shape: Shape, remote: boolean): Promise<Prepared> {
  const home = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  const place = remote ? await azure.open() : null;
  const core = await openCore({ home, localRoot: join(home, 'vfolders'), shell: 'cli' });
  await core.start();
  if (place) await linkRemote(core, place, shape, join(home, 'files'));
  else {
    await core.services.vfolders.create({ name: 'data' }, {});
    fill(join(home, 'vfolders', 'data'), shape);
  }
  const side = (name: string, approach?: Approach): Side => ({ name, run: () => coldAndWarm(core, shape, approach) });
  return {
    ours: side('recommended'),
    peers: (await possible(core, shape)).map((approach) => side(approach, approach)),
    cleanUp: async () => {
      await core.close();
      await place?.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function linkRemote({ services }: Core, place: RemotePlace, shape: Shape, files: string): Promise<void> {
  fill(files, shape);
  await timeCommand('rclone', ['copy', '--transfers', '16', files, `R:${place.container}`], {
    RCLONE_CONFIG: '/dev/null',
    ...place.rclone,
  });
  rmSync(files, { recursive: true });
  const host = await services.hosts.add({ name: 'remote', attach: place.attach, keep: 'session' }, {});
  const target = { kind: 'host', host: host.id, path: place.container } as const;
  await services.vfolders.link({ name: 'data', target, permission: 'rw' }, {});
}

/** What can work here, once the planner has counted the source. */
async function possible({ services }: Core, shape: Shape): Promise<Approach[]> {
  for (;;) {
    const { mounts } = await services.plan.preview({ spec: specOf(shape) }, {});
    if (mounts[0]?.cost?.complete)
      return (mounts[0]?.options ?? []).filter((option) => option.possible).map(({ approach }) => approach);
    await delay(200);
  }
}

/** The table of the guide “Which approach?”. */
export const approachBenches: readonly Bench[] = [false, true].flatMap((remote) =>
  shapes.map(
    (shape): Bench => ({
      name: `approaches-${remote ? 'remote' : 'local'}-${shape.name}`,
      about: `${shape.files} × ${shape.bytes / 1e6} MB ${remote ? 'on Azurite' : 'on this machine'}, read whole by two jobs; the recommended approach against each`,
      unit: 'ms',
      smallerIsBetter: true,
      ...(scale > 1 ? { rounds: 1, warmsUp: false as const } : { rounds: 3 }),
      prepare: () => prepare(shape, remote),
    }),
  ),
);
