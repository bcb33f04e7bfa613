import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVfolderWorld, type VfolderWorld } from './vfolders.fixture.ts';

const call = {};
let world: VfolderWorld;
let disk: string;
let daemon: ChildProcess;

// Needs the kernel's FUSE, which not every container has.
describe.skipIf(!existsSync('/dev/fuse'))('a disk that hangs', () => {
  /** A real file system whose server can be stopped: every look at it then waits, as with a network disk that is gone. */
  beforeEach(async () => {
    world = await createVfolderWorld();
    const source = join(world.outside, 'source');
    disk = join(world.outside, 'disk');
    for (const folder of [source, disk]) mkdirSync(folder);
    for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) mkdirSync(join(source, name));
    writeFileSync(join(source, 'one', 'file'), 'content');
    const options = ['--attr-timeout', '0s', '--dir-cache-time', '0s', '--config', '/dev/null', '--daemon-timeout', '0'];
    daemon = spawn('rclone', ['mount', source, disk, ...options], { stdio: 'ignore' });
    await expect.poll(() => existsSync(join(disk, 'one')), { timeout: 10_000 }).toBe(true);
  }, 30_000);
  afterEach(async () => {
    daemon.kill('SIGCONT');
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    execFileSync('fusermount3', ['-uz', disk]);
    daemon.kill('SIGTERM');
    await ended;
    await world.close();
  });

  it('holds up no list although links point to it, leaves other files usable, and is found again', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five', 'six']) {
      await world.vfolders.service.link({ name, target: { kind: 'local', path: join(disk, name) } }, call);
    }
    await world.create('own');
    daemon.kill('SIGSTOP');
    await world.restart();
    for (let round = 0; round < 3; round++) {
      const begun = performance.now();
      expect(await world.names()).toHaveLength(7);
      expect(performance.now() - begun).toBeLessThan(1500);
    }
    // However many links hang, the system's calls for other files go on.
    const begun = performance.now();
    const own = world.vfolders.lookup.resolve('own', '');
    await own.provider.makeDirectory(own.path);
    expect(performance.now() - begun).toBeLessThan(1500);
    const opened = world.vfolders.lookup.resolve('one', 'file');
    await expect(opened.provider.stat(opened.path)).rejects.toMatchObject({
      code: 'host-unreachable',
      message: expect.stringContaining('does not answer'),
    });
    await expect
      .poll(async () => (await world.vfolders.service.get({ name: 'one' }, call)).broken, { timeout: 15_000 })
      .toMatch(/does not answer/);
    daemon.kill('SIGCONT');
    await expect
      .poll(async () => (await world.vfolders.service.get({ name: 'one' }, call)).broken, { timeout: 15_000 })
      .toBeNull();
    expect((await opened.provider.stat(opened.path)).size).toBe(7);
  }, 60_000);
});
