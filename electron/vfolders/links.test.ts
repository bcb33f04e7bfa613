import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LinkTarget, Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { createFiles, type Files } from '../files/files.ts';
import { at, collect, listed, put } from '../storage/contract/world.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from './vfolders.fixture.ts';

const call = {};
let store: ObjectStore;
let world: VfolderWorld;
let data: string;

beforeEach(async () => {
  store = createObjectStore({ containers: true });
  world = await createVfolderWorld(store);
  data = join(world.outside, 'data');
  mkdirSync(data);
});
afterEach(() => world.close());

const service = () => world.vfolders.service;
const local = (path: string): LinkTarget => ({ kind: 'local', path });
const onStore = (path: string): LinkTarget => ({ kind: 'host', host: 'store', path });
const link = async (name: string, target: LinkTarget, permission?: 'ro' | 'rw'): Promise<Vfolder> =>
  service().link({ name, target, ...(permission && { permission }) }, call);
const get = async (name: string): Promise<Vfolder> => service().get({ name }, call);
const openFiles = (): Files => createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });

async function readAll(name: string, path: string): Promise<string> {
  const place = world.vfolders.lookup.resolve(name, path);
  return (await collect((await place.provider.read(place.path)).body)).toString();
}

/** Of every name, kind, size, time and content below a folder. */
function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = join(path, entry.name);
      hash.update(`${file}\0`);
      if (entry.isSymbolicLink()) hash.update(readlinkSync(file));
      else hash.update(`${statSync(file).mode} ${statSync(file).mtimeMs}`);
      if (entry.isDirectory()) visit(file);
      else if (entry.isFile()) hash.update(readFileSync(file));
    }
  };
  visit(folder);
  return hash.digest('hex');
}

