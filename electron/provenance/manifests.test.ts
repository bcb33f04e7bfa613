import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InnerPath } from '#shared/paths.ts';
import { listingsIn, placeIn } from '../listings/listings.fixture.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { InputEntry } from './input-source.ts';
import { createManifests, type Manifests } from './manifests.ts';
import { readLines, SortedEntries, toLine } from './sorted-entries.ts';
import { diffEntries } from './tree-diff.ts';

let folder: string;
let data: string;
let manifests: Manifests;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-manifests-'));
  data = join(folder, 'data');
  mkdirSync(join(data, 'sub'), { recursive: true });
  manifests = createManifests(join(folder, 'manifests'), listingsIn(folder));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const source = () => ({ provider: createLocalProvider(data), path: '' as InnerPath });
const make = () => manifests.make(source(), { signal });
const entry = (path: string, version = 'etag:1', size = 1): InputEntry => ({ path, size, version });
const gather = async (entries: AsyncIterable<InputEntry>): Promise<InputEntry[]> => {
  const all: InputEntry[] = [];
  for await (const one of entries) all.push(one);
  return all;
};
const from = async function* (entries: readonly InputEntry[]): AsyncGenerator<InputEntry> {
  yield* entries;
};

describe('the list of a folder', () => {
  it('has a digest that sha256sum gives for it, over its files and links sorted by path', async () => {
    writeFileSync(join(data, 'b.txt'), 'two');
    writeFileSync(join(data, 'sub', 'a\u2028 b.txt'), '');
    symlinkSync('../b.txt', join(data, 'sub', 'link'));
    const { digest, ...rest } = await make();
    expect(rest).toEqual({ method: 'content', files: 3, bytes: 3, missed: 0, listedAt: expect.any(Number) });
    const text = gunzipSync(readFileSync(join(folder, 'manifests', `${digest}.jsonl.gz`)));
    expect(createHash('sha256').update(text).digest('hex')).toBe(digest);
    const two = createHash('sha256').update('two').digest('hex');
    expect(text.toString().split('\n')[0]).toBe(`["b.txt",3,"sha256:${two}"]`);
    expect((await gather(manifests.read(digest))).map(({ path, version }) => [path, version.split(':')[0]])).toEqual([
      ['b.txt', 'sha256'],
      ['sub/a\u2028 b.txt', 'sha256'],
      ['sub/link', 'link'],
    ]);
    expect(readdirSync(join(folder, 'manifests', 'work'))).toEqual([]);
  });

  it('of a small folder depends on the content alone; one that was touched is the same', async () => {
    writeFileSync(join(data, 'f'), 'same');
    const { digest } = await make();
    utimesSync(join(data, 'f'), 1, 1);
    chmodSync(join(data, 'f'), 0o600);
    expect((await make()).digest).toBe(digest);
    writeFileSync(join(data, 'f'), 'ssme');
    utimesSync(join(data, 'f'), 1, 1);
    expect((await make()).digest).not.toBe(digest);
  });

  it('of many small files has the hashes that sha256sum gives', async () => {
    for (let at = 0; at < 40; at++) writeFileSync(join(data, 'sub', `f${at}`), `${at}`.repeat(at));
    const { digest, method, missed } = await make();
    expect({ method, missed }).toEqual({ method: 'content', missed: 0 });
    const sums = execFileSync('sh', ['-c', 'cd "$0" && find . -type f -print0 | xargs -0 sha256sum', data], { encoding: 'utf8' });
    const expected = new Map(
      sums
        .trim()
        .split('\n')
        .map((line) => [line.slice(68), `sha256:${line.slice(0, 64)}`]),
    );
    const listed = await gather(manifests.read(digest));
    expect(new Map(listed.map(({ path, version }) => [path, version]))).toEqual(expected);
  });

  it('of more than 16 MiB goes by size and time, and says so', async () => {
    writeFileSync(join(data, 'large'), Buffer.alloc(16 * 1024 ** 2 + 1));
    const first = await make();
    expect(first.method).toBe('time');
    utimesSync(join(data, 'large'), 1, 1);
    expect((await make()).digest).not.toBe(first.digest);
  });

  it('of a remote host goes by its version tags', async () => {
    const provider = createMemoryProvider();
    const write = (text: string) => provider.write('set/f' as InnerPath, Readable.from([Buffer.from(text)]));
    await write('one');
    const place = placeIn(provider);
    const first = await manifests.make(place, { signal });
    expect(first.method).toBe('etag');
    await write('two');
    expect((await manifests.make(place, { signal })).digest).not.toBe(first.digest);
  });

  it('is of one file, where the source is one', async () => {
    writeFileSync(join(data, 'f'), 'x');
    const { digest } = await manifests.make({ provider: createLocalProvider(data), path: 'f' as InnerPath }, { signal });
    expect((await gather(manifests.read(digest))).map(({ path }) => path)).toEqual(['f']);
  });

  it('ends with the signal, and leaves nothing behind', async () => {
    writeFileSync(join(data, 'f'), 'x');
    await expect(manifests.make(source(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(folder, 'manifests')).filter((name) => name !== 'work')).toEqual([]);
    expect(readdirSync(join(folder, 'manifests', 'work'))).toEqual([]);
  });

  it('that was lost or damaged says so', async () => {
    await expect(gather(manifests.read('0'.repeat(64)))).rejects.toMatchObject({ code: 'not-found' });
    writeFileSync(join(data, 'f'), 'x');
    const { digest } = await make();
    const file = join(folder, 'manifests', `${digest}.jsonl.gz`);
    writeFileSync(file, readFileSync(file).subarray(0, 15));
    await expect(gather(manifests.read(digest))).rejects.toMatchObject({ code: 'data-damaged' });
  });
});

describe('sorting and comparing', () => {
  it('sorts more than fits into memory at once', async () => {
    const entries = new SortedEntries(folder);
    const paths = Array.from({ length: 25_000 }, (_, at) => `p${(at * 7919) % 25_000}`);
    for (const path of paths) await entries.add(entry(path));
    expect(readdirSync(folder).filter((name) => name.endsWith('.run'))).toHaveLength(2);
    expect((await gather(entries.read())).map(({ path }) => path)).toEqual(paths.toSorted());
    await entries.drop();
    expect(readdirSync(folder).filter((name) => name.endsWith('.run'))).toEqual([]);
  });

  it('reads back any names that it wrote, however the bytes are cut', async () => {
    const anyEntry = fc.record({
      path: fc.string({ unit: 'grapheme' }),
      size: fc.nat(),
      version: fc.string({ unit: 'grapheme' }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry), fc.integer({ min: 1, max: 9 }), async (entries, step) => {
        const bytes = Buffer.from(entries.map(toLine).join(''));
        const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
          bytes.subarray(at * step, (at + 1) * step),
        );
        expect(await gather(readLines(Readable.from(pieces)))).toEqual(entries);
      }),
      { numRuns: 50 },
    );
  });

  it('tells exactly what was added, removed and changed', async () => {
    const tree = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 2 }));
    const toEntries = (files: Record<string, number>): InputEntry[] =>
      Object.keys(files)
        .sort()
        .map((path) => entry(path, `etag:${files[path]}`));
    await fc.assert(
      fc.asyncProperty(tree, tree, async (before, after) => {
        const { files, ...counts } = await diffEntries(from(toEntries(before)), from(toEntries(after)), { limit: 1000 });
        const all = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
        const expected = all.flatMap((path) => {
          const [old, now] = [Object.hasOwn(before, path), Object.hasOwn(after, path)];
          if (old && now) return before[path] === after[path] ? [] : [[path, 'changed']];
          return [[path, old ? 'removed' : 'added']];
        });
        expect(files.map(({ path, change }) => [path, change])).toEqual(expected);
        expect(counts.unchanged + files.length).toBe(all.length);
      }),
      { numRuns: 100 },
    );
  });

  it('names so many files only, and says when two cannot be compared', async () => {
    const before = [entry('a', 'sha256:1'), entry('b', 'mtime:1'), entry('c', 'mtime:1')];
    const after = [entry('a', 'mtime:5'), entry('b', 'mtime:2'), entry('c', 'mtime:1', 2)];
    expect(await diffEntries(from(before), from(after), { limit: 1 })).toEqual({
      ...{ added: 0, removed: 0, changed: 2, unsure: 1, unchanged: 0 },
      files: [{ path: 'a', change: 'unsure', before: 1, after: 1 }],
    });
  });
});
