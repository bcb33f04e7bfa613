import { beforeEach, describe, expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { at, put, textOf } from './contract/world.ts';
import { createMemoryProvider, type MemoryProvider } from './memory/provider.ts';
import { finishMove, moveTree } from './move-tree.ts';
import { createObjectStore, type ObjectStore } from './object-store.fixture.ts';

let store: ObjectStore;
beforeEach(() => {
  store = createObjectStore({ pageSize: 7 });
});

const broken = () => new StowageError('host-unreachable', 'The host is gone.');

/** Fails the `nth` request of a method. */
function failOn(method: string, nth: number): void {
  let seen = 0;
  store.fault = (called) => {
    if (called === method && ++seen === nth) throw broken();
  };
}

async function fill(files: number): Promise<void> {
  for (let index = 0; index < files; index++) await put(store, `a/from/${index % 3}/${index}`, `text ${index}`);
  await store.makeDirectory(at('a/from/empty'));
}

describe('moving where the host cannot rename', () => {
  it('copies a folder inside the service and removes the old one, empty folders and times included', async () => {
    await fill(40);
    await store.write(at('a/from/old'), (async function* () {})(), { modified: 1000 });
    await moveTree(store, at('a/from'), at('b/to'));
    expect(store.keys().filter((key) => key.startsWith('a/'))).toEqual([]);
    expect(store.keys()).toHaveLength(42);
    expect(await textOf(store, 'b/to/1/22')).toBe('text 22');
    expect(await store.stat(at('b/to/empty'))).toMatchObject({ kind: 'directory' });
    expect(await store.stat(at('b/to/old'))).toMatchObject({ modified: 1000 });
    expect(store.calls).toMatchObject({ copy: 41, write: 41 });
  });

  it('moves a folder that is there for its files only', async () => {
    for (let index = 0; index < 20; index++) await put(store, `a/${index}`, 'x');
    await moveTree(store, at('a'), at('b'));
    expect(store.keys()).toHaveLength(20);
    expect(store.keys().every((key) => key.startsWith('b/'))).toBe(true);
  });

  it('moves a single file, and keeps the folder that held it when asked to', async () => {
    await put(store, 'a/file', 'content');
    await moveTree(store, at('a/file'), at('b/file'), { keepParent: true });
    expect(store.keys()).toEqual(['a/', 'b/file']);
    await moveTree(store, at('b/file'), at('a/file'));
    expect(store.keys()).toEqual(['a/', 'a/file']);
  });

  it('never overwrites, and refuses what is missing and a folder into itself', async () => {
    await fill(3);
    await put(store, 'there', 'theirs');
    await expect(moveTree(store, at('a/from'), at('there'))).rejects.toMatchObject({ code: 'exists' });
    await expect(moveTree(store, at('missing'), at('b'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(moveTree(store, at('a'), at('a/b'))).rejects.toMatchObject({ code: 'bad-request' });
    expect(await textOf(store, 'there')).toBe('theirs');
    expect(store.calls.copy).toBe(0);
  });

  it('takes the copies back when copying fails, and has removed nothing', async () => {
    await fill(40);
    const before = store.keys();
    failOn('copy', 30);
    await expect(moveTree(store, at('a/from'), at('b/to'))).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(store.keys()).toEqual(before);
  });

  it('takes back nothing that someone else wrote there meanwhile', async () => {
    await fill(40);
    let copies = 0;
    let theirs: Promise<unknown> | null = null;
    store.fault = (method) => {
      if (method !== 'copy') return;
      copies++;
      if (copies === 20) theirs = put(store, 'b/to/theirs', 'new');
      if (copies === 40) throw broken();
    };
    await expect(moveTree(store, at('a/from'), at('b/to'))).rejects.toMatchObject({ code: 'host-unreachable' });
    await theirs;
    expect(store.keys().filter((key) => key.startsWith('b/'))).toEqual(['b/to/theirs']);
  });

  it('leaves everything at the new place when removing fails, and is finished afterwards', async () => {
    await fill(40);
    failOn('remove', 10);
    let copied = false;
    const move = moveTree(store, at('a/from'), at('b/to'), { onCopied: () => (copied = true) });
    await expect(move).rejects.toMatchObject({ code: 'host-unreachable', message: expect.stringContaining('whole at the new') });
    expect(copied).toBe(true);
    expect(store.keys().filter((key) => key.startsWith('b/to/'))).toHaveLength(41);
    store.fault = () => undefined;
    expect(await finishMove(store, at('a/from'), at('b/to'))).toBe(true);
    expect(store.keys().filter((key) => !key.startsWith('b/to/'))).toEqual([]);
    expect(await finishMove(store, at('a/from'), at('b/to'))).toBe(true);
  });

  it('is finished after a crash in the middle of copying', async () => {
    await fill(10);
    await store.copy(at('a/from/0/0'), at('b/to/0/0'));
    expect(await finishMove(store, at('a/from'), at('b/to'))).toBe(true);
    expect(store.keys().filter((key) => key.startsWith('a/'))).toEqual([]);
    expect(await textOf(store, 'b/to/0/9')).toBe('text 9');
  });

  it('leaves at the old place a file that was written between copying and removing', async () => {
    await fill(5);
    const move = moveTree(store, at('a/from'), at('b/to'), {
      onCopied: () => {
        store.fault = () => undefined;
        void put(store, 'a/from/0/3', 'changed by another');
      },
    });
    await expect(move).rejects.toMatchObject({ code: 'source-changed', data: { subject: 'a/from/0/3' } });
    expect(await textOf(store, 'a/from/0/3')).toBe('changed by another');
    expect(await textOf(store, 'b/to/0/3')).toBe('text 3');
    expect(store.keys().filter((key) => key.startsWith('a/from/'))).toEqual(['a/from/0/3']);
    expect(await finishMove(store, at('a/from'), at('b/to'))).toBe(false);
    expect(await textOf(store, 'a/from/0/3')).toBe('changed by another');
  });

  it('ends when it is cancelled, leaving everything where it was', async () => {
    await fill(60);
    const before = store.keys();
    const controller = new AbortController();
    let copies = 0;
    store.fault = (method) => {
      if (method === 'copy' && ++copies === 25) controller.abort();
    };
    const move = moveTree(store, at('a/from'), at('b/to'), { signal: controller.signal });
    await expect(move).rejects.toMatchObject({ code: 'cancelled' });
    expect(store.keys()).toEqual(before);
  });

  it('copies sixteen files at a time at most', async () => {
    store = createObjectStore();
    await fill(100);
    let now = 0;
    let most = 0;
    const counting: ObjectStore = {
      ...store,
      copy: async (from, to, options) => {
        most = Math.max(most, ++now);
        return store.copy(from, to, options).finally(() => now--);
      },
    };
    await moveTree(counting, at('a/from'), at('b/to'));
    expect(most).toBe(16);
  });
});

it('renames where the host can', async () => {
  const memory = createMemoryProvider();
  await put(memory, 'a/file', 'content');
  const uncopied: MemoryProvider = { ...memory, copy: () => Promise.reject(new Error('never copied')) };
  await moveTree(uncopied, at('a'), at('b'));
  expect(await textOf(memory, 'b/file')).toBe('content');
});

it('is refused where the host can neither rename nor copy', async () => {
  const memory = createMemoryProvider();
  await put(memory, 'a', 'content');
  const plain = { ...memory, features: { ...memory.features, rename: false, copy: false } };
  await expect(moveTree(plain, at('a'), at('b'))).rejects.toMatchObject({ code: 'unsupported' });
});
