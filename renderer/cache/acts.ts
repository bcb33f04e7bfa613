import { formatAddress } from '#shared/address.ts';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { loadCache, putCache } from '../app/stores/cache.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

const named = (vfolder: string, paths: readonly string[]): string =>
  paths.length === 1 ? `“${visible(formatAddress(vfolder, paths[0] ?? ''))}”` : plural(paths.length, 'item');

/** Keeps folders or files from being evicted, or no longer. */
export async function pinInCache(vfolder: string, paths: readonly string[], pinned: boolean): Promise<void> {
  const what = named(vfolder, paths);
  try {
    for (const path of paths) putCache(await client.cache.pin({ vfolder, path, pinned }));
    const verb = paths.length === 1 ? 'is' : 'are';
    showToast({ intent: 'success', title: pinned ? `${what} ${verb} kept in the cache` : `${what} may be evicted again` });
  } catch (error) {
    reportError(error, `${what} could not be ${pinned ? 'pinned' : 'unpinned'}.`);
  }
}

/** Frees the copies of this machine, of places in a vfolder or of everything (null); what is at the hosts is never touched. */
export async function freeCopies(of: { readonly vfolder: string; readonly paths: readonly string[] } | null): Promise<void> {
  try {
    let freed = 0;
    for (const place of of ? of.paths.map((path) => ({ vfolder: of.vfolder, path })) : [{}])
      freed += (await client.cache.free(place)).freedBytes;
    const title = freed === 0 ? 'There was nothing to free' : `Freed ${formatBytes(freed)} of this machine`;
    showToast({ intent: 'success', title, body: 'The files at their hosts are as they were.' });
  } catch (error) {
    reportError(error, 'The copies could not be freed.');
  }
  await loadCache();
}
