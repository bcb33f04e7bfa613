import type { Problem } from '#shared/contract/base.ts';
import type { ConflictPolicy, Transfer, TransferFile, TransferState } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import type { Database } from '../store/database.ts';
import type { Checkpoint } from './copy-protocol.ts';
import type { StoredRequest } from './request.ts';

/** A transfer as it is stored; the counters always agree with its files, both change in one transaction. */
export interface TransferRow {
  id: number;
  kind: Transfer['kind'];
  title: string;
  request: string;
  state: TransferState;
  position: number;
  conflict: ConflictPolicy;
  scanned: number;
  problem: string | null;
  files_total: number;
  files_done: number;
  files_skipped: number;
  files_failed: number;
  conflicts: number;
  bytes_total: number;
  bytes_done: number;
  created_at: number;
  ended_at: number | null;
}

/** `scan` and `scanned` are of folders, which are not files of the contract: still to be listed, and listed. */
export type FileState = TransferFile['state'] | 'scan' | 'scanned';

export interface FileRow {
  transfer_id: number;
  seq: number;
  key: string;
  source_index: number;
  /** In the provider of the source. */
  source: string;
  /** What is read instead of `source`: where a symlink leads. */
  read_path: string | null;
  /** Relative to the destination. */
  path: string;
  /** Where it really goes, when both are kept. */
  target: string | null;
  kind: 'file' | 'directory' | 'tree';
  size: number;
  modified: number | null;
  etag: string | null;
  state: FileState;
  done: number;
  /** Times that it was handed to a copier. */
  begun: number;
  /** The source must be looked at anew first. */
  stale: number;
  checkpoint: string | null;
  policy: ConflictPolicy | null;
  problem: string | null;
}

export type NewFile = Pick<FileRow, 'key' | 'source_index' | 'source' | 'path' | 'kind' | 'size' | 'state'> &
  Partial<Pick<FileRow, 'read_path' | 'modified' | 'etag'>> & { problem?: Problem | null };

/** What becomes of a file; absent fields stay as they are. */
export interface FileChange {
  state?: FileState;
  done?: number;
  size?: number;
  modified?: number | null;
  etag?: string | null;
  source?: string;
  read_path?: string | null;
  target?: string | null;
  kind?: FileRow['kind'];
  stale?: 0 | 1;
  begun?: number;
  checkpoint?: Checkpoint | null;
  policy?: ConflictPolicy | null;
  problem?: Problem | null;
}

/** The states in which a transfer may still touch something. */
export const liveStates: readonly TransferState[] = ['queued', 'running', 'paused', 'waiting'];

export type Journal = ReturnType<typeof createJournal>;

interface Counters {
  files_total: number;
  files_done: number;
  files_skipped: number;
  files_failed: number;
  conflicts: number;
  bytes_total: number;
  bytes_done: number;
}

/** What one file adds to the counters of its transfer. Folders count only when they failed. */
function weight(file: Pick<FileRow, 'state' | 'kind' | 'size' | 'done'>): Counters {
  const counts = file.kind !== 'directory' || file.state === 'failed';
  const one = (state: FileState): number => (counts && file.state === state ? 1 : 0);
  const skipped = one('skipped');
  return {
    files_total: counts ? 1 : 0,
    files_done: one('done'),
    files_skipped: skipped,
    files_failed: one('failed'),
    conflicts: one('conflict'),
    bytes_total: skipped ? 0 : file.size,
    bytes_done: skipped ? 0 : file.done,
  };
}

const counterNames = [
  'files_total',
  'files_done',
  'files_skipped',
  'files_failed',
  'conflicts',
  'bytes_total',
  'bytes_done',
] as const;

function add(into: Counters, counters: Counters, factor: 1 | -1): void {
  for (const name of counterNames) into[name] += factor * counters[name];
}

const zero = (): Counters => ({
  files_total: 0,
  files_done: 0,
  files_skipped: 0,
  files_failed: 0,
  conflicts: 0,
  bytes_total: 0,
  bytes_done: 0,
});

const json = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));

