import type { Problem } from '#shared/contract/base.ts';
import type { Edit } from '#shared/contract/edits.ts';
import type { Database } from '../store/database.ts';

/** An edit as it is stored. */
export interface EditRow {
  id: string;
  vfolder_id: string;
  /** Inner path of the file. */
  path: string;
  /** Of the working copy, in a folder named after the id. */
  name: string;
  /** Of the file at the host, as it was fetched or written last; null where the host has none. */
  etag: string | null;
  read_only: number;
  state: Edit['state'];
  problem: string | null;
  /** The working copy's stamp (see stampOf) when it was what is at the host. */
  sent: string;
  opened_at: number;
  saved_at: number | null;
}

export type EditRows = ReturnType<typeof createEditRows>;

/** The table of edits. */
export function createEditRows(database: Database) {
  const find = (id: string): EditRow | undefined => database.get<EditRow>('SELECT * FROM edits WHERE id = ?', id);
  const vfolderName = (id: string): string | null =>
    database.get<{ name: string }>('SELECT name FROM vfolders WHERE id = ? AND trashed_at IS NULL', id)?.name ?? null;
  return {
    find,
    vfolderName,
    all: (): EditRow[] => database.all<EditRow>('SELECT * FROM edits ORDER BY opened_at, id'),
    ofFile: (vfolderId: string, path: string): EditRow | undefined =>
      database.get<EditRow>('SELECT * FROM edits WHERE vfolder_id = ? AND path = ?', vfolderId, path),
    add: (row: EditRow): void => {
      const { id, vfolder_id, path, name, etag, read_only, state, problem, sent, opened_at, saved_at } = row;
      database.run(
        'INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[id, vfolder_id, path, name, etag, read_only, state, problem, sent, opened_at, saved_at],
      );
    },
    setState: (id: string, state: EditRow['state'], problem: Problem | null = null): void =>
      void database.run(
        'UPDATE edits SET state = ?, problem = ? WHERE id = ?',
        ...[state, problem === null ? null : JSON.stringify(problem), id],
      ),
    /** What is at the host is what the working copy with this stamp holds. */
    setSent: (id: string, fields: { path: string; etag: string | null; sent: string; savedAt: number | null }): void =>
      void database.run(
        `UPDATE edits SET path = ?, etag = ?, sent = ?, saved_at = COALESCE(?, saved_at), state = 'clean', problem = NULL WHERE id = ?`,
        ...[fields.path, fields.etag, fields.sent, fields.savedAt, id],
      ),
    remove: (id: string): void => void database.run('DELETE FROM edits WHERE id = ?', id),
    show: (row: EditRow): Edit => ({
      id: row.id,
      vfolder: vfolderName(row.vfolder_id),
      path: row.path,
      state: row.state,
      problem: row.problem === null ? null : JSON.parse(row.problem),
      openedAt: row.opened_at,
      savedAt: row.saved_at,
    }),
  };
}
