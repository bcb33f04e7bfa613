import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  watch,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogChunk } from '#shared/contract/jobs.ts';
import { indexPath, type LogStream, logPath, packedPath, recordBytes } from './log-format.ts';
import { readLogPage } from './log-reader.ts';
import { keptLogBytes, removeLog } from './log-source.ts';
import { openLog } from './log-store.ts';

let directory: string;
let nextJob = 1;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stowage-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readAll(jobId: number, limit: number): Promise<LogChunk[]> {
  const chunks: LogChunk[] = [];
  for (let from = 0; ; ) {
    const page = await readLogPage(directory, jobId, from, limit);
    chunks.push(...page.chunks);
    if (page.next >= page.size) return chunks;
    expect(page.next).toBeGreaterThan(from);
    from = page.next;
  }
}

const textOf = (chunks: LogChunk[], stream: LogStream): string =>
  chunks
    .filter((chunk) => chunk.stream === stream)
    .map((chunk) => chunk.text)
    .join('');

/** Text with characters of 1 to 4 bytes, cut anywhere, sometimes with bytes that are no text at all. */
const someBytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map(bytesOf),
  fc.constantFrom('käse ', '€', '𝛼𝛽', 'plain\n').map(bytesOf),
  fc.uint8Array({ maxLength: 12 }),
);
/** From a block for each write to none at all. */
const blockSizes = fc.constantFrom(1, 20, 100, 100_000);
const writes = fc.array(
  fc.record({
    stream: fc.constantFrom<LogStream>('stdout', 'stderr'),
    bytes: fc.tuple(someBytes, fc.nat(6), fc.nat(6)).map(([bytes, head, tail]) => bytes.subarray(head, bytes.length - tail)),
  }),
  { maxLength: 40 },
);

test('gives back every stream as it was written, whatever the chunks and the pages', async () => {
  await fc.assert(
    fc.asyncProperty(writes, fc.integer({ min: 1, max: 60 }), blockSizes, async (pieces, limit, blockBytes) => {
      const jobId = nextJob++;
      const store = await openLog(directory, jobId, { blockBytes });
      for (const piece of pieces) await store.write(piece.stream, piece.bytes);
      const whole = (stream: LogStream): Buffer =>
        Buffer.concat(pieces.filter((piece) => piece.stream === stream).map((piece) => piece.bytes));
      expect(store.position()).toEqual({ stdout: whole('stdout').length, stderr: whole('stderr').length });
      await store.finish();
      await store.close();
      const chunks = await readAll(jobId, limit);
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      expect(textOf(chunks, 'stdout')).toBe(decoder.decode(whole('stdout')));
      expect(textOf(chunks, 'stderr')).toBe(decoder.decode(whole('stderr')));
      expect(chunks.every((chunk, index) => index === 0 || chunk.offset > (chunks[index - 1]?.offset ?? -1))).toBe(true);
      expect(keptLogBytes(directory, jobId)).toBe(whole('stdout').length + whole('stderr').length);
      removeLog(directory, jobId);
      expect(readdirSync(directory).filter((name) => name.startsWith(`${jobId}.`))).toEqual([]);
    }),
    { numRuns: 80 },
  );
});

const wholeOf = (pieces: readonly { stream: LogStream; bytes: Uint8Array }[], stream: LogStream): Buffer =>
  Buffer.concat(pieces.filter((piece) => piece.stream === stream).map((piece) => piece.bytes));

/** Goes on with what is missing by the log's own account, and holds it to be whole then. */
async function goesOnWhole(jobId: number, pieces: readonly { stream: LogStream; bytes: Uint8Array }[], blockBytes: number) {
  const store = await openLog(directory, jobId, { blockBytes });
  const kept = store.position();
  for (const stream of ['stdout', 'stderr'] as const) await store.write(stream, wholeOf(pieces, stream).subarray(kept[stream]));
  await store.finish();
  await store.close();
  const chunks = await readAll(jobId, 1000);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const stream of ['stdout', 'stderr'] as const)
    expect(textOf(chunks, stream)).toBe(decoder.decode(wholeOf(pieces, stream)));
  return kept;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** What is left of each file. A crash leaves them whole or at their ends; more than that is a damaged disk. */
const cuts = fc.record({ log: share, idx: share, zst: share, blk: share });

test('cut at any byte of any of its files, a log goes on exactly where its position says', async () => {
  await fc.assert(
    fc.asyncProperty(writes, cuts, blockSizes, fc.boolean(), async (pieces, keep, blockBytes, finished) => {
      const jobId = nextJob++;
      const first = await openLog(directory, jobId, { blockBytes });
      for (const piece of pieces) await first.write(piece.stream, piece.bytes);
      if (finished) await first.finish();
      await first.close();
      for (const name of readdirSync(directory).filter((each) => each.startsWith(`${jobId}.`))) {
        const path = join(directory, name);
        truncateSync(path, Math.floor(statSync(path).size * keep[name.slice(-3) as keyof typeof keep]));
      }
      await goesOnWhole(jobId, pieces, blockBytes);
      removeLog(directory, jobId);
    }),
    { numRuns: 80 },
  );
});

