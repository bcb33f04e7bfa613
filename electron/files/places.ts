import type { Entry } from '#shared/contract/files.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, visible } from '#shared/paths.ts';
import { type PackedEntryOf, packedReader } from '../packing/packed-reader.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';

/** @throws `read-only` */
export function writable(place: ResolvedPlace): ResolvedPlace {
  if (place.vfolder.permission === 'rw') return place;
  throw new StowageError('read-only', `The vfolder “${place.vfolder.name}” is read-only.`, {
    subject: place.vfolder.name,
    hint: 'Set its permission to read and write first.',
  });
}

/** @throws `bad-request` for the vfolder itself, which is changed as a vfolder */
export function notTheVfolder(place: ResolvedPlace): ResolvedPlace {
  if (place.inner !== '') return place;
  throw new StowageError('bad-request', `“${visible(place.vfolder.name)}” is a vfolder, not a file or folder in one.`, {
    subject: place.vfolder.name,
  });
}

/** Where something of the provider, which lies in the vfolder, is inside of it: what is below a valid path is valid. */
export const innerPathOf = ({ root }: ResolvedPlace, path: InnerPath): InnerPath =>
  (root === '' ? path : path.slice(root.length + 1)) as InnerPath;

/** An entry of the provider as one of the vfolder: names and paths relative to it. */
export function toFileEntry(place: ResolvedPlace, entry: StorageEntry): Entry {
  const path = innerPathOf(place, entry.path);
  const { kind, size, modified, etag, tier, linkTarget } = entry;
  return {
    name: path === '' ? place.vfolder.name : baseName(path),
    path,
    kind,
    size,
    modified,
    ...(etag !== undefined && { etag }),
    ...(tier !== undefined && { tier }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...((entry as PackedEntryOf).packed && { packed: true }),
  };
}

/** The lookup, with the places of packed folders as the folders that were packed. */
export const readingPacked = (lookup: VfolderLookup): VfolderLookup => ({
  ...lookup,
  resolve: (name, path) => {
    const place = lookup.resolve(name, path);
    return { ...place, provider: packedReader(place.provider) };
  },
});
