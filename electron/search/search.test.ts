import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Match, SearchEvent } from '#shared/contract/search.ts';
import { StowageError } from '#shared/errors.ts';
import { createFiles } from '../files/files.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createVfolderWorld, storeHostId, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { createSearch, type SearchFeature } from './search.ts';

let store: StorageProvider;
let world: VfolderWorld;
let search: SearchFeature;
const openSearch = () => createSearch({ home: world.home, lookup: world.vfolders.lookup, changes: world.changes });

beforeEach(async () => {
  store = createMemoryProvider();
  world = await createVfolderWorld(store);
  search = openSearch();
});
afterEach(async () => {
  await search.close();
  await world.close();
});

type Input = Parameters<SearchFeature['service']['find']>[0];

async function events(vfolder: string, query: string, more: Partial<Input> = {}): Promise<SearchEvent[]> {
  const seen: SearchEvent[] = [];
  for await (const event of await search.service.find({ vfolder, path: '', query, ...more }, {})) seen.push(event);
  return seen;
}

/** The last answer. */
async function find(vfolder: string, query: string, more: Partial<Input> = {}) {
  const all = await events(vfolder, query, more);
  const at = all.findLastIndex(({ type }) => type === 'answer');
  const answer = all[at];
  if (answer?.type !== 'answer') throw new Error('there was no answer');
  const matches: Match[] = all.slice(at).flatMap((event) => (event.type === 'matches' ? event.matches : []));
  return {
    ...answer,
    matches,
    paths: matches.map(({ path }) => path),
    answers: all.filter(({ type }) => type === 'answer').length,
  };
}

const inside = (path = ''): string => join(world.root, 'data', path);
const write = (path: string, content = 'x'): void => {
  mkdirSync(join(inside(path), '..'), { recursive: true });
  writeFileSync(inside(path), content);
};
const put = (path: string) =>
  store.write(
    path as Parameters<StorageProvider['write']>[0],
    (async function* () {
      yield Buffer.from('x');
    })(),
  );
const changed = (path: string): void => world.changes.emit({ type: 'files', vfolder: 'data', path });

const messy = [
  'a.csv',
  'A.CSV',
  'deep/er/still/b.csv',
  'new\nline.csv',
  ' lead and trail ',
  'ünï/日本語.txt',
  'e\u0301.txt',
  `${'n'.repeat(250)}.csv`,
  '[brackets]{x}.txt',
  '.hidden',
  '.dots/..more',
  'quo"te.txt',
  'tab\there.log',
  'star*.txt',
  'empty.csv/x',
  '🚀.bin',
];

