import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest } from '#shared/plan/sample-request.ts';
import { createVfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { codes, type DockerBench, openDockerBench, planOf } from './docker.fixture.ts';
import { sourceFacts } from './source-facts.ts';

/**
 * What the engine does with layouts that the planner refuses or mends: shows that the rules are about real failures,
 * and that what a plan prepares helps.
 */

let bench: DockerBench;
const run: DockerBench['run'] = (...given) => bench.run(...given);
const folder: DockerBench['folder'] = (name) => bench.folder(name);
const facts: DockerBench['facts'] = (...given) => bench.facts(...given);
const carryOut: DockerBench['carryOut'] = (...given) => bench.carryOut(...given);

beforeAll(async () => {
  bench = await openDockerBench();
});
afterAll(() => bench.close());

describe('the Docker engine', () => {
  it('refuses the same target twice, however it is spelt, and so does the planner', async () => {
    const [source, other] = [await folder('twice-a'), await folder('twice-b')];
    for (const target of ['/d', '/d/', '/x/../d']) {
      await expect(
        run(
          [
            { source, target: '/d' },
            { source: other, target },
          ],
          ['true'],
        ),
      ).rejects.toMatchObject({ statusCode: 400 });
      const plan = planOf([
        { facts: facts('twice-a'), target: '/d' },
        { facts: facts('twice-b'), target },
      ]);
      expect(codes(plan)).toEqual(['target-twice']);
    }
  });

  it('refuses “/” as a target', async () => {
    await expect(run([{ source: await folder('root'), target: '/' }], ['true'])).rejects.toMatchObject({ statusCode: 400 });
    expect(codes(planOf([{ facts: facts('root'), target: '/' }]))).toEqual(['target-root']);
  });

  it('takes /etc and drops files into the folder of the person, which the planner refuses', async () => {
    const source = await folder('etc');
    await run([{ source, target: '/etc' }], ['true']);
    expect(await readdir(source)).toContain('hostname');
    expect(codes(planOf([{ facts: facts('etc'), target: '/etc' }]))).toEqual(['target-system']);
  });

  it('refuses a source that is not there and makes nothing', async () => {
    const source = path.join(bench.scratch, 'absent');
    await expect(run([{ source, target: '/d' }], ['true'])).rejects.toMatchObject({ statusCode: 400 });
    await expect(stat(source)).rejects.toMatchObject({ code: 'ENOENT' });
    const plan = planOf([{ facts: { ...facts('absent'), stat: 'missing' }, target: '/d' }]);
    expect(codes(plan)).toEqual(['source-missing']);
  });

  it('refuses a relative target, which the planner resolves', async () => {
    const source = await folder('relative');
    await expect(run([{ source, target: 'data' }], ['true'])).rejects.toMatchObject({ statusCode: 400 });
    const plan = planOf([{ facts: facts('relative'), target: 'data' }]);
    expect(await carryOut(plan, ['test', '-d', '/home/work/data'])).toBe(0);
  });

  it('cannot start a mount inside a read-only one that has no place for it, until the plan makes the place', async () => {
    const [parent, child] = [await folder('ro-parent'), await folder('ro-child')];
    await writeFile(path.join(child, 'f'), '');
    const binds = [
      { source: parent, target: '/d', readOnly: true },
      { source: child, target: '/d/x/y' },
    ];
    await expect(run(binds, ['true'])).rejects.toThrow(/read-only file system/);
    const plan = planOf([
      { facts: facts('ro-parent', { inside: { 'x/y': 'missing' } }), target: '/d', mode: 'ro' },
      { facts: facts('ro-child'), target: '/d/x/y' },
    ]);
    expect(plan.runnable).toBe(true);
    expect(await carryOut(plan, ['test', '-f', '/d/x/y/f'])).toBe(0);
    expect((await stat(path.join(parent, 'x/y'))).uid).toBe(process.getuid?.());
  });

  it('cannot mount a folder onto a file, nor a file onto a folder', async () => {
    const parent = await folder('mixed');
    await writeFile(path.join(parent, 'f'), '');
    await mkdir(path.join(parent, 'sub'));
    const [child, file] = [await folder('mixed-child'), path.join(parent, 'f')];
    await expect(
      run(
        [
          { source: parent, target: '/d' },
          { source: child, target: '/d/f' },
        ],
        ['true'],
      ),
    ).rejects.toThrow(/directory/);
    await expect(
      run(
        [
          { source: parent, target: '/d' },
          { source: file, target: '/d/sub' },
        ],
        ['true'],
      ),
    ).rejects.toThrow(/directory/);
    const onto = planOf([
      { facts: facts('mixed', { inside: { f: 'file' } }), target: '/d', mode: 'ro' },
      { facts: facts('mixed-child'), target: '/d/f' },
    ]);
    expect(codes(onto)).toEqual(['folder-onto-file']);
  });

  it('sees what a link of this machine points to, and cannot write what is linked read-only', async () => {
    const world = await createVfolderWorld();
    try {
      const data = path.join(world.outside, 'data');
      const way = path.join(world.outside, 'way');
      await mkdir(data);
      await symlink(data, way);
      await writeFile(path.join(data, 'f'), 'content');
      await world.vfolders.service.link({ name: 'set', target: { kind: 'local', path: way } }, {});
      const found = await sourceFacts({ source: 'set:/', hostPaths: false, madeAtStart: false }, world.vfolders.lookup);
      const plan = planJob(
        sampleRequest({ mounts: [{ facts: found, target: '/d' }], output: null, spec: { image: 'busybox:local' } }),
      );
      expect(await carryOut(plan, ['grep', '-q', 'content', '/d/f'])).toBe(0);
      expect(await carryOut(plan, ['touch', '/d/new'])).not.toBe(0);
      expect(await readdir(data)).toEqual(['f']);
    } finally {
      await world.close();
    }
  });
});
