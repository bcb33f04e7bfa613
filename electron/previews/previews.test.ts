import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pack as tarPack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preview, PreviewContent } from '#shared/contract/previews.ts';
import { createVfolderWorld, type VfolderWorld } from '../vfolders/vfolders.fixture.ts';
import { npy, png, safetensors, withLength, zip } from './files.fixture.ts';
import { type ParquetPlan, parquetFile, parquetParts } from './parquet.fixture.ts';
import { createPreviews, type Previews } from './previews.ts';

type Media = Extract<PreviewContent, { url: string }>;
type Content<Kind> = Kind extends Media['kind'] ? Media : Extract<PreviewContent, { kind: Kind }>;

const call = {};
let world: VfolderWorld;
let previews: Previews;

beforeAll(async () => {
  world = await createVfolderWorld();
  await world.create('data');
  previews = createPreviews({ lookup: world.vfolders.lookup });
});
afterAll(async () => {
  await previews.close();
  await world.close();
});

interface Part {
  readonly at: number;
  readonly bytes: Uint8Array | string;
}

/** Writes a file, of which only the parts are there when they are given: what is between them is a hole. */
async function put(name: string, content: Uint8Array | string | readonly Part[], size?: number): Promise<void> {
  const handle = await open(join(world.root, 'data', name), 'w');
  const parts = typeof content === 'string' || content instanceof Uint8Array ? [{ at: 0, bytes: content }] : content;
  for (const { at, bytes } of parts) {
    const buffer = Buffer.from(bytes);
    await handle.write(buffer, 0, buffer.length, at);
  }
  if (size !== undefined) await handle.truncate(size);
  await handle.close();
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

const openFile = (path: string, as?: 'text' | 'hex'): Promise<Preview> =>
  Promise.resolve(previews.service.open({ vfolder: 'data', path, as }, call));

async function shown<Kind extends PreviewContent['kind']>(
  kind: Kind,
  name: string,
  content: Uint8Array | string | readonly Part[],
): Promise<Content<Kind> & { note: string | null }> {
  await put(name, content);
  const preview = await openFile(name);
  expect([name, preview.content.kind, preview.note]).toEqual([name, kind, preview.note]);
  return { ...(preview.content as Content<Kind>), note: preview.note };
}

const measures: ParquetPlan = {
  columns: [
    { name: 'id', type: 'INT64', value: (row) => row },
    { name: 'reading', type: 'DOUBLE', value: (row) => row / 4 },
    { name: 'station', type: 'STRING', value: (row) => `station ${row % 7}` },
  ],
  groups: [2500, 700],
};

describe('text', () => {
  it('is told by its bytes, in each encoding, and given back without loss', async () => {
    const cases = [
      ['utf-8', Buffer.from('grüße\r\n')],
      ['utf-8', Buffer.from('\ufeffgrüße\n')],
      ['utf-16le', Buffer.from('\ufeffgrüße\n', 'utf16le')],
      ['utf-16be', Buffer.from('\ufeffgrüße\n', 'utf16le').swap16()],
      ['windows-1252', Buffer.from('gr\xfc\xdfe \x80\n', 'latin1')],
    ] as const;
    for (const [encoding, bytes] of cases) {
      const { text, whole, ...rest } = await shown('text', 'a.txt', bytes);
      expect([encoding, rest.encoding, whole, text.startsWith('grüße')]).toEqual([encoding, encoding, true, true]);
    }
    expect((await shown('text', 'a.txt', 'gr\xfc\xdfe')).text).toBe('grüße');
    expect(await shown('empty', 'none', '')).toBeTruthy();
    expect(await shown('hex', 'a.txt', Buffer.from([1, 0, 2, 0, 3, 0, 4]))).toBeTruthy();
  });

  it('that is long comes in parts that join without a gap or a broken character', async () => {
    const line = 'ä line with ünïcode, number ';
    const whole = Array.from({ length: 60_000 }, (_, at) => `${line}${at}`).join('\n');
    const first = await shown('text', 'long.log', whole);
    expect(first.whole).toBe(false);
    let text = first.text;
    const { etag, size } = await openFile('long.log');
    for (let offset = first.end; offset < size; ) {
      const part = await previews.service.text({ vfolder: 'data', path: 'long.log', etag, offset, encoding: 'utf-8' }, call);
      expect(part.offset).toBe(offset);
      text += part.text;
      offset = part.end;
    }
    expect(text === whole).toBe(true);
    // In the middle of a line it begins with that line.
    const middle = await previews.service.text(
      { vfolder: 'data', path: 'long.log', etag, offset: 500_000, encoding: 'utf-8' },
      call,
    );
    expect(middle.text.startsWith(line)).toBe(true);
    expect(middle.offset).toBeLessThanOrEqual(500_000);
  });

  it('that is JSON is set out with every number and key as it was', async () => {
    const { formatted } = await shown(
      'text',
      'a.json',
      '{"id":12345678901234567890,"id":1.50,"e":[],"s":"a\\"{,","n":[1,{"x":null}]}',
    );
    expect(formatted).toBe(
      '{\n  "id": 12345678901234567890,\n  "id": 1.50,\n  "e": [],\n  "s": "a\\"{,",\n  "n": [\n    1,\n    {\n      "x": null\n    }\n  ]\n}',
    );
    expect((await shown('text', 'b.json', '{"a":')).formatted).toBeNull();
  });
});

describe('tables', () => {
  it('of CSV have named and typed columns, and go on at any record', async () => {
    const rows = Array.from({ length: 450 }, (_, at) => `${at},"a ""quoted"",\n${at}",${at / 2},2024-01-0${(at % 9) + 1}`);
    const table = await shown('table', 'a.csv', `\ufeffid,note,half,day\n${rows.join('\n')}`);
    expect(table.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id integer',
      'note text',
      'half number',
      'day date',
    ]);
    expect(table.rows[3]).toEqual(['3', 'a "quoted",\n3', '1.5', '2024-01-04']);
    const { etag } = await openFile('a.csv');
    const all = [...table.rows];
    for (let next = table.next; next !== null; ) {
      const page = await previews.service.rows(
        { vfolder: 'data', path: 'a.csv', etag, offset: next, dialect: table.dialect, columns: [] },
        call,
      );
      all.push(...page.rows);
      next = page.next;
    }
    expect(all.map(([id]) => id)).toEqual(rows.map((_, at) => String(at)));
    const plain = await shown('table', 'b.tsv', '1\t2\n3\t4\n');
    expect([plain.columns[0]?.name, plain.rows.length, plain.total]).toEqual(['Column 1', 2, 2]);
    expect((await shown('table', 'c.csv', 'a;b\n1;2\n')).columns).toHaveLength(2);
  });

  it('of JSON lines have the keys of the first page as columns', async () => {
    const table = await shown('table', 'a.jsonl', '{"id":1,"tags":["x"]}\n\n{"id":2,"more":true}\n7\nbroken\n');
    expect(table.columns.map(({ name }) => name)).toEqual(['id', 'tags', 'more', 'value']);
    expect(table.rows).toEqual([
      ['1', '["x"]', null, null],
      ['2', null, 'true', null],
      [null, null, null, '7'],
      [null, null, null, 'broken'],
    ]);
  });

  it('of Parquet show any row, across row groups, without reading what lies before', async () => {
    const table = await shown('table', 'a.parquet', parquetFile({ ...measures, pageRows: 100 }));
    expect(table.total).toBe(3200);
    expect(table.columns).toEqual([
      { name: 'id', type: 'int64', numeric: true },
      { name: 'reading', type: 'double', numeric: true },
      { name: 'station', type: 'string', numeric: false },
    ]);
    expect(table.rows[5]).toEqual(['5', '1.25', 'station 5']);
    const { etag } = await openFile('a.parquet');
    const page = await previews.service.rows(
      { vfolder: 'data', path: 'a.parquet', etag, offset: 2450, dialect: table.dialect, columns: [] },
      call,
    );
    expect(page.rows.map(([id]) => id)).toEqual(Array.from({ length: 200 }, (_, at) => String(2450 + at)));
    expect(page.rows[199]).toEqual(['2649', '662.25', 'station 3']);
  });
});