it('finds on a messy tree what find finds', async () => {
  await world.create('data');
  for (const name of messy) write(name);
  symlinkSync('a.csv', inside('link.csv'));
  const globs = [
    '*',
    '*.csv',
    '*.CSV',
    'a*',
    '?.csv',
    '*[ab]*',
    '.*',
    '*n*n*',
    '*line*',
    '*.??t',
    '*er',
    'nothing*',
    '*\\**',
    '*日*',
  ];
  for (const glob of globs) {
    const theirs = execFileSync('find', ['.', '-mindepth', '1', '-iname', glob, '-printf', '%P\\0'], {
      cwd: inside(),
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const expected = theirs
      .toString()
      .split('\0')
      .filter((path) => path !== '');
    const { paths, total } = await find('data', glob);
    expect(paths.toSorted(), glob).toEqual(expected.toSorted());
    expect(total).toBe(expected.length);
  }
  const below = await find('data', '*', { path: 'deep/er' });
  expect(below.paths.toSorted()).toEqual(['deep/er/still', 'deep/er/still/b.csv']);
  expect((await find('data', 'kind:link')).matches).toMatchObject([{ name: 'link.csv', kind: 'symlink' }]);
});

it('gives the first matches of an order, and counts all', async () => {
  await world.create('data');
  for (let index = 0; index < 30; index++) write(`part-${index % 3}/file-${index}`, 'x'.repeat((index * 7) % 30));
  const largest = await find('data', 'file', { limit: 3, sort: { column: 'size', descending: true } });
  expect(largest).toMatchObject({ total: 30, truncated: true });
  expect(largest.matches.map(({ size }) => size)).toEqual([29, 28, 27]);
  const byFolder = await find('data', 'kind:file', { limit: 11, sort: { column: 'folder', descending: false } });
  expect(byFolder.paths.at(-1)).toBe('part-1/file-1');
  expect((await find('data', 'size:>28')).total).toBe(1);
  for (const folder of ['z', 'b', 'm']) write(`${folder}/same`);
  changed('');
  const same = await find('data', 'same', { sort: { column: 'name', descending: false } });
  expect(same.paths).toEqual(['b/same', 'm/same', 'z/same']);
});

it('keeps the index over a restart, and takes a damaged one or that of another place anew', async () => {
  await world.create('data');
  write('one.csv');
  expect(await find('data', 'csv')).toMatchObject({ paths: ['one.csv'], answers: 2 });
  const { takenAt } = await search.service.status({ vfolder: 'data' }, {});
  write('unseen.csv');
  await search.close();
  search = openSearch();
  expect(await search.service.everywhere({ query: 'csv', limit: 5 }, {})).toMatchObject([{ vfolder: 'data', path: 'one.csv' }]);
  // Nobody told of the second file, and the index is young.
  expect(await find('data', 'csv')).toMatchObject({ paths: ['one.csv'], answers: 1, index: { takenAt, changedSince: false } });
  expect((await find('data', 'csv', { refresh: true })).paths.toSorted()).toEqual(['one.csv', 'unseen.csv']);

  await search.close();
  const folder = join(world.home, 'index');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.idx'));
  truncateSync(join(folder, file), statSync(join(folder, file)).size - 20);
  search = openSearch();
  expect(await find('data', 'csv')).toMatchObject({ total: 2, answers: 2, index: { state: 'ready', problem: null } });
});

it('holds what is changed through Stowage, folders that are new, moved and gone too', async () => {
  await world.create('data');
  const files = createFiles({ database: world.database, changes: world.changes, lookup: world.vfolders.lookup });
  for (const path of ['a/one.csv', 'b/two.csv']) write(path);
  await find('data', 'csv');
  write('a/new/deep/three.csv');
  write('unrelated/four.csv');
  changed('a/new/deep');
  expect(await search.service.status({ vfolder: 'data' }, {})).toMatchObject({ changedSince: true });
  const later = await find('data', 'csv');
  expect(later.paths.toSorted()).toEqual(['a/new/deep/three.csv', 'a/one.csv', 'b/two.csv']);
  expect(later).toMatchObject({ answers: 2, index: { changedSince: false, files: 3 } });

  await files.service.rename({ vfolder: 'data', path: 'b', to: 'a/moved' }, {});
  await files.service.trash({ vfolder: 'data', paths: ['a/new'] }, {});
  expect((await find('data', 'csv')).paths.toSorted()).toEqual(['a/moved/two.csv', 'a/one.csv', 'unrelated/four.csv']);
  // What is changed while nobody searches is kept for the next time, whoever asks.
  write('a/last.csv');
  changed('a');
  await search.close();
  search = openSearch();
  expect(await find('data', 'last')).toMatchObject({ total: 1, answers: 2 });
  expect(await find('data', 'last')).toMatchObject({ total: 1, answers: 1 });
  // A folder that is gone takes the search no further than to where it was.
  rmSync(inside('a'), { recursive: true });
  changed('a/moved');
  expect((await find('data', 'csv')).paths).toEqual(['unrelated/four.csv']);
});

it('refreshes changed folders by itself soon after', async () => {
  await world.create('data');
  write('a/one.csv');
  await find('data', 'csv');
  write('a/two.csv');
  changed('a');
  await expect
    .poll(async () => (await search.service.everywhere({ query: 'two', limit: 5 }, {})).map(({ path }) => path), {
      timeout: 5000,
    })
    .toEqual(['a/two.csv']);
  expect(existsSync(join(world.home, 'index', `${world.vfolders.lookup.find('data')?.id}.idx.dirty`))).toBe(false);
});

it('finds in a store that does not answer what was there, and says so', async () => {
  await world.create('data', storeHostId);
  await put('data/a/one.csv');
  await find('data', 'csv');
  const { list } = store;
  store.list = () => {
    throw new StowageError('host-unreachable', 'The host does not answer.');
  };
  const offline = await events('data', 'csv', { refresh: true });
  expect(offline.at(-1)).toMatchObject({ type: 'progress', total: 1, index: { problem: { code: 'host-unreachable' } } });
  expect(await find('data', 'one')).toMatchObject({ paths: ['a/one.csv'], index: { taking: null } });
  store.list = list;
  expect(await find('data', 'one', { refresh: true })).toMatchObject({ index: { problem: null } });
  await world.create('other', storeHostId);
  store.list = () => {
    throw new StowageError('host-unreachable', 'The host does not answer.');
  };
  await expect(find('other', 'x')).rejects.toMatchObject({ code: 'host-unreachable' });
});

it('passes over folders that cannot be read, and counts them', async () => {
  await world.create('data', storeHostId);
  await put('data/open/one.csv');
  await put('data/closed/two.csv');
  const { list } = store;
  store.list = (folder, options) => {
    if (folder === 'data/closed') throw new StowageError('permission-denied', 'No.');
    return list(folder, options);
  };
  expect(await find('data', 'csv')).toMatchObject({ paths: ['open/one.csv'], index: { skipped: 1, folders: 2 } });
});

it('gives matches of a first index as they come, and stops when asked', async () => {
  await world.create('data', storeHostId);
  await put('data/a/one.csv');
  await put('data/b/two.csv');
  const gate = Promise.withResolvers<void>();
  const { list } = store;
  store.list = async function* (folder, options) {
    if (folder === 'data/a') await gate.promise;
    yield* list(folder, options);
  };
  const seen: SearchEvent[] = [];
  for await (const event of await search.service.find({ vfolder: 'data', path: '', query: 'csv' }, {})) {
    seen.push(event);
    // Nothing else opens it: the first match is there before the index is.
    if (event.type === 'matches') gate.resolve();
  }
  const kinds = seen.map(({ type }) => type);
  expect(kinds[0]).toBe('answer');
  expect(kinds).toContain('progress');
  expect(seen.find(({ type }) => type === 'matches')).toMatchObject({ matches: [{ path: 'b/two.csv' }] });
  expect(seen.findLast(({ type }) => type === 'answer')).toMatchObject({ total: 2, index: { state: 'ready', taking: null } });

  store.list = async function* (_folder, { signal } = {}) {
    await new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new StowageError('cancelled', 'Cancelled.'))),
    );
    yield [];
  };
  const anew = find('data', 'csv', { refresh: true });
  await expect.poll(async () => (await search.service.status({ vfolder: 'data' }, {})).taking).not.toBeNull();
  expect(await search.service.stop({ vfolder: 'data' }, {})).toMatchObject({ state: 'ready', taking: null });
  expect(await anew).toMatchObject({ total: 2 });
  // Leaving the call that takes it cancels too.
  for await (const state of await search.service.index({ vfolder: 'data' }, {})) if (state.taking) break;
  await expect.poll(async () => (await search.service.status({ vfolder: 'data' }, {})).taking).toBeNull();
});

