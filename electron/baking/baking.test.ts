import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { Plan } from '#shared/contract/plan.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest } from '#shared/plan/sample-request.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import type { BakeCapable, Engine } from '../engines/engine.ts';
import { createEngineRegistry } from '../engines/registry.ts';
import { createChanges } from '../events.ts';
import { toRunRequest } from '../jobs/preparation.ts';
import type { StagingOptions } from '../services.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import { createVfolderWorld, storeHostId, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { type Baking, type BakingOptions, createBaking } from './baking.ts';

// A real engine beside everything else that this machine may be doing.

const base = 'busybox:local';
const docker = new Docker({ socketPath: '/var/run/docker.sock' });
let homeId: string;
let world: VfolderWorld;
let engine: Engine & BakeCapable;
let baking: Baking;
let extra: string[] = [];
/** Where the files of the vfolder `data` lie. */
const at = (...path: string[]): string => join(world.root, 'data', ...path);

beforeEach(async () => {
  homeId = randomUUID();
  world = await createVfolderWorld(createMemoryProvider());
  await world.create('data');
  engine = createDockerEngine({ homeId });
  baking = open();
});
afterEach(async () => {
  for (const { Id } of await docker.listContainers({ all: true, filters: { label: [`dev.stowage.home=${homeId}`] } }))
    await docker.getContainer(Id).remove({ force: true });
  for (const { reference } of (await engine.bakedImages()).reverse()) await docker.getImage(reference).remove({ force: true });
  await engine.close();
  await world.close();
});
afterAll(async () => {
  for (const image of extra) await docker.getImage(image).remove({ force: true });
  extra = [];
});

const open = (more: Partial<BakingOptions> = {}): Baking =>
  createBaking({
    home: world.home,
    homeId,
    lookup: world.vfolders.lookup,
    engines: createEngineRegistry([engine], createChanges()),
    ...more,
  });

const planOf = (mounts: readonly { vfolder?: string; path?: string; target: string }[], image = base): Plan => {
  const plan = planJob(sampleRequest({ output: null }));
  return {
    ...plan,
    engine: 'docker',
    image,
    user: { uid: 1234, gid: 1234 },
    mounts: mounts.map(({ vfolder = 'data', path = '', target }, index) => ({
      request: index,
      role: 'mount',
      vfolder,
      source: `${vfolder}:/${path}`,
      localPath: null,
      target,
      mode: 'ro',
      approach: 'bake',
      reason: '',
      recommended: 'bake',
      options: [],
      cost: null,
    })),
    steps: [...plan.steps, ...mounts.map(({ target }, mount) => ({ kind: 'bake' as const, mount, target }))],
  };
};

const told = (signal = new AbortController().signal): StagingOptions & { readonly lines: string[] } => {
  const lines: string[] = [];
  return { signal, lines, tell: (text) => void lines.push(text) };
};

/** Makes the image of a plan: its reference, and whether files were put into it now. */
async function bake(plan: Plan, jobId = 1): Promise<{ image: string; built: boolean }> {
  const options = told();
  const { image } = await baking.prepare(jobId, plan, options);
  return { image: image ?? '', built: options.lines.some((line) => line.includes('into the image')) };
}

let runs = 100;
/** What a command says in a container of an image, as the user of the plan. */
async function sayIn(image: string, script: string): Promise<string> {
  const plan = { ...planOf([]), image, command: ['sh', '-c', script] };
  const reference = await engine.create(toRunRequest(++runs, plan));
  const kept: Buffer[] = [];
  await engine.start(reference, { write: async (_stream, bytes) => void kept.push(Buffer.from(bytes)) });
  await engine.wait(reference);
  await engine.remove(reference);
  return Buffer.concat(kept).toString();
}

const bakingContainers = async (): Promise<string[]> =>
  (await docker.listContainers({ all: true, filters: { name: [`stowage-bake-${homeId.slice(0, 8)}`] } })).flatMap(
    ({ Names }) => Names,
  );

