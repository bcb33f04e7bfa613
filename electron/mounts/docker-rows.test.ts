import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleContents, sampleRequest } from '#shared/plan/sample-request.ts';
import type { SourceFacts } from '#shared/plan/types.ts';
import type { VfolderLookup } from '../services.ts';
import { codes, type DockerBench, image, openDockerBench, planOf } from './docker.fixture.ts';
import { sourceFacts } from './source-facts.ts';

/** What the engine does where the planner warns, or refuses for reasons that the engine does not know. */

let bench: DockerBench;
/** An image with `/srv/app/f` and the file `/srv/file`. */
let filled: string;
beforeAll(async () => {
  bench = await openDockerBench();
  filled = `${path.basename(bench.scratch).toLowerCase()}:test`;
  const container = await bench.docker.createContainer({ Image: image, Cmd: ['true'] });
  const files = pack();
  files.entry({ name: 'srv/app/f' }, 'of the image');
  files.entry({ name: 'srv/file' }, 'of the image');
  files.finalize();
  await container.putArchive(await toBuffer(files), { path: '/' });
  await container.commit({ repo: filled.split(':')[0], tag: 'test' });
  await container.remove();
});
afterAll(async () => {
  await bench.close();
  await bench.docker.getImage(filled).remove({ force: true });
});

