import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createChanges } from '../events.ts';
import { createVault } from '../secrets/vault.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createDotfiles, type Dotfiles } from './dotfiles.ts';

let home: string;
let database: Database;
beforeEach(() => {
  home = mkdtempSync('/tmp/stowage-dotfiles-');
  ({ database } = openDatabase(home));
});
afterEach(() => {
  database.close();
  rmSync(home, { recursive: true, force: true });
});
const open = (key = 'key'): Dotfiles =>
  createDotfiles({ database, changes: createChanges(), vault: createVault({ keyFile: join(home, key, 'secrets.key') }) });
const file = (path: string, content = 'text', more: { permission?: string; replace?: boolean } = {}) => ({
  ...{ path, content, permission: '600' },
  ...more,
});

it('keeps files sealed, over a restart, each as it was last put', async () => {
  const { service } = open();
  await service.put(file('.aws/config', 'region = nowhere'), {});
  await expect(service.put(file('.aws/config'), {})).rejects.toMatchObject({ code: 'exists' });
  await Promise.all([
    service.put(file('.aws/config', 'region = elsewhere', { permission: '644', replace: true }), {}),
    service.put(file('.b', 'é'), {}),
  ]);
  const next = open();
  expect(await next.service.list(undefined, {})).toMatchObject([
    { path: '.aws/config', permission: '644', bytes: 18 },
    { path: '.b', bytes: 2 },
  ]);
  expect(await next.service.read({ path: '~/.aws/config' }, {})).toMatchObject({ content: 'region = elsewhere' });
  expect(next.places()).toEqual([
    { path: '.aws/config', mode: 0o644 },
    { path: '.b', mode: 0o600 },
  ]);
  expect(Buffer.from(next.contents().get('.b') ?? []).toString()).toBe('é');
  for (const name of readdirSync(home).filter((one) => one.startsWith('stowage.db')))
    expect(readFileSync(join(home, name)).includes('elsewhere'), name).toBe(false);
});

it('refuses what the rules refuse, and then nothing has changed', async () => {
  const { service } = open();
  await service.put(file('.aws/config'), {});
  await expect(service.put(file('.aws'), {})).rejects.toMatchObject({ code: 'exists' });
  await expect(service.put(file('.stowage/x'), {})).rejects.toMatchObject({ code: 'name-reserved' });
  await expect(service.put(file('.large', 'x'.repeat(65_536)), {})).rejects.toMatchObject({ code: 'bad-request' });
  await expect(async () => service.read({ path: '.none' }, {})).rejects.toMatchObject({ code: 'not-found' });
  await expect(service.remove({ path: '.none' }, {})).rejects.toMatchObject({ code: 'not-found' });
  expect((await service.list(undefined, {})).map(({ path }) => path)).toEqual(['.aws/config']);
});

it('says so when the key is gone, loses nothing by it, and begins anew when all are removed', async () => {
  const { service } = open();
  for (const path of ['.a', '.b']) await service.put(file(path), {});
  const other = open('another');
  await expect(async () => other.service.read({ path: '.a' }, {})).rejects.toMatchObject({ code: 'credentials-missing' });
  await expect(other.service.put(file('.c'), {})).rejects.toMatchObject({ code: 'credentials-missing' });
  expect(() => other.contents()).toThrowError(expect.objectContaining({ code: 'credentials-missing' }));
  expect(await open().service.read({ path: '.a' }, {})).toMatchObject({ content: 'text' });
  for (const path of ['.a', '.b']) await other.service.remove({ path }, {});
  await other.service.put(file('.c'), {});
  expect([...other.contents().keys()]).toEqual(['.c']);
});
