import type { CopiedBack } from '../services.ts';
import type { Database } from '../store/database.ts';

/**
 * A mount of a job that was copied to this machine. `preparing`: not whole. `ready`: the job has it. `finishing`: its
 * changes are being copied back, or could not be. `done`: they are back.
 */
export interface StagedRow {
  readonly job_id: number;
  /** Index into the plan's mounts. */
  readonly mount: number;
  readonly target: string;
  /** What is bound: a path of this machine. */
  readonly source: string;
  readonly read_only: number;
  /** The tree of the cache that it was made from; null: it began empty. */
  readonly tree_id: number | null;
  readonly state: 'preparing' | 'ready' | 'finishing' | 'done';
  /** CopiedBack as JSON. */
  readonly result: string | null;
}

export function createStagedRows(database: Database) {
  return {
    of: (jobId: number): StagedRow[] =>
      database.all<StagedRow>('SELECT * FROM staged_mounts WHERE job_id = ? ORDER BY mount', jobId),
    put: (row: Omit<StagedRow, 'result'>): void =>
      void database.run(
        `INSERT OR REPLACE INTO staged_mounts (job_id, mount, target, source, read_only, tree_id, state)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        row.job_id,
        row.mount,
        row.target,
        row.source,
        row.read_only,
        row.tree_id,
        row.state,
      ),
    setFinishing: ({ job_id, mount }: StagedRow): void =>
      void database.run("UPDATE staged_mounts SET state = 'finishing' WHERE job_id = ? AND mount = ?", job_id, mount),
    setDone: ({ job_id, mount }: StagedRow, result: CopiedBack): void =>
      void database.run(
        "UPDATE staged_mounts SET state = 'done', result = ? WHERE job_id = ? AND mount = ?",
        JSON.stringify(result),
        job_id,
        mount,
      ),
    remove: ({ job_id, mount }: StagedRow): void =>
      void database.run('DELETE FROM staged_mounts WHERE job_id = ? AND mount = ?', job_id, mount),
    /** Jobs that have ended, or are gone, and still hold something. */
    left: (): number[] =>
      database
        .all<{ job_id: number }>(
          `SELECT DISTINCT job_id FROM (SELECT job_id FROM staged_mounts UNION SELECT job_id FROM cache_uses WHERE job_id > 0)
           WHERE job_id NOT IN (SELECT id FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'stopped', 'timed-out'))`,
        )
        .map((row) => row.job_id),
  };
}

export type StagedRows = ReturnType<typeof createStagedRows>;
