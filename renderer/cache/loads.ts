import { create } from 'zustand';
import { formatAddress } from '#shared/address.ts';
import type { CacheLoad } from '#shared/contract/cache.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { loadCache } from '../app/stores/cache.ts';
import { formatBytes } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

/** A folder or file that is being brought into the cache ahead of its use. */
export interface RunningLoad {
  readonly address: string;
  /** null until the first answer. */
  readonly progress: CacheLoad | null;
  readonly cancel: () => void;
}

export const useLoads = create<{ readonly loads: readonly RunningLoad[] }>()(() => ({ loads: [] }));

const change = (address: string, step: (load: RunningLoad) => readonly RunningLoad[]): void =>
  useLoads.setState(({ loads }) => ({ loads: loads.flatMap((load) => (load.address === address ? step(load) : [load])) }));

/** How far all of them are together, 0 to 1; null while nothing is known, or when there are none. */
export function loadedFraction(loads: readonly RunningLoad[]): number | null {
  const known = loads.flatMap(({ progress }) => progress ?? []);
  const total = known.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return total === 0 ? null : known.reduce((sum, { doneBytes }) => sum + doneBytes, 0) / total;
}

/** Brings a folder or file into the cache and says when it is there. What has come before a cancel stays. */
export async function loadAhead(vfolder: string, path: string): Promise<void> {
  const address = formatAddress(vfolder, path);
  if (useLoads.getState().loads.some((load) => load.address === address)) return;
  const abort = new AbortController();
  const load: RunningLoad = { address, progress: null, cancel: () => abort.abort() };
  useLoads.setState(({ loads }) => ({ loads: [...loads, load] }));
  let last: CacheLoad | null = null;
  try {
    for await (const progress of await client.cache.load({ vfolder, path }, { signal: abort.signal })) {
      last = progress;
      change(address, (before) => [{ ...before, progress }]);
    }
    if (!abort.signal.aborted) {
      const size = last ? ` (${formatBytes(last.totalBytes)})` : '';
      showToast({ intent: 'success', title: `“${visible(address)}” is in the cache${size}` });
    }
  } catch (error) {
    if (!abort.signal.aborted && fromContract(error).code !== 'cancelled')
      reportError(error, `“${visible(address)}” could not be loaded.`);
  } finally {
    change(address, () => []);
    void loadCache();
  }
}
