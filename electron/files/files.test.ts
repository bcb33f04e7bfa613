import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '#shared/contract/app.ts';
import type { Entry } from '#shared/contract/files.ts';
import { createChanges } from '../events.ts';
import { createHosts } from '../hosts/hosts.ts';
import { secretsInMemory } from '../secrets/secrets.fixture.ts';
import { collect } from '../storage/contract/world.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createVfolders, type Vfolders } from '../vfolders/vfolders.ts';
import { createFiles, type Files } from './files.ts';

let home: string;
let data: string;
let database: Database;
let vfolders: Vfolders;
let files: Files;
let seen: Change[];
const call = {};

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'stowage-files-'));
  ({ database } = openDatabase(home));
  const changes = createChanges();
  seen = [];
  changes.on((change) => seen.push(change));
  const hosts = createHosts({ database, changes, localRoot: join(home, 'Stowage'), ...secretsInMemory() });
  vfolders = createVfolders({ database, changes, hosts, links: { roots: () => [], home }, startClone: async () => 1 });
  files = createFiles({ database, changes, lookup: vfolders.lookup });
  await vfolders.service.create({ name: 'data' }, call);
  data = join(home, 'Stowage', 'data');
  seen.length = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await vfolders.ready;
  database.close();
  await rm(home, { recursive: true, force: true });
});

function put(path: string, content: string | Uint8Array = 'content'): void {
  mkdirSync(join(data, path, '..'), { recursive: true });
  writeFileSync(join(data, path), content);
}

