import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint, Transfer, TransferFile } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Bench, openBench } from './fixture.ts';

// Files are made durable one by one, on a disk that other tests use as well.

let bench: Bench;
let source: string;
let target: string;

beforeEach(() => open());
afterEach(() => bench.remove());

function open(provider?: StorageProvider): void {
  bench = openBench(undefined, provider);
  target = bench.vfolder('v');
  source = join(bench.directory, 'source');
  mkdirSync(source);
}

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside = (path = '', vfolder = 'v'): Endpoint => ({ kind: 'vfolder', vfolder, path });

/** Writes files, each with its time in seconds. */
function put(root: string, files: Record<string, string | Buffer>, seconds = 1_600_000_000): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
    utimesSync(join(root, path), seconds, seconds);
  }
}

type Options = { delete?: boolean; checksum?: boolean; from?: Endpoint; to?: Endpoint };

async function plan({ from = local(source), to = inside(), ...options }: Options = {}): Promise<Transfer> {
  const { id } = await bench.transfers.service.sync({ source: from, destination: to, ...options }, {});
  return bench.until(id, 'review', 'failed');
}
const apply = async ({ id }: Transfer): Promise<Transfer> => {
  await bench.transfers.service.resume({ id }, {});
  return bench.until(id, 'done', 'failed', 'waiting');
};
const filesOf = ({ id }: Transfer, filter: { state?: TransferFile['state']; action?: TransferFile['action'] } = {}) =>
  bench.transfers.service.files({ id, ...filter, limit: 1000 }, {});
const steps = async (planned: Transfer): Promise<string[]> =>
  (await filesOf(planned, { state: 'pending' })).map(({ action, path }) => `${action} ${path}`).sort();
const sameTrees = (a: string, b: string): void => void execFileSync('diff', ['-r', a, b]);

