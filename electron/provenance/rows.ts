import {
  type GitState,
  gitStateSchema,
  type ImageInput,
  type InputMethod,
  imageInputSchema,
  type MountInput,
} from '#shared/contract/provenance.ts';
import type { Database } from '../store/database.ts';

/** What is kept of one mount of a job. */
export type InputRow = Pick<
  MountInput,
  'mount' | 'state' | 'reason' | 'method' | 'digest' | 'files' | 'bytes' | 'listedAt' | 'git'
>;

/** What jobs got, in the database; goes with its job. */
export interface InputRows {
  of(jobId: number): InputRow[];
  put(jobId: number, rows: readonly InputRow[]): void;
  image(jobId: number): ImageInput | null;
  setImage(jobId: number, image: ImageInput): void;
  /** The lists that no other job has. */
  onlyOf(jobId: number): string[];
}

interface Stored {
  mount: number;
  state: InputRow['state'];
  reason: string | null;
  method: InputMethod | null;
  digest: string | null;
  files: number;
  bytes: number;
  listed_at: number | null;
  git: string | null;
}

export function createInputRows(database: Database): InputRows {
  return {
    of: (jobId) => database.all<Stored>('SELECT * FROM job_inputs WHERE job_id = ? ORDER BY mount', jobId).map(toRow),
    put: (jobId, rows) => {
      if (rows.length === 0) return;
      database.transaction(() => {
        for (const row of rows) putRow(database, jobId, row);
      });
    },
    image: (jobId) => {
      const row = database.get<{ input_image: string | null }>('SELECT input_image FROM jobs WHERE id = ?', jobId);
      return row?.input_image ? imageInputSchema.parse(JSON.parse(row.input_image)) : null;
    },
    setImage: (jobId, image) => void database.run('UPDATE jobs SET input_image = ? WHERE id = ?', JSON.stringify(image), jobId),
    onlyOf: (jobId) =>
      database
        .all<{ digest: string }>(
          `SELECT DISTINCT digest FROM job_inputs WHERE job_id = ? AND digest IS NOT NULL
           EXCEPT SELECT digest FROM job_inputs WHERE job_id <> ?`,
          jobId,
          jobId,
        )
        .map(({ digest }) => digest),
  };
}

/** A job that was removed meanwhile keeps nothing. */
function putRow(database: Database, jobId: number, row: InputRow): void {
  database.run(
    `INSERT INTO job_inputs (job_id, mount, state, reason, method, digest, files, bytes, listed_at, git)
     SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM jobs WHERE id = ?
     ON CONFLICT (job_id, mount) DO UPDATE SET state = excluded.state, reason = excluded.reason, method = excluded.method,
     digest = excluded.digest, files = excluded.files, bytes = excluded.bytes, listed_at = excluded.listed_at,
     git = excluded.git`,
    row.mount,
    row.state,
    row.reason,
    row.method,
    row.digest,
    row.files,
    row.bytes,
    row.listedAt,
    row.git && JSON.stringify(row.git),
    jobId,
  );
}

const toRow = (stored: Stored): InputRow => ({
  mount: stored.mount,
  state: stored.state,
  reason: stored.reason,
  method: stored.method,
  digest: stored.digest,
  files: stored.files,
  bytes: stored.bytes,
  listedAt: stored.listed_at,
  git: stored.git === null ? null : (gitStateSchema.parse(JSON.parse(stored.git)) as GitState),
});
