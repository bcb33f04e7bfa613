import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '#shared/contract/app.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { joinPath, parseInnerPath } from '#shared/paths.ts';
import { type Changes, createChanges } from '../events.ts';
import { createListings, type Listings } from '../listings/listings.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { type Database, openDatabase } from '../store/database.ts';
import type { PatienceLimits } from '../transfers/patience.ts';
import { type Cache, createCache } from './cache.ts';

/** For tests: a cache over a data directory, with vfolders on the providers that the test gives. */
export interface CacheBench {
  readonly home: string;
  readonly cache: Cache;
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  readonly listings: Listings;
  readonly seen: Change[];
  /** A vfolder that is the folder of its name on a provider. */
  vfolder(name: string, provider: StorageProvider, fields?: Partial<Vfolder>): void;
  place(name: string, path?: string): ResolvedPlace;
  close(): Promise<void>;
}

export interface CacheBenchOptions {
  limitBytes?: () => number | null;
  patience?: PatienceLimits;
  disk?: () => Promise<{ freeBytes: number; totalBytes: number }>;
}

export function openCacheBench(home: string, options: CacheBenchOptions = {}): CacheBench {
  mkdirSync(home, { recursive: true });
  const { database } = openDatabase(home);
  const changes = createChanges();
  const seen: Change[] = [];
  changes.on((change) => void seen.push(change));
  const vfolders = new Map<string, { vfolder: Vfolder; provider: StorageProvider }>();
  const lookup: VfolderLookup = {
    resolve: (name, path) => {
      const found = vfolders.get(name);
      if (!found) throw new StowageError('not-found', `There is no vfolder “${name}”.`, { subject: name });
      const inner = parseInnerPath(path);
      const root = parseInnerPath(name);
      return { ...found, root, inner, path: joinPath(root, inner) };
    },
    find: (name) => vfolders.get(name)?.vfolder ?? null,
    names: () => [...vfolders.keys()],
    automounts: () => [],
    ensure: () => Promise.reject(new Error('not here')),
    touch: () => undefined,
  };
  const listings = createListings({ directory: join(home, 'listings'), lookup, changes });
  const cache = createCache({
    database,
    changes,
    lookup,
    listings,
    directory: join(home, 'cache'),
    patience: { giveUpMs: 400, firstPauseMs: 5 },
    disk: async () => ({ freeBytes: 1e12, totalBytes: 2e12 }),
    ...options,
  });
  return {
    home,
    cache,
    database,
    changes,
    lookup,
    listings,
    seen,
    vfolder: (name, provider, fields = {}) =>
      void vfolders.set(name, {
        provider,
        vfolder: {
          id: `id-${name}`,
          name,
          host: { id: 'host', name: 'host', kind: 'azure-blob' },
          kind: 'managed',
          usage: 'general',
          permission: 'rw',
          note: '',
          mountPath: null,
          automount: false,
          localPath: null,
          place: name,
          broken: null,
          createdAt: 0,
          lastUsedAt: null,
          trashedAt: null,
          ...fields,
        },
      }),
    place: (name, path = '') => lookup.resolve(name, path),
    close: async () => {
      await cache.close();
      await listings.close();
      database.close();
    },
  };
}
