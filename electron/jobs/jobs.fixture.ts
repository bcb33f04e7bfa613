import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, LogChunk } from '#shared/contract/jobs.ts';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import type { Dotfiles } from '../dotfiles/dotfiles.ts';
import { createDockerEngine } from '../engines/docker/engine.ts';
import type { Engine } from '../engines/engine.ts';
import { createProcessEngine } from '../engines/process/engine.ts';
import { createEngineRegistry } from '../engines/registry.ts';
import { type Changes, createChanges } from '../events.ts';
import { createHosts } from '../hosts/hosts.ts';
import { createListings } from '../listings/listings.ts';
import { createPlanner } from '../mounts/planner.ts';
import { createProvenance, type Provenance } from '../provenance/provenance.ts';
import { privateParts, secretsInMemory } from '../secrets/secrets.fixture.ts';
import type { VfolderLookup } from '../services.ts';
import { noStaging } from '../staging/staging.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createVfolders } from '../vfolders/vfolders.ts';
import { createJobs, type Jobs } from './jobs.ts';
import type { QueueLimits } from './queue.ts';

/** For tests: jobs over a data directory with everything real that they stand on. */
export interface JobsFixture extends Jobs {
  readonly dotfiles: Dotfiles;
  preview(spec: JobSpec): Promise<Plan>;
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  readonly engine: Engine;
  readonly provenance: Provenance;
  /** Lets go of everything, as quitting does. */
  quit(): Promise<void>;
  /** Waits by the change events until it holds for the job. */
  until(id: number, holds: (job: Job) => boolean): Promise<Job>;
  ended(id: number): Promise<Job>;
  log(id: number): Promise<LogChunk[]>;
  /** As the user does in Settings. */
  setLimits(change: Partial<QueueLimits>): void;
}

export type EngineName = 'docker' | 'process';

/** `wrap` puts something between the jobs and the engine, e.g. outages. */
export function openJobs(home: string, name: EngineName, wrap: (engine: Engine) => Engine = (engine) => engine): JobsFixture {
  mkdirSync(join(home, 'runs'), { recursive: true });
  const { database } = openDatabase(home);
  const changes = createChanges();
  const hosts = createHosts({ database, changes, localRoot: join(home, 'local'), ...secretsInMemory() });
  const startClone = () => Promise.reject(new StowageError('unsupported', 'No clones in this test.'));
  const { lookup } = createVfolders({ database, changes, hosts, links: { roots: () => [], home }, startClone });
  // Equal for equal homes, as over a restart; its beginning names the containers.
  const homeId = createHash('sha256').update(home).digest('hex');
  const engine = wrap(
    name === 'docker' ? createDockerEngine({ homeId }) : createProcessEngine({ directory: join(home, 'runs'), homeId }),
  );
  const engines = createEngineRegistry([engine], changes);
  let limits: QueueLimits = { jobsAtOnce: 4, gpuSlots: null };
  const listings = createListings({ directory: join(home, 'listings'), lookup, changes });
  const provenance = createProvenance({
    ...{ database, lookup, listings, engines, directory: join(home, 'manifests') },
    job: (id) => jobs.service.get({ id }, {}),
  });
  const parts = privateParts(home, { database, changes });
  const { dotfiles } = parts;
  const planner = createPlanner({
    ...{ lookup, engines, listings, home },
    writers: () => jobs.writers(),
    socketPaths: [],
    dotfiles: dotfiles.places,
  });
  const jobs: Jobs = createJobs({
    database,
    changes,
    engines,
    planner,
    lookup,
    staging: noStaging,
    inputs: provenance,
    ...parts,
    logsDirectory: join(home, 'logs'),
    limits: () => limits,
  });
  const until = waiterFor(jobs, changes);
  return {
    ...jobs,
    dotfiles,
    preview: (spec) => planner.plan(spec, null),
    database,
    changes,
    lookup,
    engine,
    provenance,
    quit: async () => {
      await Promise.all([jobs.close(), provenance.close()]);
      await listings.close();
      await engine.close();
      await hosts.close();
      database.close();
    },
    setLimits: (change) => {
      limits = { ...limits, ...change };
      changes.emit({ type: 'settings' });
    },
    until,
    ended: (id) => until(id, (job) => hasEnded(job.state)),
    log: async (id) => {
      const chunks: LogChunk[] = [];
      for (let from = 0; ; ) {
        const page = await jobs.service.readLog({ id, from, limit: 1_048_576 }, {});
        chunks.push(...page.chunks);
        if (page.next >= page.size) return chunks;
        from = page.next;
      }
    },
  };
}

/** Waits until something holds of a job, as it is now or at a change. */
export const waiterFor =
  (jobs: Jobs, changes: Changes) =>
  async (id: number, holds: (job: Job) => boolean): Promise<Job> => {
    const found = Promise.withResolvers<Job>();
    const off = changes.on((change) => {
      if (change.type === 'job' && change.job.id === id && holds(change.job)) found.resolve(change.job);
    });
    try {
      const now = await jobs.service.get({ id }, {});
      return holds(now) ? now : await found.promise;
    } finally {
      off();
    }
  };

/** A job of a shell script that runs on either engine. */
export function scriptJob(name: EngineName, script: string, more: Partial<JobSpec> = {}): JobSpec {
  return {
    engine: name,
    ...(name === 'docker' && { image: 'busybox:local' }),
    command: ['sh', '-c', script],
    mounts: [],
    env: [],
    resources: {},
    ...more,
  };
}

/** Prints `out N` on stdout and, for each second, `err N` on stderr, with pauses, and ends with code 7. */
export const numberedLines = (lines: number): string =>
  `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "out $i"; [ $((i%2)) = 0 ] && echo "err $i" >&2; ` +
  `[ $((i%50)) = 0 ] && sleep 0.05; done; exit 7`;

/**
 * The numbers of the lines that `numberedLines` printed on one stream, whichever stream the engine gave them on (one
 * that joins both gives stdout only).
 */
export function numbersOf(chunks: LogChunk[], stream: 'out' | 'err'): number[] {
  const textOf = (name: LogChunk['stream']): string =>
    chunks
      .filter((chunk) => chunk.stream === name)
      .map((chunk) => chunk.text)
      .join('');
  const lines = `${textOf('stdout')}${textOf('stderr')}`.split('\n').slice(0, -1);
  return lines
    .filter((line) => line.startsWith(`${stream} `) || !/^(out|err) \d+$/.test(line))
    .map((line) => Number(line.slice(4)));
}
