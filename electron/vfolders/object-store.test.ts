import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VfolderInfo } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { at, put, textOf } from '../storage/contract/world.ts';
import { packsFolder } from '../storage/host-folder.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from './vfolders.fixture.ts';

const call = {};
const gone = () => new StowageError('host-unreachable', 'The store does not answer.');

describe.each([
  { kind: 'an account whose top holds containers', containers: true },
  { kind: 'a container', containers: false },
])('vfolders on $kind', ({ containers }) => {
  let store: ObjectStore;
  let world: VfolderWorld;
  beforeEach(async () => {
    store = createObjectStore({ containers, pageSize: 10 });
    world = await createVfolderWorld(store);
  });
  afterEach(async () => {
    store.fault = () => undefined;
    await world.close();
  });
  const service = () => world.vfolders.service;

  it('are made as a place that stays, also while it is empty', async () => {
    const made = await world.create('data', 'store');
    expect(made).toMatchObject({ host: { id: 'store', kind: 'memory' }, localPath: null, place: 'data', broken: null });
    expect(store.keys()).toEqual(['data/']);
    expect(world.vfolders.lookup.resolve('data', 'a/b')).toMatchObject({ root: 'data', path: 'data/a/b' });
  });

  it('refuse the name of a folder that is there and no vfolder’s', async () => {
    await store.makeDirectory(at('mine'));
    await expect(world.create('mine', 'store')).rejects.toMatchObject({ code: 'name-taken' });
    expect(await world.names()).toEqual([]);
  });

  it('are renamed, trashed and restored without a byte or a key moving', async () => {
    const { id } = await world.create('data', 'store');
    await put(store, 'data/file', 'content');
    const [keys, calls] = [store.keys(), { ...store.calls }];
    await service().rename({ name: 'data', to: 'renamed' }, call);
    await service().delete({ name: 'renamed' }, call);
    expect(await world.names(true)).toEqual(['renamed']);
    await service().restore({ id }, call);
    expect(await world.names()).toEqual(['renamed']);
    expect(store.keys()).toEqual(keys);
    expect(store.calls).toEqual(calls);
    expect(world.vfolders.lookup.resolve('renamed', 'file')).toMatchObject({ path: 'data/file' });
  });

  it('keep their places when another takes the name of one that was trashed or renamed', async () => {
    const first = await world.create('data', 'store');
    await put(store, 'data/file', 'first');
    await service().delete({ name: 'data' }, call);
    const second = await world.create('data', 'store');
    await put(store, `${second.place}/file`, 'second');
    await service().rename({ name: 'data', to: 'other' }, call);
    const third = await world.create('data', 'store');
    expect(new Set([first.place, second.place, third.place]).size).toBe(3);
    await service().restore({ id: first.id, name: 'back' }, call);
    expect(await textOf(store, world.vfolders.lookup.resolve('back', 'file').path)).toBe('first');
    expect(await textOf(store, world.vfolders.lookup.resolve('other', 'file').path)).toBe('second');
  });

  it('are purged whole, with what Stowage laid beside them, and leave the others alone', async () => {
    await world.create('kept', 'store');
    await put(store, 'kept/file', 'kept');
    const keptPack = `${packsFolder(store, at('kept'))}/place/index.jsonl`;
    await put(store, keptPack, 'kept');
    const { id } = await world.create('data', 'store');
    for (let index = 0; index < 50; index++) await put(store, `data/${index % 3}/${index}`, '12345');
    if (containers) await put(store, 'data/.stowage/trash-files/left', 'by a crash');
    await put(store, `${packsFolder(store, at('data'))}/place/1.tar`, 'copies');
    await service().delete({ name: 'data' }, call);
    expect(await service().purge({ id }, call)).toEqual({ files: 50, bytes: 250 });
    expect(store.keys().toSorted()).toEqual(['kept/', 'kept/file', keptPack].toSorted());
    expect(await world.names(true)).toEqual([]);
  });

  it('go on being purged after a crash, and cannot be restored meanwhile', async () => {
    const { id } = await world.create('data', 'store');
    for (let index = 0; index < 50; index++) await put(store, `data/${index}`, '12345');
    await service().delete({ name: 'data' }, call);
    let removals = 0;
    // The process that began the purge never hears of the store again.
    const silent = new Promise<never>(() => undefined);
    const crashed = { ...store.calls };
    const { remove } = store;
    store.remove = (path, options) => (++removals > 20 ? silent : remove(path, options));
    void Promise.resolve(service().purge({ id }, call)).catch(() => undefined);
    await expect.poll(() => removals).toBeGreaterThan(30);
    await expect(service().restore({ id }, call)).rejects.toMatchObject({ code: 'wrong-state' });
    store.remove = remove;
    await world.restart();
    expect(store.keys()).toEqual([]);
    expect(await world.names(true)).toEqual([]);
    expect(store.calls.remove).toBeGreaterThan(crashed.remove);
  });

  it('stay in the trash, half purged, while the store does not answer, and the rest goes when it is asked for again', async () => {
    const { id } = await world.create('data', 'store');
    for (let index = 0; index < 50; index++) await put(store, `data/${index}`, '12345');
    await service().delete({ name: 'data' }, call);
    let removals = 0;
    store.fault = (method) => {
      if (method === 'remove' && ++removals > 20) throw gone();
    };
    await expect(service().purge({ id }, call)).rejects.toMatchObject({
      code: 'host-unreachable',
      message: expect.stringContaining('stays in the trash'),
    });
    await expect(service().restore({ id }, call)).rejects.toMatchObject({ code: 'wrong-state' });
    store.fault = () => {
      throw gone();
    };
    await world.restart();
    expect(await world.names(true)).toEqual(['data']);
    store.fault = () => undefined;
    await service().purge({ id }, call);
    expect(store.keys()).toEqual([]);
  });

  it('get their folder at the next start when a crash came between the row and the folder', async () => {
    await world.create('data', 'store');
    await store.remove(at('data'));
    world.database.run(`UPDATE vfolders SET unfinished = 'creating'`);
    await world.restart();
    expect(store.keys()).toEqual(['data/']);
    expect(world.database.get('SELECT unfinished FROM vfolders')).toMatchObject({ unfinished: null });
  });

  it('are listed, renamed and trashed at a start without a single request', async () => {
    await world.create('data', 'store');
    await world.create('gone', 'store');
    await service().delete({ name: 'gone' }, call);
    store.fault = () => {
      throw gone();
    };
    const before = { ...store.calls };
    await world.restart();
    expect([await world.names(), await world.names(true)]).toEqual([['data'], ['gone']]);
    await service().rename({ name: 'data', to: 'renamed' }, call);
    expect(store.calls).toEqual(before);
  });

  it('leave no vfolder behind when their place cannot be made', async () => {
    store.fault = (method) => {
      if (method === 'makeDirectory') throw gone();
    };
    await expect(world.create('data', 'store')).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(await world.names()).toEqual([]);
  });

  it('tell how much is in them', async () => {
    await world.create('data', 'store');
    for (let index = 0; index < 25; index++) await put(store, `data/${index % 2}/${index}`, '12345');
    let last: VfolderInfo | null = null;
    for await (const info of (await service().info({ name: 'data' }, call)) as AsyncIterable<VfolderInfo>) last = info;
    expect(last).toMatchObject({ files: 25, directories: 2, bytes: 125 });
  });
});