async function list(path: string): Promise<Entry[]> {
  const all: Entry[] = [];
  const pages = (await files.service.list({ vfolder: 'data', path }, call)) as AsyncIterable<{ entries: Entry[] }>;
  for await (const { entries } of pages) all.push(...entries);
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const at = (path: string) => ({ vfolder: 'data', path });
const trash = (...paths: string[]) => files.service.trash({ vfolder: 'data', paths }, call);

describe('looking', () => {
  it('lists a folder with paths inside the vfolder', async () => {
    put('sub/a.txt', '12345');
    put('sub/deeper/b');
    expect(await list('')).toMatchObject([{ name: 'sub', path: 'sub', kind: 'directory' }]);
    expect(await list('/sub/')).toMatchObject([
      { name: 'a.txt', path: 'sub/a.txt', kind: 'file', size: 5 },
      { name: 'deeper', path: 'sub/deeper', kind: 'directory' },
    ]);
    expect(await files.service.stat(at('sub/a.txt'), call)).toMatchObject({ name: 'a.txt', path: 'sub/a.txt', size: 5 });
    expect(await files.service.stat(at(''), call)).toMatchObject({ name: 'data', path: '', kind: 'directory' });
  });

  it('refuses paths that climb, and names what is missing', async () => {
    await expect(list('../other')).rejects.toMatchObject({ code: 'path-refused' });
    await expect(list('missing')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('missing') });
    await expect(files.service.stat({ vfolder: 'nowhere', path: '' }, call)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('counts recursively, the last event being the whole', async () => {
    for (let index = 0; index < 50; index++) put(`a/${index % 5}/${index}`, '1234');
    const events: unknown[] = [];
    for await (const event of (await files.service.statistics(at('a'), call)) as AsyncIterable<unknown>) events.push(event);
    expect(events.at(-1)).toMatchObject({ files: 50, directories: 5, bytes: 200 });
    const largest = Array.from({ length: 10 }, () => ({ path: expect.stringMatching(/^a\/\d\/\d+$/), size: 4 }));
    expect(events.at(-1)).toMatchObject({ largest });
  });
});

describe('changing', () => {
  it('makes folders and renames, telling the folders that changed', async () => {
    expect(await files.service.makeDirectory(at('new/deep'), call)).toMatchObject({ name: 'deep', kind: 'directory' });
    put('new/file');
    expect(await files.service.rename({ ...at('new/file'), to: 'other/name' }, call)).toMatchObject({ path: 'other/name' });
    expect(readFileSync(join(data, 'other/name'), 'utf8')).toBe('content');
    expect(seen).toEqual([
      { type: 'files', vfolder: 'data', path: 'new' },
      { type: 'files', vfolder: 'data', path: 'new' },
      { type: 'files', vfolder: 'data', path: 'other' },
    ]);
  });

  it('never overwrites by a rename, nor moves the vfolder itself', async () => {
    put('a', 'a');
    put('b', 'b');
    await expect(files.service.rename({ ...at('a'), to: 'b' }, call)).rejects.toMatchObject({ code: 'exists' });
    await expect(files.service.rename({ ...at('a'), to: '../out' }, call)).rejects.toMatchObject({ code: 'path-refused' });
    await expect(files.service.rename({ ...at(''), to: 'x' }, call)).rejects.toMatchObject({ code: 'bad-request' });
    expect(readFileSync(join(data, 'b'), 'utf8')).toBe('b');
  });

  it('changes nothing in a read-only vfolder', async () => {
    put('file');
    const [trashed] = await (async () => {
      put('gone');
      return trash('gone');
    })();
    await vfolders.service.update({ name: 'data', permission: 'ro' }, call);
    const refused = { code: 'read-only', message: expect.stringContaining('“data”') };
    await expect(files.service.makeDirectory(at('x'), call)).rejects.toMatchObject(refused);
    await expect(files.service.rename({ ...at('file'), to: 'x' }, call)).rejects.toMatchObject(refused);
    await expect(trash('file')).rejects.toMatchObject(refused);
    await expect(files.service.restore({ ids: [trashed?.id ?? ''] }, call)).rejects.toMatchObject(refused);
    expect(readdirSync(data)).toEqual(['file']);
  });
});

describe('the trash of files', () => {
  it('takes files and folders and gives them back', async () => {
    put('a/file', 'one');
    put('folder/deep/file', 'two');
    const trashed = await trash('a/file', 'folder', 'folder/deep/file');
    expect(trashed.map(({ path, kind }) => [path, kind])).toEqual([
      ['a/file', 'file'],
      ['folder', 'directory'],
    ]);
    expect(readdirSync(data)).toEqual(['a']);
    expect(await files.service.listTrash({}, call)).toHaveLength(2);
    expect(await files.service.restore({ ids: trashed.map(({ id }) => id) }, call)).toEqual({ restored: 2 });
    expect(readFileSync(join(data, 'folder/deep/file'), 'utf8')).toBe('two');
    expect(await files.service.listTrash({ vfolder: 'data' }, call)).toEqual([]);
  });

  it('puts everything back when one of many cannot be moved', async () => {
    put('a');
    put('b');
    await expect(trash('a', 'b', 'missing')).rejects.toMatchObject({ code: 'not-found' });
    expect(readdirSync(data)).toEqual(['a', 'b']);
    expect(await files.service.listTrash({}, call)).toEqual([]);
  });

  it('never overwrites what took the place meanwhile', async () => {
    put('file', 'old');
    const [one] = await trash('file');
    put('file', 'new');
    await expect(files.service.restore({ ids: [one?.id ?? ''] }, call)).rejects.toMatchObject({ code: 'exists' });
    expect(readFileSync(join(data, 'file'), 'utf8')).toBe('new');
    expect(await files.service.listTrash({}, call)).toHaveLength(1);
  });

  it('follows the vfolder when that is renamed, trashed and restored', async () => {
    put('file', 'old');
    const [one] = await trash('file');
    await vfolders.service.rename({ name: 'data', to: 'moved' }, call);
    const { id } = await vfolders.service.delete({ name: 'moved' }, call);
    expect(await files.service.listTrash({}, call)).toEqual([]);
    await vfolders.service.restore({ id }, call);
    await files.service.restore({ ids: [one?.id ?? ''] }, call);
    expect(readFileSync(join(home, 'Stowage', 'moved', 'file'), 'utf8')).toBe('old');
  });

  it('is purged for good, alone or with its vfolder', async () => {
    const place = join(home, 'Stowage', '.stowage', 'trash-files');
    put('a/deep/file');
    put('b');
    const [first] = await trash('a', 'b');
    expect(await files.service.purge({ ids: [first?.id ?? ''] }, call)).toEqual({ purged: 1 });
    expect(readdirSync(place)).toHaveLength(1);
    const { id } = await vfolders.service.delete({ name: 'data' }, call);
    await vfolders.service.purge({ id }, call);
    expect(readdirSync(place)).toEqual([]);
  });

  it('drops what a crash left without a file', async () => {
    put('file');
    const [one] = await trash('file');
    await rm(join(home, 'Stowage', '.stowage', 'trash-files', one?.id ?? ''));
    await expect(files.service.restore({ ids: [one?.id ?? ''] }, call)).rejects.toMatchObject({ code: 'not-found' });
    expect(await files.service.listTrash({}, call)).toEqual([]);
  });
});

describe('downloads', () => {
  const ticketFor = async (...paths: string[]): Promise<{ ticket: string; filename: string }> => {
    const { url, filename } = await files.service.downloadTicket({ vfolder: 'data', paths }, call);
    expect(url).toMatch(/^\/download\/[\w-]{32}$/);
    return { ticket: url.slice('/download/'.length), filename };
  };
  /** Unpacks with the system's tar. */
  const unpack = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
    const folder = join(home, 'unpacked');
    mkdirSync(folder);
    writeFileSync(join(home, 'archive.tar'), await collect(body));
    execFileSync('tar', ['-xf', join(home, 'archive.tar'), '-C', folder]);
    return folder;
  };

  it('give a file as it is, once', async () => {
    const content = randomBytes(2_500_000);
    put('sub/file.bin', content);
    const { ticket, filename } = await ticketFor('sub/file.bin');
    expect(filename).toBe('file.bin');
    const { body, ...rest } = await files.downloads.open(ticket);
    expect(rest).toEqual({ filename, contentType: 'application/octet-stream', size: 2_500_000, range: null });
    expect((await collect(body)).equals(content)).toBe(true);
    await expect(files.downloads.open(ticket)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('give ranges of a file', async () => {
    put('file', '0123456789');
    const range = async (wanted: { start: number; end?: number }): Promise<unknown[]> => {
      const opened = await files.downloads.open((await ticketFor('file')).ticket, wanted);
      return [opened.size, opened.range, (await collect(opened.body)).toString()];
    };
    expect(await range({ start: 2, end: 4 })).toEqual([10, { start: 2, end: 4 }, '234']);
    expect(await range({ start: 7 })).toEqual([10, { start: 7, end: 9 }, '789']);
    expect(await range({ start: 7, end: 100 })).toEqual([10, { start: 7, end: 9 }, '789']);
    await expect(range({ start: 10 })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('expire after a minute', async () => {
    put('file');
    const { ticket } = await ticketFor('file');
    vi.useFakeTimers({ now: Date.now() + 60_001, toFake: ['Date'] });
    await expect(files.downloads.open(ticket)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are refused for what is missing', async () => {
    await expect(ticketFor('missing')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ticketFor('../data/x')).rejects.toMatchObject({ code: 'path-refused' });
  });

  it('give a folder as a tar, with links that stay inside and a list of what was left out', async () => {
    const long = 'a long name with spaces and ünïcode '.repeat(5).trim();
    put('top/sub/file', 'content');
    put(`top/${long}`, 'long');
    put('top/empty', '');
    mkdirSync(join(data, 'top/hollow'));
    symlinkSync('sub/file', join(data, 'top/inside'));
    symlinkSync('../../../../etc/passwd', join(data, 'top/outside'));
    symlinkSync('/etc', join(data, 'top/absolute'));
    execFileSync('mkfifo', [join(data, 'top/pipe')]);
    const { ticket, filename } = await ticketFor('top');
    expect(filename).toBe('top.tar');
    const { body, size } = await files.downloads.open(ticket);
    expect(size).toBeNull();
    const folder = await unpack(body);
    expect(readdirSync(folder).sort()).toEqual(['NOT-DOWNLOADED.txt', 'top']);
    expect(readdirSync(join(folder, 'top')).sort()).toEqual([long, 'empty', 'hollow', 'inside', 'sub'].sort());
    expect(readFileSync(join(folder, 'top/inside'), 'utf8')).toBe('content');
    const left = readFileSync(join(folder, 'NOT-DOWNLOADED.txt'), 'utf8');
    for (const name of ['top/outside', 'top/absolute', 'top/pipe']) expect(left).toContain(`${name}: `);
  });

  it('give several as a tar with names relative to the folder that holds them all', async () => {
    put('a/b/one', '1');
    put('a/c/two', '2');
    const { ticket, filename } = await ticketFor('a/b/one', 'a/c');
    expect(filename).toBe('data.tar');
    const folder = await unpack((await files.downloads.open(ticket)).body);
    expect([readFileSync(join(folder, 'b/one'), 'utf8'), readFileSync(join(folder, 'c/two'), 'utf8')]).toEqual(['1', '2']);
  });

  it('give the whole vfolder under its name', async () => {
    put('file');
    const folder = await unpack((await files.downloads.open((await ticketFor('')).ticket)).body);
    expect(existsSync(join(folder, 'data', 'file'))).toBe(true);
  });

  it('keep no file open that nobody has fetched yet', async () => {
    put('file');
    const before = readdirSync('/proc/self/fd').length;
    for (let index = 0; index < 50; index++) await ticketFor('file');
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 25);
  });

  it('let go of the files when the reader leaves in the middle', async () => {
    for (let index = 0; index < 20; index++) put(`many/${index}`, randomBytes(1_000_000));
    const { body } = await files.downloads.open((await ticketFor('many')).ticket);
    for await (const _chunk of body) break;
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(100);
  });

  it('break off when a file shrinks meanwhile, rather than ending short', async () => {
    put('big/file', Buffer.alloc(8_000_000, 1));
    const { body } = await files.downloads.open((await ticketFor('big')).ticket);
    const read = async (): Promise<void> => {
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > 1_500_000) writeFileSync(join(data, 'big/file'), 'short');
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'source-changed' });
  });

  it('hold little of a large folder in memory', async () => {
    for (let index = 0; index < 500; index++) put(`many/${index}/f`, '');
    put('many/large', '');
    truncateSync(join(data, 'many/large'), 400_000_000);
    const { body } = await files.downloads.open((await ticketFor('many')).ticket);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      // Asked now and then only: the question is slow.
      if (++chunks % 50 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(bytes).toBeGreaterThan(400_000_000);
    // Chunks that wait for the garbage collector count as well.
    expect(most).toBeLessThan(200_000_000);
  });
});
