import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, bytes, collect, listed, namesIn, put, textOf } from '../contract/world.ts';
import { removeTree } from '../remove-tree.ts';
import { walk } from '../walk.ts';
import { createLocalProvider, type LocalProvider } from './provider.ts';

let base: string;
let root: string;
let outside: string;
let provider: LocalProvider;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'stowage-local-')));
  root = join(base, 'root');
  outside = join(base, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  provider = createLocalProvider(root);
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('links that others planted (A14)', () => {
  const refused = { code: 'path-refused' };

  it('are never followed out of the root, neither to read nor to write', async () => {
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'secret'), join(root, 'file-out'));
    mkdirSync(join(root, 'deep'));
    symlinkSync('../../outside', join(root, 'deep', 'relative'));
    for (const path of ['out/secret', 'file-out', 'deep/relative/secret']) {
      await expect(provider.read(at(path)), path).rejects.toMatchObject(refused);
    }
    await expect(listed(provider, 'out')).rejects.toMatchObject(refused);
    await expect(provider.stat(at('out/secret'))).rejects.toMatchObject(refused);
    for (const path of ['out/new', 'out/made/new', 'file-out', 'deep/relative/secret']) {
      await expect(put(provider, path, 'overwritten'), path).rejects.toMatchObject(refused);
      await expect(provider.openWrite(at(path), 'key'), path).rejects.toMatchObject(refused);
    }
    await expect(provider.makeDirectory(at('out/made'))).rejects.toMatchObject(refused);
    await expect(provider.remove(at('out/secret'))).rejects.toMatchObject(refused);
    await put(provider, 'mine', 'x');
    await expect(provider.rename(at('mine'), at('out/mine'))).rejects.toMatchObject(refused);
    await expect(provider.rename(at('out/secret'), at('stolen'))).rejects.toMatchObject(refused);
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('are read through inside the root, but nothing is changed through them', async () => {
    await put(provider, 'data/file', 'content');
    symlinkSync('data', join(root, 'alias'));
    symlinkSync('data/file', join(root, 'latest'));
    expect(await textOf(provider, 'alias/file')).toBe('content');
    expect(await textOf(provider, 'latest')).toBe('content');
    await expect(put(provider, 'alias/new', 'x')).rejects.toMatchObject(refused);
    await expect(put(provider, 'latest', 'x')).rejects.toMatchObject(refused);
    expect(await textOf(provider, 'data/file')).toBe('content');
  });

  it('do not fool an unfinished write that is finished later', async () => {
    const write = await provider.openWrite(at('folder/file'), 'key');
    await write.append(bytes('content'));
    await rename(join(root, 'folder'), join(root, 'moved'));
    symlinkSync(outside, join(root, 'folder'));
    await expect(write.finish()).rejects.toMatchObject(refused);
    await write.close();
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it('are listed and removed as links; a tree is removed without what they point to', async () => {
    mkdirSync(join(root, 'tree'));
    symlinkSync(outside, join(root, 'tree', 'out'));
    symlinkSync('.', join(root, 'tree', 'loop'));
    expect(await provider.stat(at('tree/out'))).toMatchObject({ kind: 'symlink', size: 0, linkTarget: outside });
    const walked: string[] = [];
    for await (const { path } of walk(provider, at(''))) walked.push(path);
    expect(walked.sort()).toEqual(['tree', 'tree/loop', 'tree/out']);
    expect(await removeTree(provider, at('tree'))).toEqual({ files: 2, bytes: 0 });
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it('that go round in a circle are refused, not followed for ever', async () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    await expect(provider.read(at('a'))).rejects.toMatchObject(refused);
    await expect(provider.stat(at('a/file'))).rejects.toMatchObject(refused);
  });

  it('are moved as links', async () => {
    symlinkSync('../outside', join(root, 'link'));
    await provider.rename(at('link'), at('there'));
    expect(await provider.stat(at('there'))).toMatchObject({ kind: 'symlink', linkTarget: '../outside' });
    expect(await namesIn(provider, '')).toEqual(['there']);
  });
});

describe('pipes, sockets and devices (A20)', () => {
  it('are listed as special and never opened', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(root, 'socket'), listening));
    try {
      for (const name of ['pipe', 'socket']) {
        expect(await provider.stat(at(name))).toMatchObject({ kind: 'special', size: 0 });
        await expect(provider.read(at(name))).rejects.toMatchObject({ code: 'special-file' });
        await expect(put(provider, name, 'x')).rejects.toMatchObject({ code: 'special-file' });
      }
      await provider.rename(at('pipe'), at('renamed'));
      await provider.remove(at('renamed'));
    } finally {
      await new Promise((closed) => server.close(closed));
    }
  });
});

/** Runs `work` as an ordinary user when the tests run as root, to whom nothing is denied. */
async function asUser<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('what the system refuses', () => {
  it('names a lack of permission, leaving nothing behind', async () => {
    await put(provider, 'closed/file', 'x');
    chmodSync(base, 0o755);
    chmodSync(join(root, 'closed', 'file'), 0o000);
    chmodSync(join(root, 'closed'), 0o555);
    const denied = { code: 'permission-denied' };
    await asUser(async () => {
      await expect(provider.read(at('closed/file'))).rejects.toMatchObject(denied);
      await expect(put(provider, 'closed/new', 'x')).rejects.toMatchObject(denied);
      await expect(provider.remove(at('closed/file'))).rejects.toMatchObject(denied);
      await expect(provider.makeDirectory(at('closed/a/b'))).rejects.toMatchObject(denied);
    });
    chmodSync(join(root, 'closed'), 0o755);
    expect(readdirSync(join(root, 'closed'))).toEqual(['file']);
  });

  it('passes over a folder without permission when the walk is told to', async () => {
    await put(provider, 'open/file', 'x');
    await put(provider, 'closed/file', 'x');
    chmodSync(base, 0o755);
    chmodSync(join(root, 'closed'), 0o000);
    const missed: string[] = [];
    const seen: string[] = [];
    await asUser(async () => {
      const onUnlistable = ({ path }: { path: string }): void => void missed.push(path);
      for await (const { path } of walk(provider, at(''), { onUnlistable })) seen.push(path);
      await expect(collect(pathsOf(walk(provider, at(''))))).rejects.toMatchObject({ code: 'permission-denied' });
    });
    expect(missed).toEqual(['closed']);
    expect(seen).toContain('open/file');
  });

  it('says that the folder of the host is missing, and never makes it again', async () => {
    await rm(root, { recursive: true });
    const missing = { code: 'host-unreachable' };
    await expect(listed(provider, '')).rejects.toMatchObject(missing);
    await expect(put(provider, 'a/b', 'x')).rejects.toMatchObject(missing);
    await expect(createLocalProvider(root).stat(at('a'))).rejects.toMatchObject(missing);
    expect(existsSync(root)).toBe(false);
  });

  it('notices that the folder of the host went away while it was open', async () => {
    await put(provider, 'a/b', 'x');
    await rm(root, { recursive: true });
    await expect(listed(provider, '')).rejects.toMatchObject({ code: 'host-unreachable' });
    await expect(put(provider, 'a/b', 'x')).rejects.toMatchObject({ code: 'host-unreachable' });
    await expect(put(provider, 'top', 'x')).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(existsSync(root)).toBe(false);
  });

  it('refuses every change of a read-only host', async () => {
    await put(provider, 'file', 'x');
    const readOnly = createLocalProvider(root, { readOnly: true });
    const changes = [
      () => put(readOnly, 'new', 'x'),
      () => readOnly.makeDirectory(at('folder')),
      () => readOnly.remove(at('file')),
      () => readOnly.rename(at('file'), at('other')),
      () => readOnly.openWrite(at('new'), 'key'),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'read-only' });
    expect(readdirSync(root)).toEqual(['file']);
  });
});