describe('linking a folder of this machine', () => {
  it('registers it in place, read-only unless it is said otherwise', async () => {
    writeFileSync(join(data, 'file'), 'content');
    expect(await link('set', local(data))).toMatchObject({
      name: 'set',
      kind: 'linked',
      permission: 'ro',
      localPath: data,
      place: data,
      broken: null,
      host: { kind: 'local' },
    });
    expect(await readAll('set', 'file')).toBe('content');
    const { provider } = world.vfolders.lookup.resolve('set', '');
    await expect(put(provider, 'new', 'x')).rejects.toMatchObject({ code: 'read-only' });
    await service().update({ name: 'set', permission: 'rw' }, call);
    await put(world.vfolders.lookup.resolve('set', '').provider, 'new', 'x');
    expect(readdirSync(data)).toEqual(['file', 'new']);
  });

  it('takes no longer for a 200 GB tree of many folders than for an empty one: nothing in it is looked at', async () => {
    const large = join(world.outside, 'large');
    for (let index = 0; index < 3000; index++) mkdirSync(join(large, `${index % 50}`, `${index}`), { recursive: true });
    writeFileSync(join(large, 'sparse'), '');
    truncateSync(join(large, 'sparse'), 200 * 2 ** 30);
    // Whoever looked below would fail.
    chmodSync(join(large, '0'), 0o000);
    const times: number[] = [];
    for (const [name, path] of [
      ['empty', data],
      ['large', large],
    ] as const) {
      const begun = performance.now();
      await link(name, local(path));
      times.push(performance.now() - begun);
    }
    chmodSync(join(large, '0'), 0o755);
    expect(times[1]).toBeLessThan(500);
    expect(await get('large')).toMatchObject({ broken: null });
  });

  it.each([
    ['a folder outside the link roots', () => '/usr'],
    ['the whole file system', () => '/'],
    ['a folder of the kernel', () => '/proc/self'],
    ['the data directory', () => world.home],
    ['a folder in the data directory', () => join(world.home, 'logs')],
    ['a folder that holds the data directory', () => join(world.outside, '..')],
  ])('refuses %s, whatever the roots, saying what to do', async (what, path) => {
    if (what !== 'a folder outside the link roots') world.linkRoots = ['/'];
    mkdirSync(join(world.home, 'logs'), { recursive: true });
    const failure = await link('set', local(path())).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'path-refused', data: { hint: expect.stringMatching(/\w/) } });
    expect(await world.names()).toEqual([]);
  });

  it('refuses a symlink that leads out of the roots, and takes one that stays inside', async () => {
    symlinkSync('/usr', join(world.outside, 'out'));
    symlinkSync(data, join(world.outside, 'in'));
    await expect(link('out', local(join(world.outside, 'out')))).rejects.toMatchObject({
      code: 'path-refused',
      message: expect.stringContaining('leads to “/usr”'),
    });
    expect(await link('in', local(join(world.outside, 'in')))).toMatchObject({
      place: join(world.outside, 'in'),
      localPath: data,
    });
  });

  it('takes a root that is itself a symlink by what it leads to', async () => {
    symlinkSync(world.outside, join(world.home, 'root'));
    world.linkRoots = [join(world.home, 'root')];
    expect(await link('set', local(data))).toMatchObject({ broken: null });
  });

  it('refuses a relative path, what is missing, a file, and a name that breaks the rules', async () => {
    writeFileSync(join(world.outside, 'file'), '');
    await expect(link('set', local('data'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(link('set', local(join(data, 'missing')))).rejects.toMatchObject({
      message: expect.stringContaining('not there'),
    });
    await expect(link('set', local(join(world.outside, 'file')))).rejects.toMatchObject({ code: 'not-a-directory' });
    await expect(link('a/b', local(data))).rejects.toMatchObject({ code: 'name-invalid' });
    await link('set', local(data));
    await expect(link('SET', local(data))).rejects.toMatchObject({ code: 'name-taken' });
  });

  it('refuses what overlaps another vfolder, either way, but not a link that is in the trash', async () => {
    await world.create('own');
    mkdirSync(join(world.root, 'own', 'sub'));
    mkdirSync(join(data, 'sub'));
    world.linkRoots = [join(world.outside, '..')];
    await expect(link('a', local(join(world.root, 'own', 'sub')))).rejects.toMatchObject({
      code: 'path-refused',
      message: expect.stringContaining('lies in the vfolder “own”'),
    });
    await expect(link('a', local(world.root))).rejects.toMatchObject({
      message: expect.stringContaining('contains the vfolder “own”'),
    });
    await link('set', local(data));
    await expect(link('again', local(data))).rejects.toMatchObject({ code: 'path-refused' });
    await expect(link('below', local(join(data, 'sub')))).rejects.toMatchObject({ code: 'path-refused' });
    const { id } = await service().delete({ name: 'set' }, call);
    await link('below', local(join(data, 'sub')));
    await expect(service().restore({ id }, call)).rejects.toMatchObject({ code: 'path-refused' });
  });

  it('refuses a new vfolder that would lie in a link', async () => {
    world.linkRoots = [join(world.outside, '..')];
    await link('all', local(world.root));
    await expect(world.create('data')).rejects.toMatchObject({ code: 'path-refused', message: expect.stringContaining('“all”') });
    expect(readdirSync(world.root)).toEqual([]);
  });
});

describe('a link in use', () => {
  it('is held to the roots at every use: a target that leads elsewhere now opens nothing', async () => {
    const way = join(world.outside, 'way');
    symlinkSync(data, way);
    writeFileSync(join(data, 'file'), 'mine');
    await link('set', local(way), 'rw');
    const { provider } = world.vfolders.lookup.resolve('set', '');
    unlinkSync(way);
    symlinkSync('/etc', way);
    for (const use of [
      () => listed(provider, ''),
      () => readAll('set', 'hostname'),
      () => provider.stat(at('hostname')),
      () => put(provider, 'new', 'x'),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: 'path-refused' });
    }
    expect(world.vfolders.lookup.resolve('set', '').vfolder.localPath).toBe(data);
  });

  it('is refused as soon as the settings allow its folder no longer, and usable when they do again', async () => {
    writeFileSync(join(data, 'file'), 'mine');
    await link('set', local(data));
    world.linkRoots = [];
    await expect(readAll('set', 'file')).rejects.toMatchObject({
      code: 'path-refused',
      data: { hint: expect.stringContaining('settings') },
    });
    world.linkRoots = [world.outside];
    expect(await readAll('set', 'file')).toBe('mine');
  });

  it('opens nothing through a symlink inside the target that leads out of it', async () => {
    symlinkSync('/etc', join(data, 'out'));
    await link('set', local(data));
    await expect(readAll('set', 'out/hostname')).rejects.toMatchObject({ code: 'path-refused' });
  });

  it('is broken when its folder was moved, says so in the list, and works again when it is pointed there', async () => {
    writeFileSync(join(data, 'file'), 'mine');
    const { id } = await link('set', local(data));
    const moved = join(world.outside, 'moved');
    renameSync(data, moved);
    await world.restart();
    expect(await get('set')).toMatchObject({ broken: expect.stringContaining('not there') });
    await expect(readAll('set', 'file')).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(await service().relink({ name: 'set', target: local(moved) }, call)).toMatchObject({ id, broken: null, place: moved });
    expect(await readAll('set', 'file')).toBe('mine');
    expect((await service().list({}, call)).map(({ broken }) => broken)).toEqual([null]);
  });

  it('is pointed nowhere that could not be linked, and only links are', async () => {
    await link('set', local(data));
    await world.create('own');
    await expect(service().relink({ name: 'set', target: local('/usr') }, call)).rejects.toMatchObject({ code: 'path-refused' });
    await expect(service().relink({ name: 'own', target: local(data) }, call)).rejects.toMatchObject({ code: 'bad-request' });
    world.vfolders.addUsers(() => ['job 1']);
    await expect(service().relink({ name: 'set', target: local(data) }, call)).rejects.toMatchObject({ code: 'in-use' });
    expect(await get('set')).toMatchObject({ place: data });
  });

  it.each(['ro', 'rw'] as const)(
    'is renamed, deleted, restored and purged (%s) without a touch to what it points to',
    async (permission) => {
      mkdirSync(join(data, 'deep', 'er'), { recursive: true });
      for (let index = 0; index < 20; index++) writeFileSync(join(data, 'deep', 'er', `${index}`), `content ${index}`);
      symlinkSync('deep', join(data, 'way'));
      const before = digestOf(world.outside);
      const { id } = await link('set', local(data), permission);
      await service().rename({ name: 'set', to: 'renamed' }, call);
      await service().delete({ name: 'renamed' }, call);
      expect(await world.names(true)).toEqual(['renamed']);
      await service().restore({ id }, call);
      expect(await readAll('renamed', 'deep/er/7')).toBe('content 7');
      await service().delete({ name: 'renamed' }, call);
      await world.restart();
      expect(await service().purge({ id }, call)).toEqual({ files: 0, bytes: 0 });
      expect([await world.names(), await world.names(true)]).toEqual([[], []]);
      expect(digestOf(world.outside)).toBe(before);
    },
  );

  it('keeps what was trashed in it, and is not forgotten while that lies there', async () => {
    writeFileSync(join(data, 'file'), 'mine');
    const { id } = await link('set', local(data), 'rw');
    const files = openFiles();
    const [trashed] = await files.service.trash({ vfolder: 'set', paths: ['file'] }, call);
    expect(readdirSync(data)).toEqual(['.stowage']);
    expect(await listed(world.vfolders.lookup.resolve('set', '').provider, '')).toEqual([]);
    await service().delete({ name: 'set' }, call);
    await expect(service().purge({ id }, call)).rejects.toMatchObject({ code: 'not-empty' });
    await service().restore({ id }, call);
    await files.service.restore({ ids: [trashed?.id ?? ''] }, call);
    expect(readFileSync(join(data, 'file'), 'utf8')).toBe('mine');
    await service().delete({ name: 'set' }, call);
    await service().purge({ id }, call);
    expect(existsSync(join(data, 'file'))).toBe(true);
  });

  it('is forgotten all the same when its disk is gone for good', async () => {
    writeFileSync(join(data, 'file'), 'mine');
    const { id } = await link('set', local(data), 'rw');
    await openFiles().service.trash({ vfolder: 'set', paths: ['file'] }, call);
    await service().delete({ name: 'set' }, call);
    rmSync(data, { recursive: true });
    await service().purge({ id }, call);
    expect(await world.names(true)).toEqual([]);
  });
});

