import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, withFolder } from '../fixtures/app.ts';
import { withAzure, withS3 } from '../fixtures/cloud.ts';
import { stowage } from '../fixtures/process.ts';
import { makeMessyTree, sha256sums } from '../fixtures/tree.ts';

/** Names that services and their clients are known to mangle. */
const hardNames = [
  'dot at the end.',
  'two dots..',
  'percent%20%2F.txt',
  'hash#query?plus+amp&.txt',
  'back\\slash',
  'émigré-ü-日本.txt',
  ' leading and trailing ',
  'quote\'".txt',
  'new\nline.txt',
  '~tilde',
  'empty',
];

/** With STOWAGE_TEST_FULL=1 as large as people's data is: 10,000 files and 5 GiB, for half an hour. */
const full = process.env.STOWAGE_TEST_FULL === '1';
const minute = 60_000;

async function makeHardTree(folder: string, count: number, bigBytes: number): Promise<void> {
  await makeMessyTree(folder, count, bigBytes);
  for (const [index, name] of hardNames.entries()) {
    const inner = join(folder, 'hard', name);
    await mkdir(inner, { recursive: true });
    await writeFile(join(inner, name), name === 'empty' ? '' : `content of ${index}`);
    await utimes(join(inner, name), 1_500_000_000 + index, 1_500_000_000.123 + index);
  }
  await writeFile(join(folder, 'hard', 'empty file'), '');
  const deep = join(folder, ...Array.from({ length: 24 }, (_, index) => `level ${index}`));
  await mkdir(deep, { recursive: true });
  await writeFile(join(deep, 'bottom.txt'), 'deep');
}

for (const withCloud of [withAzure, withS3]) {
  test(`a messy folder goes up and comes back byte for byte, and rclone sees no difference (${withCloud.name})`, async ({
    home,
  }) => {
    test.setTimeout((full ? 60 : 5) * minute);
    await withCloud((cloud) =>
      withFolder('cloud', async (folder) => {
        const tree = join(folder, 'tree');
        await mkdir(tree);
        if (full) await makeHardTree(tree, 10_000, 5 * 1024 ** 3);
        else await makeHardTree(tree, 600, 40 * 1024 ** 2);
        const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
        expect(await cloud.addHost(home)).toMatchObject({ code: 0, stderr: '' });
        expect(await cli('vfolder', 'create', 'data', 'cloud')).toMatchObject({ code: 0 });
        expect(await cli('vfolder', 'upload', 'data', './tree')).toMatchObject({ code: 0, stderr: '' });

        const checked = await cloud.rclone('check', '--download', tree, 'cloud:data/tree');
        expect(checked.stderr).toMatch(/ 0 differences found/);
        expect(checked.code).toBe(0);
        // Modification times agree too: rclone would send nothing.
        const again = await cloud.rclone('sync', '--dry-run', '-v', tree, 'cloud:data/tree');
        expect(again.stderr).not.toMatch(/Skipped/);

        expect(await cli('vfolder', 'download', 'data', 'tree', '--to', 'back')).toMatchObject({ code: 0, stderr: '' });
        expect(await sha256sums(join(folder, 'back', 'tree'))).toBe(await sha256sums(tree));
        const name = hardNames[0] ?? '';
        const [sent, back] = await Promise.all(
          [tree, join(folder, 'back', 'tree')].map((root) => stat(join(root, 'hard', name, name))),
        );
        expect(Math.abs((sent?.mtimeMs ?? 0) - (back?.mtimeMs ?? 1))).toBeLessThan(1);
      }),
    );
  });

  test(`a folder that rclone wrote needs no sync, and a changed one only its changes (${withCloud.name})`, async ({ home }) => {
    test.setTimeout((full ? 60 : 5) * minute);
    await withCloud((cloud) =>
      withFolder('cloud', async (folder) => {
        const tree = join(folder, 'tree');
        await mkdir(tree);
        if (full) await makeHardTree(tree, 10_000, 1024 ** 3);
        else await makeHardTree(tree, 200, 12 * 1024 ** 2);
        expect((await cloud.rclone('copy', tree, 'cloud:data')).code).toBe(0);
        const cli = (...args: string[]) => stowage(home, args, { cwd: folder });
        expect(await cloud.addHost(home)).toMatchObject({ code: 0 });
        expect(await cli('vfolder', 'link', 'data', 'cloud:data', '--rw')).toMatchObject({ code: 0 });
        const plan = async () => {
          const { stdout, stderr, code } = await cli('--json', 'sync', './tree/', 'data:/', '--delete', '--dry-run');
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
          return JSON.parse(stdout).transfer.sync as Record<string, number>;
        };
        expect(await plan()).toMatchObject({ add: 0, update: 0, remove: 0 });
        await writeFile(join(tree, 'new.txt'), 'new');
        await writeFile(join(tree, 'hard', 'empty file'), 'no longer empty');
        expect((await cloud.rclone('touch', 'cloud:data/only there.txt')).code).toBe(0);
        expect(await plan()).toMatchObject({ add: 1, update: 1, remove: 1 });
        expect(await cli('sync', './tree/', 'data:/', '--delete', '--yes')).toMatchObject({ code: 0 });
        expect((await cloud.rclone('check', '--download', tree, 'cloud:data')).stderr).toMatch(/ 0 differences found/);
        expect(await plan()).toMatchObject({ add: 0, update: 0, remove: 0 });
      }),
    );
  });
}
