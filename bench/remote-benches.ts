import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostAttach } from '../shared/contract/hosts.ts';
import type { Endpoint } from '../shared/contract/transfers.ts';
import type { ClientRequest } from './client.ts';
import { type Bench, type Prepared, type Sample, timeClient, timeCommand } from './harness.ts';

/** A remote host that both sides can reach, with an empty container of its own. */
export interface RemotePlace {
  readonly attach: HostAttach;
  /** Of the container on the host. */
  readonly container: string;
  /** How rclone knows the host: as the remote `R`. */
  readonly rclone: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** A kind of remote host. */
export interface RemoteKind {
  /** Of the benchmarks: `NAME-upload-large` and so on. */
  readonly name: string;
  /** For people. */
  readonly server: string;
  open(): Promise<RemotePlace>;
  /** With this many objects, named anyhow, in the folder `many`. */
  openListed(count: number): Promise<RemotePlace>;
}

const largeBytes = 1024 ** 3;
const smallCount = 5_000;
const listedCount = 50_000;

function makeLarge(folder: string): void {
  const chunk = Buffer.allocUnsafe(64 * 1024 * 1024);
  const file = openSync(join(folder, 'large.bin'), 'w');
  for (let written = 0; written < largeBytes; written += chunk.length) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}

function makeSmall(folder: string): void {
  const chunk = Buffer.allocUnsafe(4096);
  for (let index = 0; index < smallCount; index++) {
    writeFileSync(join(folder, `sample-${String(index).padStart(5, '0')}.bin`), randomFillSync(chunk));
  }
}

const ours = ({ attach, container }: RemotePlace, work: ClientRequest['work']): ReturnType<typeof timeClient> =>
  timeClient({
    hosts: [{ name: 'remote', attach }],
    links: [{ name: 'data', host: 'remote', path: container }],
    work,
  });

const rclone = (place: RemotePlace, args: readonly string[]): Promise<Sample> =>
  timeCommand('rclone', args, { RCLONE_CONFIG: '/dev/null', ...place.rclone });

const rcloneAsSafe = (place: RemotePlace, target: string): Promise<Sample> =>
  timeCommand('sh', ['-c', 'rclone copy "$1" "$2" && md5sum "$2"/* && sync -f "$2"', 'sh', `R:${place.container}`, target], {
    RCLONE_CONFIG: '/dev/null',
    ...place.rclone,
  });

/** rclone as it comes, and as somebody would set it for many small files. */
const settings = (small: boolean): { name: string; args: string[] }[] => [
  { name: 'rclone', args: [] },
  ...(small ? [{ name: 'rclone --transfers 32', args: ['--transfers', '32'] }] : []),
];

const here = (path: string): Endpoint => ({ kind: 'local', path });
const there: Endpoint = { kind: 'vfolder', vfolder: 'data', path: '' };

/** Each run sends to a container of its own. */
async function prepareUpload(kind: RemoteKind, fill: (folder: string) => void, small: boolean): Promise<Prepared> {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  fill(directory);
  const fresh = (send: (place: RemotePlace) => Promise<Sample>) => async (): Promise<Sample> => {
    const place = await kind.open();
    try {
      return await send(place);
    } finally {
      await place.close();
    }
  };
  return {
    ours: {
      name: 'stowage',
      run: fresh((place) => ours(place, { kind: 'transfer', sources: [here(`${directory}/`)], destination: there })),
    },
    peers: settings(small).map(({ name, args }) => ({
      name,
      run: fresh((place) => rclone(place, ['copy', ...args, directory, `R:${place.container}`])),
    })),
    cleanUp: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function prepareDownload(kind: RemoteKind, fill: (folder: string) => void, small: boolean): Promise<Prepared> {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  const source = join(directory, 'source');
  const target = join(directory, 'target');
  mkdirSync(source);
  fill(source);
  const place = await kind.open();
  await ours(place, { kind: 'transfer', sources: [here(`${source}/`)], destination: there });
  const emptied = (receive: () => Promise<Sample>) => async (): Promise<Sample> => {
    mkdirSync(target);
    const sample = await receive();
    rmSync(target, { recursive: true });
    return sample;
  };
  return {
    ours: {
      name: 'stowage',
      run: emptied(() =>
        ours(place, {
          kind: 'transfer',
          sources: [{ kind: 'vfolder', vfolder: 'data', path: '/' }],
          destination: here(target),
        }),
      ),
    },
    peers: [
      ...settings(small).map(({ name, args }) => ({
        name,
        run: emptied(() => rclone(place, ['copy', ...args, `R:${place.container}`, target])),
      })),
      // Ours has verified what is on the disk, and it would survive a power cut; rclone's may be neither.
      ...(small ? [] : [{ name: 'rclone copy, md5sum and sync -f', run: emptied(() => rcloneAsSafe(place, target)) }]),
    ],
    cleanUp: async () => {
      await place.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function prepareListing(kind: RemoteKind): Promise<Prepared> {
  const place = await kind.openListed(listedCount);
  return {
    ours: {
      name: 'stowage',
      run: async () => {
        const sample = await ours(place, { kind: 'list', vfolder: 'data', path: '/many' });
        const { files, firstMs } = sample.report;
        if (files !== listedCount) throw new Error(`${files} of ${listedCount} entries were listed`);
        return { ...sample, also: { 'first-row': firstMs ?? Number.NaN } };
      },
    },
    // Without the times of the files, for which rclone would ask one by one.
    peers: [{ name: 'rclone lsf', run: () => rclone(place, ['lsf', '--format', 'ps', `R:${place.container}/many`]) }],
    cleanUp: place.close,
  };
}

/** The same work on every kind of remote host. */
export function remoteBenches(kind: RemoteKind): Bench[] {
  const common = { unit: 'ms', smallerIsBetter: true } as const;
  const { name, server } = kind;
  return [
    {
      ...common,
      name: `${name}-upload-large`,
      about: `1 × 1 GiB to ${server}; peer: rclone copy`,
      rounds: 3,
      prepare: () => prepareUpload(kind, makeLarge, false),
    },
    {
      ...common,
      name: `${name}-download-large`,
      about: `1 × 1 GiB from ${server}; peer: rclone copy`,
      rounds: 3,
      prepare: () => prepareDownload(kind, makeLarge, false),
    },
    {
      ...common,
      name: `${name}-upload-small`,
      about: `5,000 × 4 KiB to ${server}; peers: rclone copy, and with --transfers 32`,
      rounds: 5,
      prepare: () => prepareUpload(kind, makeSmall, true),
    },
    {
      ...common,
      name: `${name}-download-small`,
      about: `5,000 × 4 KiB from ${server}; peers: rclone copy, and with --transfers 32`,
      rounds: 5,
      prepare: () => prepareDownload(kind, makeSmall, true),
    },
    {
      ...common,
      name: `${name}-list`,
      about: `50,000 objects in one folder on ${server}, all rows and the first one; peer: rclone lsf with sizes`,
      rounds: 5,
      prepare: () => prepareListing(kind),
    },
  ];
}
