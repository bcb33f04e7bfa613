import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress, parseAddress } from '#shared/address.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { JobSpec, Plan, PlannedMount } from '#shared/contract/plan.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { type CacheBench, type CacheBenchOptions, openCacheBench } from '../cache/cache.fixture.ts';
import type { DockerConnection } from '../engines/docker/endpoints.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import { createProcessEngine } from '../engines/process/engine.ts';
import { createEngineRegistry } from '../engines/registry.ts';
import { type EngineName, waiterFor } from '../jobs/jobs.fixture.ts';
import { createJobs, type Jobs } from '../jobs/jobs.ts';
import { createProvenance } from '../provenance/provenance.ts';
import { privateParts } from '../secrets/secrets.fixture.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createCopies } from './copies.ts';
import { joinStagings } from './staging.ts';

/** For tests: jobs whose mounts of the vfolder `data`, on the provider given, are copied. */
export interface StagedJobs extends CacheBench {
  readonly jobs: Jobs;
  run(spec: JobSpec): Promise<number>;
  until(id: number, holds: (job: Job) => boolean): Promise<Job>;
  ended(id: number): Promise<Awaited<ReturnType<Jobs['service']['get']>>>;
  quit(): Promise<void>;
}

export async function openStagedJobs(
  home: string,
  engineName: EngineName,
  provider: StorageProvider,
  options: CacheBenchOptions & { readonly connection?: DockerConnection; readonly bubblewrap?: null } = {},
): Promise<StagedJobs> {
  const bench = openCacheBench(home, options);
  bench.vfolder('data', provider);
  const { database, changes, lookup, listings, cache } = bench;
  const runs = join(home, 'runs');
  mkdirSync(runs, { recursive: true });
  const homeId = createHash('sha256').update(home).digest('hex');
  const { connection, bubblewrap } = options;
  const engine =
    engineName === 'docker'
      ? createDockerEngine({ homeId, ...(connection && { connection }) })
      : createProcessEngine({ directory: runs, homeId, ...(bubblewrap === null && { bubblewrap }) });
  const engines = createEngineRegistry([engine], changes);
  const patience = options.patience ?? { giveUpMs: 400, firstPauseMs: 5 };
  const copies = createCopies({ database, changes, lookup, cache, engines, directory: join(home, 'stage'), patience });
  const provenance = createProvenance({
    ...{ database, lookup, listings, engines, directory: join(home, 'manifests') },
    job: (id) => jobs.service.get({ id }, {}),
  });
  const jobs: Jobs = createJobs({
    database,
    changes,
    engines,
    planner: { plan: async (spec) => copyPlan(spec, engineName, connection ? 'volume' : 'directory') },
    lookup,
    staging: joinStagings([copies]),
    inputs: provenance,
    ...privateParts(home, { database, changes }),
    logsDirectory: join(home, 'logs'),
    limits: () => ({ jobsAtOnce: 4, gpuSlots: null }),
  });
  const until = waiterFor(jobs, changes);
  await copies.start();
  await jobs.start();
  return {
    ...bench,
    jobs,
    run: async (spec) => (await jobs.service.run({ spec }, {})).id,
    until,
    ended: async (id) => {
      await until(id, (job) => hasEnded(job.state));
      return jobs.service.get({ id }, {});
    },
    quit: async () => {
      await Promise.all([jobs.close(), provenance.close()]);
      await engine.close();
      await bench.close();
    },
  };
}

/** A plan that copies every mount, and the output if there is one. */
function copyPlan(spec: JobSpec, engine: EngineName, into: 'directory' | 'volume'): Plan {
  const asked = spec.mounts.map((mount, request) => ({ ...mount, request, role: 'mount' as const }));
  const output = spec.output
    ? [{ source: spec.output, target: 'out', mode: 'rw' as const, request: null, role: 'output' as const }]
    : [];
  const mounts = [...asked, ...output].map(({ source, target, mode, request, role }): PlannedMount => {
    const address = parseAddress(source);
    return {
      request,
      role,
      vfolder: address.vfolder,
      source: formatAddress(address.vfolder, address.path),
      localPath: null,
      target: `/home/work/${target ?? address.vfolder}`,
      mode: mode ?? 'ro',
      approach: 'copy',
      reason: '',
      recommended: 'copy',
      options: [],
      cost: null,
    };
  });
  const none = { moveFiles: 0, moveBytes: 0, cachedBytes: 0, seconds: null, diskBytes: 0, diskFreeBytes: null, complete: true };
  return {
    engine,
    image: engine === 'docker' ? 'busybox:local' : null,
    command: spec.command,
    workdir: '/home/work',
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    env: [],
    network: true,
    resources: { cpus: null, memoryBytes: null, shmBytes: 1024 ** 3, gpus: null },
    ports: [],
    maxSeconds: null,
    mounts,
    links: [],
    cost: none,
    steps: [
      { kind: 'make-container-directory', path: '/home/work', mode: 0o755 },
      ...mounts.map(({ target, mode }, mount) => ({
        kind: 'stage' as const,
        mount,
        target,
        readOnly: mode === 'ro',
        packed: false,
        into,
      })),
    ],
    tree: { name: '', path: '/', kind: 'directory', mount: null, link: null, severity: null, children: [] },
    conflicts: [],
    runnable: true,
  };
}

/** A job of a shell script that sees `data:/` (or a place in it) at /home/work/data. */
export const dataJob = (script: string, mode: 'ro' | 'rw', source = 'data:/'): JobSpec => ({
  command: ['sh', '-c', script],
  mounts: [{ source, target: 'data', mode }],
  env: [],
  resources: {},
  output: null,
});
