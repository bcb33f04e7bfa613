import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InnerPath, parseInnerPath } from '#shared/paths.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import { type CacheBench, openCacheBench } from './cache.fixture.ts';
import type { StagedTree } from './cache.ts';

/** The cache over an object store in memory whose reads are counted. */
let home: string;
let bench: CacheBench;
let store: ObjectStore;
let reads: string[];
let limit: number | null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-cache-'));
  limit = null;
  reads = [];
  store = createObjectStore();
  const { read } = store;
  store.read = (path, options) => {
    reads.push(path);
    return read(path, options);
  };
  open();
});
afterEach(async () => {
  await bench.close();
  rmSync(home, { recursive: true, force: true });
});

function open(): void {
  bench = openCacheBench(home, { limitBytes: () => limit });
  for (const name of ['v', 'w', 'x']) bench.vfolder(name, store);
}

const body = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
};
const put = (path: string, text: string): Promise<unknown> =>
  store.write(path as InnerPath, body(text), { modified: 1_600_000_000_000 });
const never = new AbortController().signal;

async function stage(name = 'v', path = '', jobId: number | null = null, signal = never): Promise<StagedTree> {
  const tree = await bench.cache.stage(bench.place(name, path), { signal, jobId });
  await tree.listing.drop();
  return tree;
}
const textIn = ({ directory }: StagedTree, path: string): string => readFileSync(join(directory, path), 'utf8');
const used = async (): Promise<number> => (await bench.cache.limits()).usedBytes;
/** What the objects really take, counted in the blocks that the cache counts in. */
function onTheDisk(): number {
  const objects = join(home, 'cache', 'objects');
  if (!existsSync(objects)) return 0;
  const sizes = readdirSync(objects).flatMap((folder) =>
    readdirSync(join(objects, folder)).map((name) => statSync(join(objects, folder, name), { throwIfNoEntry: false })?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + Math.ceil(size / 4096) * 4096, 0);
}

describe('a place brought into the cache', () => {
  it('is a folder with its files, their times, and its empty folders, that nobody can write to', async () => {
    await put('v/a.txt', 'a');
    await put('v/deep/er/b.txt', 'bb');
    await put('v/none', '');
    await store.makeDirectory(parseInnerPath('v/empty'));
    const tree = await stage();
    expect(textIn(tree, 'a.txt')).toBe('a');
    expect(textIn(tree, 'deep/er/b.txt')).toBe('bb');
    expect(textIn(tree, 'none')).toBe('');
    expect(readdirSync(join(tree.directory, 'empty'))).toEqual([]);
    const stats = lstatSync(join(tree.directory, 'a.txt'));
    expect(stats.mode & 0o777).toBe(0o444);
    expect(stats.mtimeMs).toBe(1_600_000_000_000);
    expect(await bench.cache.cachedOf('id-v', '')).toEqual({ files: 3, bytes: 3 });
    expect(await bench.cache.cachedOf('id-v', 'deep')).toEqual({ files: 1, bytes: 2 });
  });

  it('lets files be run that may be run where they come from', async () => {
    const source = join(home, 'source');
    mkdirSync(join(source, 'v'), { recursive: true });
    const modes = { 'run.sh': 0o755, 'large.bin': 0o700, 'notes.txt': 0o644 };
    for (const [name, mode] of Object.entries(modes))
      writeFileSync(join(source, 'v', name), name === 'large.bin' ? Buffer.alloc(2 * 1024 * 1024) : name, { mode });
    bench.vfolder('v', createLocalProvider(source));
    const modesOf = async (): Promise<string[]> => {
      const { directory } = await stage();
      return Object.keys(modes).map((name) => (statSync(join(directory, name)).mode & 0o777).toString(8));
    };
    expect(await modesOf()).toEqual(['555', '555', '444']);
    chmodSync(join(source, 'v', 'run.sh'), 0o600);
    expect(await modesOf()).toEqual(['444', '555', '444']);
  });

  it('costs no read and no new folder the second time, also after a restart', async () => {
    for (let file = 0; file < 300; file++) await put(`v/f${file}`, `${file}`);
    const first = await stage();
    expect(reads).toHaveLength(300);
    expect((await stage()).id).toBe(first.id);
    await bench.close();
    open();
    expect((await stage()).id).toBe(first.id);
    expect(reads).toHaveLength(300);
  });

  it('fetches only what changed, and leaves out what is gone', async () => {
    for (const name of ['a', 'b', 'c']) await put(`v/${name}`, name);
    await stage();
    reads.length = 0;
    await put('v/b', 'another');
    await store.remove(parseInnerPath('v/c'));
    const tree = await stage();
    expect(reads).toEqual(['v/b']);
    expect(readdirSync(tree.directory).sort()).toEqual(['a', 'b']);
    expect(textIn(tree, 'b')).toBe('another');
  });

  it('shares what a folder above it has brought in', async () => {
    await put('v/sub/a', 'a');
    await put('v/b', 'b');
    await stage();
    reads.length = 0;
    expect(textIn(await stage('v', 'sub'), 'a')).toBe('a');
    expect(textIn(await stage('v', 'b'), 'b')).toBe('b');
    expect(reads).toEqual([]);
  });

  it('is fetched once by jobs that want it at the same time', async () => {
    for (let file = 0; file < 50; file++) await put(`v/sub/f${file}`, `${file}`);
    const [a, b, c] = await Promise.all([stage('v', '', 1), stage('v', '', 2), stage('v', 'sub', 3)]);
    expect(reads).toHaveLength(50);
    expect(a?.id).toBe(b?.id);
    expect(textIn(c as StagedTree, 'f7')).toBe('7');
  });

  it('keeps what has come when it is broken off', async () => {
    for (let file = 0; file < 400; file++) await put(`v/f${file}`, `${file}`);
    const stop = new AbortController();
    const loading = bench.cache.stage(bench.place('v'), {
      signal: stop.signal,
      jobId: null,
      onProgress: ({ doneFiles }) => doneFiles >= 100 && stop.abort(),
    });
    await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(home, 'cache', 'trees'))).toEqual([]);
    expect(readdirSync(join(home, 'cache', 'incoming'))).toEqual([]);
    const came = (await bench.cache.cachedOf('id-v', '')).files;
    expect(came).toBeGreaterThanOrEqual(100);
    reads.length = 0;
    await stage();
    expect(reads).toHaveLength(400 - came);
  });

  it('is not taken for whole when the machine lost its power and what came last', async () => {
    for (const name of ['a', 'b', 'c']) await put(`v/${name}`, `content of ${name}`);
    await stage();
    const machine = join(home, 'cache', 'machine.json');
    const before = JSON.parse(readFileSync(machine, 'utf8')) as object;
    await bench.close();
    const objects = join(home, 'cache', 'objects');
    const one = readdirSync(objects).flatMap((folder) =>
      readdirSync(join(objects, folder)).map((name) => join(objects, folder, name)),
    )[1];
    chmodSync(one ?? '', 0o600);
    truncateSync(one ?? '');
    writeFileSync(machine, JSON.stringify({ ...before, bootedAt: 0 }));
    open();
    reads.length = 0;
    const tree = await stage();
    expect(reads).toHaveLength(1);
    expect(['a', 'b', 'c'].map((name) => textIn(tree, name))).toEqual(['content of a', 'content of b', 'content of c']);
    expect(await used()).toBe(onTheDisk());
  });

  it('fetches again what somebody removed from the disk', async () => {
    await put('v/a', 'a');
    await put('v/b', 'b');
    await stage();
    await put('v/c', 'c');
    const objects = join(home, 'cache', 'objects');
    for (const shard of readdirSync(objects))
      for (const name of readdirSync(join(objects, shard))) {
        if (readFileSync(join(objects, shard, name), 'utf8') === 'a') unlinkSync(join(objects, shard, name));
      }
    reads.length = 0;
    expect(textIn(await stage(), 'a')).toBe('a');
    expect(reads.sort()).toEqual(['v/a', 'v/c']);
    expect(await used()).toBe(onTheDisk());
  });
});

