import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '#shared/contract/app.ts';
import type { VfolderInfo } from '#shared/contract/vfolders.ts';
import { createChanges } from '../events.ts';
import { createHosts, type Hosts } from '../hosts/hosts.ts';
import { secretsInMemory } from '../secrets/secrets.fixture.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createVfolders, type Vfolders } from './vfolders.ts';

let home: string;
let root: string;
let database: Database;
let hosts: Hosts;
let vfolders: Vfolders;
let seen: Change[];
let clones: [string, string][];

/** Opens everything over the data directory, as a start of the app does. */
function start(): void {
  ({ database } = openDatabase(home));
  const changes = createChanges();
  seen = [];
  clones = [];
  changes.on((change) => seen.push(change));
  hosts = createHosts({ database, changes, localRoot: root, ...secretsInMemory() });
  vfolders = createVfolders({
    database,
    changes,
    hosts,
    links: { roots: () => [], home },
    startClone: async (from, to) => clones.push([from, to]),
  });
}

async function restart(between: () => void = () => undefined): Promise<void> {
  await vfolders.ready;
  database.close();
  between();
  start();
  await vfolders.ready;
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'stowage-vfolders-'));
  root = join(home, 'Stowage');
  start();
});
afterEach(async () => {
  await vfolders.ready;
  database.close();
  await rm(home, { recursive: true, force: true });
});

const call = {};
const names = async (trashed = false): Promise<string[]> =>
  (await vfolders.service.list({ trashed }, call)).map(({ name }) => name);
const create = (name: string) => vfolders.service.create({ name }, call);
const fill = (name: string, file = 'file', text = 'content'): void => writeFileSync(join(root, name, file), text);