/** The tables of transfers. Every method is one transaction; none holds more than a page in memory. */
export function createJournal(database: Database) {
  const addCounters = (id: number, delta: Counters): void => {
    database.run(
      `UPDATE transfers SET ${counterNames.map((name) => `${name} = ${name} + ?`).join(', ')} WHERE id = ?`,
      ...counterNames.map((name) => delta[name]),
      id,
    );
  };
  const file = (id: number, seq: number): FileRow | undefined =>
    database.get<FileRow>('SELECT * FROM transfer_files WHERE transfer_id = ? AND seq = ?', id, seq);
  const lastSeq = (id: number): number =>
    database.get<{ seq: number | null }>('SELECT MAX(seq) AS seq FROM transfer_files WHERE transfer_id = ?', id)?.seq ?? 0;

  const writeFile = (row: FileRow, change: FileChange, delta: Counters): void => {
    const next = { ...row, ...change };
    add(delta, weight(row), -1);
    add(delta, weight(next), 1);
    const checkpoint = change.checkpoint === undefined ? row.checkpoint : json(change.checkpoint);
    const problem = change.problem === undefined ? row.problem : json(change.problem);
    database.run(
      `UPDATE transfer_files SET state = ?, done = ?, size = ?, modified = ?, etag = ?, source = ?, read_path = ?,
       target = ?, kind = ?, stale = ?, begun = ?, checkpoint = ?, policy = ?, problem = ? WHERE transfer_id = ? AND seq = ?`,
      next.state,
      next.done,
      next.size,
      next.modified,
      next.etag,
      next.source,
      next.read_path,
      next.target,
      next.kind,
      next.stale,
      next.begun,
      checkpoint,
      next.policy,
      problem,
      row.transfer_id,
      row.seq,
    );
  };

  const insertFile = (id: number, seq: number, entry: NewFile): boolean =>
    database.run(
      `INSERT INTO transfer_files (transfer_id, seq, key, source_index, source, read_path, path, kind, size, modified, etag, state, problem)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      id,
      seq,
      entry.key,
      entry.source_index,
      entry.source,
      entry.read_path ?? null,
      entry.path,
      entry.kind,
      entry.size,
      entry.modified ?? null,
      entry.etag ?? null,
      entry.state,
      json(entry.problem),
    ).changes === 1;

  return {
    create(fields: {
      kind: Transfer['kind'];
      title: string;
      request: StoredRequest;
      state: TransferState;
      conflict: ConflictPolicy;
    }): number {
      return database.transaction(() => {
        const last = database.get<{ position: number | null }>('SELECT MAX(position) AS position FROM transfers')?.position ?? 0;
        return database.run(
          'INSERT INTO transfers (kind, title, request, state, position, conflict, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          fields.kind,
          fields.title,
          JSON.stringify(fields.request),
          fields.state,
          last + 1,
          fields.conflict,
          Date.now(),
        ).lastId;
      });
    },
    /** @throws `not-found` */
    transfer(id: number): TransferRow {
      const row = database.get<TransferRow>('SELECT * FROM transfers WHERE id = ?', id);
      if (!row) throw new StowageError('not-found', `There is no transfer ${id}.`, { subject: String(id) });
      return row;
    },
    find: (id: number): TransferRow | undefined => database.get<TransferRow>('SELECT * FROM transfers WHERE id = ?', id),
    transfers: (): TransferRow[] => database.all<TransferRow>('SELECT * FROM transfers ORDER BY position, id'),
    inStates(states: readonly TransferState[]): TransferRow[] {
      const marks = states.map(() => '?').join(', ');
      return database.all<TransferRow>(`SELECT * FROM transfers WHERE state IN (${marks}) ORDER BY position, id`, ...states);
    },
    setState(id: number, state: TransferState, problem: Problem | null = null): void {
      const ended = liveStates.includes(state) ? null : Date.now();
      database.run('UPDATE transfers SET state = ?, problem = ?, ended_at = ? WHERE id = ?', state, json(problem), ended, id);
    },
    setConflict: (id: number, policy: ConflictPolicy): void => {
      database.run('UPDATE transfers SET conflict = ? WHERE id = ?', policy, id);
    },
    setScanned: (id: number, scanned: boolean): void => {
      database.run('UPDATE transfers SET scanned = ? WHERE id = ?', scanned ? 1 : 0, id);
    },
    /** Renumbers the queue in this order. */
    order(ids: readonly number[]): void {
      database.transaction(() => {
        ids.forEach((id, index) => {
          database.run('UPDATE transfers SET position = ? WHERE id = ?', index + 1, id);
        });
      });
    },
    remove(ids: readonly number[]): void {
      database.transaction(() => {
        for (const id of ids) database.run('DELETE FROM transfers WHERE id = ?', id);
      });
    },

    file,
    fileByKey: (id: number, key: string): FileRow | undefined =>
      database.get<FileRow>('SELECT * FROM transfer_files WHERE transfer_id = ? AND key = ?', id, key),
    /** Files for people: folders are left out unless they failed. */
    files(id: number, state: TransferFile['state'] | undefined, after: number, limit: number): FileRow[] {
      if (state) {
        return database.all<FileRow>(
          `SELECT * FROM transfer_files WHERE transfer_id = ? AND state = ? AND seq > ? AND (kind <> 'directory' OR state = 'failed') ORDER BY seq LIMIT ?`,
          id,
          state,
          after,
          limit,
        );
      }
      return database.all<FileRow>(
        `SELECT * FROM transfer_files WHERE transfer_id = ? AND seq > ? AND (kind <> 'directory' OR state = 'failed') ORDER BY seq LIMIT ?`,
        id,
        after,
        limit,
      );
    },
    /** Every row in one state, folders too, a page at a time. */
    rows: (id: number, state: FileState, after: number, limit: number): FileRow[] =>
      database.all<FileRow>(
        'SELECT * FROM transfer_files WHERE transfer_id = ? AND state = ? AND seq > ? ORDER BY seq LIMIT ?',
        id,
        state,
        after,
        limit,
      ),
    /** Listed folders from the last found to the first, so that children come before their parents. */
    foldersBackwards: (id: number, before: number, limit: number): FileRow[] =>
      database.all<FileRow>(
        `SELECT * FROM transfer_files WHERE transfer_id = ? AND state = 'scanned' AND seq < ? ORDER BY seq DESC LIMIT ?`,
        id,
        before,
        limit,
      ),
    any: (id: number, state: FileState): boolean =>
      database.get('SELECT 1 AS one FROM transfer_files WHERE transfer_id = ? AND state = ? LIMIT 1', id, state) !== undefined,

    /**
     * Adds what the scan found, once: a file that is known already is left alone, one that would take the name of
     * another is stored as what `collision` makes of it. `done` marks the folder as listed in the same step.
     */
    addFiles(id: number, entries: readonly NewFile[], collision: (entry: NewFile) => Problem, done?: number): number[] {
      return database.transaction(() => {
        let seq = lastSeq(id);
        const delta = zero();
        const seqs = entries.map((entry) => {
          if (insertFile(id, seq + 1, entry)) {
            add(delta, weight({ ...entry, done: 0 }), 1);
            return ++seq;
          }
          const known = database.get<FileRow>('SELECT * FROM transfer_files WHERE transfer_id = ? AND key = ?', id, entry.key);
          if (known && known.source === entry.source && known.source_index === entry.source_index) return known.seq;
          const refused: NewFile = {
            ...entry,
            key: `//${entry.source_index}/${entry.source}`,
            state: 'failed',
            problem: collision(entry),
          };
          if (insertFile(id, seq + 1, refused)) {
            add(delta, weight({ ...refused, done: 0 }), 1);
            return ++seq;
          }
          return known?.seq ?? seq;
        });
        if (done !== undefined) {
          const row = file(id, done);
          if (row) writeFile(row, { state: 'scanned' }, delta);
        }
        addCounters(id, delta);
        return seqs;
      });
    },
    /** Takes pending files in order, at most `limit` and about `maxBytes`, and marks them as active. */
    claim(id: number, limit: number, maxBytes: number): FileRow[] {
      const rows = database.all<FileRow>(
        `SELECT * FROM transfer_files WHERE transfer_id = ? AND state = 'pending' ORDER BY seq LIMIT ?`,
        id,
        limit,
      );
      let bytes = 0;
      const taken = rows.filter((row, index) => {
        const fits = index === 0 || bytes < maxBytes;
        bytes += row.size;
        return fits;
      });
      if (taken.length === 0) return [];
      database.transaction(() => {
        for (const row of taken) {
          database.run(
            `UPDATE transfer_files SET state = 'active', begun = begun + 1 WHERE transfer_id = ? AND seq = ?`,
            id,
            row.seq,
          );
        }
      });
      return taken;
    },
    /** Applies changes of files and of the counters together. */
    update(id: number, changes: ReadonlyMap<number, FileChange>): void {
      if (changes.size === 0) return;
      database.transaction(() => {
        const delta = zero();
        for (const [seq, change] of changes) {
          const row = file(id, seq);
          if (row) writeFile(row, change, delta);
        }
        addCounters(id, delta);
      });
    },
    /** Puts every file in one of `from` back to `pending`, a page at a time. */
    requeue(id: number, from: FileState, change: FileChange): number {
      let after = 0;
      let count = 0;
      for (;;) {
        const page = database.all<FileRow>(
          `SELECT * FROM transfer_files WHERE transfer_id = ? AND state = ? AND seq > ? AND key NOT LIKE '//%' ORDER BY seq LIMIT 1000`,
          id,
          from,
          after,
        );
        if (page.length === 0) return count;
        database.transaction(() => {
          const delta = zero();
          for (const row of page) {
            const state = row.kind === 'directory' ? 'scan' : 'pending';
            writeFile(row, { state, problem: null, ...change }, delta);
          }
          addCounters(id, delta);
        });
        count += page.length;
        after = page.at(-1)?.seq ?? after;
      }
    },
  };
}
