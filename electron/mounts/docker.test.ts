import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '#shared/contract/plan.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest, sampleSource } from '#shared/plan/sample-request.ts';
import type { InsideKind, SourceFacts } from '#shared/plan/types.ts';
import { createVfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { sourceFacts } from './source-facts.ts';

/**
 * What the engine does with layouts that the planner refuses or mends: shows that the rules are about real failures,
 * and that what a plan prepares helps.
 */

const image = 'busybox:local';
const docker = new Docker({ socketPath: '/var/run/docker.sock' });

let scratch: string;
const containers: Docker.Container[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'stowage-plan-docker-'));
});
afterAll(async () => {
  for (const container of containers) await container.remove({ force: true });
  await rm(scratch, { recursive: true, force: true });
});

interface Bind {
  source: string;
  target: string;
  readOnly?: boolean;
}

/** Creates, starts and waits, as an engine does. Gives the exit code. */
async function run(binds: readonly Bind[], command: string[]): Promise<number> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: command,
    NetworkDisabled: true,
    HostConfig: {
      Mounts: binds.map(({ source, target, readOnly }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: readOnly ?? false,
      })),
    },
  });
  containers.push(container);
  const ended = container.wait({ condition: 'next-exit' });
  // A start that fails leaves the wait without an answer; nobody needs it then.
  ended.catch(() => undefined);
  await container.start();
  return (await ended).StatusCode;
}

async function folder(name: string): Promise<string> {
  const made = path.join(scratch, name);
  await mkdir(made, { recursive: true });
  return made;
}

const facts = (name: string, inside: Record<string, InsideKind> = {}): SourceFacts => {
  const place = path.join(scratch, name);
  return sampleSource(name, '', { localPath: place, realPath: place, root: place, inside });
};

function planOf(mounts: readonly { facts: SourceFacts; target: string; mode?: 'ro' | 'rw' }[]): Plan {
  return planJob(sampleRequest({ mounts, output: null }));
}

/** Does what the steps of a plan say, as the job service does. */
async function carryOut(plan: Plan, command: string[]): Promise<number> {
  for (const step of plan.steps) if (step.kind === 'make-host-directory') await mkdir(step.path, { recursive: true });
  return run(
    plan.steps.filter((step) => step.kind === 'bind'),
    command,
  );
}

const codes = (plan: Plan): string[] => plan.conflicts.map((conflict) => conflict.code);

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
    const source = path.join(scratch, 'absent');
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
      { facts: facts('ro-parent', { 'x/y': 'missing' }), target: '/d', mode: 'ro' },
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
      { facts: facts('mixed', { f: 'file' }), target: '/d', mode: 'ro' },
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
      const plan = planJob(sampleRequest({ mounts: [{ facts: found, target: '/d' }], output: null }));
      expect(await carryOut(plan, ['grep', '-q', 'content', '/d/f'])).toBe(0);
      expect(await carryOut(plan, ['touch', '/d/new'])).not.toBe(0);
      expect(await readdir(data)).toEqual(['f']);
    } finally {
      await world.close();
    }
  });
});
