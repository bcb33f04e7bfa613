import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobSpec } from '#shared/contract/plan.ts';
import { packageRoot } from '../app/home.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createTemplates } from './templates.ts';

let home: string;
let database: Database;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-templates-'));
  database = openDatabase(home).database;
});
afterAll(() => {
  database.close();
  rmSync(home, { recursive: true, force: true });
});

const open = () => createTemplates({ database, directory: join(packageRoot(), 'resources', 'templates') });
const spec: JobSpec = { command: ['echo', '{{word}}'], mounts: [], env: [], resources: {} };
const fields = { name: 'Say it', description: '', spec, parameters: [{ name: 'word', label: 'Word', kind: 'text' as const }] };

it('keeps templates beside those that come with Stowage, changes them in place, and forgets them', async () => {
  const saved = await open().save(fields, {});
  const names = async () => (await open().list(undefined, {})).map(({ name, shipped }) => [name, shipped]);
  expect((await names()).slice(0, 2)).toEqual([
    ['Say it', false],
    ['Python script over a folder', true],
  ]);
  await open().save({ ...fields, id: saved.id, name: 'Say that' }, {});
  expect((await names())[0]).toEqual(['Say that', false]);
  await expect(async () => open().save({ ...fields, name: 'say THAT' }, {})).rejects.toMatchObject({ code: 'name-taken' });
  expect(await open().remove({ id: saved.id }, {})).toEqual({ removed: true });
  await expect(async () => open().remove({ id: saved.id }, {})).rejects.toMatchObject({ code: 'not-found' });
});

it('leaves those that come with Stowage as they are', async () => {
  const shipped = (await open().list(undefined, {})).find((template) => template.shipped);
  const id = shipped?.id ?? '';
  await expect(async () => open().remove({ id }, {})).rejects.toMatchObject({ code: 'read-only' });
  await expect(async () => open().save({ ...fields, id }, {})).rejects.toMatchObject({ code: 'read-only' });
});

it('A22: keeps no value of a secret', async () => {
  const env: JobSpec['env'] = [{ name: 'API_TOKEN', value: 's3cr3t-of-templates', secret: 'env' }];
  const saved = await open().save({ ...fields, name: 'with a secret', spec: { ...spec, env } }, {});
  expect(saved.spec.env).toEqual([{ name: 'API_TOKEN', value: '', secret: 'env' }]);
  const files = ['stowage.db', 'stowage.db-wal'].map((file) => readFileSync(join(home, file), 'latin1'));
  expect(files.join('')).toContain('API_TOKEN');
  expect(files.join('')).not.toContain('s3cr3t-of-templates');
});
