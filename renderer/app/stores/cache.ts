import { create } from 'zustand';
import type { CacheStatus } from '#shared/contract/cache.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Cache extends Loadable {
  readonly status: CacheStatus | null;
}

/** What the cache holds of every vfolder. */
export const useCache = create<Cache>()(() => ({ ...notLoaded, status: null }));

export const putCache = (status: CacheStatus): void => useCache.setState({ loaded: true, problem: null, status });

export async function loadCache(): Promise<void> {
  try {
    putCache(await client.cache.status());
  } catch (error) {
    useCache.setState({ problem: fromContract(error) });
  }
}
