import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePaths, headerLine, indexLine, isPackHeader, type PackedEntry, readIndexLine } from './pack-index.ts';
import { cutShards, sampleOf } from './shards.ts';

const segment = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .map((text) => text.replaceAll(/[/\0\\]/g, '_'))
  .filter((text) => text !== '.' && text !== '..' && text.isWellFormed());
const path = fc.array(segment, { minLength: 1, maxLength: 8 }).map((segments) => segments.join('/'));

describe('the index of a packed folder', () => {
  it('gives back what was written', () => {
    const file = fc.record({
      kind: fc.constant('file' as const),
      path,
      size: fc.nat(),
      modified: fc.option(fc.double({ noNaN: true, min: -1e13, max: 1e13 }).map((time) => time + 0)),
      shard: fc.nat(),
      offset: fc.nat(),
      md5: fc.stringMatching(/^[0-9a-f]{32}$/),
    });
    const entry: fc.Arbitrary<PackedEntry> = fc.oneof(file, fc.record({ kind: fc.constant('directory' as const), path }));
    fc.assert(
      fc.property(entry, (one) => {
        expect(readIndexLine(indexLine(one))).toEqual({ kind: 'entry', entry: one });
      }),
    );
    expect(isPackHeader(headerLine)).toBe(true);
    expect(isPackHeader('{"format":"other","version":1}')).toBe(false);
  });

  it.each(['../w', 'd/../y', '/etc/passwd', 'a//b', 'a/./b', 'x\0y', 'a\\..\\b', '/', '..', '../'])(
    'A1 calls the path %j unsafe',
    (bad) => {
      const line = JSON.stringify({ path: bad, size: 1, mtime: 0, shard: 0, offset: 512, md5: '0'.repeat(32) });
      expect(readIndexLine(line)).toEqual({ kind: 'unsafe', path: bad });
    },
  );

  it('refuses lines that are none, and numbers that lead astray (A26)', () => {
    const good = { path: 'a', size: 1, mtime: 0, shard: 0, offset: 512, md5: '0'.repeat(32) };
    const bad = [
      { size: -1 },
      { size: 1.5 },
      { offset: -512 },
      { shard: 'x' },
      { offset: 2 ** 53 },
      { md5: '../x' },
      { path: 7 },
    ];
    for (const change of bad) expect(readIndexLine(JSON.stringify({ ...good, ...change }))).toEqual({ kind: 'bad' });
    for (const line of ['', 'x', '[]', 'null', '{']) expect(readIndexLine(line)).toEqual({ kind: 'bad' });
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(readIndexLine(line).kind).not.toBe('entry');
      }),
    );
  });

  it('is in the order of the bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        fc.pre(a.isWellFormed() && b.isWellFormed());
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('shards', () => {
  const cut = async (files: readonly { path: string; bytes: number }[], bytes: number, most = 1000): Promise<string[][]> => {
    const shards: string[][] = [];
    const given = (async function* () {
      yield* files;
    })();
    for await (const { file, begins } of cutShards(
      given,
      (each) => each.path,
      (each) => each.bytes,
      { bytes, files: most },
    )) {
      if (begins) shards.push([]);
      shards.at(-1)?.push(file.path);
    }
    return shards;
  };

  it('keep the files of a sample together', async () => {
    expect(sampleOf('a/b.c/img01.seg.png')).toBe('a/b.c/img01');
    expect(sampleOf('a/.hidden')).toBe('a/.hidden');
    const files = ['a.jpg', 'a.json', 'b.jpg', 'b.json', 'c.jpg'].map((path) => ({ path, bytes: 40 }));
    expect(await cut(files, 100)).toEqual([['a.jpg', 'a.json'], ['b.jpg', 'b.json'], ['c.jpg']]);
    expect(await cut(files, 160)).toEqual([['a.jpg', 'a.json', 'b.jpg', 'b.json'], ['c.jpg']]);
  });

  it('hold every file once in order, split no sample, and are no larger than asked but for one sample', async () => {
    const file = fc.record({ path: fc.stringMatching(/^[ab]{1,3}\.[xy]{1,2}$/), bytes: fc.nat(60) });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(file, { selector: (each) => each.path }),
        fc.integer({ min: 1, max: 200 }),
        async (files, limit) => {
          files.sort((a, b) => comparePaths(a.path, b.path));
          const shards = await cut(files, limit);
          expect(shards.flat()).toEqual(files.map((each) => each.path));
          const samples = shards.map((shard) => new Set(shard.map(sampleOf)));
          expect(samples.reduce((sum, each) => sum + each.size, 0)).toBe(new Set(files.map((each) => sampleOf(each.path))).size);
          const bytes = new Map(files.map((each) => [each.path, each.bytes]));
          shards.forEach((shard, index) => {
            const total = shard.reduce((sum, name) => sum + (bytes.get(name) ?? 0), 0);
            expect(total <= limit || samples[index]?.size === 1).toBe(true);
          });
        },
      ),
    );
  });

  it('bound a sample that would be endless', async () => {
    const film = Array.from({ length: 2500 }, (_, index) => ({ path: `frame.${index}.png`, bytes: 1 }));
    expect((await cut(film, 1_000_000)).map((shard) => shard.length)).toEqual([1000, 1000, 500]);
  });
});
