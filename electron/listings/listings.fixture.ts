import { join } from 'node:path';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { type Changes, createChanges } from '../events.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createListings, type Listings } from './listings.ts';

/** For tests: a place in the vfolder `set` of a host, whose folder in the provider is `set`. */
export function placeIn(provider: StorageProvider, inner = ''): ResolvedPlace {
  const root = 'set' as InnerPath;
  const vfolder = { id: 'id-set', name: 'set', host: { id: 'h', name: 'h', kind: 'memory' } } as ResolvedPlace['vfolder'];
  return { vfolder, provider, root, path: joinPath(root, inner), inner: parseInnerPath(inner) };
}

/** For tests: listings below a folder; what changes is looked up in the vfolder `set`. */
export function listingsIn(home: string, changes: Changes = createChanges()): Listings {
  const resolve = (name: string, path: string): ResolvedPlace => {
    const place = placeIn({} as StorageProvider, path);
    return name === 'set' ? place : { ...place, vfolder: { ...place.vfolder, host: { ...place.vfolder.host, id: 'other' } } };
  };
  return createListings({ directory: join(home, 'listings'), lookup: { resolve } as VfolderLookup, changes });
}
