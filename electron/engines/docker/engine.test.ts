import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { collector, engineContract } from '../contract.suite.ts';
import { plainRun } from '../run.fixture.ts';
import { createDockerEngine } from './engine.ts';

const image = 'busybox:local';

engineContract('docker', { create: (homeId) => createDockerEngine({ homeId }), image, user: { uid: 1234, gid: 1234 } });

const base = { ...plainRun, jobId: 1, image, command: ['true'] };

it('gives outputs to the user of the run', async () => {
  const engine = createDockerEngine({ homeId: 'owner-test' });
  const source = mkdtempSync('/tmp/stowage-owner-');
  await chmod(source, 0o777);
  const binds = [{ source, target: '/home/work/out', readOnly: false }];
  const reference = await engine.create({
    ...base,
    command: ['touch', '/home/work/out/f'],
    binds,
    user: { uid: 1234, gid: 1234 },
  });
  await engine.start(reference, collector());
  expect((await engine.wait(reference)).code).toBe(0);
  expect(statSync(join(source, 'f'))).toMatchObject({ uid: 1234, gid: 1234 });
  await engine.remove(reference);
  rmSync(source, { recursive: true });
});

it('lays directories and links in an image without a shell, for the user of the run', async () => {
  const bare = `stowage-bare-${process.pid}:test`;
  await importBare(bare);
  const engine = createDockerEngine({ homeId: 'bare-test' });
  const directories = [{ path: '/home/work/all', mode: 0o755 }];
  const links = [{ path: '/home/work/all/mine', target: '/stat' }];
  const reference = await engine.create({
    ...base,
    image: bare,
    command: ['/stat', '-c', '%N %u:%g', '/home/work/all/mine', '/home/work/all'],
    directories,
    links,
    user: { uid: 1234, gid: 1234 },
  });
  const output = collector();
  await engine.start(reference, output);
  expect((await engine.wait(reference)).code).toBe(0);
  expect(output.text('stdout')).toMatch(
    /^'?\/home\/work\/all\/mine'? -> '?\/stat'? 1234:1234\n'?\/home\/work\/all'? 1234:1234\n$/,
  );
  await engine.remove(reference);
  await new Docker().getImage(bare).remove();
});

/** An image that holds one program and nothing else. */
async function importBare(reference: string): Promise<void> {
  const docker = new Docker();
  const container = await docker.createContainer({ Image: image, Cmd: ['true'] });
  const program = extract();
  (await container.getArchive({ path: '/bin/busybox' })).pipe(program);
  const archive = pack();
  for await (const entry of program) archive.entry({ name: 'stat', mode: 0o755 }, await buffer(entry));
  archive.finalize();
  const [repo, tag] = reference.split(':');
  const told: NodeJS.ReadableStream = await docker.importImage(archive.pipe(new PassThrough()), { repo, tag } as object);
  await finished(told.resume());
  await container.remove();
}

it('says that a run was killed for its memory', async () => {
  const engine = createDockerEngine({ homeId: 'oom-test' });
  const command = ['sh', '-c', 'a=x; while :; do a=$a$a; done'];
  const reference = await engine.create({ ...base, command, memoryBytes: 32 * 1024 * 1024 });
  await engine.start(reference, collector());
  expect(await engine.wait(reference)).toMatchObject({ code: 137, oomKilled: true });
  await engine.remove(reference);
});

it('says that it has no GPU to give', async () => {
  const engine = createDockerEngine({ homeId: 'gpu-test' });
  await expect.poll(async () => (await engine.status()).gpus, { timeout: 30_000 }).toMatchObject({ state: 'absent', count: 0 });
  const reference = await engine.create({ ...base, gpus: 'all' });
  await expect(engine.start(reference, collector())).rejects.toMatchObject({
    code: 'unsupported',
    message: 'The engine cannot give this run the GPUs that it asks for.',
    data: { detail: expect.stringContaining('could not select device driver') },
  });
  await engine.remove(reference);
});

it('names a missing image', async () => {
  const engine = createDockerEngine({ homeId: 'missing-test' });
  const missing = engine.create({ ...base, image: 'no-such-image:here' });
  await expect(missing).rejects.toMatchObject({ code: 'image-missing' });
  await expect(engine.inspectImage('no-such-image:here')).rejects.toMatchObject({ code: 'image-missing' });
});

it('says that no engine is there', async () => {
  const engine = createDockerEngine({ homeId: 'absent-test', connection: { socketPath: '/tmp/no-such-engine.sock' } });
  expect(await engine.status()).toMatchObject({ state: 'absent' });
  await expect(engine.find()).rejects.toMatchObject({ code: 'engine-absent' });
});

it('tells files, empty and filled directories of an image apart', async () => {
  const engine = createDockerEngine({ homeId: 'probe-test' });
  expect(await engine.probeImage(image, ['/bin/sh/x', '/nope/deep', '/bin', '/tmp', '/bin/sh', '/nope', '/tmp/x'])).toEqual({
    '/bin': 'directory',
    '/tmp': 'empty-directory',
    '/bin/sh': 'file',
    '/nope': 'missing',
    '/bin/sh/x': 'missing',
    '/nope/deep': 'missing',
    '/tmp/x': 'missing',
  });
});

it('gives root the same working directory, whoever makes it', async () => {
  const engine = createDockerEngine({ homeId: 'workdir-test' });
  const workdir = '/home/work/deep/er';
  const directories = ['/home/work', '/home/work/deep', workdir].map((path) => ({ path, mode: 0o755 }));
  for (const [jobId, user] of [
    { uid: 0, gid: 0 },
    { uid: 1234, gid: 1234 },
  ].entries()) {
    const command = ['sh', '-c', 'pwd; stat -c "%n %a %u %g" /home/work /home/work/deep .; touch f'];
    const reference = await engine.create({ ...base, jobId: jobId + 1, command, workdir, directories, user });
    const output = collector();
    await engine.start(reference, output);
    expect((await engine.wait(reference)).code).toBe(0);
    const owner = `755 ${user.uid} ${user.gid}`;
    expect(output.text('stdout')).toBe(`${workdir}\n/home/work ${owner}\n/home/work/deep ${owner}\n. ${owner}\n`);
    await engine.remove(reference);
  }
});

it('tells the same status again, and sees when the engine has gone', async () => {
  const directory = mkdtempSync('/tmp/stowage-status-');
  const socketPath = join(directory, 'docker.sock');
  symlinkSync('/var/run/docker.sock', socketPath);
  const engine = createDockerEngine({ homeId: 'status-test', connection: { socketPath } });
  const first = await engine.status();
  expect(first).toMatchObject({ state: 'ready', limits: true });
  expect(await engine.status()).toEqual(first);
  await engine.close();
  rmSync(directory, { recursive: true });
  expect(await engine.status()).toMatchObject({ state: 'absent', version: null });
});