it('refuses a folder that is not there, and queries that it does not understand', async () => {
  await world.create('data');
  write('file.txt');
  await expect(find('data', '*', { path: 'nowhere' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(find('data', '*', { path: 'file.txt' })).rejects.toMatchObject({ code: 'not-a-directory' });
  await expect(find('data', '*', { path: '../x' })).rejects.toMatchObject({ code: 'path-refused' });
  await expect(find('data', 'colour:red')).rejects.toMatchObject({ code: 'bad-request' });
  await expect(find('missing', '*')).rejects.toMatchObject({ code: 'not-found' });
});

it('forgets the index of a vfolder that is purged, and looks where a link points now', async () => {
  await world.create('data');
  write('one.csv');
  await find('data', 'csv');
  const { id } = await world.vfolders.service.delete({ name: 'data' }, {});
  await world.vfolders.service.purge({ id }, {});
  await expect.poll(() => readdirSync(join(world.home, 'index')), { timeout: 5000 }).toEqual([]);

  for (const name of ['here', 'there']) mkdirSync(join(world.outside, name));
  writeFileSync(join(world.outside, 'here', 'old.csv'), '');
  writeFileSync(join(world.outside, 'there', 'new.csv'), '');
  const at = (name: string) => ({ kind: 'local', path: join(world.outside, name) }) as const;
  await world.vfolders.service.link({ name: 'linked', target: at('here') }, {});
  expect((await find('linked', 'csv')).paths).toEqual(['old.csv']);
  await world.vfolders.service.relink({ name: 'linked', target: at('there') }, {});
  expect((await find('linked', 'csv')).paths).toEqual(['new.csv']);
});

it('forgets no change that comes while the folders of another are listed', async () => {
  await world.create('data', storeHostId);
  await put('data/a/one.csv');
  await find('data', 'csv');
  const { list } = store;
  const listing = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  store.list = async function* (folder, options) {
    for await (const page of list(folder, options)) {
      listing.resolve();
      await gate.promise;
      yield page;
    }
  };
  await put('data/a/two.csv');
  changed('a');
  const during = find('data', 'csv');
  await listing.promise;
  await put('data/a/three.csv');
  changed('a');
  gate.resolve();
  expect(await during).toMatchObject({ total: 2, index: { changedSince: true } });
  expect((await find('data', 'csv')).paths.toSorted()).toEqual(['a/one.csv', 'a/three.csv', 'a/two.csv']);
});
