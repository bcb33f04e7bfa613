import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseInnerPath } from '#shared/paths.ts';
import { bytes } from '../storage/contract/world.ts';
import { createMemoryProvider } from '../storage/memory/provider.ts';
import type { ReadOptions, ScatteredWrite, StorageEntry, StorageProvider } from '../storage/provider.ts';
import { createBandwidth } from './bandwidth.ts';
import type { Checkpoint } from './copy-protocol.ts';
import type { Reading } from './copy-source.ts';
import { type Fetch, fetchRanges } from './fetch-ranges.ts';

const mebibyte = 1024 * 1024;
const path = parseInnerPath('big');
const content = randomBytes(21 * mebibyte + 12_345);
const md5 = createHash('md5').update(content).digest('hex');
const beginning: Checkpoint = { offset: 0, crc: 0 };

let directory: string;
let memory: StorageProvider;
let file: string;
let handle: number;
let asked: ReadOptions[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-fetch-'));
  file = join(directory, 'part');
  handle = openSync(file, 'w+');
  asked = [];
  memory = createMemoryProvider();
  await memory.write(path, bytes(content));
});
afterEach(() => {
  closeSync(handle);
  rmSync(directory, { recursive: true });
});

/** Writes as it should, unless `spoil` changes what is written. */
const into = (spoil: (chunk: Uint8Array, at: number) => Uint8Array = (chunk) => chunk): ScatteredWrite => ({
  file,
  put: async (chunks, offset) => {
    let at = offset;
    for (const chunk of chunks) {
      writeSync(handle, spoil(chunk, at), 0, chunk.length, at);
      at += chunk.length;
    }
  },
});

async function fetch(
  given: Partial<Omit<Fetch, 'copy'>> & { copy?: Partial<Reading>; known?: string } = {},
): Promise<Checkpoint[]> {
  const reached: Checkpoint[] = [];
  const entry = await memory.stat(path);
  const counting: StorageProvider = {
    ...memory,
    read: (of, options = {}) => {
      asked.push(options);
      return memory.read(of, options);
    },
  };
  const copy: Reading = {
    from: counting,
    source: path,
    to: memory,
    size: content.length,
    modified: entry.modified,
    etag: entry.etag ?? null,
    signal: new AbortController().signal,
    bandwidth: createBandwidth(null),
    onProgress: () => undefined,
    ...given.copy,
  };
  const source: StorageEntry = given.known === undefined ? entry : { ...entry, md5: given.known };
  await fetchRanges({
    entry: source,
    to: given.to ?? into(),
    start: given.start ?? beginning,
    onReached: (checkpoint) => void reached.push(checkpoint),
    copy,
  });
  return reached;
}

describe('fetching in ranges', () => {
  it('puts every byte where it belongs, several ranges at once, and tells how far it is whole', async () => {
    const reached = await fetch();
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.every(({ ahead }) => ahead === false)).toBe(true);
    const offsets = reached.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(reached.at(-1)).toEqual({ offset: content.length, crc: crc32(content) });
  });

  it('asks for no more than twice as much after a range that came at once: a broken connection loses what is on its way', async () => {
    await fetch();
    const lengths = asked.map(({ length }) => length ?? Number.POSITIVE_INFINITY);
    for (const [index, length] of lengths.entries()) {
      expect(length).toBeLessThanOrEqual(2 * Math.max(mebibyte, ...lengths.slice(0, index)));
    }
  });

  it('holds the whole against an MD5 where it is known', async () => {
    await fetch({ known: md5 });
    expect(readFileSync(file).equals(content)).toBe(true);
    await expect(fetch({ known: md5.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
  });

  it.each([
    ['with an MD5', md5],
    ['without one', undefined],
  ])('finds a byte that is not on the disk as it came, %s (A6)', async (_how, known) => {
    const spoilt = into((chunk, at) => {
      if (at > 9 * mebibyte || at + chunk.length <= 9 * mebibyte) return chunk;
      const other = Buffer.from(chunk);
      other[9 * mebibyte - at] = (other[9 * mebibyte - at] ?? 0) ^ 1;
      return other;
    });
    await expect(fetch({ to: spoilt, ...(known !== undefined && { known }) })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
  });

  it.each([
    ['with an MD5', md5],
    ['without one', undefined],
  ])('goes on behind what is there, and asks for that no more, %s', async (_how, known) => {
    const offset = 10 * mebibyte;
    writeFileSync(file, content.subarray(0, offset));
    await fetch({ start: { offset, crc: crc32(content.subarray(0, offset)) }, ...(known !== undefined && { known }) });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(Math.min(...asked.map((one) => one.offset ?? 0))).toBe(offset);
  });

  it.each([
    ['with an MD5', md5],
    ['without one', undefined],
  ])('does not go on with what has changed since, %s', async (_how, known) => {
    const offset = 10 * mebibyte;
    const former = Buffer.from(content.subarray(0, offset));
    former[5_000_000] = (former[5_000_000] ?? 0) ^ 1;
    writeFileSync(file, former);
    const start = { offset, crc: crc32(content.subarray(0, offset)) };
    await expect(fetch({ start, ...(known !== undefined && { known }) })).rejects.toMatchObject({ code: 'checksum-mismatch' });
  });

  it('takes no range for whole that ended early (A7)', async () => {
    const short: StorageProvider = {
      ...memory,
      read: (of, options = {}) =>
        memory.read(of, { ...options, length: (options.length ?? 0) - ((options.offset ?? 0) > 0 ? 1 : 0) }),
    };
    await expect(fetch({ copy: { from: short } })).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringMatching(/cut short/),
    });
  });

  it('tells a source that was replaced meanwhile', async () => {
    let replaced = false;
    const replacing = into((chunk, at) => {
      if (at > 0 && !replaced) {
        replaced = true;
        void memory.write(path, bytes(randomBytes(content.length)));
      }
      return chunk;
    });
    await expect(fetch({ to: replacing })).rejects.toMatchObject({ code: 'source-changed' });
  });

  it('is over when it is cancelled, and writes nothing afterwards', async () => {
    const stop = new AbortController();
    let puts = 0;
    const stopping = into((chunk) => {
      if (++puts === 3) stop.abort();
      return chunk;
    });
    const fetching = fetch({ to: stopping, copy: { signal: stop.signal } });
    await expect(fetching).rejects.toMatchObject({ code: 'cancelled' });
    const before = puts;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(puts).toBe(before);
  });
});
