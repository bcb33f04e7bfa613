import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { type ErrorCode, StowageError } from '#shared/errors.ts';
import { type InnerPath, parseInnerPath } from '#shared/paths.ts';
import { createObjectStore, type ObjectStore } from '../storage/object-store.fixture.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import { type Bench, openBench } from './fixture.ts';

/** Transfers to, from and inside an object store: flat keys, implied folders, no renaming, requests that can fail. */
let bench: Bench;
let store: ObjectStore;
let source: string;

beforeEach(() => {
  store = createObjectStore();
  bench = openBench(undefined, store, { patience: { giveUpMs: 400, firstPauseMs: 5 } });
  bench.vfolder('v');
  source = join(bench.directory, 'source');
  mkdirSync(source);
});
afterEach(() => bench.remove());

const local = (path: string): Endpoint => ({ kind: 'local', path });
const inside = (path = '', vfolder = 'v'): Endpoint => ({ kind: 'vfolder', vfolder, path });

interface Options {
  conflict?: Transfer['conflict'];
  move?: boolean;
}

async function transfer(from: Endpoint, to: Endpoint, options: Options = {}): Promise<Transfer> {
  const { id } = await bench.transfers.service.start({ sources: [from], destination: to, ...options }, {});
  return bench.until(id, 'done', 'failed', 'waiting', 'paused');
}

const bytes = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
};
const put = (path: string, text: string, modified?: number): Promise<StorageEntry> =>
  store.write(parseInnerPath(path), bytes(text), modified === undefined ? {} : { modified });

async function textOf(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await store.read(parseInnerPath(path))).body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const failed = async (id: number): Promise<Record<string, string | undefined>> => {
  const files = await bench.transfers.service.files({ id, state: 'failed', limit: 1000 }, {});
  return Object.fromEntries(files.map(({ path, problem }) => [path, problem?.code]));
};

const trouble = (code: ErrorCode): StowageError => new StowageError(code, 'The host is not well.');

describe('an upload of small files', () => {
  it('costs one request for each, makes no folder but an empty one, and keeps times', async () => {
    mkdirSync(join(source, 'deep/er'), { recursive: true });
    mkdirSync(join(source, 'empty'));
    for (let file = 0; file < 300; file++) writeFileSync(join(source, 'deep/er', `f${file}`), `${file}`);
    utimesSync(join(source, 'deep/er/f7'), 1_600_000_000, 1_600_000_000);
    expect(await transfer(local(source), inside())).toMatchObject({ state: 'done', files: { done: 300 } });
    expect(store.calls).toMatchObject({ write: 300, stat: 0, list: 0, makeDirectory: 1 });
    expect(store.keys().filter((key) => key.endsWith('/'))).toEqual(['v/source/empty/']);
    expect((await store.stat(parseInnerPath('v/source/deep/er/f7'))).modified).toBe(1_600_000_000_000);
    expect(await textOf('v/source/deep/er/f7')).toBe('7');
  });

  it('sends many at once, and never more than 64', async () => {
    for (let file = 0; file < 600; file++) writeFileSync(join(source, `f${file}`), 'x');
    const { write } = store;
    let now = 0;
    let most = 0;
    store.write = async (...call) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return write(...call).finally(() => now--);
    };
    await transfer(local(source), inside());
    expect(most).toBeGreaterThan(16);
    expect(most).toBeLessThanOrEqual(64);
  });

  it('asks first once places are taken, and overwrites only what it looked at', async () => {
    for (let file = 0; file < 50; file++) {
      writeFileSync(join(source, `f${file}`), 'new');
      await put(`v/source/f${file}`, 'old');
    }
    store.calls.write = 0;
    const end = await transfer(local(source), inside(), { conflict: 'skip' });
    expect(end).toMatchObject({ state: 'done', files: { skipped: 50 } });
    // Only the first few had been under way before the first answer came.
    expect(store.calls.write).toBeLessThanOrEqual(20);
    expect(await transfer(local(source), inside(), { conflict: 'overwrite' })).toMatchObject({ files: { done: 50 } });
    expect(await textOf('v/source/f49')).toBe('new');
  });
});