async function* pathsOf(entries: AsyncIterable<{ path: string }>): AsyncGenerator<Uint8Array> {
  for await (const { path } of entries) yield Buffer.from(path);
}

describe('files that change meanwhile (A8)', () => {
  it('that shrink break the body off', async () => {
    await put(provider, 'file', Buffer.alloc(3_000_000, 1));
    const { body } = await provider.read(at('file'));
    const read = async (): Promise<void> => {
      for await (const _chunk of body) writeFileSync(join(root, 'file'), 'short');
    };
    await expect(read()).rejects.toMatchObject({ code: 'source-changed' });
  });

  it('keep their permissions when they are written anew', async () => {
    await put(provider, 'script', 'old');
    chmodSync(join(root, 'script'), 0o750);
    await put(provider, 'script', 'new');
    expect(statSync(join(root, 'script')).mode & 0o777).toBe(0o750);
  });
});

it('lets nothing that becomes of an unfinished write reach the file that it had become before a crash', async () => {
  const write = await provider.openWrite(at('file'), 'key');
  await write.append(bytes('content'));
  await write.close();
  const [part = ''] = readdirSync(root).filter((name) => name.startsWith('.stowage-part-'));
  // Between the two steps of putting it in its place.
  linkSync(join(root, part), join(root, 'file'));
  const again = await provider.openWrite(at('file'), 'key');
  expect(again.committed).toBe(0);
  await again.append(bytes('other'));
  expect(await textOf(provider, 'file')).toBe('content');
  await again.abort();
  expect(readdirSync(root).filter((name) => name.startsWith('.stowage-part-'))).toEqual([]);
  expect(await textOf(provider, 'file')).toBe('content');
});

