import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '#shared/contract/transfers.ts';
import { startCeph } from '../../scripts/ceph.mjs';
import { hostOn, startAzurite } from '../storage/azure-blob/azurite.fixture.ts';
import { at, bytes } from '../storage/contract/world.ts';
import { type Bench, openBench } from './fixture.ts';
import { type Made, makeProvider } from './remote-hosts.fixture.ts';

/** Real servers that are stopped in the middle (SIGSTOP), go on (SIGCONT), or are killed: each test has one of its own. */
vi.setConfig({ testTimeout: 180_000 });

const mebibyte = 1024 * 1024;

interface OwnServer {
  readonly made: Made;
  readonly pid: number;
  stop(): Promise<void>;
}

async function ownAzurite(): Promise<OwnServer> {
  const azurite = await startAzurite({ accounts: 1 });
  const { settings, secret } = hostOn(azurite.nextAccount(), { container: 'data' });
  const maker = makeProvider({ settings: { ...settings, container: null }, secret });
  await maker.makeDirectory(at('data'));
  await maker.close();
  return { made: { settings, secret }, pid: azurite.pid, stop: azurite.stop };
}

async function ownCeph(): Promise<OwnServer> {
  const { endpoint, accessKeyId, secretAccessKey, gatewayPid, stop } = await startCeph();
  const bucket = `test-${randomUUID()}`;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const place = { region: 'us-east-1', pathStyle: true, bucket, prefix: '', accessKeyId };
  return { made: { settings: { kind: 's3', endpoint, ...place }, secret: { secretAccessKey } }, pid: gatewayPid, stop };
}

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside: Endpoint = { kind: 'vfolder', vfolder: 'v', path: 'big' };

/** Resolves once the transfer is told to be stalled, or to move again. */
async function untilStalled(bench: Bench, id: number, stalled: boolean): Promise<void> {
  for await (const change of bench.changes.subscribe()) {
    if (change.type === 'transfer' && change.transfer.id === id && (change.transfer.stalledSince !== null) === stalled) return;
  }
}

describe.each([
  ['Azurite', ownAzurite],
  ['radosgw', ownCeph],
] as const)('when %s does not answer any more', (_name, own) => {
  it('is told within 30 s, cancel works meanwhile, and afterwards it goes on (A15)', async () => {
    const server = await own();
    let limit: number | null = 4 * mebibyte;
    const provider = makeProvider(server.made);
    const bench = openBench(undefined, provider, { bandwidthLimit: () => limit });
    try {
      bench.vfolder('v');
      const content = randomBytes(40 * mebibyte);
      await provider.write(at('v/big'), bytes(content));
      const begin = async (folder: string): Promise<number> => {
        mkdirSync(join(bench.directory, folder));
        const to = local(join(bench.directory, folder));
        return (await bench.transfers.service.start({ sources: [inside], destination: to }, {})).id;
      };
      const [goesOn, isCancelled] = [await begin('one'), await begin('two')];
      await Promise.all([bench.begun(goesOn), bench.begun(isCancelled)]);
      process.kill(server.pid, 'SIGSTOP');
      limit = null;
      bench.changes.emit({ type: 'settings' });
      const stoppedAt = performance.now();
      await Promise.all([untilStalled(bench, goesOn, true), untilStalled(bench, isCancelled, true)]);
      expect(performance.now() - stoppedAt).toBeLessThan(30_000);
      const cancelledAt = performance.now();
      expect(await bench.transfers.service.cancel({ id: isCancelled }, {})).toMatchObject({ state: 'cancelled' });
      expect(performance.now() - cancelledAt).toBeLessThan(6000);
      expect(readdirSync(join(bench.directory, 'two'))).toEqual([]);
      const moves = untilStalled(bench, goesOn, false);
      process.kill(server.pid, 'SIGCONT');
      await moves;
      expect(await bench.until(goesOn, 'done', 'failed')).toMatchObject({ state: 'done', stalledSince: null });
      expect(readFileSync(join(bench.directory, 'one/big')).equals(content)).toBe(true);
    } finally {
      await bench.remove();
      await provider.close();
      await server.stop();
    }
  });

  it('and is killed, the transfer ends clearly within its patience, with files left to go on with (A16)', async () => {
    const server = await own();
    const provider = makeProvider(server.made, 2000);
    const bench = openBench(undefined, provider, { patience: { giveUpMs: 5000, firstPauseMs: 100 } });
    try {
      bench.vfolder('v');
      const source = join(bench.directory, 'source');
      mkdirSync(source);
      for (let file = 0; file < 1000; file++) writeFileSync(join(source, `f${file}`), `${file}`);
      const { id } = await bench.transfers.service.start(
        { sources: [local(source)], destination: { kind: 'vfolder', vfolder: 'v', path: '' } },
        {},
      );
      await bench.begun(id);
      process.kill(server.pid, 'SIGKILL');
      const killedAt = performance.now();
      const end = await bench.until(id, 'done', 'failed', 'paused');
      expect(performance.now() - killedAt).toBeLessThan(60_000);
      expect(end).toMatchObject({ state: 'failed', problem: { code: 'host-unreachable' }, files: { failed: 0 } });
      expect(end.files.done).toBeLessThan(1000);
    } finally {
      await bench.remove();
      await provider.close();
      await server.stop();
    }
  });
});
