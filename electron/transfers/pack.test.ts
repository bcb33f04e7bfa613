import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
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
  source = join(bench.directory, 'photos');
  mkdirSync(source);
}

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside = (path = ''): Endpoint => ({ kind: 'vfolder', vfolder: 'v', path });
const mib = 1024 * 1024;

function put(files: Record<string, string | Buffer>, seconds = 1_600_000_000.5): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), content);
    utimesSync(join(source, path), seconds, seconds);
  }
}

/** Files of many sizes in folders of many depths. */
function putMany(): void {
  const files: Record<string, Buffer> = { 'big.bin': Buffer.alloc(3 * mib + 17, 7), nothing: Buffer.alloc(0) };
  for (let index = 0; index < 300; index++) {
    files[`set ${index % 3}/ü${index % 7}/${index}.img.jpg`] = Buffer.alloc((index * 37) % 20_000, index);
    files[`set ${index % 3}/ü${index % 7}/${index}.json`] = Buffer.from(`{"index":${index}}`);
  }
  put(files);
  mkdirSync(join(source, 'empty/inner'), { recursive: true });
}

type Start = Parameters<Bench['transfers']['service']['start']>[0];
async function transfer(input: Partial<Start> = {}): Promise<Transfer> {
  const all = { sources: [local(source)], destination: inside(), pack: { shardBytes: mib }, ...input };
  const { id } = await bench.transfers.service.start(all, {});
  return bench.until(id, 'done', 'failed', 'waiting');
}
const unpack = (folder = 'photos', to = join(bench.directory, 'out')): Promise<Transfer> =>
  transfer({ sources: [inside(folder)], destination: local(to), pack: undefined, unpack: true });
const treeOf = (root: string): string =>
  execFileSync('sh', ['-c', 'find . -printf "%y %p %T@ " \\( -type f -exec sha256sum {} \\; -o -printf "\\n" \\) | sort'], {
    cwd: root,
  })
    .toString()
    // Folders have the time of what was put into them last.
    .replaceAll(/^(d \S+) .*$/gm, '$1');

