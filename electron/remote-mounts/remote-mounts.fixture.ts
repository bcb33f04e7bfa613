import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostAttach } from '#shared/contract/hosts.ts';
import type { Plan } from '#shared/contract/plan.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest } from '#shared/plan/sample-request.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import type { Engine, OutputSink, RunExit } from '../engines/engine.ts';
import { createProcessEngine } from '../engines/process/engine.ts';
import { toRunRequest } from '../jobs/preparation.ts';
import { createRedactor } from '../secrets/redactor.ts';
import type { Staged, StagingOptions } from '../services.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { mountFiles } from './mount-record.ts';
import { createRemoteMounts, type RemoteMounts, type RemoteMountsOptions } from './remote-mounts.ts';

export type EngineName = 'docker' | 'process';

/** Remote mounts over a data directory of their own, with a vfolder of its own on a real service. */
export interface MountWorld {
  readonly world: VfolderWorld;
  readonly mounts: RemoteMounts;
  /** The plan of a job that has one remote mount, of the vfolder or of a place in it. */
  plan(engine: EngineName, command: readonly string[], change?: { path?: string; readOnly?: boolean }): Plan;
  put(path: string, content: Uint8Array | string): Promise<void>;
  get(path: string): Promise<Buffer>;
  /** The folder of the mount of a job. */
  directory(jobId: number): string;
  /** As another start of the app over the same data directory. */
  restarted(more?: Partial<RemoteMountsOptions>): RemoteMounts;
  close(): Promise<void>;
}

export const quiet = (): StagingOptions => ({ signal: new AbortController().signal, tell: () => undefined });

/** `attach`: the host that the vfolder lies on. */
export async function openMounts(attach: HostAttach): Promise<MountWorld> {
  const world = await createVfolderWorld();
  const { id } = await world.hosts.service.add({ name: 'remote', attach, keep: 'session' }, {});
  const name = `data-${randomUUID().slice(0, 8)}`;
  await world.create(name, id);
  const open = (more: Partial<RemoteMountsOptions> = {}): RemoteMounts =>
    createRemoteMounts({
      home: world.home,
      lookup: world.vfolders.lookup,
      access: world.hosts,
      redactor: createRedactor(),
      cacheLimit: () => 256 * 1024 * 1024,
      ...more,
    });
  return {
    world,
    mounts: open(),
    plan: (engine, command, { path = '', readOnly = true } = {}) => mountPlan(engine, command, { vfolder: name, path, readOnly }),
    put: async (path, content) => {
      const place = world.vfolders.lookup.resolve(name, path);
      await place.provider.write(place.path, oneChunk(content));
    },
    get: async (path) => {
      const place = world.vfolders.lookup.resolve(name, path);
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await place.provider.read(place.path)).body) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
    directory: (jobId) => join(world.home, 'mounts', `${jobId}-0`),
    restarted: open,
    close: async () => {
      await world.hosts.close();
      await world.close();
    },
  };
}

async function* oneChunk(content: Uint8Array | string): AsyncGenerator<Uint8Array> {
  yield typeof content === 'string' ? Buffer.from(content) : content;
}

function mountPlan(
  engine: EngineName,
  command: readonly string[],
  { vfolder, path, readOnly }: { vfolder: string; path: string; readOnly: boolean },
): Plan {
  const plan = planJob(sampleRequest({ output: null }));
  return {
    ...plan,
    engine,
    image: engine === 'docker' ? 'busybox:local' : null,
    command: [...command],
    user: engine === 'docker' ? { uid: 1234, gid: 1234 } : null,
    mounts: [
      {
        request: 0,
        role: 'mount',
        vfolder,
        source: `${vfolder}:/${path}`,
        localPath: null,
        target: '/home/work/data',
        mode: readOnly ? 'ro' : 'rw',
        approach: 'share',
        reason: '',
        recommended: 'share',
        options: [],
        cost: null,
      },
    ],
    steps: [...plan.steps, { kind: 'mount-remote', mount: 0, target: '/home/work/data', readOnly }],
  };
}

/** Runs what a plan says on a real engine, with what was staged for it. */
export interface Runner {
  readonly engine: Engine;
  start(
    jobId: number,
    plan: Plan,
    staged: Staged,
  ): Promise<{ readonly reference: string; output(): string; ended: Promise<RunExit> }>;
  close(): Promise<void>;
}

export function openRunner(name: EngineName, world: VfolderWorld): Runner {
  const homeId = randomUUID();
  const engine =
    name === 'docker' ? createDockerEngine({ homeId }) : createProcessEngine({ directory: join(world.home, 'runs'), homeId });
  const references: string[] = [];
  return {
    engine,
    start: async (jobId, plan, staged) => {
      const request = toRunRequest(jobId, plan);
      const reference = await engine.create({ ...request, binds: [...request.binds, ...staged.binds] });
      references.push(reference);
      const kept: Buffer[] = [];
      const sink: OutputSink = { write: async (_stream, bytes) => void kept.push(Buffer.from(bytes)) };
      await engine.start(reference, sink);
      const ended = engine.wait(reference);
      // A test need not wait for it.
      ended.catch(() => undefined);
      return { reference, output: () => Buffer.concat(kept).toString(), ended };
    },
    close: async () => {
      for (const reference of references) await engine.remove(reference);
      await engine.close();
    },
  };
}

export const pidOf = (directory: string): number => Number(readFileSync(mountFiles(directory).started, 'utf8').split(' ')[0]);

export const mountedBelow = (folder: string): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(folder);
