import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { comparePaths, headerLine, indexLine, indexPath, type PackedEntry } from '#shared/packing/pack-index.ts';
import type { InnerPath } from '#shared/paths.ts';
import { collect } from '../storage/contract/world.ts';
import { countTree } from '../storage/count-tree.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import { packedReader } from './packed-reader.ts';

/** A memory provider that counts what is asked of it. */
function world() {
  const memory = createMemoryProvider();
  const asked = { reads: 0, bytes: 0, stats: 0, lists: 0 };
  const provider: StorageProvider = {
    ...memory,
    list: (folder, options) => {
      asked.lists++;
      return memory.list(folder, options);
    },
    stat: (path, options) => {
      asked.stats++;
      return memory.stat(path, options);
    },
    read: async (path, options) => {
      asked.reads++;
      const result = await memory.read(path, options);
      asked.bytes += Math.min(options?.length ?? result.entry.size, result.entry.size);
      return result;
    },
  };
  const write = (path: string, content: Buffer | string) =>
    memory.write(
      path as InnerPath,
      (async function* () {
        yield Buffer.from(content);
      })(),
    );
  return { memory, provider, asked, write, reader: packedReader(provider) };
}
type World = ReturnType<typeof world>;

const md5 = (content: string): string => createHash('md5').update(content).digest('hex');

/** Packs files of text, and empty folders that end with `/`, into one shard without headers. */
async function pack({ write }: World, folder: string, files: readonly string[], content = (path: string) => `in ${path}`) {
  let offset = 0;
  const entries: PackedEntry[] = [...files].map((path) => {
    if (path.endsWith('/')) return { kind: 'directory', path: path.slice(0, -1) };
    return { kind: 'file', path, size: 0, modified: 5, shard: 0, offset: 0, md5: md5(content(path)) };
  });
  entries.sort((a, b) => comparePaths(indexPath(a), indexPath(b)));
  const placed = entries.map((entry) => {
    if (entry.kind === 'directory') return entry;
    const size = Buffer.byteLength(content(entry.path));
    offset += size;
    return { ...entry, size, offset: offset - size };
  });
  const bodies = placed.map((entry) => (entry.kind === 'file' ? content(entry.path) : ''));
  await write(`${folder}/shard-000000.tar`, bodies.join(''));
  await write(`${folder}/index.jsonl`, headerLine + placed.map(indexLine).join(''));
}

async function list(provider: StorageProvider, folder: string): Promise<StorageEntry[]> {
  const all: StorageEntry[] = [];
  for await (const page of provider.list(folder as InnerPath)) all.push(...page);
  return all.sort((a, b) => comparePaths(a.path, b.path));
}
const names = async (provider: StorageProvider, folder: string): Promise<string[]> =>
  (await list(provider, folder)).map(({ path, kind }) => (kind === 'directory' ? `${path}/` : path));
const text = async (provider: StorageProvider, path: string, range: { offset?: number; length?: number } = {}) =>
  (await collect((await provider.read(path as InnerPath, range)).body)).toString();

