import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/** Stands for Electron's safeStorage, which exists inside Electron only: what it “encrypts” is scrambled with `lock`. */
const keyring = vi.hoisted(() => ({ backend: 'gnome_libsecret', available: true, lock: 0x5a, rotated: false }));
vi.mock('electron', () => {
  const scramble = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => byte ^ keyring.lock));
  return {
    safeStorage: {
      getSelectedStorageBackend: () => keyring.backend,
      isAsyncEncryptionAvailable: async () => keyring.available,
      encryptStringAsync: async (text: string) => scramble(Buffer.from(`sound ${text}`)),
      decryptStringAsync: async (bytes: Uint8Array) => {
        const text = scramble(bytes).toString();
        if (!text.startsWith('sound ')) throw new Error('cannot decrypt');
        return { result: text.slice(6), shouldReEncrypt: keyring.rotated };
      },
    },
  };
});
const { openKeychain } = await import('./keychain.ts');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-keychain-'));
  Object.assign(keyring, { backend: 'gnome_libsecret', available: true, lock: 0x5a, rotated: false });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('keeps one key for the data directory, which is never written as it is', async () => {
  const first = await openKeychain(home);
  expect(first).toMatchObject({ weakness: null, key: null });
  const key = await first.makeKey();
  expect(key).toHaveLength(32);
  expect(await first.makeKey()).toEqual(key);
  expect((await openKeychain(home)).key).toEqual(key);
  const path = join(home, 'keychain-key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'latin1')).not.toContain(key.toString('base64'));
});

it('is no obstacle to the start when it does not give the key, and keeps what it could not read', async () => {
  const key = await (await openKeychain(home)).makeKey();
  keyring.lock = 0x11;
  const locked = await openKeychain(home);
  expect(locked).toMatchObject({ weakness: null, key: null });
  expect(await locked.makeKey()).not.toEqual(key);
  expect(readdirSync(home).filter((name) => name.startsWith('keychain-key.unreadable-'))).toHaveLength(1);
});

it('writes the key anew when the system has another one for it', async () => {
  const key = await (await openKeychain(home)).makeKey();
  keyring.rotated = true;
  expect((await openKeychain(home)).key).toEqual(key);
  expect((await openKeychain(home)).key).toEqual(key);
});

it.runIf(process.platform === 'linux').each(['basic_text', 'unknown'])(
  'A22 trusts no backend called %s, and never writes a key with it',
  async (backend) => {
    keyring.backend = backend;
    const keychain = await openKeychain(home);
    expect(keychain.weakness).toMatch(/no keychain/);
    expect(readdirSync(home)).toEqual([]);
  },
);

it('A22 says when the keychain cannot be used now', async () => {
  keyring.available = false;
  expect((await openKeychain(home)).weakness).toMatch(/cannot be used now/);
});
