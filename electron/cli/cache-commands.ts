import type { Command } from 'commander';
import { formatAddress } from '#shared/address.ts';
import type { CacheLoad, CacheStatus } from '#shared/contract/cache.ts';
import type { Act } from './act.ts';
import { interruptible } from './interrupt.ts';
import { parseVfolderOperand } from './operands.ts';
import { count, size, table, time } from './output.ts';

/** `stowage cache …`: copies on this machine of files that are somewhere else. */
export function addCacheCommands(program: Command, act: Act): void {
  const status = act(async ({ client, output }) => output.result(await client.cache.status(), describe));
  const cache = program.command('cache').description('copies on this machine of files that are somewhere else').action(status);
  cache.command('status').description('what it holds, and its limit').action(status);
  cache
    .command('load <address>')
    .description('brings a folder or file in ahead of its use')
    .action(
      act(async ({ client, output }, address: string) => {
        const { vfolder, path } = parseVfolderOperand(address);
        const stop = new AbortController();
        const work = async (): Promise<CacheLoad | null> => {
          let last: CacheLoad | null = null;
          for await (last of await client.cache.load({ vfolder, path }, { signal: stop.signal }))
            output.progress(progressLine(last));
          return last;
        };
        const { result, stopped } = await interruptible(() => stop.abort(), work);
        output.progress(null);
        if (stopped !== null) process.exitCode = stopped;
        output.result(result, (load) =>
          load === null
            ? ''
            : `${formatAddress(vfolder, path)}: ${count(load.totalFiles, 'file')}, ${size(load.totalBytes)} in the cache.`,
        );
      }),
    );
  for (const pinned of [true, false]) {
    cache
      .command(`${pinned ? 'pin' : 'unpin'} <address>`)
      .description(pinned ? 'keeps a folder or file from being evicted' : 'lets it be evicted again')
      .action(
        act(async ({ client, output }, address: string) => {
          const { vfolder, path } = parseVfolderOperand(address);
          const after = await client.cache.pin({ vfolder, path, pinned });
          output.result(after, () => `${pinned ? 'Pinned' : 'Unpinned'} ${formatAddress(vfolder, path)}.`);
        }),
      );
  }
  cache
    .command('free [address]')
    .description('removes local copies, of everything or of a folder or file; never anything else')
    .action(
      act(async ({ client, output }, address: string | undefined) => {
        const place = address === undefined ? null : parseVfolderOperand(address);
        output.result(
          await client.cache.free({ vfolder: place?.vfolder, path: place?.path }),
          ({ freedBytes }) => `Freed ${size(freedBytes)}.`,
        );
      }),
    );
}

const progressLine = ({ doneFiles, totalFiles, doneBytes, totalBytes }: CacheLoad): string =>
  totalFiles === 0 ? 'Listing …' : `${doneFiles} of ${count(totalFiles, 'file')}, ${size(doneBytes)} of ${size(totalBytes)}`;

function describe({ directory, limitBytes, usedBytes, diskFreeBytes, vfolders }: CacheStatus): string {
  const free = diskFreeBytes === null ? '' : `; ${size(diskFreeBytes)} of the disk are free`;
  const head = `${directory}: ${size(usedBytes)} of at most ${size(limitBytes)}${free}`;
  if (vfolders.length === 0) return head;
  const rows = vfolders.map(({ vfolder, files, bytes, lastUsedAt, pinned, jobs }) => [
    vfolder ?? '(gone)',
    files,
    { bytes },
    time(lastUsedAt || null),
    pinned.map((path) => (path === '' ? 'all' : path)).join(', '),
    jobs.join(', '),
  ]);
  return `${head}\n${table(['VFOLDER', 'FILES', 'BYTES', 'USED', 'PINNED', 'JOBS'], rows)}`;
}