describe('a packed folder', () => {
  it('is shards that tar and Python read, and an index that says where each file lies', async () => {
    putMany();
    const before = treeOf(source);
    const done = await transfer();
    expect(done).toMatchObject({ state: 'done', files: { total: 603, done: 603, failed: 0 } });
    expect(done.bytes.done).toBe(done.bytes.total);
    expect(treeOf(source)).toBe(before);
    const names = readdirSync(join(target, 'photos')).sort();
    expect(names).toEqual(['index.jsonl', ...names.filter((name) => /^shard-\d{6}\.tar$/.test(name))]);
    expect(names.length).toBeGreaterThan(4);

    const out = join(bench.directory, 'untarred');
    mkdirSync(out);
    for (const name of names.slice(1)) execFileSync('tar', ['-xf', join(target, 'photos', name), '-C', out]);
    execFileSync('diff', ['-r', source, out]);
    const script = 'import tarfile,sys\nprint(sum(m.isfile() for p in sys.argv[1:] for m in tarfile.open(p)))';
    const shards = names.slice(1).map((name) => join(target, 'photos', name));
    expect(
      execFileSync('python3', ['-c', script, ...shards])
        .toString()
        .trim(),
    ).toBe('602');

    const [header, ...lines] = readFileSync(join(target, 'photos/index.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toEqual({ format: 'stowage-pack', version: 1 });
    expect(lines).toHaveLength(603);
    for (const { path, size, shard, offset, md5, mtime } of lines) {
      if (path.endsWith('/')) continue;
      const file = readFileSync(join(source, path));
      const tar = readFileSync(join(target, `photos/shard-${String(shard).padStart(6, '0')}.tar`));
      expect(tar.subarray(offset, offset + size).equals(file)).toBe(true);
      expect(md5).toBe(createHash('md5').update(file).digest('hex'));
      expect(mtime).toBe(1_600_000_000_500);
    }
    // Samples stay together.
    const shardOf = new Map(lines.map(({ path, shard }) => [path, shard]));
    for (const [path, shard] of shardOf)
      if (path.endsWith('.img.jpg')) expect(shardOf.get(path.replace('.img.jpg', '.json'))).toBe(shard);
  });

  it('is unpacked to the same bytes and times, empty folders too', async () => {
    putMany();
    await transfer();
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    expect(await unpack()).toMatchObject({ state: 'done', files: { failed: 0 } });
    expect(treeOf(join(out, 'photos'))).toBe(treeOf(source));
    // One file, and a folder in it, without asking for it to be unpacked.
    expect(
      await transfer({
        sources: [inside('photos/set 1/ü1/1.json'), inside('photos/set 2')],
        destination: local(out),
        pack: undefined,
      }),
    ).toMatchObject({ state: 'done' });
    execFileSync('cmp', [join(source, 'set 1/ü1/1.json'), join(out, '1.json')]);
    execFileSync('diff', ['-r', join(source, 'set 2'), join(out, 'set 2')]);
  });

  it('is copied as shards unless it is to be unpacked', async () => {
    put({ a: 'a' });
    await transfer();
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    await transfer({ sources: [inside('photos')], destination: local(out), pack: undefined });
    expect(readdirSync(join(out, 'photos')).sort()).toEqual(['index.jsonl', 'shard-000000.tar']);
  });

  it('takes the place of nothing but another packed folder, and only when it is told to', async () => {
    put({ a: 'a', b: Buffer.alloc(2 * mib), c: Buffer.alloc(2 * mib) });
    await transfer();
    await expect(transfer()).rejects.toMatchObject({ code: 'exists', message: expect.stringContaining('“photos”') });
    put({ a: 'changed', b: 'small', c: 'small' });
    expect(await transfer({ conflict: 'overwrite' })).toMatchObject({ state: 'done' });
    expect(readdirSync(join(target, 'photos')).sort()).toEqual(['index.jsonl', 'shard-000000.tar']);
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    await unpack();
    execFileSync('diff', ['-r', source, join(out, 'photos')]);
    mkdirSync(join(target, 'other'));
    writeFileSync(join(target, 'other/precious'), 'x');
    const over = transfer({ rename: 'other', conflict: 'overwrite' });
    await expect(over).rejects.toMatchObject({ code: 'exists' });
    expect(readdirSync(join(target, 'other'))).toEqual(['precious']);
    await expect(transfer({ move: true })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(transfer({ unpack: true })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('A20 holds what can be packed, and lists the rest', async () => {
    put({ good: 'g', 'bad\\..\\name': 'x' });
    execFileSync('mkfifo', [join(source, 'pipe')]);
    symlinkSync('good', join(source, 'link'));
    symlinkSync('/etc/passwd', join(source, 'out'));
    const ended = await transfer();
    const failed = await bench.transfers.service.files({ id: ended.id, state: 'failed' }, {});
    expect(failed.map(({ path }) => path).sort()).toEqual(['photos/bad\\..\\name', 'photos/out', 'photos/pipe']);
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    await unpack();
    expect(readdirSync(join(out, 'photos')).sort()).toEqual(['good', 'link']);
    expect(readFileSync(join(out, 'photos/link'), 'utf8')).toBe('g');
  });

  it('A8 leaves out a file that changes while it is packed, and packs it at the next try', async () => {
    await bench.remove();
    const memory = createMemoryProvider();
    let spoil = true;
    open({
      ...memory,
      read: async (path, options) => {
        const result = await memory.read(path, options);
        if (!path.endsWith('b.bin') || !spoil) return result;
        return {
          ...result,
          body: (async function* () {
            for await (const chunk of result.body) yield chunk.subarray(0, chunk.length - 1);
          })(),
        };
      },
    });
    const write = (path: string, size: number) =>
      memory.write(
        path as InnerPath,
        (async function* () {
          yield Buffer.alloc(size, path.length);
        })(),
      );
    for (const [path, size] of [
      ['v/in/a.bin', 10],
      ['v/in/b.bin', 2 * mib],
      ['v/in/c.bin', 10],
    ] as const)
      await write(path, size);
    const ended = await transfer({ sources: [inside('in')], rename: 'packed' });
    expect(ended).toMatchObject({
      state: 'failed',
      files: { total: 3, done: 2, failed: 1 },
      problem: { code: 'source-changed' },
    });
    spoil = false;
    await bench.transfers.service.retry({ id: ended.id }, {});
    expect(await bench.until(ended.id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 3 } });
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    expect(await unpack('packed')).toMatchObject({ state: 'done', files: { done: 3 } });
    expect(statSync(join(out, 'packed/b.bin')).size).toBe(2 * mib);
  });

  it('goes on after a restart with the shard where it was', async () => {
    await bench.remove();
    const memory = createMemoryProvider();
    let shards = 0;
    const gate = Promise.withResolvers<void>();
    const slow: StorageProvider = {
      ...memory,
      openWrite: async (path: InnerPath, ...rest: unknown[]) => {
        if (path.endsWith('.tar') && ++shards === 3) {
          gate.resolve();
          throw new StowageError('credentials-expired', 'Enough for today.');
        }
        return (memory.openWrite as (...args: unknown[]) => unknown)(path, ...rest);
      },
    } as StorageProvider;
    open(slow);
    putMany();
    const { id } = await bench.transfers.service.start(
      { sources: [local(source)], destination: inside(), pack: { shardBytes: mib } },
      {},
    );
    await gate.promise;
    const paused = await bench.until(id, 'paused');
    expect(paused.files.done).toBeGreaterThan(100);
    const { directory } = bench;
    await bench.close();
    bench = openBench(directory, slow);
    bench.vfolder('v');
    bench.transfers.start();
    await bench.transfers.service.resume({ id }, {});
    expect(await bench.until(id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 603 } });
    // No shard but the one that broke off was sent twice.
    const listed: string[] = [];
    for await (const page of memory.list('v/photos' as InnerPath)) listed.push(...page.map((entry) => entry.path));
    expect(shards).toBe(listed.length - 1 + 1);
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    await unpack();
    expect(treeOf(join(out, 'photos'))).toBe(treeOf(source));
  });
});

describe('a hostile packed folder', () => {
  const md5 = createHash('md5').update('evil').digest('hex');
  const pack = (lines: readonly object[]): void => {
    mkdirSync(join(target, 'photos'));
    writeFileSync(
      join(target, 'photos/shard-000000.tar'),
      Buffer.concat([Buffer.alloc(512), Buffer.from('evil'), Buffer.alloc(1532)]),
    );
    const text = [{ format: 'stowage-pack', version: 1 }, ...lines].map((line) => JSON.stringify(line)).join('\n');
    writeFileSync(join(target, 'photos/index.jsonl'), `${text}\n`);
  };
  const line = (path: string, fields: object = {}) => ({ path, size: 4, mtime: 0, shard: 0, offset: 512, md5, ...fields });

  it('A1 writes nothing outside the destination; what has a safe name is unpacked', async () => {
    const paths = ['../w', '/etc/w', 'a//b', 'd/../../y', 'good', 'x\0y', 'z\\..\\y'];
    pack(paths.map((path) => line(path)));
    const out = join(bench.directory, 'deep/out');
    mkdirSync(out, { recursive: true });
    const ended = await unpack('photos', out);
    expect(ended).toMatchObject({ state: 'failed', files: { done: 1, failed: 6 } });
    const failed = await bench.transfers.service.files({ id: ended.id, state: 'failed' }, {});
    expect(new Set(failed.map(({ problem }) => problem?.code))).toEqual(new Set(['path-refused']));
    expect(readFileSync(join(out, 'photos/good'), 'utf8')).toBe('evil');
    expect(
      execFileSync('find', [join(bench.directory, 'deep'), '-type', 'f'])
        .toString()
        .trim(),
    ).toBe(join(out, 'photos/good'));
    expect(existsSync('/etc/w')).toBe(false);
  });

  it('fails files that lie outside their shard, in none, or are not what the index says (A26)', async () => {
    pack([
      line('a', { offset: 10_000 }),
      line('b', { shard: 7 }),
      line('c', { size: 3_000_000_000 }),
      line('d', { offset: 100 }),
      line('e'),
    ]);
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    const ended = await unpack('photos', out);
    expect(ended).toMatchObject({ state: 'failed', files: { done: 1, failed: 4 } });
    expect(readdirSync(join(out, 'photos'))).toEqual(['e']);
  });

  it('is no packed folder when its index is none', async () => {
    mkdirSync(join(target, 'photos'));
    writeFileSync(join(target, 'photos/index.jsonl'), 'x'.repeat(100_000));
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    await unpack('photos', out);
    expect(readdirSync(join(out, 'photos'))).toEqual(['index.jsonl']);
  });
});
