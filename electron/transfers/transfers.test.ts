import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { parseInnerPath } from '#shared/paths.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import { type Bench, openBench } from './fixture.ts';

let bench: Bench;
let source: string;
let target: string;

// Hundreds of megabytes are written and synced, on a disk that other tests use as well.

beforeEach(() => {
  bench = openBench();
  target = bench.vfolder('v');
  source = join(bench.directory, 'source');
  mkdirSync(source);
});
afterEach(() => bench.remove());

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside = (path = '', vfolder = 'v'): Endpoint => ({ kind: 'vfolder', vfolder, path });
const put = (path: string, content: string | Buffer = path): void => writeFileSync(join(source, path), content);

interface Options {
  conflict?: Transfer['conflict'];
  move?: boolean;
  rename?: string;
}

async function transfer(sources: Endpoint[], destination: Endpoint, options: Options = {}): Promise<Transfer> {
  const { id } = await bench.transfers.service.start({ sources, destination, ...options }, {});
  return bench.until(id, 'done', 'failed', 'waiting');
}

const failed = async (id: number): Promise<Record<string, string | undefined>> => {
  const files = await bench.transfers.service.files({ id, state: 'failed', limit: 1000 }, {});
  return Object.fromEntries(files.map(({ path, problem }) => [path, problem?.code]));
};

describe('a transfer', () => {
  it('copies a tree with its empty folders, times and modes, and leaves no parts', async () => {
    mkdirSync(join(source, 'a/empty'), { recursive: true });
    put('a/run.sh', 'echo');
    chmodSync(join(source, 'a/run.sh'), 0o755);
    utimesSync(join(source, 'a/run.sh'), 1_600_000_000, 1_600_000_000);
    put('a/nothing', '');
    const end = await transfer([local(source)], inside());
    expect(end).toMatchObject({
      state: 'done',
      kind: 'upload',
      files: { total: 2, done: 2, failed: 0 },
      bytes: { total: 4, done: 4 },
    });
    execFileSync('diff', ['-r', source, join(target, 'source')]);
    expect(statSync(join(target, 'source/a/run.sh'))).toMatchObject({ mtimeMs: 1_600_000_000_000 });
    expect(statSync(join(target, 'source/a/run.sh')).mode & 0o111).toBe(0o111);
    expect(readdirSync(join(target, 'source/a')).sort()).toEqual(['empty', 'nothing', 'run.sh']);
  });

  it('takes 2,000 files with nasty names, nested deeply, without changing one', async () => {
    const names = [
      'plain',
      ' lead',
      'trail ',
      '-rf',
      '--',
      '~',
      '*',
      '?',
      '"q"',
      "it's",
      '<img onerror=x>',
      'a\\b',
      'new\nline',
      '\u202egnp.exe',
      'caf\u00e9',
      'cafe\u0301',
      '\u{1f600}',
      '日本語',
      '%2e%2e',
      '...',
      '..x',
      '.hidden',
      'CON',
      '#1',
      '$HOME',
    ];
    let folder = 'tree';
    for (let depth = 0; depth < 20; depth++) {
      folder = join(folder, `${names[depth]} ${depth}`);
      mkdirSync(join(source, folder), { recursive: true });
      for (let file = 0; file < 100; file++)
        put(join(folder, `${file} ${names[file % names.length]}`), `${depth} ${file}`.repeat(file));
    }
    const end = await transfer([local(join(source, 'tree'))], inside());
    expect(end).toMatchObject({ state: 'done', files: { total: 2000, done: 2000, failed: 0 } });
    execFileSync('diff', ['-r', join(source, 'tree'), join(target, 'tree')]);
  });

  it('gives the contents of a source that ends with a slash, and a single source its new name', async () => {
    put('x', 'one');
    await transfer([local(`${source}/`)], inside('sub'));
    expect(readFileSync(join(target, 'sub/x'), 'utf8')).toBe('one');
    await transfer([local(join(source, 'x'))], inside(), { rename: 'y' });
    expect(readFileSync(join(target, 'y'), 'utf8')).toBe('one');
  });

  it('downloads a vfolder into a folder of this machine that is made', async () => {
    writeFileSync(join(target, 'x'), 'one');
    const end = await transfer([inside('x')], local(join(bench.directory, 'out')));
    expect(end).toMatchObject({ state: 'done', kind: 'download' });
    expect(readFileSync(join(bench.directory, 'out/x'), 'utf8')).toBe('one');
  });

  it('moves: by renaming within a host, by copying and removing from elsewhere', async () => {
    mkdirSync(join(source, 'deep'));
    put('deep/x', 'one');
    const end = await transfer([local(source)], inside(), { move: true });
    expect(end.state).toBe('done');
    expect(existsSync(source)).toBe(false);
    const { ino } = statSync(join(target, 'source/deep/x'));
    bench.vfolder('w');
    const second = await transfer([inside('source')], inside('', 'w'), { move: true });
    expect(second).toMatchObject({ state: 'done', kind: 'move' });
    expect(statSync(join(bench.host, 'w/source/deep/x')).ino).toBe(ino);
    expect(readdirSync(target)).toEqual([]);
  });

  it('refuses to write into a read-only vfolder, to put a folder into itself and to overwrite a file with itself', async () => {
    bench.vfolder('ro', { permission: 'ro' });
    const { service } = bench.transfers;
    const start = (from: Endpoint, to: Endpoint) =>
      service.start({ sources: [from], destination: to, conflict: 'overwrite' }, {});
    await expect(start(local(source), inside('', 'ro'))).rejects.toMatchObject({ code: 'read-only' });
    mkdirSync(join(target, 'a/b'), { recursive: true });
    await expect(start(inside('a'), inside('a/b'))).rejects.toMatchObject({ code: 'bad-request' });
    await expect(start(inside('a'), inside())).rejects.toMatchObject({ code: 'bad-request' });
    await expect(start(local('/does/not/exist'), inside())).rejects.toMatchObject({ code: 'not-found' });
    await expect(start(inside('../x'), inside())).rejects.toMatchObject({ code: 'path-refused' });
  });

  it('names itself as a user of the vfolders that it touches, while it is alive', async () => {
    put('x');
    const { service, users } = bench.transfers;
    const first = await service.start({ sources: [local(source)], destination: inside() }, {});
    expect(users('id-v')).toEqual(['upload “source”']);
    await bench.until(first.id, 'done');
    expect(users('id-v')).toEqual([]);
  });

  it('tells the folders where something landed, and of itself at most five times a second', async () => {
    for (let index = 0; index < 500; index++) put(`f${index}`);
    const begin = Date.now();
    const { id } = await transfer([local(source)], inside());
    const told = bench.seen.filter((change) => change.type === 'transfer' && change.transfer.id === id).length;
    expect(told).toBeLessThanOrEqual(Math.ceil((Date.now() - begin) / 200) + 1);
    await bench.transfers.close();
    expect(bench.seen).toContainEqual({ type: 'files', vfolder: 'v', path: 'source' });
  });
});