it('puts a folder into an image once, byte for byte, and again only when it changed', async () => {
  const content = randomBytes(2_500_001);
  const long = `${'long '.repeat(30)}/${'name '.repeat(25)}`;
  mkdirSync(at('sub', 'empty'), { recursive: true });
  mkdirSync(join(at(), long, '..'), { recursive: true });
  writeFileSync(at('blob'), content);
  writeFileSync(at(long), 'deep');
  writeFileSync(at('sub', 'run'), '#!/bin/sh\necho ran\n');
  chmodSync(at('sub', 'run'), 0o700);
  symlinkSync('../blob', at('sub', 'inside'));
  symlinkSync('/etc/hostname', at('outside'));
  const plan = planOf([{ target: '/opt/made/here' }]);
  const first = await bake(plan);
  expect(first).toMatchObject({ image: expect.stringMatching(/^stowage\/baked:[0-9a-f]{32}$/), built: true });
  const script = `cd /opt/made/here; sha256sum < blob; sha256sum < sub/inside; cat "${long}"; echo; sub/run; ls; ls -ld /opt/made blob sub/empty; touch x 2>&1`;
  const said = await sayIn(first.image, script);
  const digest = createHash('sha256').update(content).digest('hex');
  expect(said.match(new RegExp(digest, 'g'))).toHaveLength(2);
  expect(said).toMatch(
    /deep\nran\nblob\nlong .*\nsub\ndrwxr-xr-x +3 0 +0 .*\/opt\/made\n-rw-r--r-- +1 0 +0 .*blob\ndrwxr-xr-x .*empty\n/s,
  );
  expect(said).toContain('Permission denied');

  expect(await bake(plan, 2)).toEqual({ image: first.image, built: false });
  // Also after a restart of the app.
  baking = open();
  expect(await bake(plan)).toEqual({ image: first.image, built: false });
  writeFileSync(at('sub', 'run'), 'other');
  const changed = await bake(plan);
  expect(changed.built).toBe(true);
  expect(changed.image).not.toBe(first.image);
  expect(await bake(planOf([{ target: '/elsewhere' }]))).toMatchObject({ built: true });
  expect(await bakingContainers()).toEqual([]);
});

it('puts several folders on top of each other, from remote hosts too, and one file', async () => {
  await world.create('far', storeHostId);
  const { provider, path } = world.vfolders.lookup.resolve('far', '');
  for (let index = 0; index < 40; index++) {
    await provider.write(
      world.vfolders.lookup.resolve('far', `many/${index}`).path,
      (async function* () {
        yield Buffer.from(`content of ${index}\n`);
      })(),
    );
  }
  expect(path).toBe('far');
  writeFileSync(at('settings.json'), '{}');
  const plan = planOf([
    { vfolder: 'far', path: 'many', target: '/data/many' },
    { path: 'settings.json', target: '/data/settings.json' },
  ]);
  const { image } = await bake(plan);
  expect(await sayIn(image, 'cat /data/many/* | wc -l; cat /data/many/39 /data/settings.json')).toBe('40\ncontent of 39\n{}');
  expect(await baking.service.list(undefined, {})).toContainEqual(
    expect.objectContaining({ reference: image, source: 'data:/settings.json', base: `${base} + far:/many` }),
  );
  // The commands and variables of an image stay those of the base.
  const [made, from] = await Promise.all([engine.inspectImage(image), engine.inspectImage(base)]);
  expect(made).toMatchObject({ env: from.env, workdir: from.workdir, user: from.user });
});