async function toBuffer(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A path of this machine, as the code folder of a job may be one. */
const hostSource = (source: string): Promise<SourceFacts> =>
  sourceFacts({ source, hostPaths: true, madeAtStart: false }, {} as VfolderLookup);
const sh = (script: string): string[] => ['sh', '-ec', script];

describe('the Docker engine says nothing when', () => {
  it('a mount hides what the image holds', async () => {
    const source = await bench.folder('hides');
    expect(await bench.run([], sh('test -f /srv/app/f'), filled)).toBe(0);
    expect(await bench.run([{ source, target: '/srv/app' }], sh('test ! -e /srv/app/f'), filled)).toBe(0);
    const plan = planOf([{ facts: bench.facts('hides'), target: '/srv/app' }], [], { '/srv/app': 'directory' });
    expect(codes(plan)).toEqual(['target-hides-image']);
  });

  it('it leaves a folder of root in the source of a writable parent, where a plan makes it as the user', async () => {
    const [parent, child] = [await bench.folder('rw-parent'), await bench.folder('rw-child')];
    const binds = [
      { source: parent, target: '/d' },
      { source: child, target: '/d/x' },
    ];
    expect(await bench.run(binds, ['true'])).toBe(0);
    expect((await stat(path.join(parent, 'x'))).uid).toBe(0);
    const plan = planOf([
      { facts: bench.facts('rw-parent', { inside: { y: 'missing' } }), target: '/d' },
      { facts: bench.facts('rw-child'), target: '/d/y' },
    ]);
    expect(codes(plan)).toEqual(['nested-writable-parent']);
    expect(await bench.carryOut(plan, ['true'])).toBe(0);
    expect((await stat(path.join(parent, 'y'))).uid).toBe(process.getuid?.());
  });

  it('a single file that is mounted is replaced: the job goes on seeing the old one', async () => {
    const folder = await bench.folder('single');
    const file = path.join(folder, 'f');
    await writeFile(file, 'old');
    await promisify(execFile)('mkfifo', [path.join(folder, 'ready'), path.join(folder, 'go')]);
    const binds = [
      { source: file, target: '/f' },
      { source: folder, target: '/d' },
    ];
    const ended = bench.run(binds, sh('echo > /d/ready; cat /d/go; grep -q old /f && grep -q new /d/f'));
    await writeFile(path.join(folder, 'new'), 'new');
    // A pipe is read when the job runs, and written to when it waits.
    await readFile(path.join(folder, 'ready'));
    await rename(path.join(folder, 'new'), file);
    await writeFile(path.join(folder, 'go'), 'go');
    expect(await ended).toBe(0);
    expect(codes(planOf([{ facts: { ...bench.facts('single'), stat: 'file' }, target: '/f' }]))).toEqual(['single-file']);
  });

  it('a source is the whole machine, or the socket of the engine, also through a symlink', async () => {
    const ways = path.join(await bench.folder('ways'), 'root');
    await symlink('/', ways);
    expect(await bench.run([{ source: ways, target: '/d', readOnly: true }], sh('test -d /d/proc && test -d /d/etc'))).toBe(0);
    expect(await bench.run([{ source: '/var/run/docker.sock', target: '/d' }], sh('test -S /d'))).toBe(0);
    for (const source of [ways, '/var/run/docker.sock']) {
      const plan = planOf([{ facts: await hostSource(source), target: '/d', mode: 'ro' }]);
      expect(codes(plan), source).toEqual(['source-dangerous']);
    }
  });

  it('a symlink in the source leads out of it: it leads nowhere in the container', async () => {
    const folder = await bench.folder('leaving');
    await writeFile(path.join(bench.scratch, 'outside'), '');
    await symlink(path.join(bench.scratch, 'outside'), path.join(folder, 'absolute'));
    await symlink('../outside', path.join(folder, 'climbs'));
    const see = sh('test -L /d/absolute && test ! -e /d/absolute && test ! -e /d/climbs');
    expect(await bench.run([{ source: folder, target: '/d' }], see)).toBe(0);
    const leavingLinks = { count: 2, examples: [], complete: true };
    expect(codes(planOf([{ facts: bench.facts('leaving', { leavingLinks }), target: '/d' }]))).toEqual(['source-symlinks-leave']);
  });

  it('an image writes as root what a plan writes as the user', async () => {
    const source = await bench.folder('owner');
    expect(await bench.run([{ source, target: '/d' }], sh('touch /d/f'))).toBe(0);
    expect((await stat(path.join(source, 'f'))).uid).toBe(0);
    const request = sampleRequest({ mounts: [{ facts: bench.facts('owner'), target: '/d' }], output: null, spec: { image } });
    expect(codes(planJob({ ...request, spec: { ...request.spec, user: 'image' } }))).toEqual(['output-as-root']);
    await promisify(execFile)('chmod', ['777', source]);
    expect(await bench.carryOut(planJob(request), sh('touch /d/mine'))).toBe(0);
    expect((await stat(path.join(source, 'mine'))).uid).toBe(request.machine.uid);
  });

  it('two mounts, or two jobs, write the same files', async () => {
    const source = await bench.folder('both');
    const binds = [
      { source, target: '/x' },
      { source, target: '/y' },
    ];
    expect(await bench.run(binds, sh('echo 1 > /x/f; echo 2 >> /y/f; test "$(cat /x/f | wc -l)" = 2'))).toBe(0);
    const twice = planOf([
      { facts: bench.facts('both'), target: '/x' },
      { facts: bench.facts('both'), target: '/y' },
    ]);
    expect(codes(twice)).toEqual(['overlap-both-writable']);
    const job = (line: string) => bench.run([{ source, target: '/d' }], sh(`echo ${line} >> /d/shared`));
    expect(await Promise.all([job('a'), job('b')])).toEqual([0, 0]);
    expect((await readFile(path.join(source, 'shared'), 'utf8')).split('\n').sort()).toEqual(['', 'a', 'b']);
    const writers = [{ jobId: 7, jobName: 'other', vfolderId: 'id-both', path: '' }];
    const second = planJob(sampleRequest({ mounts: [{ facts: bench.facts('both'), target: '/d' }], output: null, writers }));
    expect(codes(second)).toEqual(['other-job-writes']);
  });

  it('the source of a mount lies outside of what jobs may use', async () => {
    const source = await bench.folder('roots/inner');
    expect(await bench.run([{ source, target: '/d' }], ['true'])).toBe(0);
    const facts = { ...bench.facts('roots/inner'), root: path.join(bench.scratch, 'elsewhere') };
    expect(codes(planOf([{ facts, target: '/d' }]))).toEqual(['source-outside-roots']);
  });
});

describe('the Docker engine fails in the middle when', () => {
  it('a disk is too small for a copy, which the planner knows before', async () => {
    const volume = `${path.basename(bench.scratch)}-small`;
    await bench.docker.createVolume({ Name: volume, DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
    const container = await bench.docker.createContainer({
      ...{ Image: image, Cmd: ['true'], HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/d' }] } },
    });
    const files = pack();
    files.entry({ name: 'a' }, Buffer.alloc(100_000));
    files.entry({ name: 'b' }, Buffer.alloc(2_000_000));
    files.finalize();
    await expect(container.putArchive(await toBuffer(files), { path: '/d' })).rejects.toThrow(/no space left/);
    await container.remove();
    await bench.docker.getVolume(volume).remove();
    const request = sampleRequest({
      ...{ engine: { local: false }, output: null },
      mounts: [{ facts: bench.facts('large', { contents: sampleContents(2, 1e12) }), target: '/d' }],
    });
    expect(codes(planJob(request))).toEqual(['disk-full']);
  });

  it('it runs on a machine that does not have the folder, which is then copied', async () => {
    // The path of another machine is a path that this one does not have.
    await expect(bench.run([{ source: '/of/another/machine', target: '/d' }], ['true'])).rejects.toMatchObject({
      statusCode: 400,
    });
    const request = (approach?: 'share') =>
      sampleRequest({
        ...{ engine: { local: false }, output: null },
        mounts: [{ facts: bench.facts('here'), target: '/d', ...(approach && { approach }) }],
      });
    expect(codes(planJob(request('share')))).toEqual(['approach-impossible']);
    expect(planJob(request())).toMatchObject({ runnable: true, mounts: [{ approach: 'copy' }] });
  });

  it('what was put into an image lies below a mount, which hides it: the planner bakes only outside of mounts', async () => {
    const source = await bench.folder('over');
    await mkdir(path.join(source, 'app'));
    expect(await bench.run([{ source, target: '/srv' }], sh('cat /srv/app/f'), filled)).not.toBe(0);
    const mounts = [
      { facts: bench.facts('over', { inside: { app: 'directory' } }), target: '/srv' },
      { facts: bench.facts('baked'), target: '/srv/app', mode: 'ro' as const, approach: 'bake' as const },
    ];
    expect(codes(planJob(sampleRequest({ mounts, output: null })))).toEqual(['approach-impossible']);
  });

  it('what a job changes in an image is lost, which is why bake is for read-only mounts', async () => {
    expect(await bench.run([], sh('echo changed > /srv/app/f'), filled)).toBe(0);
    expect(await bench.run([], sh('grep -q "of the image" /srv/app/f'), filled)).toBe(0);
    const mounts = [{ facts: bench.facts('lost'), target: '/d', mode: 'rw' as const, approach: 'bake' as const }];
    expect(codes(planJob(sampleRequest({ mounts, output: null })))).toEqual(['approach-impossible']);
  });
});

it('a read-only mount does not keep a file system below it from being written, with an engine before 25', async () => {
  const source = await bench.folder('submount');
  const below = path.join(source, 'usb');
  await mkdir(below);
  await promisify(execFile)('mount', ['-t', 'tmpfs', 'tmpfs', below]);
  try {
    const { Version } = await bench.docker.version();
    const isOld = Number.parseInt(Version, 10) < 25;
    const code = await bench.run([{ source, target: '/d', readOnly: true }], sh('touch /d/usb/f'));
    expect(code === 0).toBe(isOld);
    expect(await readdir(below)).toEqual(isOld ? ['f'] : []);
    const facts = bench.facts('submount', { submounts: [below] });
    const plan = planJob(sampleRequest({ mounts: [{ facts, mode: 'ro' }], output: null, engine: { version: Version } }));
    expect(codes(plan)).toEqual(isOld ? ['submounts-writable'] : []);
  } finally {
    await promisify(execFile)('umount', ['-l', below]);
  }
});
