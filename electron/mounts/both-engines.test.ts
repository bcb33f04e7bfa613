import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineId } from '#shared/contract/engines.ts';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import { createProcessEngine } from '../engines/process/engine.ts';
import { createEngineRegistry } from '../engines/registry.ts';
import { toRunRequest } from '../jobs/preparation.ts';
import { listingsIn } from '../listings/listings.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { codes, type DockerBench, image, openDockerBench } from './docker.fixture.ts';
import { createPlanner, type Planner } from './planner.ts';

/** One spec, planned and run on every engine: the results are equal, or the plan says before what cannot be. */

let bench: DockerBench;
let world: VfolderWorld;
let planner: Planner;
let engines: ReturnType<typeof createEngineRegistry>;
beforeAll(async () => {
  bench = await openDockerBench();
  world = await createVfolderWorld();
  for (const name of ['set', 'code', 'results']) await world.create(name);
  await mkdir(path.join(world.root, 'set/train'), { recursive: true });
  await writeFile(path.join(world.root, 'set/train/1'), 'one\n');
  await writeFile(path.join(world.root, 'set/labels'), 'two\n');
  await writeFile(path.join(world.root, 'code/run'), 'three\n');
  const directory = path.join(world.home, 'runs');
  const plain = createProcessEngine({ directory, homeId: 'both', bubblewrap: null });
  engines = createEngineRegistry([bench.engine, plain], world.changes);
  planner = createPlanner({
    lookup: world.vfolders.lookup,
    engines,
    listings: listingsIn(world.home),
    writers: () => [],
    home: world.home,
    socketPaths: [],
  });
});
afterAll(async () => {
  planner.close();
  await engines.close();
  await bench.close();
  await world.close();
});

const specOf = (engine: EngineId, changes: Partial<JobSpec> = {}): JobSpec => ({
  engine,
  ...(engine === 'docker' && { image }),
  command: [
    'sh',
    '-ec',
    'cat input/1 labels ../code/run "$HOME"/set/labels > ../out/all; readlink -f input > /dev/null; pwd | wc -l',
  ],
  mounts: [
    { source: 'set', mode: 'ro' },
    { source: 'code', mode: 'ro' },
  ],
  links: [
    { path: '/home/work/here/input', target: '/home/work/set/train' },
    { path: '/home/work/here/labels', target: '/home/work/set/labels' },
  ],
  workdir: '/home/work/here',
  output: `results:/${engine}`,
  env: [],
  resources: {},
  ...changes,
});

async function carryOut(plan: Plan): Promise<number | null> {
  const engine = engines.get(plan.engine);
  for (const step of plan.steps) if (step.kind === 'make-host-directory') await mkdir(step.path, { recursive: true });
  const reference = await engine.create(toRunRequest(1, plan));
  await engine.start(reference, { write: async () => undefined });
  const { code } = await engine.wait(reference);
  await engine.remove(reference);
  return code;
}

describe('the same mounts and links', () => {
  it.each(['docker', 'process'] as const)('give the same result on %s', async (engine) => {
    const plan = await planner.plan(specOf(engine), 'both');
    expect(plan.conflicts.filter((conflict) => conflict.severity === 'error')).toEqual([]);
    expect(await carryOut(plan)).toBe(0);
    expect(await readFile(path.join(world.root, 'results', engine, 'all'), 'utf8')).toBe('one\ntwo\nthree\ntwo\n');
  });

  it('are refused before the start where an engine cannot place them', async () => {
    const absolute = { mounts: [{ source: 'set', target: '/data' }], links: [{ path: '/opt/set', target: '/data' }] };
    expect(codes(await planner.plan(specOf('docker', absolute), 'both'))).toEqual([]);
    const plan = await planner.plan(specOf('process', absolute), 'both');
    expect(codes(plan)).toEqual(['target-needs-container', 'target-needs-container']);
    expect(plan.conflicts.flatMap((conflict) => conflict.fixes.map((fix) => fix.change.kind))).toContain('set-engine');
  });
});
