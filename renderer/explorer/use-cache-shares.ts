import { useEffect, useState } from 'react';
import { isWithin } from '#shared/paths.ts';
import { onChange } from '../app/changes.ts';
import { client, useConnection } from '../app/client.ts';
import type { CacheShares } from './row-order.ts';

/** What is loaded or changed comes in bursts; the shares are asked for again after this pause. */
const settle = 400;

/** How much of each entry of a folder is in the cache, 0 to 1 by name; null where the files are on this machine anyway. */
export function useCacheShares(vfolder: string, path: string, remote: boolean): CacheShares | null {
  const [shares, setShares] = useState<CacheShares | null>(null);
  const epoch = useConnection((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection asks again
  useEffect(() => {
    if (!remote) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      timer = undefined;
      client.cache.shares({ vfolder, path }, { signal: abort.signal }).then(
        (found) => !abort.signal.aborted && setShares(new Map(Object.entries(found))),
        // The column stays as it is: that a folder cannot be read is told by its listing.
        () => undefined,
      );
    };
    ask();
    const stop = onChange((change) => {
      const concerned =
        change.type === 'cache' || (change.type === 'files' && change.vfolder === vfolder && isWithin(change.path, path));
      if (concerned) timer ??= setTimeout(ask, settle);
    });
    return () => {
      stop();
      clearTimeout(timer);
      abort.abort();
    };
  }, [vfolder, path, remote, epoch]);
  return remote ? (shares ?? noShares) : null;
}

const noShares: CacheShares = new Map();
