import type { SQLInputValue } from 'node:sqlite';
import type { Problem } from '#shared/contract/base.ts';
import type { ConflictPolicy, Transfer, TransferFile, TransferState } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import type { Database } from '../store/database.ts';
import {
  type Alike,
  add,
  asRow,
  type Counters,
  changeable,
  counterNames,
  type FileChange,
  type FileRow,
  type FileState,
  isStep,
  json,
  liveStates,
  type NewFile,
  pendingStates,
  ranges,
  readyState,
  type SyncState,
  type TransferRow,
  type Weighed,
  weight,
  weightOfAll,
  zero,
} from './journal-rows.ts';
import type { StoredRequest } from './request.ts';

export type * from './journal-rows.ts';
export { arrival, liveStates } from './journal-rows.ts';

export type Journal = ReturnType<typeof createJournal>;

export interface FileFilter {
  readonly state?: TransferFile['state'] | undefined;
  readonly action?: TransferFile['action'] | undefined;
}

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
  const weighed = (id: number, seq: number): Weighed | undefined =>
    database.get<Weighed>(
      'SELECT transfer_id, seq, state, kind, action, size, done FROM transfer_files WHERE transfer_id = ? AND seq = ?',
      id,
      seq,
    );
  const lastSeq = (id: number): number =>
    database.get<{ seq: number | null }>('SELECT MAX(seq) AS seq FROM transfer_files WHERE transfer_id = ?', id)?.seq ?? 0;

  const writeFile = (row: Weighed, change: FileChange, delta: Counters): void => {
    add(delta, weight(row), -1);
    const { state = row.state, done = row.done, size = row.size, kind = row.kind } = change;
    add(delta, weight({ ...row, state, done, size, kind }), 1);
    // Only what changes is written; few combinations occur, so that statements are prepared once.
    const columns: string[] = [];
    const values: SQLInputValue[] = [];
    for (const column of changeable) {
      const value = change[column];
      if (value === undefined) continue;
      columns.push(`${column} = ?`);
      values.push(typeof value === 'object' ? json(value) : value);
    }
    if (columns.length === 0) return;
    const sql = `UPDATE transfer_files SET ${columns.join(', ')} WHERE transfer_id = ? AND seq = ?`;
    database.run(sql, ...values, row.transfer_id, row.seq);
  };

  /** Files without a gap between them, all of which have arrived. */
  const writeArrivals = (id: number, from: number, to: number, delta: Counters): void => {
    const alikes = database.all<Alike>(
      `SELECT state, kind, action, COUNT(*) AS files, SUM(size) AS size, SUM(done) AS done FROM transfer_files
       WHERE transfer_id = ? AND seq BETWEEN ? AND ? GROUP BY state, kind, action`,
      ...[id, from, to],
    );
    for (const alike of alikes) {
      add(delta, weightOfAll(alike), -1);
      add(delta, weightOfAll({ ...alike, state: 'done', done: alike.size }), 1);
    }
    database.run(
      `UPDATE transfer_files SET state = 'done', done = size, checkpoint = NULL, problem = NULL
       WHERE transfer_id = ? AND seq BETWEEN ? AND ?`,
      ...[id, from, to],
    );
  };

  const insertFile = (id: number, seq: number, entry: NewFile, begun: 0 | 1 = 0): boolean =>
    database.run(
      `INSERT INTO transfer_files (transfer_id, seq, key, source_index, source, read_path, path, kind, action, size, modified, etag, state, begun, detail, problem)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      id,
      seq,
      entry.key,
      entry.source_index,
      entry.source,
      entry.read_path ?? null,
      entry.path,
      entry.kind,
      entry.action ?? 'copy',
      entry.size,
      entry.modified ?? null,
      entry.etag ?? null,
      begun === 1 ? 'active' : entry.state,
      begun,
      entry.detail ?? null,
      json(entry.problem),
    ).changes === 1;

  const syncOf = (id: number): SyncState | null => {
    const text = database.get<{ sync: string | null }>('SELECT sync FROM transfers WHERE id = ?', id)?.sync;
    return text ? (JSON.parse(text) as SyncState) : null;
  };
  const writeSync = (id: number, sync: SyncState): void => {
    database.run('UPDATE transfers SET sync = ? WHERE id = ?', JSON.stringify(sync), id);
  };
  const countPlanned = (
    id: number,
    planned: Pick<SyncState, 'add' | 'update' | 'remove' | 'unchanged'>,
    factor: 1 | -1,
  ): void => {
    if (planned.add + planned.update + planned.remove + planned.unchanged === 0) return;
    const sync = syncOf(id);
    if (!sync) return;
    writeSync(id, {
      ...sync,
      add: sync.add + factor * planned.add,
      update: sync.update + factor * planned.update,
      remove: sync.remove + factor * planned.remove,
      unchanged: sync.unchanged + planned.unchanged,
    });
  };

  return {
    create(fields: {
      kind: Transfer['kind'];
      title: string;
      request: StoredRequest;
      state: TransferState;
      conflict: ConflictPolicy;
      sync?: SyncState;
    }): number {
      const now = Date.now();
      return database.transaction(() => {
        const last = database.get<{ position: number | null }>('SELECT MAX(position) AS position FROM transfers')?.position ?? 0;
        return database.run(
          `INSERT INTO transfers (kind, title, request, state, position, conflict, sync, created_at, running_since)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          fields.kind,
          fields.title,
          JSON.stringify(fields.request),
          fields.state,
          last + 1,
          fields.conflict,
          json(fields.sync),
          now,
          fields.state === 'running' ? now : null,
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
    /** Also keeps count of the time for which it runs. */
    setState(id: number, state: TransferState, problem: Problem | null = null): void {
      const now = Date.now();
      const ended = liveStates.includes(state) ? null : now;
      database.run(
        `UPDATE transfers SET state = ?, problem = ?, ended_at = ?, ran_ms = ran_ms + MAX(0, ? - COALESCE(running_since, ?)),
         running_since = ? WHERE id = ?`,
        ...[state, json(problem), ended, now, now, state === 'running' ? now : null, id],
      );
    },
    /** What a former process ran stopped with it, nobody knows when: none of that time counts. */
    forgetRunning: (): void => void database.run('UPDATE transfers SET running_since = NULL WHERE running_since IS NOT NULL'),
    /** Those that ended before the last `most` that did. */
    endedBeforeLast: (most: number): number[] =>
      database
        .all<{ id: number }>(
          `SELECT id FROM transfers WHERE state IN ('done', 'failed', 'cancelled') ORDER BY ended_at DESC, id DESC LIMIT -1 OFFSET ?`,
          most,
        )
        .map(({ id }) => id),
    setConflict: (id: number, policy: ConflictPolicy): void => {
      database.run('UPDATE transfers SET conflict = ? WHERE id = ?', policy, id);
    },
    setScanned: (id: number, scanned: boolean): void => {
      database.run('UPDATE transfers SET scanned = ? WHERE id = ?', scanned ? 1 : 0, id);
    },
    /** How a sync is done; null for any other transfer. */
    sync: syncOf,
    changeSync: (id: number, change: Partial<SyncState>): void => {
      const sync = syncOf(id);
      if (sync) writeSync(id, { ...sync, ...change });
    },
    lastSeq,
    /** Takes back every row after `seq`, as if it had not been found. */
    dropAfter(id: number, seq: number): void {
      for (;;) {
        const page = database.all<FileRow>(
          'SELECT * FROM transfer_files WHERE transfer_id = ? AND seq > ? ORDER BY seq DESC LIMIT 1000',
          id,
          seq,
        );
        if (page.length === 0) return;
        database.transaction(() => {
          const delta = zero();
          const planned = { add: 0, update: 0, remove: 0, unchanged: 0 };
          for (const row of page) {
            add(delta, weight(row), -1);
            if (isStep(row)) planned[row.action]++;
            database.run('DELETE FROM transfer_files WHERE transfer_id = ? AND seq = ?', id, row.seq);
          }
          addCounters(id, delta);
          countPlanned(id, planned, -1);
        });
      }
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
    /** Forgets the first files of a transfer that is to be removed; false when none were left. */
    removeFiles: (id: number, most: number): boolean =>
      database.run(
        `DELETE FROM transfer_files WHERE transfer_id = ? AND seq IN
         (SELECT seq FROM transfer_files WHERE transfer_id = ? ORDER BY seq LIMIT ?)`,
        ...[id, id, most],
      ).changes > 0,

    file,
    fileByKey: (id: number, key: string): FileRow | undefined =>
      database.get<FileRow>('SELECT * FROM transfer_files WHERE transfer_id = ? AND key = ?', id, key),
    /** Files for people: folders that were only listed are left out unless they failed. */
    files(id: number, { state, action: wanted }: FileFilter, after: number, limit: number): FileRow[] {
      // All files of a transfer are copied, unless it is a sync, which copies none by that name.
      const action = wanted === 'copy' ? undefined : wanted;
      const conditions = `transfer_id = ? AND seq > ? AND (kind <> 'directory' OR state = 'failed')${action ? ' AND action = ?' : ''}`;
      const values = [id, after, ...(action ? [action] : [])];
      const states = state === 'pending' ? pendingStates : state ? [state] : [];
      if (states.length === 0) {
        return database.all<FileRow>(`SELECT * FROM transfer_files WHERE ${conditions} ORDER BY seq LIMIT ?`, ...values, limit);
      }
      // One page of each state, so that the index gives every page in its order.
      const pages = states.map(
        () => `SELECT * FROM (SELECT * FROM transfer_files WHERE ${conditions} AND state = ? ORDER BY seq LIMIT ?)`,
      );
      return database.all<FileRow>(
        `${pages.join(' UNION ALL ')} ORDER BY seq LIMIT ?`,
        ...states.flatMap((each) => [...values, each, limit]),
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
    /** Rows in one state from the last found to the first, so that children come before their parents. */
    rowsBackwards: (id: number, state: FileState, before: number, limit: number): FileRow[] =>
      database.all<FileRow>(
        'SELECT * FROM transfer_files WHERE transfer_id = ? AND state = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
        id,
        state,
        before,
        limit,
      ),
    /** Rows in the order of their keys, which is that of the bytes of their paths, after one key. */
    rowsByKey: (id: number, after: string, limit: number): FileRow[] =>
      database.all<FileRow>(
        'SELECT * FROM transfer_files WHERE transfer_id = ? AND key > ? ORDER BY key LIMIT ?',
        id,
        after,
        limit,
      ),
    any: (id: number, state: FileState): boolean =>
      database.get('SELECT 1 AS one FROM transfer_files WHERE transfer_id = ? AND state = ? LIMIT 1', id, state) !== undefined,

    /**
     * Adds what the scan found, once: a file that is known already is left alone, one that would take the name of
     * another is stored as what `collision` makes of it. `done` marks the folder as listed in the same step, `unchanged`
     * counts what a sync leaves as it is. `claimed` gets the pending files that are new, which are then claimed.
     */
    addFiles(
      id: number,
      entries: readonly NewFile[],
      collision: (entry: NewFile) => Problem,
      done?: number,
      unchanged = 0,
      claimed: FileRow[] | null = null,
    ): number[] {
      const taken: FileRow[] = [];
      const seqs = database.transaction(() => {
        let seq = lastSeq(id);
        const delta = zero();
        const planned = { add: 0, update: 0, remove: 0, unchanged };
        const found = entries.map((entry) => {
          const claims = claimed !== null && entry.state === 'pending';
          if (insertFile(id, seq + 1, entry, claims ? 1 : 0)) {
            add(delta, weight({ ...entry, done: 0 }), 1);
            if (isStep(entry)) planned[entry.action]++;
            if (claims) taken.push(asRow(id, seq + 1, entry));
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
        countPlanned(id, planned, 1);
        return found;
      });
      claimed?.push(...taken);
      return seqs;
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
      // What is pending from the first to the last of them is exactly what was taken.
      database.run(
        `UPDATE transfer_files SET state = 'active', begun = begun + 1
         WHERE transfer_id = ? AND state = 'pending' AND seq BETWEEN ? AND ?`,
        id,
        taken[0]?.seq ?? 0,
        taken.at(-1)?.seq ?? 0,
      );
      return taken;
    },
    /** Applies changes of files and of the counters together; those that `arrived` change as `arrival` says. */
    update(id: number, changes: ReadonlyMap<number, FileChange>, arrived: readonly number[] = []): void {
      if (changes.size === 0 && arrived.length === 0) return;
      database.transaction(() => {
        const delta = zero();
        for (const [seq, change] of changes) {
          const row = weighed(id, seq);
          if (row) writeFile(row, change, delta);
        }
        for (const { from, to } of ranges(arrived)) writeArrivals(id, from, to, delta);
        addCounters(id, delta);
      });
    },
    /** Lets every file in the state `from` wait for its turn again, a page at a time; folders that were to be listed too. */
    requeue(id: number, from: FileState, change: FileChange, which: 'all' | 'files' = 'all'): number {
      let after = 0;
      let count = 0;
      for (;;) {
        const page = database.all<FileRow>(
          `SELECT * FROM transfer_files WHERE transfer_id = ? AND state = ? AND seq > ? AND key NOT LIKE '//%' AND (kind <> 'directory' OR key LIKE '/%' OR ?) ORDER BY seq LIMIT 1000`,
          id,
          from,
          after,
          which === 'all' ? 1 : 0,
        );
        if (page.length === 0) return count;
        database.transaction(() => {
          const delta = zero();
          for (const row of page) {
            writeFile(row, { state: readyState(row), problem: null, ...change }, delta);
          }
          addCounters(id, delta);
        });
        count += page.length;
        after = page.at(-1)?.seq ?? after;
      }
    },
  };
}