describe('linking a folder of a host', () => {
  it('takes a container or a prefix with one look at it', async () => {
    await store.makeDirectory(at('bucket'));
    for (let index = 0; index < 2500; index++) await put(store, `bucket/set/${index}`, 'x');
    const before = { ...store.calls };
    expect(await link('set', onStore('bucket/set'))).toMatchObject({
      kind: 'linked',
      permission: 'ro',
      localPath: null,
      place: 'bucket/set',
      host: { id: 'store' },
    });
    expect(store.calls).toEqual({ ...before, stat: before.stat + 1 });
    expect(await readAll('set', '7')).toBe('x');
  });

  it('refuses the account as a whole, Stowage’s own folder, a file, what is missing, and overlaps', async () => {
    await world.create('data', 'store');
    await put(store, 'data/sub/file', 'x');
    await put(store, 'data/.stowage/trash-files/1', 'x');
    for (const path of ['', 'data/.stowage/trash-files', 'data', 'data/sub']) {
      await expect(link('set', onStore(path))).rejects.toMatchObject({ code: 'path-refused' });
    }
    await store.makeDirectory(at('other'));
    await put(store, 'other/file', 'x');
    await expect(link('set', onStore('other/file'))).rejects.toMatchObject({ code: 'not-a-directory' });
    await expect(link('set', onStore('other/missing'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(link('set', onStore('../x'))).rejects.toMatchObject({ code: 'path-refused' });
    // A place stays its vfolder's while that is in the trash.
    await service().delete({ name: 'data' }, call);
    await expect(link('set', onStore('data/sub'))).rejects.toMatchObject({
      code: 'path-refused',
      message: expect.stringContaining('in the trash'),
    });
  });

  it('is forgotten without a request to the host', async () => {
    await store.makeDirectory(at('bucket'));
    await put(store, 'bucket/file', 'x');
    const { id } = await link('set', onStore('bucket'));
    const [before, keys] = [{ ...store.calls }, store.keys()];
    await service().delete({ name: 'set' }, call);
    await service().purge({ id }, call);
    expect(store.calls).toEqual(before);
    expect(store.keys()).toEqual(keys);
  });

  it('says that its host does not answer, and does not hold up the list meanwhile', async () => {
    await store.makeDirectory(at('bucket'));
    await put(store, 'bucket/set/file', 'x');
    await link('set', onStore('bucket/set'));
    await world.create('own');
    const { stat } = store;
    const answer = Promise.withResolvers<never>();
    store.stat = () => answer.promise;
    await world.restart();
    const begun = performance.now();
    expect(await service().list({}, call)).toMatchObject([
      { name: 'own', broken: null },
      { name: 'set', broken: null },
    ]);
    expect(performance.now() - begun).toBeLessThan(1500);
    world.seen.length = 0;
    answer.reject(new StowageError('host-unreachable', 'The store does not answer.'));
    await expect.poll(() => world.seen).toContainEqual({ type: 'vfolders' });
    expect(await get('set')).toMatchObject({ broken: 'The store does not answer.' });
    store.stat = stat;
  });

  it('takes a folder of a local host, but not one that leads out of it', async () => {
    mkdirSync(join(world.root, 'mine'));
    symlinkSync('/etc', join(world.root, 'out'));
    const host = (await service().get({ name: (await world.create('own')).name }, call)).host.id;
    expect(await link('mine', { kind: 'host', host, path: 'mine' })).toMatchObject({ localPath: join(world.root, 'mine') });
    await expect(link('out', { kind: 'host', host, path: 'out' })).rejects.toMatchObject({ code: 'not-a-directory' });
    await expect(link('out', { kind: 'host', host, path: 'out/ssl' })).rejects.toMatchObject({ code: 'path-refused' });
    expect(parseInnerPath('mine')).toBe(world.vfolders.lookup.resolve('mine', '').root);
  });
});
