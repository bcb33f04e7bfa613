import { mkdirSync, realpathSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '#shared/contract/plan.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest } from '#shared/plan/sample-request.ts';
import type { SourceFacts } from '#shared/plan/types.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { sourceFacts } from './source-facts.ts';

let world: VfolderWorld;
let data: string;
beforeEach(async () => {
  world = await createVfolderWorld();
  data = path.join(realpathSync(world.outside), 'data');
  mkdirSync(path.join(data, 'sub'), { recursive: true });
  writeFileSync(path.join(data, 'file'), 'content');
});
afterEach(() => world.close());

const link = async (target: string, permission: 'ro' | 'rw' = 'ro'): Promise<Vfolder> =>
  world.vfolders.service.link({ name: 'set', target: { kind: 'local', path: target }, permission }, {});
const facts = (source: string): Promise<SourceFacts> =>
  sourceFacts({ source, hostPaths: false, madeAtStart: false }, world.vfolders.lookup);
const planOf = (found: SourceFacts): Plan =>
  planJob(sampleRequest({ mounts: [{ facts: found, target: '/d', mode: 'ro' }], output: null }));

describe('a link as the source of a mount', () => {
  it('is bound by its real path, whole or in part', async () => {
    const way = path.join(world.outside, 'way');
    symlinkSync(data, way);
    await link(way);
    expect(await facts('set:/')).toMatchObject({ kind: 'linked', realPath: data, root: data, stat: 'directory', problem: null });
    const plan = planOf(await facts('set:/sub'));
    expect(plan).toMatchObject({ runnable: true, conflicts: [] });
    expect(plan.steps.filter(({ kind }) => kind === 'bind')).toMatchObject([{ source: path.join(data, 'sub'), target: '/d' }]);
  });

  it('is refused when it leads out of the link roots now, before any path of it is used', async () => {
    const way = path.join(world.outside, 'way');
    symlinkSync(data, way);
    await link(way);
    unlinkSync(way);
    symlinkSync('/etc', way);
    const found = await facts('set:/');
    expect(found).toMatchObject({ problem: { code: 'source-outside-roots' }, localPath: null, realPath: null });
    expect(planOf(found)).toMatchObject({ runnable: false, conflicts: [{ code: 'source-outside-roots' }] });
  });

  it('is refused when its folder is gone, saying so', async () => {
    await link(data);
    renameSync(data, `${data}-moved`);
    expect(planOf(await facts('set:/')).conflicts).toMatchObject([
      { code: 'source-unreadable', message: expect.stringContaining('not there') },
    ]);
  });

  it('does not reach through a symlink in it that leads out', async () => {
    symlinkSync('/etc', path.join(data, 'out'));
    await link(data);
    expect(planOf(await facts('set:/out')).conflicts).toMatchObject([{ code: 'source-outside-roots' }]);
  });

  it('to a folder of a local host is bound there, and not where a symlink put in its place leads', async () => {
    mkdirSync(path.join(world.root, 'mine'));
    const [host] = await world.hosts.service.list(undefined, {});
    const target = { kind: 'host' as const, host: host?.id ?? '', path: 'mine' };
    await world.vfolders.service.link({ name: 'set', target }, {});
    const real = path.join(realpathSync(world.root), 'mine');
    expect(await facts('set:/')).toMatchObject({ realPath: real, root: real, problem: null });
    renameSync(real, `${real}-2`);
    symlinkSync('/etc', real);
    expect(planOf(await facts('set:/')).conflicts).toMatchObject([{ code: 'source-outside-roots' }]);
  });
});
