import { mkdirSync } from 'node:fs';
import type { Job, jobsContract } from '#shared/contract/jobs.ts';
import type { JobSpec, Plan } from '#shared/contract/plan.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type {
  Dotfiles,
  EngineRegistry,
  InputRecorder,
  JobSecrets,
  Redactor,
  RunningJobs,
  Staging,
  VfolderLookup,
  VfolderUsers,
} from '../services.ts';
import type { Database } from '../store/database.ts';
import { createJournal, type JobRecord, type Writer } from './journal.ts';
import { keptLogBytes, removeLog } from './log-source.ts';
import { createQueue, type QueueLimits } from './queue.ts';
import { createJobService } from './service.ts';

export interface JobPlanner {
  /** `jobName` is what the default output folder is called. */
  plan(spec: JobSpec, jobName: string | null): Promise<Plan>;
}

export interface JobsOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly engines: EngineRegistry;
  readonly planner: JobPlanner;
  readonly lookup: VfolderLookup;
  readonly staging: Staging;
  readonly inputs: InputRecorder;
  readonly secrets: JobSecrets;
  readonly dotfiles: Dotfiles;
  readonly redactor: Redactor;
  /** Made when missing. */
  readonly logsDirectory: string;
  /** What the user set; asked for anew whenever a job may start. */
  readonly limits: () => QueueLimits;
}

export interface Jobs extends RunningJobs {
  readonly service: Service<typeof jobsContract>;
  readonly users: VfolderUsers;
  /** What jobs not ended may write, for the planner's warnings. */
  writers(): Writer[];
  /** Takes up the jobs of a former process, then starts what is queued. Does not wait for any to end. */
  start(): Promise<void>;
  /** Lets go: jobs run on at their engines and are found again at the next start. */
  close(): Promise<void>;
}

/** At most one change event per job's log in this time; the last size is always told. */
const logEventMilliseconds = 200;

/** Plans, queues, runs and keeps jobs. */
export function createJobs(options: JobsOptions): Jobs {
  const { database, changes, engines, planner, lookup, staging, inputs, secrets, dotfiles, redactor, logsDirectory, limits } =
    options;
  mkdirSync(logsDirectory, { recursive: true, mode: 0o700 });
  const view = (job: JobRecord): Job =>
    toJob(job, job.logBytes ?? queue.run(job.id)?.logSize() ?? keptLogBytes(logsDirectory, job.id));
  const journal = createJournal(database, (job) => changes.emit({ type: 'job', job: view(job) }));
  const logEvents = createLogEvents(changes);
  const queue = createQueue({
    journal,
    engines,
    lookup,
    staging,
    inputs,
    secrets,
    dotfiles,
    redactor,
    logsDirectory,
    limits,
    onLogGrown: logEvents.grown,
  });
  // Other limits may let other jobs start.
  const offChanges = changes.on(({ type }) => {
    if (type === 'settings') queue.pump();
  });
  const service = createJobService({
    journal,
    queue,
    planner,
    lookup,
    staging,
    inputs,
    secrets,
    logsDirectory,
    limits,
    view,
    forget: (id) => {
      removeLog(logsDirectory, id);
      changes.emit({ type: 'job-removed', id });
    },
    engines,
  });
  return {
    service,
    users: (vfolderId) => journal.usersOf(vfolderId).map((job) => `job ${job.id} “${job.name}”`),
    writers: () => journal.writers(),
    running: (id) => {
      const job = journal.get(id);
      if (job?.life.state !== 'running' || job.life.reference === null) return null;
      return { engine: job.engine, reference: job.life.reference, startedAt: job.life.startedAt };
    },
    gpusGiven: (id) => {
      const asked = journal.plan(id).resources.gpus ?? null;
      if (asked === null || asked === 'all') return journal.gpusOf(id) ?? asked;
      // Where nobody chose, an engine gives the first ones.
      return journal.gpusOf(id) ?? (Array.isArray(asked) ? asked : Array.from({ length: asked }, (_, index) => String(index)));
    },
    allRunning: () => journal.idsIn(['running']),
    start: () => queue.start(),
    close: async () => {
      offChanges();
      await queue.close();
      logEvents.close();
    },
  };
}

function toJob(job: JobRecord, logBytes: number): Job {
  const { life } = job;
  return {
    id: job.id,
    name: job.name,
    state: life.state,
    engine: job.engine,
    image: job.image,
    command: job.command,
    times: life.times,
    createdAt: job.createdAt,
    startedAt: life.startedAt,
    endedAt: life.endedAt,
    exitCode: life.exitCode,
    problem: life.problem,
    progress: life.progress,
    progressStep: life.progressStep,
    output: job.output,
    logBytes,
  };
}

/** Tells of growing logs, each at most every 200 ms. */
function createLogEvents(changes: Changes): { grown(id: number, size: number): void; close(): void } {
  const waiting = new Map<number, { size: number; timer: NodeJS.Timeout }>();
  const tell = (id: number): void => {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (entry) changes.emit({ type: 'job-log', id, size: entry.size });
  };
  return {
    grown: (id, size) => {
      const entry = waiting.get(id);
      if (entry) entry.size = size;
      else waiting.set(id, { size, timer: setTimeout(tell, logEventMilliseconds, id) });
    },
    close: () => {
      for (const [id, entry] of waiting) {
        clearTimeout(entry.timer);
        tell(id);
      }
    },
  };
}