describe('a file that cannot be copied', () => {
  it('is listed with its reason while the rest completes: devices, sockets, links that lead out, loop or dangle (A20)', async () => {
    put('good', 'fine');
    mkdirSync(join(source, 'folder'));
    execFileSync('mkfifo', [join(source, 'fifo')]);
    const socket = createServer().listen(join(source, 'socket'));
    await new Promise((resolve) => socket.once('listening', resolve));
    symlinkSync('good', join(source, 'link'));
    symlinkSync('/etc/passwd', join(source, 'out'));
    symlinkSync('../../etc/passwd', join(source, 'climbs'));
    symlinkSync('loop', join(source, 'loop'));
    symlinkSync('nowhere', join(source, 'dangling'));
    symlinkSync('folder', join(source, 'to-folder'));
    put(Buffer.from('e'.repeat(240)).toString());
    const end = await transfer([local(source)], inside());
    await new Promise((resolve) => socket.close(resolve));
    expect(end).toMatchObject({ state: 'failed', files: { total: 10, done: 3, failed: 7 } });
    expect(await failed(end.id)).toEqual({
      'source/fifo': 'special-file',
      'source/socket': 'special-file',
      'source/out': 'path-refused',
      'source/climbs': 'path-refused',
      'source/loop': 'path-refused',
      'source/dangling': 'path-refused',
      'source/to-folder': 'path-refused',
    });
    expect(readFileSync(join(target, 'source/link'), 'utf8')).toBe('fine');
    expect(statSync(join(target, 'source/link')).isFile()).toBe(true);
  });

  it('is refused where a link was planted at the destination, and nothing outside is touched (A14)', async () => {
    const outside = join(bench.directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'x'), 'untouched');
    mkdirSync(join(source, 'sub'));
    put('sub/x', 'attack');
    put('plain', 'attack');
    mkdirSync(join(target, 'source'));
    symlinkSync(outside, join(target, 'source/sub'));
    symlinkSync(join(outside, 'x'), join(target, 'source/plain'));
    const end = await transfer([local(source)], inside(), { conflict: 'overwrite' });
    expect(end.state).toBe('failed');
    expect(await failed(end.id)).toEqual({ 'source/sub': 'path-refused', 'source/plain': 'path-refused' });
    expect(readdirSync(outside)).toEqual(['x']);
    expect(readFileSync(join(outside, 'x'), 'utf8')).toBe('untouched');
  });

  it('fails as changed when it was appended to half way, leaving the destination as it was; a retry takes the new content (A8)', async () => {
    put('log', Buffer.alloc(250_000_000, 'a'));
    mkdirSync(join(target, 'source'));
    writeFileSync(join(target, 'source/log'), 'old');
    const { service } = bench.transfers;
    const { id } = await service.start({ sources: [local(source)], destination: inside(), conflict: 'overwrite' }, {});
    await bench.begun(id);
    await service.pause({ id }, {});
    writeFileSync(join(source, 'log'), 'more', { flag: 'a' });
    await service.resume({ id }, {});
    await bench.until(id, 'failed');
    expect(await failed(id)).toEqual({ 'source/log': 'source-changed' });
    expect(readFileSync(join(target, 'source/log'), 'utf8')).toBe('old');
    expect(readdirSync(join(target, 'source'))).toEqual(['log']);
    await service.retry({ id }, {});
    await bench.until(id, 'done');
    execFileSync('cmp', [join(source, 'log'), join(target, 'source/log')]);
  });

  it('ends the transfer with “disk full” when the destination is, keeps the rest pending and goes on after room was made (A5)', async () => {
    if (process.getuid?.() !== 0) throw new Error('this test mounts a small disk, which only root may: run it as root');
    const disk = join(bench.directory, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', disk]);
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(6 * 1024 * 1024));
      put('big', Buffer.alloc(9 * 1024 * 1024, 1));
      const end = await transfer([local(source)], local(disk));
      expect(end).toMatchObject({
        state: 'failed',
        problem: { code: 'disk-full', message: expect.stringContaining('source/big') },
      });
      expect(readdirSync(join(disk, 'source'))).toEqual([]);
      execFileSync('rm', [join(disk, 'ballast')]);
      await bench.transfers.service.retry({ id: end.id }, {});
      expect(await bench.until(end.id, 'done', 'failed')).toMatchObject({ state: 'done' });
      expect(statSync(join(disk, 'source/big')).size).toBe(9 * 1024 * 1024);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('a place that is taken', () => {
  beforeEach(() => {
    put('x.tar.gz', 'new');
    put('y', 'other');
    mkdirSync(join(target, 'source'));
    writeFileSync(join(target, 'source/x.tar.gz'), 'old');
  });

  it('waits for an answer under “ask” while the rest goes on', async () => {
    const end = await transfer([local(source)], inside());
    expect(end).toMatchObject({ state: 'waiting', conflicts: 1, files: { done: 1, total: 2 } });
    expect(readFileSync(join(target, 'source/x.tar.gz'), 'utf8')).toBe('old');
    const [file] = await bench.transfers.service.files({ id: end.id, state: 'conflict' }, {});
    await bench.transfers.service.answer({ id: end.id, seq: file?.seq, policy: 'overwrite' }, {});
    expect(await bench.until(end.id, 'done')).toMatchObject({ conflicts: 0, files: { done: 2 } });
    expect(readFileSync(join(target, 'source/x.tar.gz'), 'utf8')).toBe('new');
  });

  it.each([
    ['skip', { done: 1, skipped: 1, failed: 0 }, { 'x.tar.gz': 'old', y: 'other' }],
    ['overwrite', { done: 2, skipped: 0, failed: 0 }, { 'x.tar.gz': 'new', y: 'other' }],
    ['keep-both', { done: 2, skipped: 0, failed: 0 }, { 'x.tar.gz': 'old', 'x (2).tar.gz': 'new', y: 'other' }],
  ] as const)('is dealt with under “%s”', async (conflict, files, content) => {
    const end = await transfer([local(source)], inside(), { conflict });
    expect(end).toMatchObject({ state: 'done', files });
    const folder = join(target, 'source');
    expect(Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))).toEqual(
      content,
    );
  });

  it('is overwritten under “newer” only by a newer file', async () => {
    utimesSync(join(target, 'source/x.tar.gz'), 2_000_000_000, 2_000_000_000);
    const end = await transfer([local(source)], inside(), { conflict: 'newer' });
    expect(end.files).toMatchObject({ skipped: 1, done: 1 });
  });

  it('is counted by the preview', async () => {
    const preview = await bench.transfers.service.preview({ sources: [local(source)], destination: inside() }, {});
    expect(preview).toEqual({ files: 2, bytes: 8, existing: 1, examples: ['source/x.tar.gz'], complete: true });
    const nowhere = join(bench.directory, 'not yet there');
    expect(await bench.transfers.service.preview({ sources: [local(source)], destination: local(nowhere) }, {})).toMatchObject({
      existing: 0,
    });
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe('the queue', () => {
  it('pauses in the middle of a file, goes on there, and the result is equal', async () => {
    put('big', execFileSync('head', ['-c', '250000000', '/dev/urandom'], { maxBuffer: 300_000_000 }));
    const { service } = bench.transfers;
    const { id } = await service.start({ sources: [local(source)], destination: inside() }, {});
    await bench.begun(id);
    expect((await service.pause({ id }, {})).state).toBe('paused');
    const [file] = await service.files({ id }, {});
    expect(file).toMatchObject({ state: 'pending' });
    expect(file?.done).toBeGreaterThan(0);
    expect(readdirSync(join(target, 'source'))).toEqual([`.stowage-part-t${id}-${file?.seq}`]);
    await service.resume({ id }, {});
    await bench.until(id, 'done');
    execFileSync('cmp', [join(source, 'big'), join(target, 'source/big')]);
  });

  it('goes on with a move of which one source is gone already', async () => {
    // At this speed the large file is on its way for three seconds, whatever the machine does beside.
    let limit: number | null = 10_000_000;
    const memory = createMemoryProvider();
    await bench.remove();
    bench = openBench(undefined, undefined, { bandwidthLimit: () => limit });
    bench.vfolder('m', {}, memory);
    source = join(bench.directory, 'source');
    mkdirSync(source);
    put('small', 'gone first');
    put('big', Buffer.alloc(30_000_000));
    const { service } = bench.transfers;
    const sources = ['small', 'big'].map((name) => local(join(source, name)));
    const { id } = await service.start({ sources, destination: inside('', 'm'), move: true }, {});
    await bench.begun(id);
    // Between two looks the event loop runs: a loop over answers that are at hand would hold up the copy itself.
    await expect.poll(() => existsSync(join(source, 'small')), { interval: 5, timeout: 20_000 }).toBe(false);
    await service.pause({ id }, {});
    expect(readdirSync(source)).toEqual(['big']);
    limit = null;
    bench.changes.emit({ type: 'settings' });
    await service.resume({ id }, {});
    expect(await bench.until(id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 2, total: 2 } });
    expect(readdirSync(source)).toEqual([]);
    const moved: string[] = [];
    for await (const page of memory.list(parseInnerPath('m'))) moved.push(...page.map(({ path }) => path));
    expect(moved.sort()).toEqual(['m/big', 'm/small']);
  });

  it('runs two at once, the others in an order that can be changed, and cancel takes half files away', async () => {
    put('big', Buffer.alloc(400_000_000));
    const { service } = bench.transfers;
    const ids: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const { id } = await service.start({ sources: [local(source)], destination: inside(), rename: name }, {});
      ids.push(id);
    }
    const states = async (): Promise<string[]> =>
      (await service.list(undefined, {})).map(({ title, state }) => `${title} ${state}`);
    expect(await states()).toEqual(['a running', 'b running', 'c queued', 'd queued']);
    const [a = 0, b = 0, c = 0, d = 0] = ids;
    await service.reorder({ id: d, before: c }, {});
    expect(await states()).toEqual(['a running', 'b running', 'd queued', 'c queued']);
    for (const id of [c, d, a, b]) expect((await service.cancel({ id }, {})).state).toBe('cancelled');
    for (const name of readdirSync(target)) expect(readdirSync(join(target, name)).filter((file) => file !== 'big')).toEqual([]);
    expect(await service.clear({}, {})).toEqual({ cleared: 4 });
    expect(await service.list(undefined, {})).toEqual([]);
  });
});
