import { type MountMode, type Problem, problemSchema } from '#shared/contract/base.ts';
import type { EngineId } from '#shared/contract/engines.ts';
import { type CopiedBackOfJob, copiedBackSchema, type JobState, progressStepSchema } from '#shared/contract/jobs.ts';
import { type GpuRequest, gpuRequestSchema, type JobSpec, type Plan } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { activeStates, endStates, type JobEvent, type JobLife, newLife, step } from '#shared/jobs/state.ts';
import type { CopiedBack } from '../services.ts';
import type { Database } from '../store/database.ts';
import { findJobs, makeFindable } from './job-search.ts';

/** What never changes about a job, with its life. */
export interface JobRecord {
  readonly id: number;
  readonly name: string;
  readonly engine: EngineId;
  readonly image: string | null;
  readonly command: string[];
  readonly output: { vfolder: string; path: string } | null;
  readonly createdAt: number;
  readonly life: JobLife;
  /** Bytes of its whole log, once it is; null before that, and of jobs of versions that did not note it. */
  readonly logBytes: number | null;
}

/** What the queue needs of a job that waits. */
export interface QueuedJob {
  readonly id: number;
  readonly gpus: GpuRequest | null;
  /** What is told of it now. */
  readonly progress: string | null;
}

export interface NewJob {
  readonly id: number;
  readonly requestId: string | null;
  readonly name: string;
  readonly spec: JobSpec;
  readonly plan: Plan;
  readonly output: { vfolder: string; path: string } | null;
  readonly vfolders: readonly VfolderUse[];
  readonly at: number;
}

/** A place in a vfolder that a job mounts. */
export interface VfolderUse {
  readonly vfolderId: string;
  readonly path: string;
  readonly mode: MountMode;
}

export interface Writer {
  readonly jobId: number;
  readonly jobName: string;
  readonly vfolderId: string;
  readonly path: string;
}

/** Jobs in the database. Everything is written before it returns, so whoever is told of a change can rely on it. */
export interface JobJournal {
  /** The number that the next job gets. */
  nextId(): number;
  /** Keeps numbers up to `id` from being given again. */
  reserveIds(id: number): void;
  insert(job: NewJob): JobRecord;
  get(id: number): JobRecord | null;
  /** @throws `not-found` */
  require(id: number): JobRecord;
  byRequest(requestId: string): JobRecord | null;
  /** True when a job has this name, or its outputs in this folder of the vfolder. */
  nameTaken(name: string, output: { vfolder: string; path: string }): boolean;
  /** Newest first. */
  list(filter: { limit: number; before?: number | undefined; states?: readonly JobState[] | undefined }): JobRecord[];
  /** The engines that jobs were given to. */
  engines(): EngineId[];
  /** Those of them that there are, newest first. */
  listByIds(ids: readonly number[]): JobRecord[];
  /** Ids of the jobs that the words of the filter are found in, newest first; of all for ''. `total`: of how many. */
  find(filter: string): { ids: number[]; total: number };
  /** Ids in these states, oldest first. */
  idsIn(states: readonly JobState[]): number[];
  /** Those that wait for their turn, oldest first. */
  queued(): QueuedJob[];
  /** A queued job's turn has come, with these GPUs; null: as it asked. @throws `wrong-state` */
  begin(id: number, gpus: readonly string[] | null): JobRecord;
  /** The GPUs that a job was given. */
  gpusOf(id: number): string[] | null;
  /** The GPUs that jobs have which take one of the places at once. */
  takenGpus(): string[];
  /** Its log is whole. */
  setLogBytes(id: number, bytes: number): void;
  spec(id: number): JobSpec;
  plan(id: number): Plan;
  /** What was copied back; null: it was not yet. */
  copiedBack(id: number): CopiedBackOfJob[] | null;
  setCopiedBack(id: number, results: readonly CopiedBack[]): void;
  /** Takes one step of a job's life. @throws `wrong-state`, `not-found` */
  advance(id: number, event: JobEvent): JobRecord;
  addVfolders(id: number, uses: readonly VfolderUse[]): void;
  remove(id: number): void;
  /** Jobs not ended that mount this vfolder. */
  usersOf(vfolderId: string): { id: number; name: string }[];
  /** What jobs not ended may write. */
  writers(): Writer[];
}

interface JobRow {
  id: number;
  name: string;
  state: JobState;
  engine: EngineId;
  reference: string | null;
  image: string | null;
  command: string;
  times: string;
  exit_code: number | null;
  problem: string | null;
  progress: string | null;
  progress_step: string | null;
  output_vfolder: string | null;
  output_path: string | null;
  stop_requested: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  log_bytes: number | null;
}