describe('arrays, tensors and archives', () => {
  it('of safetensors show names, types, shapes and sums', async () => {
    const model = await shown('tensors', 'm.safetensors', safetensors({ 'a.weight': [3, 4], b: [] }, { format: 'pt' }));
    expect(model).toMatchObject({ count: 2, parameters: 13, bytes: 52, metadata: [{ name: 'format', value: 'pt' }] });
    expect(model.tensors[0]).toEqual({ name: 'a.weight', dtype: 'F32', shape: [3, 4], bytes: 48 });
  });

  it('of NumPy show their type, shape and first values', async () => {
    const floats = new Uint8Array(new Float32Array([0.1, 2, -3, 4]).buffer);
    expect(await shown('array', 'a.npy', npy('<f4', [2, 2], floats))).toMatchObject({
      dtype: 'float32',
      shape: [2, 2],
      order: 'C',
      values: ['0.1', '2', '-3', '4'],
    });
    const halves = Uint8Array.from([0x00, 0x3c, 0x00, 0xc2]);
    expect((await shown('array', 'h.npy', npy('<f2', [2], halves, true))).values).toEqual(['1', '-3']);
    const both = zip({ 'x.npy': npy('<i8', [5], new Uint8Array(40)), 'y.npy': npy('|b1', [3, 1], new Uint8Array(3)) });
    expect((await shown('archive', 'a.npz', both)).entries).toMatchObject([
      { name: 'x.npy', dtype: 'int64', shape: [5] },
      { name: 'y.npy', dtype: 'bool', shape: [3, 1] },
    ]);
  });

  it('of zip and tar list what is in them', async () => {
    const listed = await shown('archive', 'a.zip', zip({ 'dir/': new Uint8Array(), 'dir/ä.txt': Buffer.from('xx') }));
    expect(listed.entries.map(({ name, size, directory }) => [name, size, directory])).toEqual([
      ['dir/', 0, true],
      ['dir/ä.txt', 2, false],
    ]);
    const tar = tarPack();
    const long = `${'long/'.repeat(60)}name.txt`;
    tar.entry({ name: 'one.txt' }, 'x'.repeat(1000));
    tar.entry({ name: long }, 'y');
    tar.finalize();
    const bytes = await bytesOf(tar as AsyncIterable<Buffer>);
    expect((await shown('archive', 'a.tar', bytes)).entries.map(({ name, size }) => [name, size])).toEqual([
      ['one.txt', 1000],
      [long, 1],
    ]);
  });
});

