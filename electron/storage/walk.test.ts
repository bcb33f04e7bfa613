import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { StowageError } from '#shared/errors.ts';
import { at, put } from './contract/world.ts';
import { createMemoryProvider } from './memory/provider.ts';
import type { StorageProvider } from './provider.ts';
import { walk } from './walk.ts';

/** Folders with folders, each listing of which takes a while; says how many were on their way at once. */
async function slowTree(folders: number) {
  const provider = createMemoryProvider();
  for (let folder = 0; folder < folders; folder++)
    for (const name of ['a', 'sub/b', 'sub/c']) await put(provider, `top/${String(folder).padStart(3, '0')}/${name}`, 'x');
  let now = 0;
  const seen = { most: 0, listed: 0 };
  const slow: StorageProvider = Object.create(provider, {
    list: {
      value: async function* (...[path, options]: Parameters<StorageProvider['list']>) {
        now++;
        seen.listed++;
        seen.most = Math.max(seen.most, now);
        try {
          await delay(5);
        } finally {
          now--;
        }
        yield* provider.list(path, options);
      },
    },
  });
  return { provider, slow, seen };
}

const pathsOf = async (provider: StorageProvider, foldersLast = false): Promise<string[]> => {
  const paths: string[] = [];
  for await (const { path } of walk(provider, at('top'), { foldersLast })) paths.push(path);
  return paths;
};

it.each([false, true])('lists folders ahead, and gives the same in the same order (folders last: %s)', async (foldersLast) => {
  const { slow, seen } = await slowTree(40);
  const paths = await pathsOf(slow, foldersLast);
  const folder = (index: number): string => `top/${String(index).padStart(3, '0')}`;
  const expected = Array.from({ length: 40 }, (_, index) => {
    const [top, sub] = [folder(index), `${folder(index)}/sub`];
    const inSub = [`${sub}/b`, `${sub}/c`];
    return foldersLast ? [`${top}/a`, ...inSub, sub, top] : [top, `${top}/a`, sub, ...inSub];
  }).flat();
  expect(paths).toEqual(expected);
  expect(seen.listed).toBe(81);
  expect(seen.most).toBeGreaterThan(4);
  expect(seen.most).toBeLessThanOrEqual(10);
});

it('begins few listings for one who leaves early, and tells of a folder that cannot be listed when it comes to it', async () => {
  const { slow, seen } = await slowTree(200);
  for await (const { kind } of walk(slow, at('top'))) if (kind === 'file') break;
  expect(seen.listed).toBeLessThan(25);
  const failing: StorageProvider = Object.create(slow, {
    list: {
      value: (...[path, options]: Parameters<StorageProvider['list']>) => {
        if (path === 'top/003') throw new StowageError('permission-denied', 'no');
        return slow.list(path, options);
      },
    },
  });
  const given: string[] = [];
  const walked = async (): Promise<void> => {
    for await (const { path } of walk(failing, at('top'))) given.push(path);
  };
  await expect(walked()).rejects.toMatchObject({ code: 'permission-denied' });
  expect(given.at(-1)).toBe('top/003');
});