it('hides unfinished writes and its own folder, but not within it', async () => {
  await put(provider, '.stowage/trash/1/file', 'x');
  writeFileSync(join(root, '.stowage/trash/1/.stowage-part-old'), 'x');
  await put(provider, 'folder/.stowage/file', 'a folder of that name elsewhere is the user’s');
  writeFileSync(join(root, 'folder/.stowage-part-old'), 'x');
  expect(await namesIn(provider, '')).toEqual(['folder']);
  expect(await namesIn(provider, 'folder')).toEqual(['folder/.stowage']);
  await removeTree(provider, at('.stowage/trash/1'));
  await expect(put(provider, 'a/.stowage-part-mine', 'x')).rejects.toMatchObject({ code: 'name-reserved' });
});

it('removes a folder that looks empty with the writes that were abandoned in it, but none that goes on', async () => {
  const write = await provider.openWrite(at('folder/file'), 'key');
  await write.append(bytes('x'));
  await expect(provider.remove(at('folder'))).rejects.toMatchObject({ code: 'not-empty' });
  await write.close();
  const [part = ''] = readdirSync(join(root, 'folder'));
  utimesSync(join(root, 'folder', part), 1, 1);
  await provider.remove(at('folder'));
  expect(readdirSync(root)).toEqual([]);
});

it('lists 20,000 files with bounded pages', async () => {
  mkdirSync(join(root, 'many'));
  for (let index = 0; index < 20_000; index++) writeFileSync(join(root, 'many', `file ${index}`), '');
  let count = 0;
  let largest = 0;
  for await (const page of provider.list(at('many'))) {
    count += page.length;
    largest = Math.max(largest, page.length);
  }
  expect([count, largest]).toEqual([20_000, 1000]);
});

it('shows a name that is not UTF-8 as special, so that its folder is not taken for empty', async () => {
  const name = Buffer.concat([Buffer.from(join(root, 'latin-')), Buffer.from([0xe9])]);
  writeFileSync(name, 'x');
  expect(await listed(provider, '')).toMatchObject([{ kind: 'special', path: 'latin-\ufffd' }]);
});

it('tells free and total space', async () => {
  const { freeBytes, totalBytes } = await provider.space();
  expect(freeBytes).toBeGreaterThan(0);
  expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
});
