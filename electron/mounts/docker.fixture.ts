import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Docker from 'dockerode';
import type { LinkRequest, Plan } from '#shared/contract/plan.ts';
import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest, sampleSource } from '#shared/plan/sample-request.ts';
import type { ImagePathKind, InsideKind, SourceFacts } from '#shared/plan/types.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import type { Engine } from '../engines/engine.ts';
import { toRunRequest } from '../jobs/preparation.ts';

/** For tests: what the real engine does by itself with a layout, and with what a plan makes of it. */
export interface DockerBench {
  readonly docker: Docker;
  /** Stowage's own, for the runs of this bench. */
  readonly engine: Engine;
  readonly scratch: string;
  /** A folder of the scratch directory, made. */
  folder(name: string): Promise<string>;
  /** The facts of such a folder. */
  facts(name: string, changes?: Partial<SourceFacts> | { inside: Record<string, InsideKind> }): SourceFacts;
  /** Creates, starts and waits, as a person would with nothing between. Gives the exit code. */
  run(binds: readonly Bind[], command: readonly string[], image?: string): Promise<number>;
  /** Does what the steps of a plan say, as jobs do. */
  carryOut(plan: Plan, command: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly?: boolean;
}

export const image = 'busybox:local';

export async function openDockerBench(): Promise<DockerBench> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' });
  const scratch = await mkdtemp(path.join(tmpdir(), 'stowage-plan-docker-'));
  const engine = createDockerEngine({ homeId: randomUUID() });
  let jobs = 0;
  return {
    docker,
    engine,
    scratch,
    folder: async (name) => {
      const made = path.join(scratch, name);
      await mkdir(made, { recursive: true });
      return made;
    },
    facts: (name, changes = {}) => {
      const place = path.join(scratch, name);
      return sampleSource(name, '', { localPath: place, realPath: place, root: place, ...changes });
    },
    run: async (binds, command, of = image) => {
      const container = await docker.createContainer({
        Image: of,
        Cmd: [...command],
        NetworkDisabled: true,
        HostConfig: {
          Mounts: binds.map(({ source, target, readOnly = false }) => ({
            ...{ Type: 'bind' as const, Source: source, Target: target, ReadOnly: readOnly },
          })),
        },
      });
      try {
        await container.start();
        // Not the next exit: that of a short command may be over before anybody waits for it.
        return (await container.wait({ condition: 'not-running' })).StatusCode;
      } finally {
        await container.remove({ force: true });
      }
    },
    carryOut: async (plan, command) => {
      for (const step of plan.steps) if (step.kind === 'make-host-directory') await mkdir(step.path, { recursive: true });
      jobs += 1;
      const request = { ...toRunRequest(jobs, plan), image: plan.image ?? image, command, network: false };
      const reference = await engine.create(request);
      try {
        await engine.start(reference, { write: async () => undefined });
        return (await engine.wait(reference)).code ?? -1;
      } finally {
        await engine.remove(reference);
      }
    },
    close: async () => {
      await engine.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

export interface Asked {
  readonly facts: SourceFacts;
  readonly target?: string;
  readonly mode?: 'ro' | 'rw';
}

/** The plan for the engine's own image, without an output folder. `there`: what the image has. */
export function planOf(
  mounts: readonly Asked[],
  links: readonly LinkRequest[] = [],
  there: Record<string, ImagePathKind> = {},
): Plan {
  return planJob(sampleRequest({ mounts, output: null, imagePaths: there, spec: { links: [...links], image } }));
}

export const codes = (plan: Plan): string[] => plan.conflicts.map((conflict) => conflict.code);
