import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '#shared/contract/plan.ts';
import { openCacheBench } from '../../electron/cache/cache.fixture.ts';
import { hostOn, startAzurite } from '../../electron/storage/azure-blob/azurite.fixture.ts';
import { layManyBlobs } from '../../electron/storage/azure-blob/many-blobs.fixture.ts';
import { createAzureBlobProvider } from '../../electron/storage/azure-blob/provider.ts';
import type { ClientRequest } from '../client.ts';
import { type Bench, type Prepared, timeClient, timeCommand } from '../harness.ts';

const container = 'bench';
const folder = 'many';
const packedCount = 20_000;
const warmCount = 50_000;

interface Staged {
  readonly request: (work: ClientRequest['work']) => ClientRequest;
  readonly rclone: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** A server with a folder of so many files of 4 KiB that was staged once before, on another machine. */
async function open(count: number): Promise<Staged> {
  const location = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  await layManyBlobs(location, container, folder, count, { byName: true });
  const azurite = await startAzurite({ accounts: 0, location });
  const { settings, secret } = hostOn(azurite.wellKnown);
  const provider = createAzureBlobProvider(settings, secret);
  const home = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  const other = openCacheBench(home, { patience: { giveUpMs: 60_000, firstPauseMs: 500 } });
  other.vfolder(container, provider);
  const { listing } = await other.cache.stage(other.place(container, folder), {
    signal: new AbortController().signal,
    jobId: null,
    packed: true,
  });
  await listing.drop();
  await other.cache.settled();
  await other.close();
  await provider.close();
  rmSync(home, { recursive: true });
  const { endpoint } = azurite.wellKnown;
  return {
    request: (work) => ({
      hosts: [{ name: 'remote', attach: { form: 'azure-emulator', endpoint } }],
      links: [{ name: 'data', host: 'remote', path: container }],
      work,
    }),
    rclone: {
      RCLONE_CONFIG: '/dev/null',
      RCLONE_CONFIG_R_TYPE: 'azureblob',
      RCLONE_CONFIG_R_USE_EMULATOR: 'true',
      RCLONE_CONFIG_R_ENDPOINT: endpoint,
    },
    close: async () => {
      await azurite.stop();
      rmSync(location, { recursive: true, force: true });
    },
  };
}

async function preparePacked(): Promise<Prepared> {
  const { request, rclone, close } = await open(packedCount);
  const target = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  const peer = (name: string, ...args: string[]): Prepared['peers'][number] => ({
    name,
    run: async () => {
      const sample = await timeCommand('rclone', ['copy', ...args, `R:${container}/${folder}`, join(target, 'copy')], rclone);
      rmSync(join(target, 'copy'), { recursive: true });
      return sample;
    },
  });
  return {
    ours: {
      name: 'stowage',
      run: async () => {
        const sample = await timeClient(request({ kind: 'load', vfolder: 'data', path: folder }));
        if (sample.report.files !== packedCount) throw new Error(`${sample.report.files} of ${packedCount} files came`);
        return sample;
      },
    },
    peers: [peer('rclone copy'), peer('rclone copy --transfers 32', '--transfers', '32')],
    cleanUp: async () => {
      await close();
      rmSync(target, { recursive: true, force: true });
    },
  };
}

const warmJob: JobSpec = {
  engine: 'process',
  command: ['true'],
  mounts: [{ source: `data:/${folder}`, target: 'data', mode: 'ro', approach: 'copy' }],
  env: [],
  resources: {},
  output: null,
};

async function prepareWarm(): Promise<Prepared> {
  const { request, close } = await open(warmCount);
  return {
    ours: {
      name: 'stowage',
      run: async () => {
        const sample = await timeClient(request({ kind: 'launch', spec: warmJob, load: { vfolder: 'data', path: folder } }));
        const { launches } = sample.report;
        if (launches === null) throw new Error('no job was launched');
        return { ...sample, value: launches.shown - launches.bare, also: { again: launches.again - launches.bare } };
      },
    },
    peers: [],
    cleanUp: close,
  };
}

const common = { unit: 'ms', smallerIsBetter: true, rounds: 3 } as const;

export const stagePacked: Bench = {
  ...common,
  name: 'stage-packed',
  about: '20,000 × 4 KiB from Azurite, staged before by another machine, until a container can have them; peer: rclone copy',
  prepare: preparePacked,
};

export const stageWarm: Bench = {
  ...common,
  name: 'stage-warm',
  warmsUp: false,
  about:
    '50,000 × 4 KiB on Azurite that are in the cache: what they add until a command begins, launched from the form, and again without it',
  prepare: prepareWarm,
};
