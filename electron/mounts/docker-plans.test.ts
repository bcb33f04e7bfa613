import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConflictCode, JobSpec, LinkRequest, Plan } from '#shared/contract/plan.ts';
import { createEngineRegistry } from '../engines/registry.ts';
import { listingsIn } from '../listings/listings.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { type Bind, type DockerBench, image, openDockerBench } from './docker.fixture.ts';
import { createPlanner, type Planner } from './planner.ts';

/**
 * Random plans on the real engine, with real facts: it takes every plan without errors, and refuses every one whose errors
 * are of the kinds that an engine knows. `STOWAGE_RANDOM_PLANS` says how many plans without errors are tried.
 */
const wanted = Number(process.env.STOWAGE_RANDOM_PLANS ?? 50);
const seed = Number(process.env.STOWAGE_RANDOM_SEED ?? 5);
const lanes = 4;

/** What the engine itself refuses, at the latest at the start. */
const refusedByEngine = new Set<ConflictCode>([
  'target-twice',
  'target-root',
  'source-missing',
  'folder-onto-file',
  'file-onto-folder',
  'nested-read-only-parent',
]);

const words = (...values: string[]) => fc.constantFrom(...values);
const target = fc.oneof(
  words('/data', '/data/x', '/data/x/', '/x/../data', '/data/x/a', '/data/x/b/c', '/data/x/f', '/data/x/new', '/data/x/new/er'),
  words('rel', 'rel/deep', 'rel/a', './rel', '/home/work/rel', '/home/work', '/home', 'a', 'f'),
  words('/opt/y', '/tmp', '/tmp/t', '/var/lib/z', '/mnt/with space', '/mnt/a:b,c', "/mnt/it's", '/mnt/ü', '/usr/local/thing'),
  words('/', '/etc', '/etc/app', '/etc/hostname', '/bin', '/bin/sh', '/bin/sh/x', '/run/x', '/proc/x', '../x', '/../x', ''),
);
const linkPath = words(
  ...['/l1', '/l1/x', '/opt/l2', '/opt/deep/l2', '/data/x/l', '/home/work/l', '/home/work/deep/l', '/home/work/rel', '/tmp/l'],
  ...['/usr/lib/l.so', '/data', '/mnt', '/bin/sh', '/etc/motd', 'rel', '/', '/mnt/l "1"', '/data/x/../l3'],
);
const linkTarget = words(
  '/data/x',
  '/home/work/rel',
  '/nowhere',
  '/l1',
  '/opt/l2',
  '/tmp',
  '/home/work/a',
  '/bin/sh',
  'rel',
  '/l1/x',
);
const spec: fc.Arbitrary<(lane: number) => JobSpec> = fc
  .record({
    mounts: fc.array(
      fc.record({
        source: words('s0', 's1', 's2', 's3', 's4', 's5'),
        inner: words('', '', '', 'a', 'b', 'b/c', 'n', 'f', 'gone'),
        target: fc.option(target, { nil: undefined }),
        mode: words('ro', 'ro', 'ro', 'rw') as fc.Arbitrary<'ro' | 'rw'>,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    links: fc.oneof(
      fc.constant<LinkRequest[]>([]),
      fc.array(fc.record({ path: linkPath, target: linkTarget }), { maxLength: 3 }),
    ),
    workdir: fc.option(words('/srv', '/data/x', '/data/x/a', 'sub', '/tmp', '/w/new', '/home/work/rel'), {
      nil: undefined,
      freq: 3,
    }),
  })
  .map(
    ({ mounts, links, workdir }) =>
      (lane): JobSpec => ({
        ...{ engine: 'docker', image, command: ['true'], env: [], resources: {}, output: null, network: false },
        mounts: mounts.map(({ source, inner, ...rest }) => ({ source: `lane${lane}${source}:/${inner}`, ...rest })),
        links,
        ...(workdir !== undefined && { workdir }),
      }),
  );

let bench: DockerBench;
let world: VfolderWorld;
let planner: Planner;
beforeAll(async () => {
  bench = await openDockerBench();
  world = await createVfolderWorld();
  for (let lane = 0; lane < lanes; lane += 1) {
    for (let number = 0; number < 6; number += 1) {
      const name = `lane${lane}s${number}`;
      await world.create(name);
      for (const folder of ['a', 'b/c', 'n']) mkdirSync(path.join(world.root, name, folder), { recursive: true });
      for (const file of ['f', 'b/g']) writeFileSync(path.join(world.root, name, file), 'content');
    }
  }
  planner = createPlanner({
    lookup: world.vfolders.lookup,
    listings: listingsIn(world.home),
    engines: createEngineRegistry([bench.engine], world.changes, () => 'docker'),
    writers: () => [],
    home: world.home,
    socketPaths: [],
  });
});
afterAll(async () => {
  planner.close();
  await bench.close();
  await world.close();
});

/** What a person who asks for the same without a planner would hand to the engine. */
const asWritten = ({ mounts }: Plan): Bind[] =>
  mounts.map(({ localPath, target, mode }) => ({ source: localPath ?? '', target, readOnly: mode === 'ro' }));

it(
  'takes every plan without errors and refuses those that it must',
  async () => {
    const tally = { valid: 0, refused: 0, others: 0, withLinks: 0, nested: 0 };
    const failures: string[] = [];
    // One stream of random specs for all lanes; each lane has its own folders, which the engine leaves traces in.
    const specs = endless(seed);
    const lane = async (number: number): Promise<void> => {
      while (tally.valid < wanted && failures.length === 0) {
        const make = specs.next().value;
        const asked = make(number);
        const plan = await planner.plan(asked, 'random');
        const errors = plan.conflicts.filter((conflict) => conflict.severity === 'error').map((conflict) => conflict.code);
        const told = (what: string): number =>
          failures.push(`${what}: ${JSON.stringify(asked)}\n${plan.conflicts.map((conflict) => conflict.message).join('\n')}`);
        if (errors.length === 0) {
          tally.valid += 1;
          if (plan.links.length > 0) tally.withLinks += 1;
          if (plan.conflicts.some((conflict) => conflict.code.startsWith('nested'))) tally.nested += 1;
          const code = await bench.carryOut(plan, ['true']).catch((error: unknown) => `${String(error)} ${detailOf(error)}`);
          if (code !== 0) told(`the engine ended with ${code}`);
        } else if (errors.every((code) => refusedByEngine.has(code)) && tally.refused < wanted / 3) {
          tally.refused += 1;
          const code = await bench.run(asWritten(plan), ['true']).catch(() => 'refused');
          if (code !== 'refused') told(`the engine took what has ${errors.join()}`);
        } else tally.others += 1;
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
    expect(failures).toEqual([]);
    expect(tally.valid).toBeGreaterThanOrEqual(wanted);
    expect(tally.refused).toBeGreaterThan(wanted / 10);
    expect(tally.withLinks).toBeGreaterThan(wanted / 20);
    if (wanted > 1000) console.log(`random plans with seed ${seed}: ${JSON.stringify(tally)}`);
  },
  60_000 + wanted * 1000,
);

const detailOf = (error: unknown): string => JSON.stringify((error as { data?: unknown }).data ?? null);

function* endless(from: number): Generator<(lane: number) => JobSpec, never, undefined> {
  for (let block = 0; ; block += 1) yield* fc.sample(spec, { numRuns: 500, seed: from + block });
}
