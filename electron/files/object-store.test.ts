import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#shared/contract/files.ts';
import { StowageError } from '#shared/errors.ts';
import { collect, put, textOf } from '../storage/contract/world.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { createFiles, type Files } from './files.ts';

const call = {};
const gone = () => new StowageError('host-unreachable', 'The store does not answer.');

describe.each([
  { kind: 'an account whose top holds containers', containers: true },
  { kind: 'a container', containers: false },
])('files on $kind', ({ containers }) => {
  let store: ObjectStore;
  let world: VfolderWorld;
  let files: Files;
  beforeEach(async () => {
    store = createObjectStore({ containers, pageSize: 10 });
    world = await createVfolderWorld(store);
    await world.create('data', 'store');
    files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
  });
  afterEach(async () => {
    store.fault = () => undefined;
    await world.close();
  });

  const at = (path: string) => ({ vfolder: 'data', path });
  const trash = (...paths: string[]) => files.service.trash({ vfolder: 'data', paths }, call);
  const restore = (...ids: string[]) => files.service.restore({ ids }, call);
  const trashed = () => files.service.listTrash({ vfolder: 'data' }, call);
  const live = (): string[] => store.keys().filter((key) => !key.includes('.stowage'));
  const hidden = (): string[] => store.keys().filter((key) => key.includes('.stowage/trash-files/'));
  async function list(path: string): Promise<Entry[]> {
    const all: Entry[] = [];
    for await (const page of (await files.service.list(at(path), call)) as AsyncIterable<{ entries: Entry[] }>) {
      all.push(...page.entries);
    }
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  /** Restarts the files over the same database, as the next start of the app does. */
  async function startAnew(): Promise<void> {
    await world.restart();
    files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
    await files.ready;
  }
  function failOn(method: string, nth: number): void {
    let seen = 0;
    store.fault = (called) => {
      if (called === method && ++seen >= nth) throw gone();
    };
  }

  it('are trashed inside their container and come back, the folder that held them staying', async () => {
    await put(store, 'data/a/file', 'one');
    for (let index = 0; index < 30; index++) await put(store, `data/folder/${index % 3}/${index}`, `text ${index}`);
    const before = store.calls.write;
    const rows = await trash('a/file', 'folder');
    expect(await list('')).toMatchObject([{ name: 'a', kind: 'directory' }]);
    expect(await list('a')).toEqual([]);
    expect(hidden().every((key) => key.startsWith(containers ? 'data/.stowage/' : '.stowage/'))).toBe(true);
    expect(hidden()).toHaveLength(31);
    await restore(...rows.map(({ id }) => id));
    expect(await textOf(store, 'data/folder/1/22')).toBe('text 22');
    expect(await textOf(store, 'data/a/file')).toBe('one');
    expect([hidden(), await trashed()]).toEqual([[], []]);
    // Not a byte passed this machine.
    expect(store.calls.write).toBe(before);
  });

  it('are renamed and moved within the vfolder, never over another', async () => {
    await put(store, 'data/a/file', 'one');
    await put(store, 'data/there', 'theirs');
    await expect(files.service.rename({ ...at('a/file'), to: 'there' }, call)).rejects.toMatchObject({ code: 'exists' });
    expect(await files.service.rename({ ...at('a/file'), to: 'b/c' }, call)).toMatchObject({ path: 'b/c', kind: 'file' });
    expect(await files.service.rename({ ...at('b'), to: 'a/b' }, call)).toMatchObject({ path: 'a/b', kind: 'directory' });
    expect(await textOf(store, 'data/a/b/c')).toBe('one');
    expect(await list('')).toMatchObject([{ name: 'a' }, { name: 'there' }]);
  });

  it('stay where they were when they cannot be copied into the trash', async () => {
    for (let index = 0; index < 30; index++) await put(store, `data/folder/${index}`, `text ${index}`);
    const before = live();
    failOn('copy', 20);
    await expect(trash('folder')).rejects.toMatchObject({ code: 'host-unreachable' });
    store.fault = () => undefined;
    expect([live(), hidden(), await trashed()]).toEqual([before, [], []]);
  });

  it('are whole in the trash when they cannot all be removed, and the rest goes at the next start', async () => {
    for (let index = 0; index < 30; index++) await put(store, `data/folder/${index}`, `text ${index}`);
    failOn('remove', 10);
    await expect(trash('folder')).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(await trashed()).toMatchObject([{ path: 'folder', kind: 'directory' }]);
    expect(hidden()).toHaveLength(30);
    await startAnew();
    store.fault = () => undefined;
    expect(live().length).toBeGreaterThan(1);
    await startAnew();
    expect(live()).toEqual(['data/']);
    const [row] = await trashed();
    await restore(row?.id ?? '');
    expect(live()).toHaveLength(31);
  });

  it('are put back whole when the restore is cut short, at whatever step', async () => {
    for (let index = 0; index < 30; index++) await put(store, `data/folder/${index}`, `text ${index}`);
    const before = live();
    for (const [method, nth] of [
      ['copy', 15],
      ['remove', 15],
    ] as const) {
      const [row] = await trash('folder');
      failOn(method, nth);
      await expect(restore(row?.id ?? '')).rejects.toMatchObject({ code: 'host-unreachable' });
      store.fault = () => undefined;
      await startAnew();
      if (method === 'copy') await restore(row?.id ?? '');
      expect([live(), hidden(), await trashed()]).toEqual([before, [], []]);
    }
  });

  it('that were half moved by a process that was killed are moved on, whichever half', async () => {
    await put(store, 'data/folder/1', 'one');
    await put(store, 'data/folder/2', 'two');
    const [row] = await trash('folder');
    world.database.run(`UPDATE trashed_files SET moving = 'out'`);
    const trashPath = hidden()[0]?.replace(/\/[^/]*$/, '') ?? '';
    await store.copy(`${trashPath}/1` as never, 'data/folder/1' as never);
    await startAnew();
    expect([await trashed(), hidden()]).toEqual([[], []]);
    expect(await textOf(store, 'data/folder/2')).toBe('two');
    expect(row?.path).toBe('folder');
  });

  it('that took the place meanwhile are not overwritten by going on with a restore', async () => {
    await put(store, 'data/file', 'old');
    const [row] = await trash('file');
    await put(store, 'data/file', 'new and longer');
    await expect(restore(row?.id ?? '')).rejects.toMatchObject({ code: 'exists' });
    world.database.run(`UPDATE trashed_files SET moving = 'out'`);
    await expect(restore(row?.id ?? '')).rejects.toMatchObject({ code: 'exists' });
    expect(await textOf(store, 'data/file')).toBe('new and longer');
    expect(await trashed()).toHaveLength(1);
    expect(hidden()).toHaveLength(1);
  });

  if (!containers) {
    it('are none, and no failure, when another program removed the marker of the vfolder', async () => {
      await store.remove('data' as never);
      expect(await list('')).toEqual([]);
      await expect(list('missing')).rejects.toMatchObject({ code: 'not-found' });
    });
  }

  it('are purged from the trash', async () => {
    for (let index = 0; index < 12; index++) await put(store, `data/folder/${index}`, 'x');
    const [row] = await trash('folder');
    expect(await files.service.purge({ ids: [row?.id ?? ''] }, call)).toEqual({ purged: 1 });
    expect([hidden(), live()]).toEqual([[], ['data/']]);
  });

  it('in the trash go with their vfolder when that is purged', async () => {
    await put(store, 'data/file', 'x');
    await trash('file');
    const { id } = await world.vfolders.service.delete({ name: 'data' }, call);
    await world.vfolders.service.purge({ id }, call);
    expect(hidden()).toEqual([]);
    expect(live()).toEqual([]);
  });

  it('are downloaded as a tar without what is in the trash', async () => {
    await put(store, 'data/file', 'content');
    await put(store, 'data/gone', 'trashed');
    await trash('gone');
    const { url } = await files.service.downloadTicket({ vfolder: 'data', paths: [''] }, call);
    const tar = (await collect((await files.downloads.open(url.replace('/download/', ''))).body)).toString('latin1');
    expect(tar).toContain('content');
    expect(tar).not.toContain('trashed');
  });
});
