import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { safeStorage } from 'electron';
import { StowageError } from '#shared/errors.ts';
import { writeOwnerOnly } from '../rpc/owner-only.ts';
import type { Keychain } from '../services.ts';

const keyBytes = 32;

/**
 * The system's keychain through Electron. It encrypts the one key of this data directory, which is kept in it in that
 * form. Called when Electron is ready. A keychain that does not give the key any more is no obstacle to the start.
 */
export async function openKeychain(home: string): Promise<Keychain> {
  const path = join(home, 'keychain-key');
  const weakness = await findWeakness();
  let key = weakness === null ? await readKey(path) : null;
  return {
    name: keychainName(),
    weakness,
    get key() {
      return key;
    },
    makeKey: async () => {
      key ??= await makeKey(path);
      return key;
    },
  };
}

function keychainName(): string {
  switch (process.platform) {
    case 'darwin':
      return 'the macOS keychain';
    case 'win32':
      return 'your Windows account (DPAPI)';
    default:
      return safeStorage.getSelectedStorageBackend() === 'gnome_libsecret' ? 'the GNOME keyring' : 'KWallet';
  }
}

/** On Linux, Electron falls back to a password that is the same on every machine, and calls that encryption. */
async function findWeakness(): Promise<string | null> {
  if (process.platform === 'linux') {
    const backend = safeStorage.getSelectedStorageBackend();
    if (backend === 'basic_text' || backend === 'unknown')
      return 'This desktop has no keychain that Stowage can use (GNOME keyring or KWallet), so secrets are kept until Stowage ends only.';
  }
  const available = await safeStorage.isAsyncEncryptionAvailable().catch(() => false);
  return available ? null : 'The keychain of this system cannot be used now, so secrets are kept until Stowage ends only.';
}

/** Null when there is none, or the keychain cannot decrypt it: another user's, another machine's, or locked. */
async function readKey(path: string): Promise<Buffer | null> {
  try {
    const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(readFileSync(path));
    if (shouldReEncrypt) writeOwnerOnly(path, await safeStorage.encryptStringAsync(result));
    const key = Buffer.from(result, 'base64');
    return key.length === keyBytes ? key : null;
  } catch {
    return null;
  }
}

async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(keyBytes);
  try {
    const sealed = await safeStorage.encryptStringAsync(key.toString('base64'));
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    putAside(path);
    writeOwnerOnly(path, sealed);
    return key;
  } catch (error) {
    throw new StowageError(
      'permission-denied',
      `No key can be kept in ${keychainName()}.`,
      {
        subject: path,
        detail: error instanceof Error ? error.message : String(error),
        hint: 'Unlock it and try again, or keep the secret for this session only.',
      },
      { cause: error },
    );
  }
}

/** A key that could not be read now may be readable again one day. */
function putAside(path: string): void {
  try {
    renameSync(path, `${path}.unreadable-${new Date().toISOString().replace(/[:.]/g, '-')}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