describe('creating', () => {
  it('makes a folder of its name in the host and tells everything about it', async () => {
    const made = await vfolders.service.create(
      { name: 'data', usage: 'model', note: 'my note', mountPath: '/data', permission: 'ro' },
      call,
    );
    expect(made).toMatchObject({
      name: 'data',
      host: { id: 'local', name: 'local', kind: 'local' },
      kind: 'managed',
      usage: 'model',
      permission: 'ro',
      note: 'my note',
      mountPath: '/data',
      automount: false,
      localPath: join(root, 'data'),
      lastUsedAt: null,
      trashedAt: null,
    });
    expect(existsSync(join(root, 'data'))).toBe(true);
    expect(await vfolders.service.get({ name: 'data' }, call)).toEqual(made);
    expect(seen).toContainEqual({ type: 'vfolders' });
  });

  it('refuses bad, reserved and taken names, also those that differ in case only', async () => {
    await create('data');
    await expect(create('../up')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(create('')).rejects.toMatchObject({ code: 'name-invalid' });
    await expect(create('.stowage')).rejects.toMatchObject({ code: 'name-reserved' });
    await expect(create('data')).rejects.toMatchObject({ code: 'name-taken' });
    await expect(create('DATA')).rejects.toMatchObject({ code: 'name-taken', message: expect.stringContaining('“data”') });
    expect(readdirSync(root)).toEqual(['data']);
  });

  it('refuses the name of a folder that is there, saying where', async () => {
    mkdirSync(join(root, 'mine'));
    const failure = await Promise.resolve(create('mine')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'name-taken', message: expect.stringContaining(join(root, 'mine')) });
    expect(await names()).toEqual([]);
  });

  it('makes one of two at the same time', async () => {
    const results = await Promise.allSettled([create('same'), create('same'), create('SAME')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('refuses an unknown host and a mount path that climbs', async () => {
    await expect(vfolders.service.create({ name: 'a', host: 'mars' }, call)).rejects.toMatchObject({ code: 'not-found' });
    await expect(vfolders.service.create({ name: 'a', mountPath: '/x/../etc' }, call)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('leaves no vfolder behind when the folder cannot be made', async () => {
    rmSync(root, { recursive: true });
    await expect(create('data')).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(await names()).toEqual([]);
    expect((await hosts.service.list(undefined, call))[0]).toMatchObject({
      status: { state: 'error', message: expect.stringContaining('missing') },
    });
  });

  it('lists by name whatever the case, and knows automount names', async () => {
    for (const name of ['b', 'A', 'c', '.cache']) await create(name);
    expect(await names()).toEqual(['.cache', 'A', 'b', 'c']);
    expect(vfolders.lookup.automounts().map(({ name }) => name)).toEqual(['.cache']);
  });
});

describe('changing', () => {
  it('updates only what is given', async () => {
    await vfolders.service.create({ name: 'data', note: 'old', mountPath: '/x' }, call);
    expect(await vfolders.service.update({ name: 'data', permission: 'ro' }, call)).toMatchObject({
      note: 'old',
      mountPath: '/x',
      permission: 'ro',
    });
    expect(await vfolders.service.update({ name: 'data', mountPath: null }, call)).toMatchObject({ mountPath: null });
  });

  it('renames with the folder; the id stays', async () => {
    const { id } = await create('old');
    fill('old');
    expect(await vfolders.service.rename({ name: 'old', to: 'new' }, call)).toMatchObject({ id, name: 'new' });
    expect(readFileSync(join(root, 'new', 'file'), 'utf8')).toBe('content');
    expect(existsSync(join(root, 'old'))).toBe(false);
    await expect(vfolders.service.get({ name: 'old' }, call)).rejects.toMatchObject({ code: 'not-found' });
    expect(await vfolders.service.rename({ name: 'new', to: 'NEW' }, call)).toMatchObject({ id, name: 'NEW' });
  });

  it('clones into a new vfolder by a transfer, and takes it back when that cannot start', async () => {
    await vfolders.service.create({ name: 'data', usage: 'model', permission: 'ro' }, call);
    const { vfolder, transferId } = await vfolders.service.clone({ name: 'data', to: 'copy' }, call);
    expect(vfolder).toMatchObject({ name: 'copy', usage: 'model', permission: 'rw' });
    expect([transferId, clones]).toEqual([1, [['data', 'copy']]]);
    clones.push = () => {
      throw new Error('no transfers today');
    };
    await expect(vfolders.service.clone({ name: 'data', to: 'second' }, call)).rejects.toThrow('no transfers today');
    expect(await names()).toEqual(['copy', 'data']);
    expect(existsSync(join(root, 'second'))).toBe(false);
  });
});

describe('the trash', () => {
  it('takes a vfolder and gives it back with everything in it', async () => {
    const { id } = await create('data');
    fill('data');
    expect(await vfolders.service.delete({ name: 'data' }, call)).toMatchObject({ id, trashedAt: expect.any(Number) });
    expect([await names(), await names(true)]).toEqual([[], ['data']]);
    expect(existsSync(join(root, 'data'))).toBe(false);
    await vfolders.service.restore({ id }, call);
    expect([await names(), await names(true)]).toEqual([['data'], []]);
    expect(readFileSync(join(root, 'data', 'file'), 'utf8')).toBe('content');
  });

  it('holds several of one name; a taken name is given back under another', async () => {
    const first = await create('data');
    fill('data', 'file', 'first');
    await vfolders.service.delete({ name: 'data' }, call);
    const second = await create('data');
    fill('data', 'file', 'second');
    await expect(vfolders.service.restore({ id: first.id }, call)).rejects.toMatchObject({ code: 'name-taken' });
    await vfolders.service.delete({ name: 'data' }, call);
    expect(await names(true)).toEqual(['data', 'data']);
    await vfolders.service.restore({ id: second.id }, call);
    await vfolders.service.restore({ id: first.id, name: 'old-data' }, call);
    expect(readFileSync(join(root, 'data', 'file'), 'utf8')).toBe('second');
    expect(readFileSync(join(root, 'old-data', 'file'), 'utf8')).toBe('first');
  });

  it('is refused while something uses the vfolder, which is named', async () => {
    const { id } = await create('data');
    vfolders.addUsers((asked) => (asked === id ? ['job 12 “train”'] : []));
    vfolders.addUsers(() => ['transfer 3']);
    const inUse = { code: 'in-use', message: expect.stringContaining('job 12 “train”, transfer 3') };
    await expect(vfolders.service.delete({ name: 'data' }, call)).rejects.toMatchObject(inUse);
    await expect(vfolders.service.rename({ name: 'data', to: 'other' }, call)).rejects.toMatchObject(inUse);
    expect(await names()).toEqual(['data']);
  });

  it('is purged for good with a count, following no link', async () => {
    const kept = join(home, 'kept');
    mkdirSync(kept);
    writeFileSync(join(kept, 'file'), 'outside');
    const { id } = await create('data');
    mkdirSync(join(root, 'data', 'deep', 'er'), { recursive: true });
    for (let index = 0; index < 100; index++) fill('data', `deep/er/${index}`, '12345');
    symlinkSync(kept, join(root, 'data', 'link'));
    await expect(vfolders.service.purge({ id }, call)).rejects.toMatchObject({ code: 'not-found' });
    await vfolders.service.delete({ name: 'data' }, call);
    expect(await vfolders.service.purge({ id }, call)).toEqual({ files: 101, bytes: 500 });
    expect(readdirSync(kept)).toEqual(['file']);
    expect(await names(true)).toEqual([]);
    expect(readdirSync(join(root, '.stowage', 'purging'))).toEqual([]);
  });
});

it('keeps in the trash what could not be purged, for another try', async () => {
  const { id } = await create('data');
  mkdirSync(join(root, 'data', 'locked'));
  fill('data', 'locked/file');
  fill('data', 'file');
  await vfolders.service.delete({ name: 'data' }, call);
  const locked = join(root, '.stowage', 'trash', id, 'locked');
  chmodSync(locked, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) {
    execFileSync('chown', ['-R', '65534', home]);
    process.seteuid?.(65534);
  }
  try {
    await expect(vfolders.service.purge({ id }, call)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('stays in the trash'),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  expect(await names(true)).toEqual(['data']);
  chmodSync(locked, 0o755);
  await vfolders.service.purge({ id }, call);
  expect(await names(true)).toEqual([]);
});

describe('after a crash between database and disk', () => {
  const sql = (text: string): void => void database.run(text);

  it('makes the folder of a vfolder that was being created', async () => {
    await create('data');
    await restart(() => rmSync(join(root, 'data'), { recursive: true }));
    expect(existsSync(join(root, 'data'))).toBe(true);
  });

  it('finishes a delete', async () => {
    const { id } = await create('data');
    fill('data');
    sql(`UPDATE vfolders SET trashed_at = 1, trash_root = '.stowage/trash/${id}'`);
    await restart();
    expect(existsSync(join(root, 'data'))).toBe(false);
    await vfolders.service.restore({ id }, call);
    expect(readFileSync(join(root, 'data', 'file'), 'utf8')).toBe('content');
  });

  it('finishes a rename, also when it broke off within the move', async () => {
    await create('old');
    fill('old');
    sql(`UPDATE vfolders SET name = 'new', root = 'new', trash_root = 'old'`);
    mkdirSync(join(root, 'new'));
    await restart();
    expect(readFileSync(join(root, 'new', 'file'), 'utf8')).toBe('content');
    expect(readdirSync(root).sort()).toEqual(['new']);
  });

  it('finishes a restore that had moved the folder already', async () => {
    const { id } = await create('data');
    fill('data');
    sql(`UPDATE vfolders SET trash_root = '.stowage/trash/${id}'`);
    await restart();
    expect(readFileSync(join(root, 'data', 'file'), 'utf8')).toBe('content');
    expect(database.get('SELECT trash_root FROM vfolders')).toMatchObject({ trash_root: null });
  });

  it('finishes a purge, and never takes the folder of a newer vfolder of that name', async () => {
    const { id } = await create('data');
    fill('data');
    await vfolders.service.delete({ name: 'data' }, call);
    await create('data');
    fill('data', 'newer');
    const stowage = join(root, '.stowage');
    await restart(() => {
      mkdirSync(join(stowage, 'purging', id), { recursive: true });
      rmSync(join(stowage, 'trash', id), { recursive: true });
      writeFileSync(join(stowage, 'purging', id, 'file'), 'x');
    });
    expect(await names(true)).toEqual([]);
    expect(readdirSync(join(stowage, 'purging'))).toEqual([]);
    expect(readdirSync(join(root, 'data'))).toEqual(['newer']);
  });

  it('leaves alone a folder that someone made by hand under the name of a trashed vfolder', async () => {
    await create('data');
    await vfolders.service.delete({ name: 'data' }, call);
    await restart(() => mkdirSync(join(root, 'data')));
    expect(existsSync(join(root, 'data'))).toBe(true);
    expect(await names(true)).toEqual(['data']);
  });

  it('changes nothing while the disk of the host is not there', async () => {
    await create('data');
    await restart(() => rmSync(root, { recursive: true }));
    expect(existsSync(root)).toBe(false);
    expect(await names()).toEqual(['data']);
  });
});

describe('looking up', () => {
  it('resolves a place to its provider, and refuses a path that climbs', async () => {
    await create('data');
    expect(vfolders.lookup.resolve('data', '/a/b')).toMatchObject({ root: 'data', path: 'data/a/b', inner: 'a/b' });
    expect(vfolders.lookup.resolve('data', '')).toMatchObject({ root: 'data', path: 'data', inner: '' });
    expect(() => vfolders.lookup.resolve('data', '../other')).toThrow(expect.objectContaining({ code: 'path-refused' }));
    expect(() => vfolders.lookup.resolve('missing', '')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(vfolders.lookup.find('missing')).toBeNull();
  });

  it('makes what is missing once, and notes the use', async () => {
    const made = await Promise.all([1, 2, 3].map(() => vfolders.lookup.ensure('outputs', { usage: 'output', note: 'of jobs' })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    vfolders.lookup.touch(made[0]?.id ?? '');
    expect(vfolders.lookup.find('outputs')).toMatchObject({ usage: 'output', lastUsedAt: expect.any(Number) });
  });
});

it('counts what is in a vfolder, and names the jobs that used it', async () => {
  const { id } = await create('data');
  mkdirSync(join(root, 'data', 'sub'));
  for (let index = 0; index < 10; index++) fill('data', `sub/${index}`, '12345');
  database.run(
    `INSERT INTO jobs (id, name, state, engine, spec, plan, times, created_at) VALUES (7, 'train', 'succeeded', 'docker', '{}', '{}', '{}', 1)`,
  );
  for (const path of ['', 'sub']) {
    database.run('INSERT INTO job_vfolders (job_id, vfolder_id, path, mode) VALUES (7, ?, ?, ?)', id, path, 'ro');
  }
  const events: VfolderInfo[] = [];
  for await (const event of (await vfolders.service.info({ name: 'data' }, call)) as AsyncIterable<VfolderInfo>)
    events.push(event);
  expect(events.at(-1)).toMatchObject({
    name: 'data',
    files: 10,
    directories: 1,
    bytes: 50,
    jobs: [{ id: 7, name: 'train', state: 'succeeded' }],
  });
});

it('tells the state, space and vfolders of the local host', async () => {
  await create('data');
  await create('gone');
  await vfolders.service.delete({ name: 'gone' }, call);
  const [host] = await hosts.service.list(undefined, call);
  expect(host).toMatchObject({
    id: 'local',
    kind: 'local',
    root,
    isDefault: true,
    readOnly: false,
    status: { state: 'ok' },
    vfolders: ['data'],
    freeBytes: expect.any(Number),
    totalBytes: expect.any(Number),
  });
  expect(() => hosts.provider('mars')).toThrow(expect.objectContaining({ code: 'not-found' }));
});
