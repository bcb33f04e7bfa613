import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StowageError } from '#shared/errors.ts';
import { migrations } from './migrations.ts';

export type Row = Record<string, unknown>;

/** The one database of a data directory: WAL, one writer, statements prepared once. */
export interface Database {
  /** Runs a writing statement; returns the rows changed and the last row id. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastId: number };
  get<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T | undefined;
  all<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T[];
  /** Runs `work` in one transaction; rolled back when it throws. Not re-entrant, `work` must not await. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** A note that a damaged database was put aside, for the user to be told. */
export interface Quarantine {
  readonly path: string;
  readonly reason: string;
}

/**
 * Opens `stowage.db` in the data directory and migrates it. A damaged file is put aside under a dated name and a new
 * one begun (fault A23): the app must start, and say so.
 */
export function openDatabase(home: string): { database: Database; quarantined: Quarantine | null } {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, 'stowage.db');
  try {
    return { database: open(path), quarantined: null };
  } catch (error) {
    if (error instanceof StowageError) throw error;
    if (!isDamage(error))
      throw new StowageError(
        'io-error',
        `The database “${path}” cannot be opened.`,
        { subject: path, detail: String(error) },
        { cause: error },
      );
    const aside = `${path}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`;
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    return { database: open(path), quarantined: { path: aside, reason: error instanceof Error ? error.message : String(error) } };
  }
}

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26). */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}

function open(path: string): Database {
  const connection = new DatabaseSync(path);
  try {
    connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;',
    );
    const check = connection.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
    if (check?.quick_check !== 'ok') throw Object.assign(new Error(`integrity check: ${check?.quick_check}`), { errcode: 11 });
    migrate(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    run: (sql, ...values) => {
      const result = prepare(sql).run(...values);
      return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
    },
    get: <T extends object>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as T | undefined,
    all: <T extends object>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as T[],
    transaction: (work) => {
      connection.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        // On a full disk SQLite has rolled back by itself already.
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

/** Brings the schema to the newest number; a database of a newer Stowage is refused untouched. */
function migrate(connection: DatabaseSync): void {
  const { user_version: version } = connection.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > migrations.length) {
    throw new StowageError(
      'data-damaged',
      `This data directory was written by a newer Stowage (schema ${version}, this one knows ${migrations.length}).`,
    );
  }
  migrations.slice(version).forEach((sql, index) => {
    connection.exec(`BEGIN; ${sql}; PRAGMA user_version = ${version + index + 1}; COMMIT;`);
  });
}
