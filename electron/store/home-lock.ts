import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StowageError } from '#shared/errors.ts';

/**
 * Takes the data directory for this process. The lock is SQLite's own file lock, so the system drops it with the
 * process, however it ends; no process id can be mistaken.
 * @throws StowageError `already-running` when another core has it
 */
export function lockHome(home: string): { release(): void } {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(home, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    lock.close();
    throw new StowageError(
      'already-running',
      `Stowage is already running on the data directory “${home}”.`,
      { subject: home },
      { cause: error },
    );
  }
  return { release: () => lock.close() };
}