describe('the limit', () => {
  const block = 'x'.repeat(4096);
  /** So large that it is written beside before it is an object. */
  const largeBytes = 1.25 * 1024 * 1024;
  const fill = async (name: string, files: number): Promise<void> => {
    for (let file = 0; file < files; file++) await put(`${name}/f${file}`, block);
  };

  it('makes room by what was used the longest time ago', async () => {
    limit = 10 * 4096;
    await Promise.all([fill('v', 4), fill('w', 4), fill('x', 4)]);
    await stage('v');
    await stage('w');
    await stage('v');
    await stage('x');
    expect((await bench.cache.cachedOf('id-v', '')).files).toBe(4);
    expect((await bench.cache.cachedOf('id-w', '')).files).toBe(2);
    expect(await used()).toBe(10 * 4096);
    expect(onTheDisk()).toBe(10 * 4096);
  });

  it('never takes what a job uses or what is pinned, and says what to do instead', async () => {
    limit = 10 * 4096;
    await Promise.all([fill('v', 4), fill('w', 4), fill('x', 4)]);
    await stage('v', '', 1);
    await bench.cache.service.pin({ vfolder: 'w', path: '', pinned: true }, {});
    await stage('w');
    await expect(stage('x')).rejects.toMatchObject({ code: 'disk-full', data: { hint: expect.stringContaining('Share it') } });
    expect((await bench.cache.cachedOf('id-x', '')).files).toBe(0);
    bench.cache.release(1);
    await stage('x');
    await bench.cache.service.pin({ vfolder: 'w', path: '', pinned: false }, {});
    await stage('v');
    expect((await bench.cache.cachedOf('id-w', '')).files).toBeLessThan(4);
    expect(await used()).toBeLessThanOrEqual(limit);
  });

  it('refuses what could never fit before anything is fetched or freed', async () => {
    limit = 5 * 4096;
    await fill('v', 3);
    await fill('w', 6);
    await stage('v');
    reads.length = 0;
    await expect(stage('w')).rejects.toMatchObject({ code: 'disk-full' });
    expect(reads).toEqual([]);
    expect((await bench.cache.cachedOf('id-v', '')).files).toBe(3);
  });

  it('is kept by three jobs at once, each moment', async () => {
    limit = 20 * 4096;
    await Promise.all([fill('v', 12), fill('w', 12), fill('x', 12)]);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, onTheDisk());
    }, 1);
    const results = await Promise.allSettled(['v', 'w', 'x'].map((name, index) => stage(name, '', index + 1)));
    clearInterval(watch);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(Math.max(most, onTheDisk())).toBeLessThanOrEqual(limit);
  });

  it('is kept after kill -9, and what was unfinished is gone', async () => {
    await bench.close();
    const source = join(home, 'source');
    for (const name of ['v', 'w', 'x']) {
      mkdirSync(join(source, name), { recursive: true });
      for (let file = 0; file < 40; file++)
        writeFileSync(join(source, name, `f${file}`), Buffer.alloc(file % 20 === 0 ? largeBytes : 5000, file));
    }
    const one = 2 * largeBytes + 38 * 8192;
    limit = 2.5 * one;
    const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), home, source, String(limit)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = 0;
    for await (const line of createInterface({ input: child.stdout })) if (++told >= 40 || line === 'end') break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    const incoming = join(home, 'cache', 'incoming');
    const onTheWay = readdirSync(incoming, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.jsonl'))
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(onTheDisk() + onTheWay).toBeLessThanOrEqual(limit + largeBytes);

    bench = openCacheBench(home, { limitBytes: () => limit });
    for (const name of ['v', 'w', 'x']) bench.vfolder(name, createLocalProvider(source));
    await bench.cache.start();
    expect(readdirSync(incoming)).toEqual([]);
    expect(await used()).toBe(onTheDisk());
    for (const jobId of [1, 2, 3]) bench.cache.release(jobId);
    for (const name of ['v', 'w', 'x']) {
      const tree = await stage(name);
      expect(readdirSync(tree.directory)).toHaveLength(40);
      expect(readFileSync(join(tree.directory, 'f20'))).toEqual(Buffer.alloc(largeBytes, 20));
    }
    expect(onTheDisk()).toBeLessThanOrEqual(limit);
    expect(await used()).toBe(onTheDisk());
  });

  it('counts the disk too', async () => {
    await bench.close();
    let free = 2e9;
    bench = openCacheBench(home, { disk: async () => ({ freeBytes: free, totalBytes: 1e12 }) });
    bench.vfolder('v', store);
    await fill('v', 2);
    free = 1024 ** 3;
    await expect(stage('v')).rejects.toMatchObject({ code: 'disk-full' });
    free = 2e9;
    await stage('v');
  });
});

