import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StowageError } from '#shared/errors.ts';

/** 256 random bits, safe in headers, cookies and URLs' fragments. */
export const randomSecret = (): string => randomBytes(32).toString('base64url');

/** Compares in a time that tells nothing about where, or in length, the two differ. */
export function equalSecrets(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * The folder for what a running core leaves for its owner alone: keys and sockets. Made, or brought back to mode 0700.
 * @throws StowageError `permission-denied` when it is a link or another user's
 */
export function runFolder(home: string): string {
  const folder = join(home, 'run');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const owner = process.getuid?.();
  if (!found.isDirectory() || (owner !== undefined && found.uid !== owner)) {
    throw new StowageError('permission-denied', `The folder “${folder}” is not yours alone, so no key is kept in it.`, {
      subject: folder,
      hint: 'Remove it and start Stowage again.',
    });
  }
  chmodSync(folder, 0o700);
  return folder;
}

/** Writes a file that only its owner can read, in one step: readers see the old content or the new. */
export function writeOwnerOnly(path: string, text: string | Uint8Array): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
