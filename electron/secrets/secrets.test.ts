import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Keychain, Secrets } from '../services.ts';
import { keyFilePath, takePassphrase } from './key-file.ts';
import { createRedactor } from './redactor.ts';
import { createSecrets, type SecretsOptions } from './secrets.ts';

let base: string;
let home: string;
let keyFile: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stowage-secrets-'));
  home = join(base, 'home');
  mkdirSync(home);
  keyFile = join(base, 'config', 'stowage', 'secrets.key');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const secret = { key: Buffer.from('a planted secret, 64 bytes long in all, which nobody may ever find').toString('base64') };
const host = { id: 'h1', name: 'lab' };

function open(options: Partial<SecretsOptions> = {}): Secrets {
  return createSecrets({ home, keyFile, redactor: createRedactor(), ...options });
}

function keychain(weakness: string | null = null, key: Buffer | null = null): Keychain {
  const made = { key };
  return {
    name: 'the test keychain',
    weakness,
    get key() {
      return made.key;
    },
    makeKey: async () => {
      made.key ??= Buffer.alloc(32, 3);
      return made.key;
    },
  };
}

const missing = (message: RegExp, hint: RegExp) =>
  expect.objectContaining({
    code: 'credentials-missing',
    message: expect.stringMatching(message),
    data: expect.objectContaining({ hint: expect.stringMatching(hint) }),
  });

describe('with a key file', () => {
  it('gives a secret back to a later process, and to no one without the key file', async () => {
    await open().save(host.id, secret);
    expect(open().read(host)).toEqual(secret);
    expect(open().place(host.id)).toBe('file');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(keyFile, '..')).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, 'secrets.json'), 'utf8')).not.toContain(secret.key);

    rmSync(keyFile);
    expect(open().place(host.id)).toBe('missing');
    expect(() => open().read(host)).toThrow(missing(/“lab” cannot be read.*is gone/, /from a copy/));
    await open().save('h2', { key: 'another' });
    expect(() => open().read(host)).toThrow(missing(/another key/, /from a copy/));
  });

  it('refuses a key file that others can read, or that holds no key', async () => {
    await open().save(host.id, secret);
    chmodSync(keyFile, 0o644);
    expect(() => open().read(host)).toThrow(missing(/not yours alone/, /again/));
    await expect(open().save('h2', secret)).rejects.toMatchObject({ code: 'permission-denied' });
    chmodSync(keyFile, 0o600);
    writeFileSync(keyFile, 'short\n');
    expect(() => open().read(host)).toThrow(missing(/holds no key/, /again/));
  });

  it('binds a sealed secret to its host', async () => {
    await open().save(host.id, secret);
    const path = join(home, 'secrets.json');
    const stored = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...stored, hosts: { h2: stored.hosts.h1 } }));
    expect(open().place('h2')).toBe('missing');
    expect(() => open().read({ id: 'h2', name: 'other' })).toThrow(missing(/does not fit its key/i, /again/));
  });

  it('tells where the key is, and warns when that is inside the data directory', () => {
    expect(open().describe()).toMatchObject({ place: 'file', message: expect.stringContaining(keyFile), warning: null });
    expect(open({ keyFile: join(home, 'secrets.key') }).describe().warning).toMatch(/inside the data directory/);
  });

  it('puts a damaged file of secrets aside and asks for them again', async () => {
    await open().save(host.id, secret);
    writeFileSync(join(home, 'secrets.json'), '{"version":1,"hosts":{"h1"');
    expect(open().place(host.id)).toBe('missing');
    expect(readdirSync(home).filter((name) => name.startsWith('secrets.json.damaged-'))).toHaveLength(1);
    await open().save(host.id, secret);
    expect(open().read(host)).toEqual(secret);
  });

  it('removes a secret, and forgets a saved one that is given again for the session', async () => {
    const secrets = open();
    await secrets.save(host.id, secret);
    await secrets.save(host.id, { key: 'newer' }, 'session');
    expect(secrets.read(host)).toEqual({ key: 'newer' });
    expect(secrets.place(host.id)).toBe('session');
    expect(open().place(host.id)).toBe('missing');
    secrets.remove(host.id);
    expect(secrets.place(host.id)).toBe('missing');
    expect(() => secrets.read(host)).toThrow(missing(/former session/, /Give it again/));
  });
});

describe('with a passphrase', () => {
  it('needs no key file, and says which of the two is wrong', async () => {
    await open({ passphrase: 'correct horse' }).save(host.id, secret);
    expect(existsSync(keyFile)).toBe(false);
    expect(open({ passphrase: 'correct horse' }).read(host)).toEqual(secret);
    expect(() => open({ passphrase: 'wrong' }).read(host)).toThrow(missing(/another passphrase/, /STOWAGE_PASSPHRASE/));
    expect(() => open().read(host)).toThrow(missing(/with a passphrase/, /STOWAGE_PASSPHRASE/));
  });

  it('is taken out of the environment, which programs that are started inherit', () => {
    const environment: NodeJS.ProcessEnv = { STOWAGE_PASSPHRASE: 'correct horse', OTHER: 'x' };
    expect(takePassphrase(environment)).toBe('correct horse');
    expect(environment).toEqual({ OTHER: 'x' });
    expect(takePassphrase(environment)).toBeUndefined();
  });
});

describe('with a keychain', () => {
  it('makes its key once, and another shell says what to do', async () => {
    const mine = keychain();
    await open({ keychain: mine }).save(host.id, secret);
    expect(open({ keychain: mine }).read(host)).toEqual(secret);
    expect(open({ keychain: mine }).place(host.id)).toBe('keychain');
    expect(existsSync(keyFile)).toBe(false);
    expect(open().place(host.id)).toBe('missing');
    expect(() => open().read(host)).toThrow(missing(/desktop app/, /Start the app/));
    expect(() => open({ keychain: keychain(null, Buffer.alloc(32, 9)) }).read(host)).toThrow(missing(/test keychain/, /Unlock/));
  });

  it('reads what the command line saved', async () => {
    await open().save(host.id, secret);
    expect(open({ keychain: keychain() }).read(host)).toEqual(secret);
  });

  it('A22 that is weak warns and keeps secrets for the session, unless the user saves them: then under the key file', async () => {
    const weak = open({ keychain: keychain('There is no keychain here.') });
    expect(weak.describe()).toMatchObject({ place: 'session', warning: 'There is no keychain here.' });
    await weak.save(host.id, secret);
    expect(weak.place(host.id)).toBe('session');
    expect(existsSync(join(home, 'secrets.json'))).toBe(false);
    await weak.save(host.id, secret, 'saved');
    expect(weak.place(host.id)).toBe('file');
    expect(readFileSync(join(home, 'secrets.json'), 'utf8')).not.toContain(secret.key);
    expect(open().read(host)).toEqual(secret);
  });
});

it('keeps the key outside the data directory, where the system keeps settings', () => {
  expect(keyFilePath({ STOWAGE_KEY_FILE: '/keys/mine' })).toBe('/keys/mine');
  if (process.platform !== 'win32') expect(keyFilePath({ XDG_CONFIG_HOME: '/conf' })).toBe('/conf/stowage/secrets.key');
});