describe('an upload of what is no regular file (A20)', () => {
  it('is skipped and listed, without hanging', async () => {
    execFileSync('mkfifo', [join(source, 'fifo')]);
    symlinkSync('loop', join(source, 'loop'));
    symlinkSync('/etc/passwd', join(source, 'out'));
    symlinkSync('/dev/zero', join(source, 'device'));
    writeFileSync(join(source, 'fine'), 'fine');
    symlinkSync('fine', join(source, 'link'));
    const end = await transfer(local(source), inside());
    expect(end).toMatchObject({ state: 'failed', files: { done: 2, failed: 4 } });
    expect(await failed(end.id)).toEqual({
      'source/fifo': 'special-file',
      'source/loop': 'path-refused',
      'source/out': 'path-refused',
      'source/device': 'path-refused',
    });
    expect(store.keys()).toEqual(['v/source/fine', 'v/source/link']);
  });
});

describe('a folder of 100,000 objects (A24)', () => {
  it('is listed page by page and can be cancelled in the middle', async () => {
    await put('v/x', 'x');
    const { list } = store;
    let given = 0;
    let ended = false;
    store.list = async function* (folder, options) {
      try {
        for await (const page of list(folder, options)) yield page;
        for (; given < 100_000; given += 1000) {
          yield Array.from({ length: 1000 }, (_, index) => ({
            path: `v/object ${given + index}` as InnerPath,
            kind: 'file' as const,
            size: 1,
            modified: 1,
            etag: 'e',
          }));
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        ended = true;
      }
    };
    store.read = (_path, { signal } = {}) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new StowageError('cancelled', 'Cancelled.'))));
    const { id } = await bench.transfers.service.start(
      { sources: [inside('/')], destination: local(join(bench.directory, 'out')) },
      {},
    );
    for await (const change of bench.changes.subscribe())
      if (change.type === 'transfer' && change.transfer.files.total > 20_000) break;
    const before = performance.now();
    await bench.transfers.service.cancel({ id }, {});
    expect(ended).toBe(true);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(given).toBeLessThan(100_000);
  });
});

describe('two writers of one name (A10)', () => {
  it('shows the conflict and loses neither', async () => {
    writeFileSync(join(source, 'x'), 'mine');
    store.fault = (method) => {
      if (method !== 'write') return;
      store.fault = () => undefined;
      void put('v/source/x', 'theirs');
    };
    const end = await transfer(local(source), inside());
    expect(end).toMatchObject({ state: 'waiting', conflicts: 1 });
    expect(await textOf('v/source/x')).toBe('theirs');
    await bench.transfers.service.answer({ id: end.id, policy: 'keep-both' }, {});
    await bench.until(end.id, 'done');
    expect(await textOf('v/source/x')).toBe('theirs');
    expect(await textOf('v/source/x (2)')).toBe('mine');
  });
});

describe('inside one host', () => {
  beforeEach(async () => {
    bench.vfolder('w');
    await put('v/a/x', 'one', 1_500_000_000_000);
    await put('v/a/b/y', 'two');
    store.calls.write = 0;
  });

  it('copies without a byte passing here', async () => {
    expect(await transfer(inside('a'), inside('', 'w'))).toMatchObject({ state: 'done', kind: 'copy', files: { done: 2 } });
    expect(store.calls).toMatchObject({ copy: 2, write: 0 });
    expect(await textOf('w/a/b/y')).toBe('two');
    expect((await store.stat(parseInnerPath('w/a/x'))).modified).toBe(1_500_000_000_000);
  });

  it('moves by copying and removing, and leaves nothing behind', async () => {
    expect(await transfer(inside('a'), inside('', 'w'), { move: true })).toMatchObject({ state: 'done', kind: 'move' });
    expect(store.keys()).toEqual(['w/a/b/y', 'w/a/x']);
  });

  it('keeps the source of a move that changed after it was copied', async () => {
    const { copy } = store;
    store.copy = async (from, to, options) => {
      const entry = await copy(from, to, options);
      if (from === 'v/a/x') await put('v/a/x', 'changed since');
      return entry;
    };
    const end = await transfer(inside('a'), inside('', 'w'), { move: true });
    expect(await failed(end.id)).toEqual({ 'a/x': 'source-changed' });
    expect(store.keys()).toEqual(['v/a/x', 'w/a/b/y', 'w/a/x']);
    expect(await textOf('v/a/x')).toBe('changed since');
  });
});