it('makes a container of each name, also where the service shortens names to the same', async () => {
  const store = createObjectStore({ containers: true });
  store.containerName = (name) => name.toLowerCase().slice(0, 63);
  const world = await createVfolderWorld(store);
  const [first, second] = [await world.create(`${'a'.repeat(63)}b`, 'store'), await world.create('a'.repeat(64), 'store')];
  expect(first.place).toBe('a'.repeat(63));
  expect(second.place).toMatch(/^a{40}-[0-9a-f]{8}$/);
  store.containerName = () => 'same';
  await world.create('one', 'store');
  await expect(world.create('two', 'store')).rejects.toMatchObject({ code: 'name-taken' });
  await world.close();
});

it('makes what jobs need on the local host, also when an object store is the default', async () => {
  const world = await createVfolderWorld(createObjectStore());
  world.database.run('UPDATE hosts SET is_default = (id = ?)', 'store');
  expect(world.hosts.defaultHostId()).toBe('store');
  const made = await world.vfolders.lookup.ensure('outputs', { usage: 'output', note: '' });
  expect(made.localPath).not.toBeNull();
  await world.close();
});

it.each([
  ['cannot be looked at', 'stat', 'permission-denied'],
  ['cannot be made', 'makeDirectory', 'exists'],
  ['is just being deleted', 'makeDirectory', 'in-use'],
] as const)('takes another container when the one of its name is somebody else’s and %s', async (_what, method, code) => {
  const store = createObjectStore({ containers: true });
  store.fault = (called, path) => {
    if (called === method && path === 'data') throw new StowageError(code, 'Somebody else has it.');
  };
  const world = await createVfolderWorld(store);
  expect((await world.create('data', 'store')).place).toMatch(/^data-[0-9a-f]{8}$/);
  expect(store.keys()).toEqual([expect.stringMatching(/^data-[0-9a-f]{8}\/$/)]);
  await world.close();
});

it('tells when it may make no container at all', async () => {
  const store = createObjectStore({ containers: true });
  store.fault = (called) => {
    if (called === 'makeDirectory') throw new StowageError('permission-denied', 'You may make no containers.');
  };
  const world = await createVfolderWorld(store);
  await expect(world.create('data', 'store')).rejects.toMatchObject({ code: 'permission-denied' });
  expect(await world.names()).toEqual([]);
  await world.close();
});
