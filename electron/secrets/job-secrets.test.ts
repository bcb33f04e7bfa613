import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EnvironmentVariable, JobSpec } from '#shared/contract/plan.ts';
import type { JobSecrets, Keychain } from '../services.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createJobSecrets } from './job-secrets.ts';
import { createRedactor } from './redactor.ts';
import { createVault } from './vault.ts';

let home: string;
let database: Database;
beforeEach(() => {
  home = mkdtempSync('/tmp/stowage-job-secrets-');
  ({ database } = openDatabase(home));
});
afterEach(() => {
  database.close();
  rmSync(home, { recursive: true, force: true });
});

const redactor = createRedactor();
const open = (keychain?: Keychain): JobSecrets =>
  createJobSecrets({ database, redactor, vault: createVault({ keyFile: join(home, 'key', 'secrets.key'), keychain }) });
const specOf = (env: EnvironmentVariable[]): JobSpec => ({ command: ['true'], mounts: [], env, resources: {} });
const secret = (name: string, value: string): EnvironmentVariable => ({ name, value, secret: 'env' });

it('gives values back by what names them, and takes them out of messages', async () => {
  const secrets = open();
  const named = secrets.name(specOf([secret('A', 'alpha-1'), { name: 'P', value: 'plain' }, secret('B', 'beta-22')]));
  await secrets.keep(1, named);
  const masked = named.spec.env.map((one) => (one.secret ? { ...one, value: '' } : one));
  expect([...secrets.read(masked)]).toEqual([
    ['A', 'alpha-1'],
    ['B', 'beta-22'],
  ]);
  expect(redactor.text('it said alpha-1')).toBe('it said [secret]');
});

it('forgets at the start what a crash left of a job that was never written down', async () => {
  const secrets = open();
  await secrets.keep(1, secrets.name(specOf([secret('A', 'alpha-1')])));
  expect(database.all('SELECT * FROM job_secrets')).toHaveLength(1);
  open();
  expect(database.all('SELECT * FROM job_secrets')).toEqual([]);
});

it('keeps them for the session only where there is no sound keychain (A22)', async () => {
  const weak: Keychain = { name: 'a test', weakness: 'It is weak.', key: null, makeKey: () => Promise.reject(new Error('no')) };
  const secrets = open(weak);
  const named = secrets.name(specOf([secret('A', 'alpha-1')]));
  await secrets.keep(1, named);
  expect(secrets.read(named.spec.env).get('A')).toBe('alpha-1');
  expect(database.all('SELECT * FROM job_secrets')).toEqual([]);
  expect(() => open(weak).read(named.spec.env)).toThrowError(
    expect.objectContaining({ code: 'credentials-missing', message: 'The value of the secret “A” is no longer kept.' }),
  );
});