const select = `SELECT id, name, state, engine, reference, image, command, times, exit_code, problem, progress, progress_step,
  output_vfolder, output_path, stop_requested, created_at, started_at, ended_at, log_bytes FROM jobs`;

const quoted = (states: readonly JobState[]): string => states.map((state) => `'${state}'`).join(', ');
const alive = `state NOT IN (${quoted(endStates)})`;

/** `onChange` is told each new state of a job after it is kept. */
export function createJournal(database: Database, onChange: (job: JobRecord) => void): JobJournal {
  const get = (id: number): JobRecord | null => {
    const row = database.get<JobRow>(`${select} WHERE id = ?`, id);
    return row ? toRecord(row) : null;
  };
  const require = (id: number): JobRecord => {
    const job = get(id);
    if (!job) throw new StowageError('not-found', `There is no job ${id}.`, { subject: String(id) });
    return job;
  };
  const json = (id: number, column: 'spec' | 'plan'): unknown => {
    const row = database.get<{ value: string }>(`SELECT ${column} AS value FROM jobs WHERE id = ?`, id);
    if (!row) throw new StowageError('not-found', `There is no job ${id}.`, { subject: String(id) });
    return JSON.parse(row.value);
  };
  const addVfolders = (id: number, uses: readonly VfolderUse[]): void => {
    for (const use of uses)
      database.run(
        `INSERT INTO job_vfolders (job_id, vfolder_id, path, mode) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET mode = 'rw' WHERE excluded.mode = 'rw'`,
        id,
        use.vfolderId,
        use.path,
        use.mode,
      );
  };
  const advance = (id: number, event: JobEvent): JobRecord => {
    const job = require(id);
    const result = step(job.life, event);
    if (!result.ok) throw result.error;
    saveLife(database, id, result.job);
    const next = { ...job, life: result.job };
    onChange(next);
    return next;
  };
  return {
    nextId: () => (database.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'")?.seq ?? 0) + 1,
    reserveIds: (id) => reserveIds(database, id),
    insert: (job) => {
      database.transaction(() => {
        insertRow(database, job);
        makeFindable(database, { ...job.plan, id: job.id, name: job.name });
        addVfolders(job.id, job.vfolders);
      });
      const record = require(job.id);
      onChange(record);
      return record;
    },
    get,
    require,
    byRequest: (requestId) => {
      const row = database.get<JobRow>(`${select} WHERE request_id = ?`, requestId);
      return row ? toRecord(row) : null;
    },
    nameTaken: (name, output) =>
      database.get(
        'SELECT 1 FROM jobs WHERE name = ? OR (output_vfolder = ? AND output_path = ?)',
        name,
        output.vfolder,
        output.path,
      ) !== undefined,
    list: ({ limit, before, states }) =>
      database
        .all<JobRow>(
          `${select} WHERE id < ? AND (? OR state IN (SELECT value FROM json_each(?))) ORDER BY id DESC LIMIT ?`,
          before ?? Number.MAX_SAFE_INTEGER,
          states ? 0 : 1,
          JSON.stringify(states ?? []),
          limit,
        )
        .map(toRecord),
    engines: () => database.all<{ engine: EngineId }>('SELECT DISTINCT engine FROM jobs').map(({ engine }) => engine),
    listByIds: (ids) =>
      database
        .all<JobRow>(`${select} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC`, JSON.stringify(ids))
        .map(toRecord),
    find: (filter) => findJobs(database, filter),
    queued: () =>
      database
        .all<{ id: number; gpu_request: string | null; progress: string | null }>(
          "SELECT id, gpu_request, progress FROM jobs WHERE state = 'queued' ORDER BY id",
        )
        .map(({ id, gpu_request, progress }) => ({ id, gpus: toGpuRequest(gpu_request), progress })),
    begin: (id, gpus) => {
      database.run('UPDATE jobs SET gpus = ? WHERE id = ?', gpus && JSON.stringify(gpus), id);
      return advance(id, { type: 'prepare', at: Date.now() });
    },
    gpusOf: (id) => toGpus(database.get<{ gpus: string | null }>('SELECT gpus FROM jobs WHERE id = ?', id)?.gpus),
    takenGpus: () =>
      database
        .all<{ gpus: string }>(`SELECT gpus FROM jobs WHERE state IN (${quoted(activeStates)}) AND gpus IS NOT NULL`)
        .flatMap(({ gpus }) => toGpus(gpus) ?? []),
    setLogBytes: (id, bytes) => void database.run('UPDATE jobs SET log_bytes = ? WHERE id = ?', bytes, id),
    idsIn: (states) =>
      database.all<{ id: number }>(`SELECT id FROM jobs WHERE state IN (${quoted(states)}) ORDER BY id`).map((row) => row.id),
    // Both were checked against their schemas before they were written.
    spec: (id) => json(id, 'spec') as JobSpec,
    plan: (id) => json(id, 'plan') as Plan,
    copiedBack: (id) => {
      const row = database.get<{ copied_back: string | null }>('SELECT copied_back FROM jobs WHERE id = ?', id);
      return row?.copied_back ? copiedBackSchema.array().parse(JSON.parse(row.copied_back)) : null;
    },
    setCopiedBack: (id, results) =>
      void database.run('UPDATE jobs SET copied_back = ? WHERE id = ?', JSON.stringify(results), id),
    advance,
    addVfolders: (id, uses) => database.transaction(() => addVfolders(id, uses)),
    remove: (id) => {
      database.run('DELETE FROM jobs WHERE id = ?', id);
    },
    usersOf: (vfolderId) =>
      database.all<{ id: number; name: string }>(
        `SELECT id, name FROM jobs WHERE ${alive} AND id IN (SELECT job_id FROM job_vfolders WHERE vfolder_id = ?) ORDER BY id`,
        vfolderId,
      ),
    writers: () =>
      database.all<{ jobId: number; jobName: string; vfolderId: string; path: string }>(
        `SELECT id AS jobId, name AS jobName, vfolder_id AS vfolderId, path FROM job_vfolders JOIN jobs ON id = job_id
         WHERE mode = 'rw' AND ${alive} ORDER BY id`,
      ),
  };
}

function insertRow(database: Database, job: NewJob): void {
  const life = newLife(job.at);
  database.run(
    `INSERT INTO jobs (id, request_id, name, state, engine, image, command, gpu_request, spec, plan, times, output_vfolder,
     output_path, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    job.id,
    job.requestId,
    job.name,
    life.state,
    job.plan.engine,
    job.plan.image,
    JSON.stringify(job.plan.command),
    job.plan.resources.gpus && JSON.stringify(job.plan.resources.gpus),
    JSON.stringify(job.spec),
    JSON.stringify(job.plan),
    JSON.stringify(life.times),
    job.output?.vfolder ?? null,
    job.output?.path ?? null,
    job.at,
  );
}

function saveLife(database: Database, id: number, life: JobLife): void {
  database.run(
    `UPDATE jobs SET state = ?, reference = ?, times = ?, exit_code = ?, problem = ?, progress = ?, progress_step = ?, stop_requested = ?,
     started_at = ?, ended_at = ? WHERE id = ?`,
    life.state,
    life.reference,
    JSON.stringify(life.times),
    life.exitCode,
    life.problem && JSON.stringify(life.problem),
    life.progress,
    life.progressStep && JSON.stringify(life.progressStep),
    life.stopRequested ? 1 : 0,
    wholeMilliseconds(life.startedAt),
    wholeMilliseconds(life.endedAt),
    id,
  );
}

/** An engine may tell times in fractions (a file's times), which the columns do not take. */
const wholeMilliseconds = (time: number | null): number | null => (time === null ? null : Math.round(time));

/** The column holds what the plan's own schema let through. */
const toGpuRequest = (text: string | null): GpuRequest | null =>
  text === null ? null : (gpuRequestSchema.nullable().safeParse(JSON.parse(text)).data ?? null);

const toGpus = (text: string | null | undefined): string[] | null => (text ? (JSON.parse(text) as string[]) : null);

function reserveIds(database: Database, id: number): void {
  const changed = database.run("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'jobs'", id);
  if (changed.changes === 0) database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)", id);
}

function toRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    name: row.name,
    engine: row.engine,
    image: row.image,
    command: JSON.parse(row.command) as string[],
    output: row.output_vfolder === null ? null : { vfolder: row.output_vfolder, path: row.output_path ?? '' },
    createdAt: row.created_at,
    logBytes: row.log_bytes,
    life: {
      state: row.state,
      times: JSON.parse(row.times) as JobLife['times'],
      reference: row.reference,
      exitCode: row.exit_code,
      problem: row.problem === null ? null : (problemSchema.parse(JSON.parse(row.problem)) as Problem),
      progress: row.progress,
      progressStep: row.progress_step === null ? null : progressStepSchema.parse(JSON.parse(row.progress_step)),
      stopRequested: row.stop_requested !== 0,
      startedAt: row.started_at,
      endedAt: row.ended_at,
    },
  };
}