describe('media', () => {
  it('are known by their bytes, and served from their ticket with ranges until the file changes', async () => {
    const image = await shown('image', 'a.bin', png());
    expect(image.contentType).toBe('image/png');
    const ticket = image.url.replace('/preview/', '');
    for (let time = 0; time < 2; time += 1) {
      const answer = await previews.openMedia(ticket, { start: 1, end: 3 });
      expect(Buffer.from(await bytesOf(answer.body)).toString()).toBe('PNG');
      expect(answer).toMatchObject({ contentType: 'image/png', range: { start: 1, end: 3 }, size: png().length });
    }
    await expect(previews.openMedia(ticket, { start: 1000 })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(previews.openMedia('unknown')).rejects.toMatchObject({ code: 'not-found' });
    await put('a.bin', Buffer.concat([png(), Buffer.from('more')]));
    await expect(previews.openMedia(ticket)).rejects.toMatchObject({ code: 'precondition-failed' });
    const sound = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt '), Buffer.alloc(40)]);
    expect((await shown('audio', 'a.wav', sound)).contentType).toBe('audio/wav');
    expect((await shown('video', 'a.mp4', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom'))).contentType).toBe('video/mp4');
    expect((await shown('image', 'a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')).contentType).toBe('image/svg+xml');
  });

  it('that are HTML by their bytes are text, whatever their name promises', async () => {
    expect((await shown('text', 'page.png', '<html><script>alert(1)</script>')).text).toContain('<script>');
  });
});

it('notices a file that changed since it was opened', async () => {
  await put('c.txt', 'before');
  const { etag } = await openFile('c.txt');
  await put('c.txt', 'after it was changed');
  const at = { vfolder: 'data', path: 'c.txt', etag, offset: 0 };
  await expect(Promise.resolve(previews.service.bytes({ ...at, length: 4 }, call))).rejects.toMatchObject({
    code: 'precondition-failed',
  });
  await expect(Promise.resolve(previews.service.text({ ...at, encoding: 'utf-8' }, call))).rejects.toMatchObject({
    code: 'precondition-failed',
  });
});

it('refuses folders, and paths that climb out', async () => {
  await expect(openFile('')).rejects.toMatchObject({ code: 'is-a-directory' });
  await expect(openFile('../data')).rejects.toMatchObject({ code: 'path-refused' });
});

describe('large files', () => {
  const gigabyte = 1_000_000_000;

  it('are shown as fast as small ones, with flat memory', async () => {
    await put(
      'large.bin',
      [
        { at: 0, bytes: '\0\x01head' },
        { at: 49 * gigabyte, bytes: 'deep inside' },
      ],
      50 * gigabyte,
    );
    await put(
      'large.csv',
      [{ at: 0, bytes: `id,name\n${Array.from({ length: 20_000 }, (_, at) => `${at},row ${at}`).join('\n')}\n` }],
      2 * gigabyte,
    );
    await put('large.parquet', parquetParts({ ...measures, hole: 2 * gigabyte }));
    await put('large.safetensors', safetensors({ w: [8, 8] }), 20 * gigabyte);
    await openFile('large.bin');
    const before = process.memoryUsage().rss;
    const kinds: unknown[] = [];
    for (const name of ['large.bin', 'large.csv', 'large.parquet', 'large.safetensors']) {
      const started = performance.now();
      const { content, size } = await openFile(name);
      const took = performance.now() - started;
      expect([name, size >= 2 * gigabyte, took < 1000, took]).toEqual([name, true, true, took]);
      kinds.push([content.kind, content.kind === 'table' && content.rows[4]?.[0]]);
    }
    expect(kinds).toEqual([
      ['hex', false],
      ['table', '4'],
      ['table', '4'],
      ['tensors', false],
    ]);
    const { etag } = await openFile('large.bin');
    const deep = await previews.service.bytes(
      { vfolder: 'data', path: 'large.bin', etag, offset: 49 * gigabyte, length: 11 },
      call,
    );
    expect(Buffer.from(deep.base64, 'base64').toString()).toBe('deep inside');
    expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(64);
  });
});

describe('A26 hostile files', () => {
  it('that lie about their headers are shown as bytes, with the reason', async () => {
    const huge = 2n ** 62n;
    const cases: [string, Uint8Array, string][] = [
      ['long.safetensors', withLength('{}', huge), 'longer than the file'],
      ['broken.safetensors', withLength('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'), 'damaged'],
      ['proto.safetensors', withLength('{"__proto__":{"dtype":1}}\0\0'), 'damaged'],
      ['long.npy', Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff{', 'latin1'), 'longer'],
      ['long.parquet', Buffer.from('PAR1\0\0\0\0\xff\xff\xff\x7fPAR1', 'latin1'), 'longer than the file'],
      ['cut.parquet', Buffer.from('PAR1\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1'), 'end of this Parquet file'],
      ['bomb.parquet', parquetFile({ ...measures, claims: 2 ** 31 - 1 }), 'too large'],
      ['wide.png', png(60_000, 60_000), '100 megapixels'],
      ['cut.zip', zip({ a: Buffer.from('x') }).subarray(0, 40), 'damaged'],
    ];
    for (const [name, bytes, reason] of cases) {
      const { note } = await shown('hex', name, bytes);
      expect([name, note]).toEqual([name, expect.stringContaining(reason)]);
    }
  });

  it('that are zip bombs are listed and never unpacked', async () => {
    const bomb = zip({ 'bomb.npy': Buffer.concat([npy('<f8', [10_000_000], new Uint8Array()), Buffer.alloc(50_000_000)]) });
    const before = process.memoryUsage().rss;
    const { entries } = await shown('archive', 'bomb.npz', bomb);
    expect(entries).toMatchObject([{ name: 'bomb.npy', dtype: 'float64', shape: [10_000_000] }]);
    expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(32);
  });

  it('of one line of a gigabyte are read in parts, whatever they are named', async () => {
    const line = `["${'x'.repeat(3_000_000)}`;
    for (const name of ['line.json', 'line.jsonl', 'line.csv', 'line.txt']) {
      await put(name, name === 'line.csv' ? `"${line.replaceAll('"', '')}` : line, 1_000_000_000);
      const { content } = await openFile(name);
      if (content.kind !== 'text') throw new Error(`${name} is shown as ${content.kind}`);
      expect([name, content.text.length < 400_000, content.whole, content.formatted]).toEqual([name, true, false, null]);
    }
  });

  it('of nesting without end, and of names that would run or deceive, are only text', async () => {
    const deep = await shown('text', 'deep.json', '['.repeat(400_000) + ']'.repeat(400_000));
    expect([deep.formatted, deep.whole]).toEqual([null, true]);
    const name = '<img src=x onerror=alert(1)>\u202egnp.exe\n';
    const listed = await shown('archive', 'names.zip', zip({ [name]: Buffer.from('x'), '../../etc/passwd': Buffer.from('y') }));
    expect(listed.entries.map((entry) => entry.name)).toEqual([name, '../../etc/passwd']);
    // Definitions of its own could grow without bounds: no picture.
    await shown('text', 'laughs.svg', '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "&b;&b;">]><svg>&a;</svg>');
  });

  it('that fill the memory of a thread end that thread, and the next file is shown', async () => {
    const { note } = await shown('hex', 'full.safetensors', withLength(`{"a":[${'[],'.repeat(5_000_000)}0]}`));
    expect(note).toContain('damaged');
    expect(await shown('text', 'next.txt', 'next')).toMatchObject({ text: 'next' });
  });

  it('that a thread chokes on end that thread only, and the next file is shown', async () => {
    const impatient = createPreviews({ lookup: world.vfolders.lookup, deadlineMs: 1 });
    await put('slow.json', `[${'1,'.repeat(400_000)}1]`);
    const given = await impatient.service.open({ vfolder: 'data', path: 'slow.json' }, call);
    expect([given.content.kind, given.note]).toEqual(['hex', expect.stringContaining('too long')]);
    await impatient.close();
    await put('fine.txt', 'fine');
    const signal = AbortSignal.abort();
    await expect(Promise.resolve(previews.service.open({ vfolder: 'data', path: 'fine.txt' }, { signal }))).rejects.toMatchObject(
      { code: 'cancelled' },
    );
    expect((await openFile('fine.txt')).content.kind).toBe('text');
  });
});