describe('a place of many small files', () => {
  const count = 600;
  const fill = async (): Promise<void> => {
    for (let file = 0; file < count; file++) await put(`v/${file % 7}/f${file}`, `content ${file}`);
  };
  const packed = (): Promise<StagedTree> => bench.cache.stage(bench.place('v'), { signal: never, jobId: null, packed: true });
  /** As on another machine. */
  const moveAway = async (): Promise<void> => {
    await bench.cache.settled();
    await bench.close();
    rmSync(home, { recursive: true, force: true });
    open();
    reads.length = 0;
  };
  const readsOfPacks = (): string[] => reads.filter((path) => path.startsWith('.stowage/packs/'));
  const contents = ({ directory }: StagedTree): string[] =>
    Array.from({ length: count }, (_, file) => readFileSync(join(directory, `${file % 7}/f${file}`), 'utf8'));

  it('comes as one stream once it was staged before, and what changed since alone', async () => {
    await fill();
    const first = contents(await packed());
    await moveAway();
    await put('v/3/f3', 'another');
    const tree = await packed();
    expect(contents(tree)).toEqual(first.with(3, 'another'));
    expect(lstatSync(join(tree.directory, '0/f0')).mtimeMs).toBe(1_600_000_000_000);
    expect(readsOfPacks()).toHaveLength(2);
    expect(reads.filter((path) => path.startsWith('v/'))).toEqual(['v/3/f3']);
    expect(await used()).toBe(onTheDisk());
  });

  it('does not depend on its pack', async () => {
    await fill();
    const first = contents(await packed());
    await moveAway();
    const shard = store.keys().find((key) => key.endsWith('.tar')) ?? '';
    await put(shard, 'x'.repeat(1_000_000));
    expect(contents(await packed())).toEqual(first);
    await moveAway();
    await put(shard.replace(/[^/]*$/, 'index.jsonl'), 'no index\n');
    expect(contents(await packed())).toEqual(first);
    await bench.cache.settled();
    // It is laid anew, and the former one removed.
    expect(store.keys().filter((key) => key.startsWith('.stowage/packs/'))).toHaveLength(2);
  });

  it('lays no pack where it may not write', async () => {
    bench.vfolder('v', store, { permission: 'ro' });
    await fill();
    await packed();
    await bench.cache.settled();
    expect(store.keys().filter((key) => key.startsWith('.stowage'))).toEqual([]);
  });
});

