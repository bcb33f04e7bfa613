import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { type Core, openCore } from '../core.ts';

/** A link of this machine in what goes past the storage by path: fast copies, moves, downloads. */
const call = {};
let directory: string;
let outside: string;
let way: string;
let core: Core;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-links-'));
  outside = join(directory, 'outside');
  way = join(directory, 'way');
  mkdirSync(join(outside, 'deep'), { recursive: true });
  for (let index = 0; index < 40; index++) writeFileSync(join(outside, 'deep', `${index}`), `content ${index}`);
  symlinkSync(outside, way);
  core = await openCore({ home: join(directory, 'home'), localRoot: join(directory, 'Stowage'), shell: 'cli' });
  await core.services.app.updateSettings({ linkRoots: [outside] }, call);
  await core.services.vfolders.create({ name: 'own' }, call);
});
afterEach(async () => {
  await core.close();
  rmSync(directory, { recursive: true, force: true });
});

const link = (permission: 'ro' | 'rw') =>
  core.services.vfolders.link({ name: 'set', target: { kind: 'local', path: way }, permission }, call);
const at = (vfolder: string, path: string): Endpoint => ({ kind: 'vfolder', vfolder, path });
const own = (...path: string[]): string => join(directory, 'Stowage', 'own', ...path);

async function transfer(source: Endpoint, destination: Endpoint, move = false): Promise<Transfer> {
  const { id } = await core.services.transfers.start({ sources: [source], destination, move, conflict: 'overwrite' }, call);
  return ended(id);
}

async function ended(id: number): Promise<Transfer> {
  const get = async () => core.services.transfers.get({ id }, call);
  await expect.poll(async () => (await get()).state, { timeout: 15_000 }).toMatch(/done|failed|cancelled|waiting/);
  return get();
}

it('is copied from, cloned and copied into where it may be written', async () => {
  await link('ro');
  expect(await transfer(at('set', 'deep'), at('own', ''))).toMatchObject({ state: 'done', files: { done: 40 } });
  expect(readFileSync(own('deep', '7'), 'utf8')).toBe('content 7');
  const { vfolder, transferId } = await core.services.vfolders.clone({ name: 'set', to: 'copy' }, call);
  expect(vfolder).toMatchObject({ kind: 'managed', permission: 'rw' });
  expect(await ended(transferId)).toMatchObject({ state: 'done', files: { done: 40 } });
  expect(readFileSync(join(directory, 'Stowage', 'copy', 'deep', '7'), 'utf8')).toBe('content 7');
  await expect(transfer(at('own', 'deep'), at('set', 'new'))).rejects.toMatchObject({ code: 'read-only' });
  await expect(transfer(at('set', 'deep'), at('own', ''), true)).rejects.toMatchObject({ code: 'read-only' });
  await core.services.vfolders.update({ name: 'set', permission: 'rw' }, call);
  expect(await transfer(at('own', 'deep/7'), at('set', ''))).toMatchObject({ state: 'done' });
  expect(readdirSync(outside).sort()).toEqual(['7', 'deep']);
});

it('is moved out of and into, never by renaming inside the wrong storage', async () => {
  await link('rw');
  mkdirSync(own('deep'));
  writeFileSync(own('deep', '0'), 'mine');
  expect(await transfer(at('set', 'deep/1'), at('own', ''), true)).toMatchObject({ state: 'done' });
  expect(readFileSync(own('1'), 'utf8')).toBe('content 1');
  expect(readdirSync(join(outside, 'deep'))).toHaveLength(39);
  expect(await transfer(at('own', '1'), at('set', 'deep'), true)).toMatchObject({ state: 'done' });
  expect(readFileSync(join(outside, 'deep', '1'), 'utf8')).toBe('content 1');
  expect(readFileSync(own('deep', '0'), 'utf8')).toBe('mine');
});

it('gives nothing away when it leads out of the link roots now', async () => {
  await link('rw');
  unlinkSync(way);
  symlinkSync('/etc', way);
  await expect(transfer(at('set', 'hostname'), at('own', ''))).rejects.toMatchObject({ code: 'path-refused' });
  await expect(core.services.files.downloadTicket({ vfolder: 'set', paths: ['hostname'] }, call)).rejects.toMatchObject({
    code: 'path-refused',
  });
  expect(readdirSync(own())).toEqual([]);
});

it('takes nothing in when the settings allow its folder no longer, nor by the fast ways for many or large files', async () => {
  await link('rw');
  for (let index = 0; index < 50; index++) writeFileSync(own(`${index}`), 'mine');
  writeFileSync(own('large'), Buffer.alloc(40_000_000));
  await core.services.app.updateSettings({ linkRoots: [] }, call);
  const before = readdirSync(outside);
  const into = await transfer(at('own', '/'), at('set', '')).then(
    ({ state, files }) => ({ state, done: files.done }),
    (error: { code: string }) => ({ state: error.code, done: 0 }),
  );
  expect(into.done).toBe(0);
  expect(into.state).toMatch(/failed|path-refused/);
  expect(readdirSync(outside)).toEqual(before);
});

it('is downloaded by a ticket', async () => {
  await link('ro');
  const { url } = await core.services.files.downloadTicket({ vfolder: 'set', paths: ['deep/7'] }, call);
  const parts: Uint8Array[] = [];
  for await (const part of (await core.openDownload(url.replace('/download/', ''))).body) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe('content 7');
});