it('lists what was made, with when it was used, and removes what nothing needs', async () => {
  writeFileSync(at('file'), '12345');
  const { image } = await bake(planOf([{ target: '/d' }]), 7);
  const [listed, ...others] = await baking.service.list(undefined, {});
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ reference: image, base, source: 'data:/', target: '/d', bytes: 5 });
  expect(Date.now() - (listed?.lastUsedAt ?? 0)).toBeLessThan(30_000);
  const id = listed?.id ?? '';
  await expect(baking.service.remove({ id }, {})).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining('Job 7'),
  });
  await baking.release(7);
  const reference = await engine.create(toRunRequest(8, { ...planOf([]), image, command: ['true'] }));
  await expect(baking.service.remove({ id }, {})).rejects.toMatchObject({ code: 'in-use' });
  await engine.remove(reference);
  expect(await baking.service.remove({ id }, {})).toEqual({ removed: true });
  expect(await baking.service.list(undefined, {})).toEqual([]);
  expect(await baking.service.remove({ id }, {})).toEqual({ removed: false });
  // What somebody else made is nothing of ours.
  expect(await baking.service.remove({ id: (await engine.inspectImage(base)).id }, {})).toEqual({ removed: false });
});

it('refuses what is too large, what the image would hide, and volumes, in words', async () => {
  writeFileSync(at('file'), Buffer.alloc(2_000_000));
  baking = open({ limits: { bytes: 1_000_000, files: 10 } });
  await expect(bake(planOf([{ target: '/d' }]))).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('at most 0.001 GB'),
  });
  baking = open();
  await expect(bake(planOf([{ target: '/bin' }]))).rejects.toMatchObject({ code: 'mount-failed', data: { subject: '/bin' } });
  const tag = `with-volume-${homeId.slice(0, 8)}`;
  const container = await docker.createContainer({ Image: base, Cmd: ['true'] });
  await container.commit({ repo: tag, tag: 'local', changes: 'VOLUME /vol' });
  await container.remove();
  extra.push(`${tag}:local`);
  await expect(bake(planOf([{ target: '/vol/data' }], `${tag}:local`))).rejects.toMatchObject({
    code: 'mount-failed',
    message: expect.stringContaining('volume at “/vol”'),
  });
  expect(await engine.bakedImages()).toEqual([]);
  expect(await bakingContainers()).toEqual([]);
});

it('leaves nothing of a build that is broken off, whose source changes, or that a dead core began', async () => {
  await world.create('far', storeHostId);
  const files = ['one', 'two', 'three'];
  for (const name of files) writeFileSync(at(name), randomBytes(600_000));
  const stop = new AbortController();
  const breaking: StagingOptions = { signal: stop.signal, tell: (text) => text.includes('into the image') && stop.abort() };
  await expect(baking.prepare(1, planOf([{ target: '/d' }]), breaking)).rejects.toMatchObject({ code: 'cancelled' });
  let begun = false;
  const changing: StagingOptions = {
    ...told(),
    tell: (text) => {
      if (text.includes('into the image') && !begun) for (const name of files) writeFileSync(at(name), randomBytes(600_000));
      begun ||= text.includes('into the image');
    },
  };
  await expect(baking.prepare(1, planOf([{ target: '/d' }]), changing)).rejects.toMatchObject({ code: 'source-changed' });
  expect(begun).toBe(true);
  expect(await engine.bakedImages()).toEqual([]);
  expect(await bakingContainers()).toEqual([]);

  const left = await docker.createContainer({ Image: base, Cmd: ['true'], name: `stowage-bake-${homeId.slice(0, 8)}-dead-1` });
  const next = createDockerEngine({ homeId });
  await next.images();
  await next.close();
  await expect(left.inspect()).rejects.toMatchObject({ statusCode: 404 });
});

it('makes an image once for two jobs that ask at the same time', async () => {
  writeFileSync(at('file'), randomBytes(500_000));
  const plan = planOf([{ target: '/d' }]);
  const made = await Promise.all([bake(plan, 1), bake(plan, 2)]);
  expect(made[0]?.image).toBe(made[1]?.image);
  expect(made.filter(({ built }) => built)).toHaveLength(1);
});
