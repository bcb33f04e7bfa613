import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import { createObjectStore } from '../storage/object-store.fixture.ts';
import { type Bench, openBench } from './fixture.ts';

let bench: Bench;
let target: string;

beforeEach(() => {
  bench = openBench();
  target = bench.vfolder('v');
});
afterEach(() => bench.remove());

const destination: Endpoint = { kind: 'vfolder', vfolder: 'v', path: '' };
const modified = 1_600_000_000_000;

async function* body(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** A body whose connection breaks after the chunks. */
async function* broken(...chunks: string[]): AsyncGenerator<Uint8Array> {
  yield* body(...chunks);
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

const file = (path: string, size: number) => ({ path, size, modified });
async function open(
  files: ReturnType<typeof file>[],
  conflict: 'ask' | 'overwrite' | 'skip' | 'keep-both' = 'ask',
): Promise<{ id: number; seqs: number[] }> {
  const { id } = await bench.transfers.service.pushOpen({ destination, title: 'photos', conflict }, {});
  const { seqs } = await bench.transfers.service.pushAdd({ id, files, sealed: true }, {});
  return { id, seqs };
}

describe('a push', () => {
  it('lists what the page could not read as failed, and is not done because of it', async () => {
    const { id } = await bench.transfers.service.pushOpen({ destination, title: 'photos' }, {});
    const files = [{ ...file('locked', 0), unreadable: 'NotReadableError' }, file('fine', 0)];
    const { seqs } = await bench.transfers.service.pushAdd({ id, files, sealed: true }, {});
    await bench.transfers.service.pushNext({ id, limit: 10 }, {});
    await bench.transfers.receive(id, seqs[1] ?? 0, 0, body());
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({
      state: 'failed',
      files: { total: 2, done: 1, failed: 1 },
      problem: { code: 'io-error', message: '“locked” could not be read by the browser.', detail: 'NotReadableError' },
    });
  });

  it('takes announced bodies, makes empty folders, keeps times and ends when all is there', async () => {
    const { id } = await bench.transfers.service.pushOpen({ destination, title: 'photos' }, {});
    expect(bench.transfers.users('id-v')).toEqual(['upload “photos”']);
    const { seqs } = await bench.transfers.service.pushAdd(
      { id, files: [file('a/one', 6), file('two', 0), { ...file('empty', 0), directory: true }], sealed: true },
      {},
    );
    const next = await bench.transfers.service.pushNext({ id, limit: 10 }, {});
    expect(next).toEqual({
      state: 'running',
      files: [
        { seq: seqs[0], path: 'a/one', size: 6, offset: 0 },
        { seq: seqs[1], path: 'two', size: 0, offset: 0 },
      ],
    });
    expect(await bench.transfers.service.pushNext({ id, limit: 10 }, {})).toEqual({ state: 'running', files: [] });
    expect(await bench.transfers.receive(id, seqs[0] ?? 0, 0, body('abc', 'def'))).toEqual({ done: 6 });
    expect(await bench.transfers.receive(id, seqs[1] ?? 0, 0, body())).toEqual({ done: 0 });
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({
      state: 'done',
      kind: 'push',
      files: { total: 2, done: 2 },
      bytes: { done: 6 },
    });
    expect(readFileSync(join(target, 'a/one'), 'utf8')).toBe('abcdef');
    expect(statSync(join(target, 'a/one')).mtimeMs).toBe(modified);
    expect(statSync(join(target, 'empty')).isDirectory()).toBe(true);
  });

  it('goes on where a broken connection left a body', async () => {
    const { id, seqs } = await open([file('x', 6)]);
    const [seq = 0] = seqs;
    await bench.transfers.service.pushNext({ id, limit: 1 }, {});
    await expect(bench.transfers.receive(id, seq, 0, broken('abcd'))).rejects.toThrow();
    expect((await bench.transfers.service.pushNext({ id, limit: 1 }, {})).files).toEqual([
      { seq, path: 'x', size: 6, offset: 4 },
    ]);
    await expect(bench.transfers.receive(id, seq, 5, body('f'))).rejects.toMatchObject({ code: 'bad-request' });
    expect(await bench.transfers.receive(id, seq, 4, body('ef'))).toEqual({ done: 6 });
    expect(readFileSync(join(target, 'x'), 'utf8')).toBe('abcdef');
    expect(readdirSync(target)).toEqual(['x']);
  });

  it('fails a file whose body is longer or shorter than announced, and the rest completes', async () => {
    const { id, seqs } = await open([file('long', 3), file('short', 3), file('good', 3)]);
    const [long = 0, short = 0, good = 0] = seqs;
    await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    await expect(bench.transfers.receive(id, long, 0, body('abcd'))).rejects.toMatchObject({ code: 'source-changed' });
    await expect(bench.transfers.receive(id, short, 0, body('ab'))).rejects.toMatchObject({ code: 'source-changed' });
    await bench.transfers.receive(id, good, 0, body('abc'));
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({ state: 'failed', files: { done: 1, failed: 2 } });
    expect(readdirSync(target)).toEqual(['good']);
  });

  it('refuses names that climb out, are absolute, too long or doubled, each by itself', async () => {
    const names = ['../x', 'a/../../x', 'n'.repeat(300), '', 'a/./b', 'nul\0', 'fine', 'a//b'];
    const { id, seqs } = await open(names.map((name) => file(name, 1)));
    const next = await bench.transfers.service.pushNext({ id, limit: 20 }, {});
    expect(next.files.map(({ path }) => path)).toEqual(['fine']);
    await bench.transfers.receive(id, seqs[6] ?? 0, 0, body('x'));
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({
      state: 'failed',
      files: { total: 8, done: 1, failed: 7 },
    });
    expect(readdirSync(bench.host)).toEqual(['v']);
  });

  it('waits for its page after a restart, and the same folder dropped again continues it', async () => {
    const files = [file('done', 3), file('half', 6), file('new', 1)];
    const { id, seqs } = await open(files);
    await bench.transfers.service.pushNext({ id, limit: 2 }, {});
    await bench.transfers.receive(id, seqs[0] ?? 0, 0, body('abc'));
    await expect(bench.transfers.receive(id, seqs[1] ?? 0, 0, broken('abcd'))).rejects.toThrow();
    await bench.close();
    bench = openBench(bench.directory);
    bench.vfolder('v');
    bench.transfers.start();
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({ state: 'waiting', files: { done: 1, total: 3 } });
    expect(await bench.transfers.service.pushAdd({ id, files, sealed: true }, {})).toEqual({ seqs });
    const next = await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    expect(next.files).toEqual([
      { seq: seqs[1], path: 'half', size: 6, offset: 4 },
      { seq: seqs[2], path: 'new', size: 1, offset: 0 },
    ]);
    await bench.transfers.receive(id, seqs[1] ?? 0, 4, body('ef'));
    await bench.transfers.receive(id, seqs[2] ?? 0, 0, body('!'));
    expect((await bench.transfers.service.get({ id }, {})).state).toBe('done');
    expect(readFileSync(join(target, 'half'), 'utf8')).toBe('abcdef');
  });

  it('waits when its page was silent for a minute, and goes on when the page asks again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { id, seqs } = await open([file('x', 1)]);
      await bench.transfers.service.pushNext({ id, limit: 1 }, {});
      vi.advanceTimersByTime(59_000);
      expect((await bench.transfers.service.get({ id }, {})).state).toBe('running');
      vi.advanceTimersByTime(2000);
      expect((await bench.transfers.service.get({ id }, {})).state).toBe('waiting');
      expect((await bench.transfers.service.pushNext({ id, limit: 1 }, {})).files).toHaveLength(1);
      await bench.transfers.receive(id, seqs[0] ?? 0, 0, body('x'));
      expect((await bench.transfers.service.get({ id }, {})).state).toBe('done');
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes what had landed when the core was killed for its own, and asks about what is somebody else’s', async () => {
    const { id, seqs } = await open([file('landed', 6), file('foreign', 3)]);
    await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    await bench.close();
    // As after a kill between the landing of a file and its note.
    for (const [name, text] of [
      ['landed', 'abcdef'],
      ['foreign', 'abc'],
    ] as const)
      writeFileSync(join(target, name), text);
    utimesSync(join(target, 'landed'), modified / 1000, modified / 1000);
    bench = openBench(bench.directory);
    bench.vfolder('v');
    bench.transfers.start();
    await bench.transfers.service.pushAdd({ id, files: [file('landed', 6), file('foreign', 3)], sealed: true }, {});
    expect((await bench.transfers.service.pushNext({ id, limit: 5 }, {})).files).toEqual([]);
    const states = await bench.transfers.service.files({ id, limit: 10 }, {});
    expect(states.map(({ seq, state }) => [seq, state])).toEqual([
      [seqs[0], 'done'],
      [seqs[1], 'conflict'],
    ]);
  });

  it('sends a file anew that changed between two drops', async () => {
    const { id, seqs } = await open([file('x', 6)]);
    const [seq = 0] = seqs;
    await bench.transfers.service.pushNext({ id, limit: 1 }, {});
    await expect(bench.transfers.receive(id, seq, 0, broken('abcd'))).rejects.toThrow();
    await bench.transfers.service.pushAdd({ id, files: [{ path: 'x', size: 2, modified: modified + 5000 }], sealed: true }, {});
    expect((await bench.transfers.service.pushNext({ id, limit: 1 }, {})).files).toEqual([
      { seq, path: 'x', size: 2, offset: 0 },
    ]);
    await bench.transfers.receive(id, seq, 0, body('hi'));
    expect(readFileSync(join(target, 'x'), 'utf8')).toBe('hi');
  });

  it('asks before it overwrites, and continues with the answer', async () => {
    writeFileSync(join(target, 'x'), 'old');
    const { id, seqs } = await open([file('x', 3)]);
    expect(await bench.transfers.service.pushNext({ id, limit: 5 }, {})).toEqual({ state: 'waiting', files: [] });
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({ conflicts: 1 });
    await bench.transfers.service.answer({ id, policy: 'overwrite' }, {});
    expect((await bench.transfers.service.pushNext({ id, limit: 5 }, {})).files).toHaveLength(1);
    await bench.transfers.receive(id, seqs[0] ?? 0, 0, body('new'));
    expect(readFileSync(join(target, 'x'), 'utf8')).toBe('new');
    expect((await bench.transfers.service.get({ id }, {})).state).toBe('done');
  });

  it('keeps both, and never overwrites what appeared while a body flowed', async () => {
    writeFileSync(join(target, 'x'), 'old');
    const { id, seqs } = await open([file('x', 3), file('y', 3)], 'keep-both');
    await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    await bench.transfers.receive(id, seqs[0] ?? 0, 0, body('new'));
    writeFileSync(join(target, 'y'), 'mine');
    await expect(bench.transfers.receive(id, seqs[1] ?? 0, 0, body('new'))).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect((await bench.transfers.service.pushNext({ id, limit: 5 }, {})).files).toEqual([
      { seq: seqs[1], path: 'y', size: 3, offset: 0 },
    ]);
    await bench.transfers.receive(id, seqs[1] ?? 0, 0, body('new'));
    const content = Object.fromEntries(readdirSync(target).map((name) => [name, readFileSync(join(target, name), 'utf8')]));
    expect(content).toEqual({ x: 'old', 'x (2)': 'new', y: 'mine', 'y (2)': 'new' });
  });

  it('pauses in the middle of a body, resumes there, and cancel takes what was half away', async () => {
    const { id, seqs } = await open([file('x', 6)]);
    const [seq = 0] = seqs;
    await bench.transfers.service.pushNext({ id, limit: 1 }, {});
    const reached = Promise.withResolvers<void>();
    const silent = Promise.withResolvers<void>();
    const flowing = bench.transfers.receive(
      id,
      seq,
      0,
      (async function* () {
        yield Buffer.from('abcd');
        reached.resolve();
        await silent.promise;
      })(),
    );
    flowing.catch(() => undefined);
    await reached.promise;
    await bench.transfers.service.pause({ id }, {});
    await expect(flowing).rejects.toMatchObject({ code: 'cancelled' });
    expect(await bench.transfers.service.pushNext({ id, limit: 1 }, {})).toEqual({ state: 'paused', files: [] });
    await bench.transfers.service.resume({ id }, {});
    expect((await bench.transfers.service.pushNext({ id, limit: 1 }, {})).files).toEqual([
      { seq, path: 'x', size: 6, offset: 4 },
    ]);
    silent.resolve();
    await bench.transfers.service.cancel({ id }, {});
    expect(readdirSync(target)).toEqual([]);
    await expect(bench.transfers.receive(id, seq, 4, body('ef'))).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('refuses a file where a folder is in the way', async () => {
    mkdirSync(join(target, 'x'));
    const { id } = await open([file('x', 3)], 'overwrite');
    expect(await bench.transfers.service.pushNext({ id, limit: 5 }, {})).toEqual({ state: 'failed', files: [] });
    expect((await bench.transfers.service.files({ id, state: 'failed' }, {}))[0]?.problem?.code).toBe('is-a-directory');
  });
});

describe('a push to an object store', () => {
  it('sends a small file in one request, from its beginning each time, and pauses when the credentials expire (A25)', async () => {
    const store = createObjectStore();
    bench.vfolder('v', {}, store);
    const { id, seqs } = await open([file('a/x', 3), file('y', 3)]);
    const [x = 0, y = 0] = seqs;
    await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    store.calls.write = 0;
    await expect(bench.transfers.receive(id, x, 0, broken('ab'))).rejects.toThrow();
    expect((await bench.transfers.service.pushNext({ id, limit: 5 }, {})).files).toEqual([
      { seq: x, path: 'a/x', size: 3, offset: 0 },
    ]);
    expect(await bench.transfers.receive(id, x, 0, body('abc'))).toEqual({ done: 3 });
    expect(store.calls).toMatchObject({ write: 2, makeDirectory: 0 });
    store.fault = () => {
      throw new StowageError('credentials-expired', 'The SAS has expired.');
    };
    await expect(bench.transfers.receive(id, y, 0, body('def'))).rejects.toMatchObject({ code: 'credentials-expired' });
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({
      state: 'paused',
      problem: { code: 'credentials-expired' },
    });
    store.fault = () => undefined;
    await bench.transfers.service.resume({ id }, {});
    await bench.transfers.service.pushNext({ id, limit: 5 }, {});
    await bench.transfers.receive(id, y, 0, body('def'));
    expect(await bench.transfers.service.get({ id }, {})).toMatchObject({ state: 'done', problem: null });
    expect(store.keys()).toEqual(['v/a/x', 'v/y']);
  });
});