describe('a download', () => {
  it('begins anew when the object is replaced between listing and reading, and is never a mixture (A9)', async () => {
    await put('v/x', 'old content');
    const { list } = store;
    store.list = async function* (folder, options) {
      for await (const page of list(folder, options)) {
        yield page;
        if (folder === 'v') await put('v/x', 'new');
      }
    };
    const out = join(bench.directory, 'out');
    expect(await transfer(inside('/'), local(out))).toMatchObject({ state: 'done' });
    expect(readFileSync(join(out, 'x'), 'utf8')).toBe('new');
  });

  it('leaves what is called unsafe by a listing alone and completes the rest (A1)', async () => {
    await put('v/good', 'fine');
    const { list } = store;
    const unsafe: StorageEntry = {
      path: 'v/⟨..⟩' as InnerPath,
      kind: 'special',
      size: 0,
      modified: null,
      problem: '“v/..” is left alone: a part of its name is “..”.',
    };
    store.list = async function* (folder, options) {
      for await (const page of list(folder, options)) yield folder === 'v' ? [unsafe, ...page] : page;
    };
    const out = join(bench.directory, 'out');
    const end = await transfer(inside('/'), local(out));
    expect(end).toMatchObject({ state: 'failed', files: { done: 1, failed: 1 }, problem: { message: unsafe.problem } });
    expect(await failed(end.id)).toEqual({ '⟨..⟩': 'path-refused' });
    expect(readdirSync(out)).toEqual(['good']);
    expect(existsSync(join(bench.directory, 'w'))).toBe(false);
  });

  it('of many small files asks for each once, and keeps what it would overwrite until it may', async () => {
    for (let file = 0; file < 300; file++) await put(`v/f${file}`, `${file}`, 1_500_000_000_000 + file * 1000);
    const out = join(bench.directory, 'out');
    mkdirSync(out);
    writeFileSync(join(out, 'f5'), 'mine');
    const { read } = store;
    let reads = 0;
    store.read = (...call) => {
      reads++;
      return read(...call);
    };
    const end = await transfer(inside('/'), local(out));
    expect(end).toMatchObject({ state: 'waiting', conflicts: 1, files: { done: 299 } });
    expect(reads).toBe(300);
    expect(readFileSync(join(out, 'f5'), 'utf8')).toBe('mine');
    expect(statSync(join(out, 'f7')).mtimeMs).toBe(1_500_000_007_000);
    await bench.transfers.service.answer({ id: end.id, policy: 'overwrite' }, {});
    await bench.until(end.id, 'done');
    expect(readFileSync(join(out, 'f5'), 'utf8')).toBe('5');
    expect(readdirSync(out)).toHaveLength(300);
  });

  it('keeps the time that reading tells where listings tell another', async () => {
    await put('v/x', 'content', 1_400_000_000_000);
    const { list } = store;
    const features = { ...store.features, listedTimes: false };
    const wrapped: StorageProvider = {
      ...store,
      features,
      list: async function* (folder, options) {
        for await (const page of list(folder, options)) yield page.map((entry) => ({ ...entry, modified: 1 }));
      },
    };
    bench.vfolder('v', {}, wrapped);
    const out = join(bench.directory, 'out');
    expect(await transfer(inside('/'), local(out))).toMatchObject({ state: 'done' });
    expect(statSync(join(out, 'x')).mtimeMs).toBe(1_400_000_000_000);
  });
});