describe('the plan of a sync', () => {
  it('names what is new, what differs and what is only at the destination, and changes nothing', async () => {
    put(source, { same: 'same', 'a/new': 'n', 'a/longer': '12', 'a/touched': 'x', 'b/deep/new': 'd' });
    put(target, { same: 'same', 'a/longer': '1', 'a/touched': 'x', 'only/here/x': '1', 'only/y': '2', z: '3' });
    utimesSync(join(source, 'a/touched'), 1_600_000_100, 1_600_000_100);
    mkdirSync(join(source, 'empty'));
    mkdirSync(join(target, 'only/gone'));
    const before = execFileSync('find', [target, '-printf', '%p %s %T@\n']).toString();
    const planned = await plan({ delete: true });
    expect(planned).toMatchObject({
      kind: 'sync',
      state: 'review',
      scanned: true,
      sync: { delete: true, add: 3, update: 2, remove: 4, unchanged: 1 },
      files: { total: 9, done: 0, failed: 0 },
      bytes: { total: 5, done: 0 },
    });
    expect(await steps(planned)).toEqual([
      'add a/new',
      'add b/deep/new',
      'add empty/',
      'remove only/gone/',
      'remove only/here/x',
      'remove only/y',
      'remove z',
      'update a/longer',
      'update a/touched',
    ]);
    expect((await filesOf(planned, { action: 'update' })).map(({ path }) => path).sort()).toEqual(['a/longer', 'a/touched']);
    expect(execFileSync('find', [target, '-printf', '%p %s %T@\n']).toString()).toBe(before);
    const done = await apply(planned);
    expect(done).toMatchObject({ state: 'done', files: { total: 9, done: 9 }, bytes: { total: 5, done: 5 } });
    sameTrees(source, target);
    expect(await plan({ delete: true })).toMatchObject({ sync: { add: 0, update: 0, remove: 0, unchanged: 5 } });
  });

  it('removes nothing unless it is asked to', async () => {
    put(source, { a: 'a' });
    put(target, { 'folder/b': 'b' });
    const planned = await plan();
    expect(await steps(planned)).toEqual(['add a']);
    await apply(planned);
    expect(existsSync(join(target, 'folder/b'))).toBe(true);
  });

  it('compares content with “checksum”, whatever the times are', async () => {
    put(source, { same: 'same', other: 'abc' });
    put(target, { same: 'same', other: 'abd' });
    utimesSync(join(target, 'same'), 1_500_000_000, 1_500_000_000);
    expect(await plan()).toMatchObject({ sync: { update: 1, unchanged: 1 } });
    expect(await steps(await plan({ checksum: true }))).toEqual(['update other']);
  });

  it('asks for the time itself where listings tell another', async () => {
    await bench.remove();
    const memory = createMemoryProvider();
    let asked = 0;
    open({
      ...memory,
      features: { ...memory.features, listedTimes: false },
      stat: async (path, options) => {
        asked++;
        return memory.stat(path, options);
      },
      async *list(folder, options) {
        for await (const page of memory.list(folder, options)) yield page.map((entry) => ({ ...entry, modified: 1 }));
      },
    });
    put(source, Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, 'x'.repeat(index + 1)])));
    await memory.makeDirectory('v' as InnerPath);
    await apply(await plan());
    asked = 0;
    put(source, { f3: 'abcd', f4: 'other length' }, 1_600_000_050);
    const planned = await plan();
    expect(await steps(planned)).toEqual(['update f3', 'update f4']);
    expect(planned.sync).toMatchObject({ unchanged: 38 });
    expect(asked).toBe(39);
    expect(await apply(planned)).toMatchObject({ state: 'done' });
    expect(await plan()).toMatchObject({ sync: { add: 0, update: 0, unchanged: 40 } });
  });

  it('leaves alone what is of another kind at the destination, and says so', async () => {
    put(source, { file: 'f', 'folder/x': 'x', linked: 'l', good: 'g' });
    put(target, { 'file/inner': 'i', folder: 'a file' });
    symlinkSync('/etc/passwd', join(target, 'linked'));
    const planned = await plan({ delete: true });
    expect(await steps(planned)).toEqual(['add good']);
    const failed = await filesOf(planned, { state: 'failed' });
    expect(failed.map(({ path, problem }) => [path, problem?.code]).sort()).toEqual([
      ['file', 'path-refused'],
      ['folder', 'path-refused'],
      ['linked', 'path-refused'],
    ]);
    expect(await apply(planned)).toMatchObject({ state: 'failed', files: { done: 1, failed: 3 } });
    expect(readFileSync(join(target, 'file/inner'), 'utf8')).toBe('i');
    expect(readFileSync(join(target, 'folder'), 'utf8')).toBe('a file');
  });

  it('A20 lists pipes and links that lead out, and does not remove what the destination has under their names', async () => {
    put(source, { good: 'g' });
    execFileSync('mkfifo', [join(source, 'pipe')]);
    symlinkSync('/etc/passwd', join(source, 'out'));
    put(target, { pipe: 'kept', out: 'kept', gone: 'x' });
    const planned = await plan({ delete: true });
    expect(await steps(planned)).toEqual(['add good', 'remove gone']);
    await apply(planned);
    expect(readFileSync(join(target, 'pipe'), 'utf8')).toBe('kept');
    expect(existsSync(join(target, 'gone'))).toBe(false);
  });

  it('is refused for a folder and one in it, and for a file', async () => {
    put(target, { 'a/b/c': 'c' });
    const sync = (from: Endpoint, to: Endpoint) => bench.transfers.service.sync({ source: from, destination: to }, {});
    await expect(sync(inside('a'), inside('a'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(sync(inside('a'), inside('a/b'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(sync(local(join(target, 'a/b')), inside('a'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(sync(inside('a/b/c'), inside('x'))).rejects.toMatchObject({ code: 'not-a-directory' });
    await expect(sync(inside('missing'), inside('x'))).rejects.toMatchObject({ code: 'not-found' });
    bench.vfolder('r', { permission: 'ro' });
    await expect(sync(inside('a'), inside('', 'r'))).rejects.toMatchObject({ code: 'read-only' });
  });

  it('is forgotten when it is cancelled in review', async () => {
    put(source, { a: 'a' });
    const planned = await plan();
    expect(await bench.transfers.service.cancel({ id: planned.id }, {})).toMatchObject({ state: 'cancelled' });
    expect(await bench.transfers.service.list(undefined, {})).toEqual([]);
    expect(existsSync(join(target, 'a'))).toBe(false);
    expect(bench.database.get('SELECT COUNT(*) AS n FROM transfer_files')).toEqual({ n: 0 });
  });

  it('makes a folder of this machine only when it is approved', async () => {
    put(target, { 'a/b': 'b', 'a/deep/c': 'c' });
    const there = join(bench.directory, 'new');
    const planned = await plan({ from: inside('a'), to: local(there) });
    expect(await steps(planned)).toEqual(['add b', 'add deep/c']);
    expect(existsSync(there)).toBe(false);
    expect(await apply(planned)).toMatchObject({ state: 'done' });
    expect(readFileSync(join(there, 'b'), 'utf8')).toBe('b');
  });

  it('goes on after a restart, in review as well', async () => {
    put(source, { a: 'a', b: 'b' });
    put(target, { c: 'c' });
    const planned = await plan({ delete: true });
    await bench.close();
    bench = openBench(bench.directory);
    bench.vfolder('v');
    bench.transfers.start();
    expect(await bench.transfers.service.get({ id: planned.id }, {})).toMatchObject({
      state: 'review',
      sync: { add: 2, remove: 1 },
    });
    expect(bench.transfers.users('id-v')).toEqual(['sync “source”']);
    expect(await apply(planned)).toMatchObject({ state: 'done' });
    sameTrees(source, target);
  });
});

describe('the review of a sync is kept to', () => {
  it('removes and overwrites only what is as it was reviewed', async () => {
    put(source, { update: 'new', fine: 'new' });
    put(target, { update: 'ol', fine: 'ol', removed: 'r', touched: 't', 'folder/known': 'k' });
    const planned = await plan({ delete: true });
    put(target, { update: 'XX', touched: 'T' }, 1_700_000_000);
    put(target, { 'folder/appeared': 'a' });
    const ended = await apply(planned);
    expect(ended.state).toBe('failed');
    expect(
      Object.fromEntries((await filesOf(ended, { state: 'failed' })).map((file) => [file.path, file.problem?.code])),
    ).toEqual({
      update: 'precondition-failed',
    });
    // A file did not arrive, so nothing was removed yet.
    expect(existsSync(join(target, 'removed'))).toBe(true);
    expect(readFileSync(join(target, 'fine'), 'utf8')).toBe('new');
    expect(readFileSync(join(target, 'update'), 'utf8')).toBe('XX');

    put(target, { update: 'ol' });
    rmSync(join(target, 'update'));
    await bench.transfers.service.retry({ id: planned.id }, {});
    const again = await bench.until(planned.id, 'failed', 'done');
    expect(readFileSync(join(target, 'update'), 'utf8')).toBe('new');
    expect(existsSync(join(target, 'removed'))).toBe(false);
    expect(readFileSync(join(target, 'touched'), 'utf8')).toBe('T');
    expect(readFileSync(join(target, 'folder/appeared'), 'utf8')).toBe('a');
    expect(existsSync(join(target, 'folder/known'))).toBe(false);
    expect(again).toMatchObject({ state: 'failed', files: { failed: 1, skipped: 1 }, problem: { code: 'precondition-failed' } });
  });

  it('does not overwrite what appeared after it', async () => {
    put(source, { a: 'mine' });
    const planned = await plan();
    put(target, { a: 'another' });
    expect(await apply(planned)).toMatchObject({ state: 'failed', problem: { code: 'precondition-failed' } });
    expect(readFileSync(join(target, 'a'), 'utf8')).toBe('another');
  });

  it.each(['source', 'destination'])('removes nothing when a folder of the %s could not be listed (A24)', async (side) => {
    await bench.remove();
    const memory = createMemoryProvider();
    let broken = 'v/bad';
    open({
      ...memory,
      async *list(folder, options) {
        yield* memory.list(folder, options);
        if (folder === broken) throw new StowageError('io-error', 'The listing broke off.');
      },
    });
    const write = (path: string) =>
      memory.write(
        path as InnerPath,
        (async function* () {
          yield Buffer.from(path);
        })(),
      );
    for (const path of ['v/bad/x', 'v/gone/y', 'w/bad/x', 'w/new']) await write(path);
    bench.vfolder('w');
    if (side === 'source') broken = 'w/bad';
    const planned = await plan({ from: inside('', 'w'), delete: true });
    expect(planned).toMatchObject({ state: 'review', sync: { add: 1, remove: 0 }, files: { failed: 1, skipped: 1 } });
    const [failed] = await filesOf(planned, { state: 'failed' });
    expect(failed).toMatchObject({ path: 'bad', problem: { code: 'io-error', message: expect.stringContaining('“bad”') } });
    await apply(planned);
    expect(await memory.stat('v/gone/y' as InnerPath)).toMatchObject({ kind: 'file' });
    expect(await memory.stat('v/new' as InnerPath)).toMatchObject({ kind: 'file' });
  });
});

it('plans a folder with more entries than are kept in memory', async () => {
  await bench.remove();
  const names = Array.from({ length: 30_000 }, (_, index) => `f${index}`);
  const memory = createMemoryProvider();
  open({
    ...memory,
    async *list(folder, options) {
      const from = folder === 'w' ? 0 : folder === 'v' ? 5 : null;
      if (from === null) return yield* memory.list(folder, options);
      const shown = from === 0 ? names.slice(0, -7) : names.slice(from).reverse();
      for (let at = 0; at < shown.length; at += 1000) {
        yield shown.slice(at, at + 1000).map((name) => ({
          path: `${folder}/${name}` as InnerPath,
          kind: 'file' as const,
          size: name === 'f29000' && from === 0 ? 1 : 2,
          modified: 5,
          modifiedNs: 5_000_000n,
          etag: name,
        }));
      }
    },
    stat: async (path) => ({ path, kind: 'directory', size: 0, modified: null }),
  });
  bench.vfolder('w');
  const planned = await plan({ from: inside('', 'w'), delete: true });
  expect(planned.sync).toEqual({ delete: true, add: 5, update: 1, remove: 7, unchanged: 29_987 });
  expect(bench.database.get('SELECT COUNT(*) AS n FROM sync_shelf')).toEqual({ n: 0 });
});
