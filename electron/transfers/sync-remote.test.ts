import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { type Azurite, hostOn, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { createAzureBlobProvider } from '../storage/azure-blob/provider.ts';
import { at } from '../storage/contract/world.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { freshBucket } from '../storage/s3/s3-server.fixture.ts';
import { type Bench, openBench } from './fixture.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

/** A place on a server, and how rclone reaches the same. */
interface World {
  readonly provider: StorageProvider;
  /** `R:CONTAINER` */
  readonly remote: string;
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function azure(): Promise<World> {
  const account = azurite.wellKnown;
  const container = `c${randomBytes(8).toString('hex')}`;
  const whole = hostOn(account);
  const maker = createAzureBlobProvider(whole.settings, whole.secret);
  await maker.makeDirectory(at(container));
  await maker.close();
  const { settings, secret } = hostOn(account, { container });
  const provider = createAzureBlobProvider(settings, secret);
  const env = {
    RCLONE_CONFIG_R_TYPE: 'azureblob',
    RCLONE_CONFIG_R_USE_EMULATOR: 'true',
    RCLONE_CONFIG_R_ENDPOINT: account.endpoint,
  };
  return { provider, remote: `R:${container}`, env, close: () => provider.close() };
}

async function s3(): Promise<World> {
  const fresh = await freshBucket();
  const provider = fresh.provider();
  const env = {
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Ceph',
    RCLONE_CONFIG_R_ENDPOINT: fresh.settings.endpoint ?? '',
    RCLONE_CONFIG_R_ACCESS_KEY_ID: fresh.settings.accessKeyId,
    RCLONE_CONFIG_R_SECRET_ACCESS_KEY: fresh.secret.secretAccessKey,
  };
  const close = async (): Promise<void> => {
    await provider.close();
    await fresh.cleanUp();
  };
  return { provider, remote: `R:${fresh.bucket}`, env, close };
}

describe.each([
  ['Azure', azure],
  ['S3', s3],
])('on %s', (_name, openWorld) => {
  let world: World;
  let bench: Bench;
  let source: string;
  beforeEach(async () => {
    world = await openWorld();
    bench = openBench(undefined, world.provider);
    bench.vfolder('v');
    source = join(bench.directory, 'source');
    mkdirSync(source);
  });
  afterEach(async () => {
    await bench.remove();
    await world.close();
  });

  const local = (path: string): Endpoint => ({ kind: 'local', path });
  const inside = (path = ''): Endpoint => ({ kind: 'vfolder', vfolder: 'v', path });
  const rclone = (...args: string[]) =>
    promisify(execFile)('rclone', args, { env: { PATH: process.env.PATH, RCLONE_CONFIG: '/dev/null', ...world.env } });

  function putTree(): void {
    for (let index = 0; index < 60; index++) {
      const path = join(source, `d${index % 4}`, `ü ${index}.txt`);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `${index}`.repeat(index));
      utimesSync(path, 1_600_000_000 + index / 7, 1_600_000_000 + index / 7);
    }
    writeFileSync(join(source, 'big'), randomBytes(12_000_000));
  }
  async function plan(from: Endpoint, to: Endpoint, options: { delete?: boolean; checksum?: boolean } = {}): Promise<Transfer> {
    const { id } = await bench.transfers.service.sync({ source: from, destination: to, ...options }, {});
    return bench.until(id, 'review', 'failed');
  }
  async function apply({ id }: Transfer): Promise<Transfer> {
    await bench.transfers.service.resume({ id }, {});
    return bench.until(id, 'done', 'failed', 'waiting');
  }
  const nothing = { add: 0, update: 0, remove: 0, unchanged: 61 };

  it('finds nothing to do in a tree that rclone wrote, by times and by content', async () => {
    putTree();
    await rclone('copy', source, `${world.remote}/v`);
    expect(await plan(local(source), inside(), { delete: true })).toMatchObject({ state: 'review', sync: nothing });
    expect(await plan(local(source), inside(), { checksum: true })).toMatchObject({ sync: nothing });
    expect(await plan(inside(), local(source), { delete: true })).toMatchObject({ sync: nothing });
  });

  it('mirrors up and down, and rclone finds nothing to do afterwards', async () => {
    putTree();
    expect(await apply(await plan(local(source), inside(), { delete: true }))).toMatchObject({
      state: 'done',
      files: { done: 61 },
    });
    const checked = await rclone('sync', '--dry-run', '-v', source, `${world.remote}/v`);
    expect(checked.stderr).not.toMatch(/Skipped|modification time/);
    await rclone('check', '--download', source, `${world.remote}/v`);

    writeFileSync(join(source, 'new'), 'n');
    writeFileSync(join(source, 'big'), 'small');
    rmSync(join(source, 'd0'), { recursive: true });
    mkdirSync(join(source, 'empty'));
    const changed = await plan(local(source), inside(), { delete: true });
    expect(changed).toMatchObject({ sync: { add: 2, update: 1, remove: 15, unchanged: 45 } });
    expect(await apply(changed)).toMatchObject({ state: 'done' });
    await rclone('check', '--download', source, `${world.remote}/v`);

    const back = join(bench.directory, 'back');
    expect(await apply(await plan(inside(), local(back)))).toMatchObject({ state: 'done' });
    execFileSync('diff', ['-r', source, back]);
    expect(readdirSync(back).sort()).toEqual(['big', 'd1', 'd2', 'd3', 'empty', 'new']);
    expect((await plan(inside(), local(back), { delete: true })).sync).toMatchObject({ add: 0, update: 0, remove: 0 });
  });

  it('keeps what another client changed after the review', async () => {
    putTree();
    await apply(await plan(local(source), inside()));
    writeFileSync(join(source, 'big'), 'mine');
    rmSync(join(source, 'd1/ü 1.txt'));
    const planned = await plan(local(source), inside(), { delete: true });
    expect(planned).toMatchObject({ sync: { add: 0, update: 1, remove: 1 } });
    const theirs = join(bench.directory, 'theirs');
    mkdirSync(theirs);
    writeFileSync(join(theirs, 'x'), 'theirs');
    await rclone('copyto', join(theirs, 'x'), `${world.remote}/v/d1/ü 1.txt`);
    await rclone('copyto', join(theirs, 'x'), `${world.remote}/v/big`);
    expect(await apply(planned)).toMatchObject({ state: 'failed', problem: { code: 'precondition-failed' } });
    expect((await rclone('cat', `${world.remote}/v/big`)).stdout).toBe('theirs');
    expect((await rclone('cat', `${world.remote}/v/d1/ü 1.txt`)).stdout).toBe('theirs');
  });

  it('packs a folder, and unpacks it to the same bytes and times', async () => {
    putTree();
    const pack = { shardBytes: 1_048_576 };
    const { id } = await bench.transfers.service.start({ sources: [local(source)], destination: inside(), pack }, {});
    expect(await bench.until(id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 61 } });
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    const tars = join(bench.directory, 'tars');
    await rclone('copy', `${world.remote}/v/source`, tars);
    for (const name of readdirSync(tars)) if (name.endsWith('.tar')) execFileSync('tar', ['-xf', join(tars, name), '-C', out]);
    execFileSync('diff', ['-r', source, out]);
    const back = join(bench.directory, 'back');
    mkdirSync(back);
    const unpacked = await bench.transfers.service.start(
      { sources: [inside('source')], destination: local(back), unpack: true },
      {},
    );
    expect(await bench.until(unpacked.id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 61 } });
    // A sync by times tells whether they were kept.
    expect((await plan(inside('source/'), local(join(back, 'source')))).state).toBe('review');
    const compared = await rclone('sync', '--dry-run', '-v', '--modify-window', '2ms', source, join(back, 'source'));
    expect(compared.stderr).not.toMatch(/Skipped|modification time/);
  });
});