test('killed between any two writes to disk, a log has lost nothing that it had told of', async () => {
  const pieces = Array.from({ length: 6 }, (_, index) => ({
    stream: index % 3 === 0 ? ('stderr' as const) : ('stdout' as const),
    bytes: bytesOf(`${index} ${'€'.repeat(index * 3)}\n`),
  }));
  for (const blockBytes of [1, 64, 100_000]) {
    const jobId = nextJob++;
    let copies = 0;
    const told: number[] = [];
    const copy = (): void => {
      cpSync(directory, `${directory}-${copies}`, { recursive: true });
      told[copies] = size;
      copies += 1;
    };
    let size = 0;
    const store = await openLog(directory, jobId, { blockBytes, onGrown: (grown) => (size = grown) });
    const watcher = watch(directory, copy);
    for (const piece of pieces) {
      await store.write(piece.stream, piece.bytes);
      await expect.poll(() => size, { interval: 1 }).toBe(store.position().stdout + store.position().stderr);
      copy();
    }
    watcher.close();
    await store.close();
    const original = directory;
    for (let at = 0; at < copies; at += 1) {
      directory = `${original}-${at}`;
      const kept = await goesOnWhole(jobId, pieces, blockBytes);
      expect(kept.stdout + kept.stderr).toBeGreaterThanOrEqual(told[at] ?? 0);
      rmSync(directory, { recursive: true });
    }
    directory = original;
    removeLog(directory, jobId);
  }
});