describe('a packed folder is read as the folder it was', () => {
  it('lists every level, tells entries, and gives bytes and ranges', async () => {
    const each = world();
    await pack(each, 'a/p', ['x.txt', 'x/1', 'x/y/2', 'x-3', 'x0', 'empty/', 'ü/日本', 'z']);
    await each.write('a/plain', 'plain');
    const { reader } = each;
    expect(await names(reader, 'a')).toEqual(['a/p/', 'a/plain']);
    expect(await names(reader, 'a/p')).toEqual(['a/p/empty/', 'a/p/x/', 'a/p/x-3', 'a/p/x.txt', 'a/p/x0', 'a/p/z', 'a/p/ü/']);
    expect(await names(reader, 'a/p/x')).toEqual(['a/p/x/1', 'a/p/x/y/']);
    expect(await names(reader, 'a/p/x/y')).toEqual(['a/p/x/y/2']);
    expect(await names(reader, 'a/p/empty')).toEqual([]);
    expect((await list(reader, 'a/p/x'))[0]).toMatchObject({
      kind: 'file',
      size: 6,
      modified: 5,
      md5: md5('in x/1'),
      packed: true,
    });
    expect(await reader.stat('a/p/ü/日本' as InnerPath)).toMatchObject({ kind: 'file', packed: true });
    expect(await reader.stat('a/p' as InnerPath)).toMatchObject({ kind: 'directory', packed: true });
    expect(await reader.stat('a/p/x/y' as InnerPath)).toMatchObject({ kind: 'directory', packed: true });
    expect(await reader.stat('a' as InnerPath)).not.toHaveProperty('packed');
    expect(await text(reader, 'a/p/x/y/2')).toBe('in x/y/2');
    expect(await text(reader, 'a/p/x/y/2', { offset: 3, length: 3 })).toBe('x/y');
    expect(await text(reader, 'a/plain')).toBe('plain');
    let last: unknown;
    for await (const count of countTree(reader, 'a/p' as InnerPath, undefined)) last = count;
    expect(last).toMatchObject({ files: 7, directories: 4 });
  });

  it('tells what is not there, and holds reads to the entry that was seen', async () => {
    const each = world();
    const { reader } = each;
    await pack(each, 'p', ['x', 'y/z']);
    for (const path of ['p/none', 'p/y/none', 'p/x/below', 'q/none']) {
      await expect(reader.stat(path as InnerPath), path).rejects.toMatchObject({ code: 'not-found' });
      await expect(names(reader, path), path).rejects.toMatchObject({ code: 'not-found' });
      await expect(text(reader, path), path).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(text(reader, 'p/y')).rejects.toMatchObject({ code: 'is-a-directory' });
    const { etag } = await reader.stat('p/x' as InnerPath);
    await expect(reader.read('p/x' as InnerPath, { etag: 'another' })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect((await reader.read('p/x' as InnerPath, { etag: etag ?? '' })).entry.size).toBe(4);
    await pack(each, 'p', ['x'], () => 'other');
    await list(reader, 'p');
    await expect(reader.read('p/x' as InnerPath, { etag: etag ?? '' })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await text(reader, 'p/x')).toBe('other');
  });

  it('costs other folders no request', async () => {
    const { write, reader, asked } = world();
    await write('a/b', 'b');
    await list(reader, 'a');
    await reader.stat('a/b' as InnerPath);
    await text(reader, 'a/b');
    expect(asked).toMatchObject({ lists: 1, stats: 1, reads: 1 });
  });

  it('is one only with an index and shards and nothing else', async () => {
    const each = world();
    await pack(each, 'p', ['x']);
    await each.write('p/notes.txt', 'n');
    expect(await names(each.reader, 'p')).toEqual(['p/index.jsonl', 'p/notes.txt', 'p/shard-000000.tar']);
    await each.write('q/index.jsonl', 'no index');
    expect(await names(each.reader, 'q')).toEqual(['q/index.jsonl']);
    await each.write('r/shard-000000.tar', 'tar');
    expect(await names(each.reader, 'r')).toEqual(['r/shard-000000.tar']);
  });

  it('finds a file among 200,000 by a few range reads, and lists a folder past those beside it', async () => {
    const each = world();
    const files = Array.from({ length: 200_000 }, (_, index) => `d${String(index % 20).padStart(2, '0')}/f${index}`);
    await pack(each, 'p', files, () => 'x');
    const index = await each.memory.stat('p/index.jsonl' as InnerPath);
    expect(index.size).toBeGreaterThan(15_000_000);
    expect(await text(each.reader, 'p/d07/f107')).toBe('x');
    expect(each.asked.reads).toBeLessThan(20);
    expect(each.asked.bytes).toBeLessThan(5_000_000);
    const top = await names(each.reader, 'p');
    expect(top).toHaveLength(20);
    expect(each.asked.reads).toBeLessThan(200);
    expect(await names(each.reader, 'p/d19')).toHaveLength(10_000);
  });
});
