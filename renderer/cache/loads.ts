import { create } from 'zustand';
import { formatAddress } from '#shared/address.ts';
import type { CacheLoad } from '#shared/contract/cache.ts';
import { parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { loadCache } from '../app/stores/cache.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

/** Folders or files of one vfolder that are being brought into the cache ahead of their use. */
export interface RunningLoad {
  readonly id: number;
  /** What it loads, for people: an address, or how many items of a folder. */
  readonly name: string;
  /** Of those that were begun; null until the first answer. */
  readonly progress: CacheLoad | null;
  readonly cancel: () => void;
}

export const useLoads = create<{ readonly loads: readonly RunningLoad[] }>()(() => ({ loads: [] }));

const change = (id: number, step: (load: RunningLoad) => readonly RunningLoad[]): void =>
  useLoads.setState(({ loads }) => ({ loads: loads.flatMap((load) => (load.id === id ? step(load) : [load])) }));

/** How far all of them are together, 0 to 1; null while nothing is known, or when there are none. */
export function loadedFraction(loads: readonly RunningLoad[]): number | null {
  const known = loads.flatMap(({ progress }) => progress ?? []);
  const total = known.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return total === 0 ? null : known.reduce((sum, { doneBytes }) => sum + doneBytes, 0) / total;
}

const none: CacheLoad = { doneFiles: 0, totalFiles: 0, doneBytes: 0, totalBytes: 0 };

const together = (a: CacheLoad, b: CacheLoad): CacheLoad => ({
  doneFiles: a.doneFiles + b.doneFiles,
  totalFiles: a.totalFiles + b.totalFiles,
  doneBytes: a.doneBytes + b.doneBytes,
  totalBytes: a.totalBytes + b.totalBytes,
});

function nameOf(vfolder: string, paths: readonly string[]): string {
  const [first = ''] = paths;
  if (paths.length === 1) return formatAddress(vfolder, first);
  return `${plural(paths.length, 'item')} of ${formatAddress(vfolder, parentPath(parseInnerPath(first)))}`;
}

/** What takes longer than this is told where it was begun. */
const toldAfter = 300;
let ids = 0;

/**
 * Brings folders or files into the cache, one after the other, and says when they are there. What has come before a cancel
 * stays. `seen`: it was begun where its progress is shown.
 */
export async function loadAhead(vfolder: string, paths: readonly string[], seen = false): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  const name = nameOf(vfolder, paths);
  if (useLoads.getState().loads.some((load) => load.name === name)) return;
  ids += 1;
  const load: RunningLoad = { id: ids, name, progress: null, cancel: () => abort.abort() };
  useLoads.setState(({ loads }) => ({ loads: [...loads, load] }));
  const tell = (): void =>
    showToast({ intent: 'info', title: `Loading “${name}”`, action: { label: 'Cancel', run: load.cancel } });
  const timer = seen ? undefined : setTimeout(tell, toldAfter);
  let before = none;
  try {
    for (const path of paths) {
      let last = none;
      for await (last of await client.cache.load({ vfolder, path }, { signal }))
        change(load.id, (running) => [{ ...running, progress: together(before, last) }]);
      before = together(before, last);
      if (signal.aborted) return;
    }
    showToast({ intent: 'success', title: `“${name}” is in the cache (${formatBytes(before.totalBytes)})` });
  } catch (error) {
    if (!signal.aborted && fromContract(error).code !== 'cancelled')
      reportError(error, `“${visible(name)}” could not be loaded.`);
  } finally {
    clearTimeout(timer);
    change(load.id, () => []);
    void loadCache();
  }
}
