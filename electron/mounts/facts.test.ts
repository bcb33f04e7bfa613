import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBriefCache } from './brief-cache.ts';
import { scanLeavingLinks } from './leaving-links.ts';
import { insideKind, resolveReal } from './source-facts.ts';
import { parseMountPoints, readMountPoints } from './submounts.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await resolveReal(await mkdtemp(path.join(tmpdir(), 'stowage-facts-')));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('scanLeavingLinks', () => {
  it('counts links that will lead nowhere in a container, and only those', async () => {
    const root = path.join(scratch, 'links');
    await mkdir(path.join(root, 'sub/deep'), { recursive: true });
    await mkdir(`${root}-other`);
    await writeFile(path.join(root, 'file'), '');
    await symlink('file', path.join(root, 'same-folder'));
    await symlink('../../file', path.join(root, 'sub/deep/inside'));
    await symlink('..', path.join(root, 'sub/whole'));
    await symlink('../../../file', path.join(root, 'sub/deep/climbs'));
    await symlink('../../links-other', path.join(root, 'sub/beside'));
    await symlink(path.join(root, 'file'), path.join(root, 'absolute'));
    await symlink('loop', path.join(root, 'loop'));
    const found = await scanLeavingLinks(root, { entries: 1000, deadline: Number.POSITIVE_INFINITY });
    expect(found).toMatchObject({ count: 3, complete: true });
    expect(found.examples.map((example) => example.path).sort()).toEqual(['absolute', 'sub/beside', 'sub/deep/climbs']);
  });

  it('ends at its limits and says that it is not complete', async () => {
    const root = path.join(scratch, 'many');
    await mkdir(root);
    await Promise.all(Array.from({ length: 50 }, (_, index) => symlink('/etc', path.join(root, `l${index}`))));
    const byCount = await scanLeavingLinks(root, { entries: 20, deadline: Number.POSITIVE_INFINITY });
    expect(byCount).toMatchObject({ count: 20, complete: false });
    expect(byCount.examples).toHaveLength(5);
    expect(await scanLeavingLinks(root, { entries: 1000, deadline: performance.now() - 1 })).toMatchObject({ complete: false });
  });

  it('takes a folder that is not there as empty', async () => {
    const limits = { entries: 10, deadline: Number.POSITIVE_INFINITY };
    expect(await scanLeavingLinks(path.join(scratch, 'absent'), limits)).toEqual({ count: 0, examples: [], complete: true });
  });
});

describe('insideKind', () => {
  it('tells what is there without following links', async () => {
    const root = path.join(scratch, 'inside');
    await mkdir(path.join(root, 'a/b'), { recursive: true });
    await writeFile(path.join(root, 'a/f'), '');
    await symlink('a', path.join(root, 'l'));
    expect(await insideKind(root, 'a/b')).toBe('directory');
    expect(await insideKind(root, 'a/f')).toBe('file');
    expect(await insideKind(root, 'a/f/x')).toBe('file');
    expect(await insideKind(root, 'a/x/y')).toBe('missing');
    expect(await insideKind(root, 'l/b')).toBe('symlink');
    expect(await insideKind('/dev', 'null')).toBe('special');
  });
});

describe('permissions', () => {
  /** The facts of a folder as an ordinary user finds them: as root, by a process of the user `nobody`. */
  async function factsAsUser(folder: string): Promise<Record<string, unknown>> {
    const module = new URL('./source-facts.ts', import.meta.url).href;
    const question = JSON.stringify({ source: folder, hostPaths: true, madeAtStart: false });
    const code = `import(${JSON.stringify(module)}).then(async (m) => console.log(JSON.stringify(await m.sourceFacts(${question}, {}))))`;
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], asNobody);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('finds whether a folder may be read and written', async () => {
    const root = path.join(scratch, 'modes');
    await mkdir(path.join(root, 'closed/below'), { recursive: true });
    await mkdir(path.join(root, 'open'));
    await mkdir(path.join(root, 'looked-at'));
    await chmod(scratch, 0o755);
    await chmod(path.join(root, 'open'), 0o777);
    await chmod(path.join(root, 'looked-at'), 0o555);
    await chmod(path.join(root, 'closed'), 0);
    const at = (name: string) => factsAsUser(path.join(root, name));
    expect(await at('open')).toMatchObject({ stat: 'directory', readable: true, writable: true, problem: null });
    expect(await at('looked-at')).toMatchObject({ readable: true, writable: false });
    expect(await at('closed')).toMatchObject({ stat: 'directory', readable: false, writable: false });
    expect(await at('closed/below')).toMatchObject({ readable: false, writable: false });
    expect(await at('absent')).toMatchObject({ stat: 'missing', problem: null });
    await chmod(path.join(root, 'closed'), 0o755);
  });
});

it('resolves the existing part of a path that is not there', async () => {
  await mkdir(path.join(scratch, 'real'));
  await symlink('real', path.join(scratch, 'link'));
  expect(await resolveReal(path.join(scratch, 'link/new/deep'))).toBe(path.join(scratch, 'real/new/deep'));
});

it('reads mount points with their escapes', async () => {
  const text = '36 35 98:0 /x /mnt/a\\040b rw - ext4 /dev/root rw\n37 35 0:1 / / rw - proc proc rw\n\n';
  expect(parseMountPoints(text)).toEqual(['/mnt/a b', '/']);
  if (process.platform === 'linux') expect(await readMountPoints()).toContain('/proc');
});

describe('createBriefCache', () => {
  it('asks equal questions at once only once, and forgets failures', async () => {
    const cache = createBriefCache<number>(60_000);
    let asked = 0;
    const ask = async () => ++asked;
    expect(await Promise.all([cache.get('a', ask), cache.get('a', ask), cache.get('b', ask)])).toEqual([1, 1, 2]);
    await expect(cache.get('c', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('c', ask)).toBe(3);
  });

  it('asks again when its time is over, and keeps no more than it may', async () => {
    const brief = createBriefCache<number>(-1);
    let asked = 0;
    const ask = async () => ++asked;
    await brief.get('a', ask);
    expect(await brief.get('a', ask)).toBe(2);
    const small = createBriefCache<number>(60_000, 1);
    await small.get('a', ask);
    await small.get('b', ask);
    expect(await small.get('a', ask)).toBe(5);
  });
});
