import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { StowageClient } from '#shared/contract/index.ts';
import { openCore } from '../../electron/core.ts';
import { createInProcessClient } from '../../electron/rpc/in-process.ts';
import { type Bench, type Sample, type Side, timeCommand, timeWork } from '../harness.ts';

const folders = 1000;
const filesEach = 1000;
const words = ['sample', 'image', 'train', 'label', 'report', 'data', 'model', 'checkpoint', 'frame', 'log'];
const endings = ['csv', 'parquet', 'json', 'png', 'txt', 'npy', 'bin'];

/** Few matches, none, and a tenth of all. */
const globs = { few: '*-0999*.csv', none: '*nothing-like-it*', tenth: '*frame*' } as const;

/** In memory where there is room: the files are empty, but there are a million of them. */
function roomyDirectory(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * 1024 ** 3 ? memory : tmpdir();
}

/** 1,000,000 empty files in 1,000 folders. */
function makeFiles(folder: string): void {
  for (let at = 0; at < folders; at++) {
    const inside = join(folder, `part-${String(at).padStart(4, '0')}`);
    mkdirSync(inside);
    for (let file = 0; file < filesEach; file++) {
      const number = at * filesEach + file;
      const name = `${words[number % words.length]}-${String(number).padStart(7, '0')}.${endings[number % endings.length]}`;
      closeSync(openSync(join(inside, name), 'w'));
    }
  }
}

/** A search as a screen makes it: until the last event, with the first 1,000 matches. */
async function search(client: StowageClient, query: string): Promise<number> {
  let total = 0;
  for await (const event of await client.search.find({ vfolder: 'bench', path: '', query }))
    if (event.type === 'answer') total = event.total;
  return total;
}

async function eachGlob(run: (glob: string) => Promise<Sample>): Promise<Sample> {
  const few = await run(globs.few);
  const [none, tenth] = [await run(globs.none), await run(globs.tenth)];
  return { ...few, also: { none: none.value, tenth: tenth.value } };
}

/** It lists what find does, in half a minute for each glob: once is enough, and its time is told for every round. */
function rcloneSide(folder: string): Side {
  let first: Promise<Sample> | null = null;
  const list = (): Promise<Sample> => timeCommand('rclone', ['lsf', '-R', '--files-only', '--include', globs.few, folder]);
  return {
    name: 'rclone lsf -R (one run)',
    run: () => {
      first ??= list();
      return first;
    },
  };
}

/**
 * Names matched by a glob among a million, in all folders. Ours asks the index, which is in memory from the round that
 * warms up on; what it takes to make the index and to hold it is told once.
 */
export const indexSearch: Bench = {
  name: 'index-search',
  about: 'a glob over 1,000,000 files by the index: few matches, none, a tenth; peers: find -iname, rclone lsf',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 7,
  prepare: async () => {
    const directory = mkdtempSync(join(roomyDirectory(), 'stowage-bench-'));
    const removeAll = (): void => rmSync(directory, { recursive: true, force: true });
    try {
      const core = await openCore({ home: join(directory, 'home'), localRoot: join(directory, 'root'), shell: 'cli' });
      await core.start();
      const client = createInProcessClient(core.router);
      await client.vfolders.create({ name: 'bench' });
      const folder = join(directory, 'root', 'bench');
      makeFiles(folder);
      await tellIndexing(client);
      return {
        ours: { name: 'stowage', run: () => eachGlob((glob) => timeWork(async () => void (await search(client, glob)))) },
        peers: [
          { name: 'find -iname', run: () => eachGlob((glob) => timeCommand('find', [folder, '-iname', glob])) },
          rcloneSide(folder),
        ],
        cleanUp: async () => {
          await core.close();
          removeAll();
        },
      };
    } catch (error) {
      removeAll();
      throw error;
    }
  },
};

async function tellIndexing(client: StowageClient): Promise<void> {
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  for await (const _state of await client.search.index({ vfolder: 'bench' }));
  const seconds = (performance.now() - begun) / 1000;
  const files = folders * filesEach;
  if ((await search(client, '*')) < files) throw new Error('the index does not hold every file');
  const held = (process.memoryUsage().rss - before) / files;
  console.error(
    `  index taken in ${seconds.toFixed(1)} s; the process grew by ${held.toFixed(0)} bytes a file, garbage included`,
  );
}
