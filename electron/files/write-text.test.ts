import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { createFiles, type Files } from './files.ts';

const call = {};
let world: VfolderWorld;
let files: Files;
const onDisk = (name: string): string => join(world.root, 'data', name);
const etagOf = async (path: string): Promise<string> => (await files.service.stat({ vfolder: 'data', path }, call)).etag ?? '';
const write = (path: string, text: string, etag: string | null, more = {}) =>
  Promise.resolve(files.service.writeText({ vfolder: 'data', path, text, etag, encoding: 'utf-8', bom: false, ...more }, call));

beforeEach(async () => {
  world = await createVfolderWorld();
  await world.create('data');
  files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
});
afterEach(() => world.close());

it('writes a text over the version that was read, with its encoding, mark and line ends, and tells of it', async () => {
  writeFileSync(onDisk('a.txt'), 'before');
  world.seen.length = 0;
  const entry = await write('a.txt', 'grüße €\r\n', await etagOf('a.txt'), { encoding: 'utf-16le', bom: true });
  expect(readFileSync(onDisk('a.txt'), 'utf16le')).toBe('\ufeffgrüße €\r\n');
  expect(entry).toMatchObject({ path: 'a.txt', etag: await etagOf('a.txt') });
  expect(world.seen).toEqual([{ type: 'files', vfolder: 'data', path: '' }]);
  await write('a.txt', 'grüße €', entry.etag ?? '', { encoding: 'windows-1252' });
  expect(readFileSync(onDisk('a.txt')).toString('latin1')).toBe('gr\xfc\xdfe \x80');
});

it('A10 overwrites nothing that somebody else wrote meanwhile', async () => {
  writeFileSync(onDisk('a.txt'), 'before');
  const etag = await etagOf('a.txt');
  writeFileSync(onDisk('a.txt'), 'theirs, which is longer');
  await expect(write('a.txt', 'mine', etag)).rejects.toMatchObject({ code: 'precondition-failed' });
  await expect(write('a.txt', 'mine', null)).rejects.toMatchObject({ code: 'precondition-failed' });
  expect(readFileSync(onDisk('a.txt'), 'utf8')).toBe('theirs, which is longer');
  await write('a (copy).txt', 'mine', null);
  expect(readFileSync(onDisk('a (copy).txt'), 'utf8')).toBe('mine');
});

it('refuses what the encoding does not have, what is too large, and read-only vfolders', async () => {
  writeFileSync(onDisk('a.txt'), 'before');
  const etag = await etagOf('a.txt');
  await expect(write('a.txt', 'snow ☃', etag, { encoding: 'windows-1252' })).rejects.toMatchObject({ code: 'bad-request' });
  await expect(write('a.txt', '€'.repeat(400_000), etag)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(write('', 'x', null)).rejects.toMatchObject({ code: 'bad-request' });
  await world.vfolders.service.update({ name: 'data', permission: 'ro' }, call);
  await expect(write('a.txt', 'x', etag)).rejects.toMatchObject({ code: 'read-only' });
  expect(statSync(onDisk('a.txt')).size).toBe(6);
});
