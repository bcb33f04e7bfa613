import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { StowageError } from '#shared/errors.ts';

const keyBytes = 32;

/** Where the key to saved secrets is: outside the data directory, so that a copy of the one is useless without the other. */
export function keyFilePath(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.STOWAGE_KEY_FILE) return resolve(environment.STOWAGE_KEY_FILE);
  const folder =
    process.platform === 'win32'
      ? join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Stowage')
      : join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'stowage');
  return join(folder, 'secrets.key');
}

/** The passphrase of the environment, taken out of it, so that no program that is started from here inherits it. */
export function takePassphrase(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const passphrase = environment.STOWAGE_PASSPHRASE || undefined;
  delete environment.STOWAGE_PASSPHRASE;
  return passphrase;
}

/** Which key sealed something: says nothing about the key. */
export const keyIdOf = (key: Buffer): string =>
  createHash('sha256').update('stowage key id').update(key).digest('hex').slice(0, 16);

/**
 * The key in the file, or null when there is none.
 * @throws StowageError `permission-denied` when others can read or have made it, `data-damaged` when it holds no key
 */
export function readKeyFile(path: string): Buffer | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unreadable(path, error);
  }
  try {
    const found = fstatSync(file);
    const owner = process.getuid?.();
    if (owner !== undefined && (found.uid !== owner || (found.mode & 0o077) !== 0)) {
      throw new StowageError('permission-denied', `The key file “${path}” is not yours alone.`, {
        subject: path,
        hint: `Make it so (chmod 600), and change the keys of your storage hosts if somebody may have read it.`,
      });
    }
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
    if (key.length === keyBytes) return key;
    throw new StowageError('data-damaged', `The key file “${path}” holds no key.`, {
      subject: path,
      hint: 'Bring it back from a copy, or remove it and give the secrets of your storage hosts again.',
    });
  } finally {
    closeSync(file);
  }
}

/** The key in the file, which is made when there is none. */
export function ensureKeyFile(path: string): Buffer {
  const there = readKeyFile(path);
  if (there) return there;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(path, 'wx', 0o600);
    const key = randomBytes(keyBytes);
    try {
      writeSync(file, `${key.toString('base64')}\n`);
      // What is sealed with it from now on would be lost with it.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return key;
  } catch (error) {
    // Another data directory's Stowage made it in this very moment.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      const made = readKeyFile(path);
      if (made) return made;
    }
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown): StowageError =>
  new StowageError(
    'permission-denied',
    `The key file “${path}” cannot be read or made.`,
    {
      subject: path,
      detail: error instanceof Error ? error.message : String(error),
      hint: 'Mend its permissions, or name another place in STOWAGE_KEY_FILE.',
    },
    { cause: error },
  );
