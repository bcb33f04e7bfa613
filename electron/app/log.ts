import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isStowageError } from '#shared/errors.ts';

const maxBytes = 5 * 1024 * 1024;

/** Stowage's own log: JSON lines in the data directory, owner only, at most two files of 5 MiB, without secrets. */
export interface AppLog {
  error(what: string, error: unknown): void;
  info(what: string): void;
}

/** `clean` takes secrets out of a text. */
export function createAppLog(folder: string, clean: (text: string) => string = (text) => text): AppLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'stowage.log');
  const cleaned = (_name: string, value: unknown): unknown => (typeof value === 'string' ? clean(value) : value);
  const write = (line: object): void => {
    try {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
      appendFileSync(path, `${JSON.stringify({ time: new Date().toISOString(), ...line }, cleaned)}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not take the app down with its log.
    }
  };
  return {
    info: (what) => write({ level: 'info', what }),
    error: (what, error) =>
      write({
        level: 'error',
        what,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        ...(isStowageError(error) && { code: error.code, data: error.data }),
      }),
  };
}