describe('what people ask of it', () => {
  it('tells what it holds, and frees it, but not what a job uses', async () => {
    await put('v/a/1', 'one');
    await put('v/b/2', 'two');
    await stage('v', '', 7);
    const status = await bench.cache.service.status(undefined, {});
    expect(status).toMatchObject({
      usedBytes: 8192,
      vfolders: [{ vfolderId: 'id-v', files: 2, bytes: 6, jobs: [7], pinned: [] }],
    });
    expect(await bench.cache.service.free({ vfolder: 'v' }, {})).toEqual({ freedBytes: 0 });
    bench.cache.release(7);
    expect(await bench.cache.service.free({ vfolder: 'v', path: 'a' }, {})).toEqual({ freedBytes: 4096 });
    expect(await bench.cache.cachedOf('id-v', '')).toEqual({ files: 1, bytes: 3 });
    expect(await bench.cache.service.free({}, {})).toEqual({ freedBytes: 4096 });
    expect(existsSync(join(home, 'cache', 'trees', '1'))).toBe(false);
    expect((await bench.cache.service.status(undefined, {})).vfolders).toEqual([]);
  });

  it('tells how much of each child is there as it is now', async () => {
    expect(await bench.cache.service.shares({ vfolder: 'v', path: '' }, {})).toEqual({});
    await put('v/a', 'aaaa');
    await put('v/sub/1', '11');
    await put('v/sub/2', '22');
    await stage();
    await put('v/sub/2', '33');
    await put('v/new', 'n');
    expect(await bench.cache.service.shares({ vfolder: 'v', path: '' }, {})).toEqual({ a: 1, sub: 0.5 });
  });

  it('loads ahead and tells of it', async () => {
    for (let file = 0; file < 20; file++) await put(`v/f${file}`, 'x');
    let last: unknown;
    for await (const progress of await bench.cache.service.load({ vfolder: 'v', path: '' }, {})) last = progress;
    expect(last).toEqual({ doneFiles: 20, totalFiles: 20, doneBytes: 20, totalBytes: 20 });
    await expect.poll(() => bench.seen.filter(({ type }) => type === 'cache')).not.toHaveLength(0);
    reads.length = 0;
    await stage();
    expect(reads).toEqual([]);
  });
});
