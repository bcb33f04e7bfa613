import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StowageError } from '#shared/errors.ts';

export interface HomeLock {
  /** No error when it was released before. */
  release(): void;
}

/**
 * Takes the data directory for this process. The lock is SQLite's own file lock, so the system drops it with the
 * process, however it ends; no process id can be mistaken.
 * @throws StowageError `already-running` when another core has it, `permission-denied` or `disk-full` when it cannot be
 * written
 */
export function lockHome(home: string): HomeLock {
  const lock = openLock(home);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw notWritable(home, error);
    throw new StowageError(
      'already-running',
      `Stowage is already running on the data directory “${home}”.`,
      { subject: home },
      { cause: error },
    );
  }
  return {
    release: () => {
      if (lock.isOpen) lock.close();
    },
  };
}

function openLock(home: string): DatabaseSync {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(home, 'lock.db'), { timeout: 0 });
  } catch (error) {
    throw notWritable(home, error);
  }
}

/** SQLITE_BUSY (5) and SQLITE_LOCKED (6). */
const isBusy = (error: unknown): boolean => [5, 6].includes(sqliteCode(error));

const sqliteCode = (error: unknown): number => (error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0);

/** SQLITE_FULL is 13. */
function notWritable(home: string, error: unknown): StowageError {
  const full = sqliteCode(error) === 13 || (error as NodeJS.ErrnoException).code === 'ENOSPC';
  return full
    ? new StowageError('disk-full', `The disk of the data directory “${home}” is full.`, { subject: home }, { cause: error })
    : new StowageError(
        'permission-denied',
        `The data directory “${home}” cannot be written.`,
        { subject: home, hint: 'Give your user write permission on it, or set STOWAGE_HOME to another folder.' },
        { cause: error },
      );
}
