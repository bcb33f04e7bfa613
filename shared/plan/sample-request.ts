import type { EngineStatus } from '../contract/engines.ts';
import type { JobSpec, MountRequest } from '../contract/plan.ts';
import type { Contents, ImageFactsForPlan, MachineFacts, PlanRequest, SourceFacts, Writer } from './types.ts';

/** A plan request with nothing wrong in it, for tests and benchmarks to start from. */

export const sampleDocker: EngineStatus = {
  id: 'docker',
  kind: 'docker',
  name: 'Docker',
  state: 'ready',
  message: 'Docker 28.0.',
  version: '28.0.1',
  isolated: true,
  absoluteTargets: true,
  local: true,
  os: 'Debian 13',
  kernel: '6.12.0',
  selinux: false,
  cpus: 8,
  memoryBytes: 16e9,
  limits: true,
  gpus: { state: 'absent', count: 0, message: 'There is no NVIDIA GPU on this machine.' },
};

export const sampleProcess: EngineStatus = {
  ...sampleDocker,
  id: 'process',
  kind: 'process',
  name: 'This machine',
  isolated: false,
  absoluteTargets: false,
  limits: false,
};

export const sampleImage: ImageFactsForPlan = { workdir: null, user: null, command: ['sh'], paths: {} };

const dayMs = 86_400_000;

export const sampleMachine: MachineFacts = {
  platform: 'linux',
  uid: 1000,
  gid: 1000,
  home: ['/home/ada/.stowage'],
  socketPaths: ['/var/run/docker.sock', '/run/docker.sock'],
  allowedRoots: null,
  now: Date.UTC(2026, 0, 31),
  disk: { freeBytes: 500e9, cacheLimitBytes: 100e9, cacheUsedBytes: 0 },
  fuse: { available: true, why: '' },
  volumes: true,
};

/** A readable and writable folder `inner` of the managed vfolder `name`. */
export function sampleSource(name: string, inner = '', changes: Partial<SourceFacts> = {}): SourceFacts {
  const root = `/home/ada/Stowage/${name}`;
  const localPath = inner === '' ? root : `${root}/${inner}`;
  return {
    display: `${name}:/${inner}`,
    problem: null,
    kind: 'managed',
    vfolder: { id: `id-${name}`, name, permission: 'rw', mountPath: null },
    inner,
    remote: false,
    remotePath: null,
    localPath,
    realPath: localPath,
    root,
    stat: 'directory',
    readable: true,
    writable: true,
    owner: { uid: 1000, gid: 1000 },
    leavingLinks: { count: 0, examples: [], complete: true },
    submounts: [],
    contents: { files: 10, bytes: 1e6, newest: sampleMachine.now - 30 * dayMs, complete: true },
    cached: { files: 0, bytes: 0 },
    link: null,
    inside: {},
    ...changes,
  };
}

/** A readable and writable folder `inner` of the vfolder `name` on a host that answers in 20 ms and sends 50 MB/s. */
export function sampleRemote(name: string, inner = '', changes: Partial<SourceFacts> = {}): SourceFacts {
  return sampleSource(name, inner, {
    remote: true,
    remotePath: inner === '' ? `store/${name}` : `store/${name}/${inner}`,
    ...{ localPath: null, realPath: null, root: null, owner: null },
    link: { latencyMs: 20, bytesPerSecond: 50e6 },
    ...changes,
  });
}

/** So many files of so many bytes each, unchanged for a month. */
export const sampleContents = (files: number, meanBytes: number): Contents => ({
  files,
  bytes: files * meanBytes,
  newest: sampleMachine.now - 30 * dayMs,
  complete: true,
});

export interface SampleChanges {
  /** Mounts with their facts: `source` is taken from the facts. */
  mounts?: readonly (Omit<MountRequest, 'source'> & { facts: SourceFacts })[];
  spec?: Partial<JobSpec>;
  code?: SourceFacts;
  /** Default: a folder of `outputs` that is not there yet. null: no output. */
  output?: SourceFacts | null;
  automounts?: readonly SourceFacts[];
  engine?: Partial<EngineStatus>;
  otherEngines?: PlanRequest['otherEngines'];
  image?: PlanRequest['image'];
  imagePaths?: ImageFactsForPlan['paths'];
  machine?: Partial<MachineFacts>;
  writers?: readonly Writer[];
  dotfiles?: NonNullable<PlanRequest['dotfiles']>;
}

export function sampleRequest(changes: SampleChanges = {}): PlanRequest {
  const mounts = changes.mounts ?? [];
  const output =
    changes.output === undefined ? sampleSource('outputs', 'train', { stat: 'missing', readable: false }) : changes.output;
  return {
    spec: {
      image: 'python:3.12',
      command: ['true'],
      mounts: mounts.map(({ facts, ...rest }) => ({ source: facts.display, ...rest })),
      env: [],
      resources: {},
      ...(changes.code && { code: { source: changes.code.display } }),
      ...(output === null && { output: null }),
      ...changes.spec,
    },
    jobName: 'train',
    engine: { ...sampleDocker, ...changes.engine },
    otherEngines: changes.otherEngines ?? [],
    image: changes.image ?? { ...sampleImage, paths: changes.imagePaths ?? {} },
    sources: {
      mounts: mounts.map(({ facts }) => facts),
      code: changes.code ?? null,
      output,
      automounts: changes.automounts ?? [],
    },
    machine: { ...sampleMachine, ...changes.machine },
    writers: changes.writers ?? [],
    dotfiles: changes.dotfiles ?? [],
  };
}