describe('names that the destination cannot hold (A19)', () => {
  it('are refused one by one, and the rest completes', async () => {
    const windows: StorageProvider = { ...store, nameRules: { maxSegmentBytes: 255, windows: true }, caseSensitive: false };
    bench.vfolder('win', {}, windows);
    for (const name of ['CON', 'a:b', 'dot.', 'Readme', 'README', 'fine']) writeFileSync(join(source, name), name);
    const end = await transfer(local(source), inside('', 'win'));
    expect(end).toMatchObject({ state: 'failed', files: { done: 2, failed: 4 } });
    const codes = Object.values(await failed(end.id)).sort();
    expect(codes).toEqual(['name-invalid', 'name-invalid', 'name-invalid', 'name-taken']);
  });

  it('are told when they are longer than a disk takes', async () => {
    await put(`v/${'n'.repeat(300)}`, 'long');
    await put('v/short', 'fine');
    const end = await transfer(inside('/'), local(join(bench.directory, 'out')));
    expect(end).toMatchObject({ state: 'failed', files: { done: 1, failed: 1 }, problem: { code: 'name-invalid' } });
  });
});

describe('a host in trouble', () => {
  beforeEach(() => {
    for (let file = 0; file < 200; file++) writeFileSync(join(source, `f${file}`), `${file}`);
  });

  it.each(['host-unreachable', 'stalled', 'throttled'] as const)(
    'ends the transfer when it is %s for long, with its files left to go on with (A16)',
    async (code) => {
      let served = 0;
      store.fault = (method) => {
        if (method === 'write' && ++served > 50) throw trouble(code);
      };
      const end = await transfer(local(source), inside());
      expect(end).toMatchObject({ state: 'failed', problem: { code }, files: { done: 50, failed: 0, total: 200 } });
      store.fault = () => undefined;
      await bench.transfers.service.resume({ id: end.id }, {});
      expect(await bench.until(end.id, 'done', 'failed')).toMatchObject({ state: 'done', files: { done: 200 } });
    },
  );

  it('is endured while it serves some, and asked for less (A16)', async () => {
    const asked = new Map<string, number>();
    store.fault = (method, path) => {
      if (method !== 'write') return;
      const times = (asked.get(path) ?? 0) + 1;
      asked.set(path, times);
      // Every other file is sent away twice.
      if (asked.size % 2 === 0 && times <= 2) throw trouble('throttled');
    };
    expect(await transfer(local(source), inside())).toMatchObject({ state: 'done', files: { done: 200 } });
    expect(Math.max(...asked.values())).toBeGreaterThan(1);
  });

  it('fails the one file that it never takes, and the rest completes', async () => {
    store.fault = (method, path) => {
      if (method === 'write' && path.endsWith('/f7')) throw trouble('stalled');
    };
    const end = await transfer(local(source), inside());
    expect(end).toMatchObject({ state: 'failed', files: { done: 199, failed: 1 } });
    expect(await failed(end.id)).toEqual({ 'source/f7': 'stalled' });
  });

  it.each(['credentials-expired', 'credentials-rejected', 'credentials-missing', 'clock-wrong'] as const)(
    'pauses the transfer on %s, and goes on when that was put right (A25)',
    async (code) => {
      let served = 0;
      store.fault = (method) => {
        if (method === 'write' && ++served > 20) throw trouble(code);
      };
      const paused = await transfer(local(source), inside());
      expect(paused).toMatchObject({
        state: 'paused',
        problem: { code, message: 'The host is not well.' },
        files: { failed: 0 },
      });
      store.fault = () => undefined;
      await bench.transfers.service.resume({ id: paused.id }, {});
      expect(await bench.until(paused.id, 'done')).toMatchObject({ problem: null, files: { done: 200 } });
    },
  );

  it('names the folder whose listing fails, and the rest completes (A24)', async () => {
    await put('v/good/x', 'fine');
    await put('v/bad/y', 'hidden');
    store.fault = (method, path) => {
      if (method === 'list' && path === 'v/bad') throw new StowageError('io-error', 'The service answered “v/bad” with 500.');
    };
    const end = await transfer(inside('/'), local(join(bench.directory, 'out')));
    expect(end).toMatchObject({
      state: 'failed',
      files: { done: 1, failed: 1 },
      problem: { message: expect.stringContaining('v/bad') },
    });
    expect(await failed(end.id)).toEqual({ bad: 'io-error' });
  });
});
