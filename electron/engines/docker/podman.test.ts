import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, expect, it } from 'vitest';
import { collector, engineContract } from '../contract.suite.ts';
import { plainRun } from '../run.fixture.ts';
import { createDockerEngine } from './engine.ts';
import { startPodman } from './podman.fixture.ts';

const image = 'busybox:local';
const podman = await startPodman(image);
afterAll(() => podman.stop());

const open = (homeId: string) => createDockerEngine({ homeId, id: 'podman', connection: { socketPath: podman.socketPath } });
const base = { ...plainRun, jobId: 1, image, command: ['true'] };

engineContract('podman', { create: open, image, user: { uid: 1234, gid: 1234 } });

it('says what it is, and that it gives no GPUs', async () => {
  const engine = open('podman-status');
  await expect
    .poll(() => engine.status(), { timeout: 30_000 })
    .toMatchObject({
      id: 'podman',
      name: 'Podman',
      state: 'ready',
      message: expect.stringMatching(/^Podman \d.* is running\.$/),
      local: true,
      gpus: { state: 'absent' },
    });
  await expect(engine.create({ ...base, gpus: 1 })).rejects.toMatchObject({ code: 'unsupported' });
});

it('does not let Podman make the source of a mount that is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-podman-source-'));
  const binds = [{ source: join(folder, 'gone'), target: '/data', readOnly: false }];
  await expect(open('podman-source').create({ ...base, binds })).rejects.toMatchObject({ code: 'mount-failed' });
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

it('bakes files into an image, and shows a volume instead of them', async () => {
  const engine = open('podman-bake');
  const { signal } = new AbortController();
  const tar = (name: string): AsyncIterable<Uint8Array> => {
    const archive = pack();
    archive.entry({ name }, name);
    archive.finalize();
    return archive as AsyncIterable<Uint8Array>;
  };
  const digest = 'b'.repeat(64);
  const facts = { base: image, source: 'data:/', target: '/home/work/d', bytes: 1 };
  const baked = await engine.bakeImage({ base: image, digest, facts, archive: () => tar('home/work/d/baked'), signal });
  expect(await engine.findBaked(digest)).toBe(baked);
  const volume = { name: `stowage-test-${process.pid}`, image, signal };
  await engine.fillVolume({ ...volume, archive: tar('sent') });
  const volumes = [{ name: volume.name, target: '/home/work/d', readOnly: true }];
  const seen = async (jobId: number, mounts: typeof volumes): Promise<string> => {
    const reference = await engine.create({ ...base, jobId, image: baked, command: ['ls', '/home/work/d'], volumes: mounts });
    const output = collector();
    await engine.start(reference, output);
    expect((await engine.wait(reference)).code).toBe(0);
    await engine.remove(reference);
    return output.text('stdout');
  };
  expect(await seen(1, [])).toBe('baked\n');
  expect(await seen(2, volumes)).toBe('sent\n');
  await engine.removeVolume(volume.name);
  const [known] = await engine.bakedImages();
  expect(known).toMatchObject({ reference: baked, source: 'data:/', target: '/home/work/d' });
  expect(await engine.removeBaked(known?.id ?? '')).toBe(true);
});