test('reads and goes on with a log of a version that did not compress', async () => {
  const old = await openLog(directory, 1, { blockBytes: Number.POSITIVE_INFINITY });
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\n`);
  for (const line of lines) await old.write('stdout', bytesOf(line));
  await old.finish();
  await old.close();
  expect(readdirSync(directory).sort()).toEqual(['1.idx', '1.log']);
  expect(textOf(await readAll(1, 50), 'stdout')).toBe(lines.join(''));
  const more = Array.from({ length: 40 }, (_, index) => `more ${index}\n`);
  for (const line of more) {
    const store = await openLog(directory, 1, { blockBytes: 100 });
    await store.write('stdout', bytesOf(line));
    await store.close();
  }
  expect(textOf(await readAll(1, 50), 'stdout')).toBe([...lines, ...more].join(''));
  expect(readFileSync(logPath(directory, 1), 'utf8')).toBe(lines.join(''));
  expect(statSync(packedPath(directory, 1)).size).toBeGreaterThan(0);
  removeLog(directory, 1);
  expect(readdirSync(directory)).toEqual([]);
});

test('is read while it grows and its end moves into blocks', async () => {
  const store = await openLog(directory, 1, { blockBytes: 1000 });
  const written = Array.from({ length: 3000 }, (_, index) => `line ${index} of many\n`);
  let done = false;
  const writing = (async () => {
    for (const line of written) {
      await store.write('stdout', bytesOf(line));
      if (line.endsWith('00 of many\n')) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await store.finish();
    done = true;
  })();
  let text = '';
  for (let from = 0; ; ) {
    const wasDone = done;
    const page = await readLogPage(directory, 1, from, 700);
    text += page.chunks.map((chunk) => chunk.text).join('');
    if (wasDone && page.next === from) break;
    from = page.next;
  }
  await writing;
  await store.close();
  expect(text).toBe(written.join(''));
});

test('drops a half-written record and bytes that no record covers', async () => {
  const store = await openLog(directory, 1);
  await store.write('stdout', bytesOf('kept\n'));
  await store.close();
  appendFileSync(logPath(directory, 1), 'never acknowledged');
  appendFileSync(indexPath(directory, 1), Buffer.alloc(recordBytes - 5, 7));
  const again = await openLog(directory, 1);
  expect(again.position()).toEqual({ stdout: 5, stderr: 0 });
  await again.write('stderr', bytesOf('next\n'));
  await again.finish();
  await again.close();
  expect(readFileSync(logPath(directory, 1), 'utf8')).toBe('kept\nnext\n');
});

test('a page from any byte on, of any length, holds whole characters only, and moves on', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'é', '€', '𝛼', '\n'), { minLength: 1, maxLength: 30 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      text,
      text,
      fc.integer({ min: -130, max: 130 }),
      fc.integer({ min: 1, max: 9 }),
      async (out, err, from, limit) => {
        const jobId = nextJob++;
        const store = await openLog(directory, jobId);
        await store.write('stdout', bytesOf(out));
        await store.write('stderr', bytesOf(err));
        await store.finish();
        await store.close();
        const whole = Buffer.from(out + err);
        const page = await readLogPage(directory, jobId, from, limit);
        const start = from < 0 ? Math.max(0, whole.length + from) : from;
        for (const chunk of page.chunks) {
          const length = Buffer.byteLength(chunk.text);
          expect(whole.subarray(chunk.offset, chunk.offset + length).toString()).toBe(chunk.text);
          expect(chunk.offset).toBeGreaterThanOrEqual(start);
          expect(chunk.offset).toBeLessThan(start + Math.max(limit, 4));
        }
        expect(page.size).toBe(whole.length);
        if (start < whole.length) expect(page.next).toBeGreaterThan(start);
      },
    ),
    { numRuns: 150, examples: [['a', '𝛼€', -6, 1]] },
  );
});

test('never shows half a character, and shows it once its rest has come', async () => {
  const grown: number[] = [];
  const store = await openLog(directory, 1, { onGrown: (size) => grown.push(size) });
  const euro = bytesOf('€');
  await store.write('stdout', Buffer.concat([bytesOf('a'), euro.subarray(0, 2)]));
  await expect.poll(() => grown.length).toBe(1);
  expect((await readLogPage(directory, 1, 0)).chunks.map((chunk) => chunk.text)).toEqual(['a']);
  expect(store.position().stdout).toBe(3);
  await store.write('stdout', euro.subarray(2));
  await store.finish();
  expect((await readLogPage(directory, 1, 0)).chunks.map((chunk) => chunk.text).join('')).toBe('a€');
  await store.close();
});

test('writes a flood of small lines with few records, and both streams in their order', async () => {
  const store = await openLog(directory, 1);
  const lines = 100_000;
  for (let line = 0; line < lines; line += 1) await store.write('stdout', bytesOf(`line ${line}\n`));
  for (let line = 0; line < 3; line += 1) {
    await store.write('stderr', bytesOf(`e${line}`));
    await store.write('stdout', bytesOf(`o${line}`));
  }
  await store.finish();
  await store.close();
  expect(statSync(indexPath(directory, 1)).size / recordBytes).toBeLessThan(500);
  const packed = readFileSync(packedPath(directory, 1));
  const text = (await readAll(1, 1_000_000)).map((chunk) => chunk.text).join('');
  expect(packed.length).toBeLessThan(text.length / 5);
  expect(text.startsWith(zstdDecompressSync(packed).toString())).toBe(true);
  expect(text.endsWith('e0o0e1o1e2o2')).toBe(true);
  expect(text.split('\n').slice(0, lines)).toEqual(Array.from({ length: lines }, (_, line) => `line ${line}`));
});

test('reads from the end, from the middle of a character and past the end', async () => {
  const store = await openLog(directory, 1);
  await store.write('stdout', bytesOf('äöü'));
  await store.finish();
  await store.close();
  expect(await readLogPage(directory, 1, -3)).toMatchObject({ chunks: [{ offset: 4, text: 'ü' }], next: 6, size: 6 });
  expect((await readLogPage(directory, 1, 1)).chunks[0]).toMatchObject({ offset: 2, text: 'öü' });
  expect(await readLogPage(directory, 1, 99)).toEqual({ chunks: [], next: 6, size: 6 });
  expect(await readLogPage(directory, 1, -99)).toMatchObject({ chunks: [{ offset: 0, text: 'äöü' }] });
  expect(await readLogPage(directory, 7, 0)).toEqual({ chunks: [], next: 0, size: 0 });
});

test('bytes that come after it was closed are not counted, so that they are asked for again', async () => {
  const store = await openLog(directory, 1);
  await store.write('stdout', bytesOf('one'));
  await store.close();
  await store.write('stdout', bytesOf('late'));
  const again = await openLog(directory, 1);
  expect(again.position()).toEqual({ stdout: 3, stderr: 0 });
  await again.close();
});

test('says that the disk is full, and goes on from what is kept once there is room', async () => {
  symlinkSync('/dev/full', logPath(directory, 1));
  const store = await openLog(directory, 1);
  await store.write('stdout', bytesOf('lost\n'));
  await expect(store.finish()).rejects.toMatchObject({ code: 'disk-full', data: { subject: logPath(directory, 1) } });
  await expect(store.write('stdout', bytesOf('more\n'))).rejects.toMatchObject({ code: 'disk-full' });
  expect(store.failure()?.code).toBe('disk-full');
  await store.close();
  rmSync(logPath(directory, 1));
  const again = await openLog(directory, 1);
  expect(again.position()).toEqual({ stdout: 0, stderr: 0 });
  await again.write('stdout', bytesOf('again\n'));
  await again.finish();
  await again.close();
  expect(readFileSync(logPath(directory, 1), 'utf8')).toBe('again\n');
});
