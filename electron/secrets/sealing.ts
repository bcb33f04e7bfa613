import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { StowageError } from '#shared/errors.ts';
import type { Keychain } from '../services.ts';
import { ensureKeyFile, keyIdOf, readKeyFile } from './key-file.ts';

/** A sealed secret as it is stored: by what, with which key (where there are several), and the bytes in Base64. */
export interface Sealed {
  readonly by: 'keychain' | 'key-file' | 'passphrase';
  readonly key?: string;
  readonly salt?: string;
  readonly bytes: string;
}

/** Seals texts; `context` is bound to them, so that one sealed for one host opens for no other. */
export interface Sealer {
  seal(text: string, context: string): Promise<Sealed>;
}

export const keychainSealer = (keychain: Keychain): Sealer => ({
  seal: async (text, context) => {
    const key = keychain.key ?? (await keychain.makeKey());
    return { by: 'keychain', key: keyIdOf(key), bytes: encrypt(key, text, context) };
  },
});

/** @throws when the keychain does not give the key that sealed it */
export function openWithKeychain({ key }: Keychain, sealed: Sealed, context: string): string {
  if (!key || keyIdOf(key) !== sealed.key) throw new Error('the keychain has no such key');
  return decrypt(key, sealed.bytes, context);
}

export const keyFileSealer = (path: string): Sealer => ({
  seal: async (text, context) => {
    const key = ensureKeyFile(path);
    return { by: 'key-file', key: keyIdOf(key), bytes: encrypt(key, text, context) };
  },
});

/** @throws StowageError `credentials-missing` without the key that sealed it */
export function openWithKeyFile(path: string, sealed: Sealed, context: string): string {
  const key = readKeyFile(path);
  if (!key || keyIdOf(key) !== sealed.key) {
    throw new StowageError(
      'credentials-missing',
      key ? `The key file “${path}” holds another key than the one it was saved with.` : `The key file “${path}” is gone.`,
      { subject: path, hint: 'Bring the key file back from a copy' },
    );
  }
  return decrypt(key, sealed.bytes, context);
}

export const passphraseSealer = (passphrase: string): Sealer => ({
  seal: async (text, context) => {
    const salt = randomBytes(16);
    return { by: 'passphrase', salt: salt.toString('base64'), bytes: encrypt(deriveKey(passphrase, salt), text, context) };
  },
});

export const openWithPassphrase = (passphrase: string, sealed: Sealed, context: string): string =>
  decrypt(deriveKey(passphrase, Buffer.from(sealed.salt ?? '', 'base64')), sealed.bytes, context);

/** About 0.1 s and 64 MiB, once per secret and process. */
const deriveKey = (passphrase: string, salt: Buffer): Buffer =>
  scryptSync(passphrase.normalize('NFC'), salt, 32, { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 });

/** AES-256-GCM: nonce of 12 bytes, tag of 16, ciphertext, in Base64. */
function encrypt(key: Buffer, text: string, context: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

function decrypt(key: Buffer, base64: string, context: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
