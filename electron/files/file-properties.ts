import type { FileProperties, propertiesContract } from '#shared/contract/properties.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { parentPath } from '#shared/paths.ts';
import { isKept } from '#shared/properties/rules.ts';
import type { Changes } from '../events.ts';
import type { PackedEntryOf } from '../packing/packed-reader.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { type HostProperties, isRefusal } from '../storage/properties.ts';
import { canEditProperties, canShareUrl, canTellProperties } from '../storage/provider.ts';
import { notTheVfolder, readingPacked, toFileEntry, writable } from './places.ts';

/** What the hosts know of files beside their content; see the contract. */
export function createFileProperties({
  lookup,
  changes,
}: {
  lookup: VfolderLookup;
  changes: Changes;
}): Service<typeof propertiesContract> {
  const reading = readingPacked(lookup);
  return {
    properties: async ({ vfolder, path }, { signal }) => {
      const place = lookup.resolve(vfolder, path);
      const { provider } = place;
      if (canTellProperties(provider)) {
        try {
          return show(place, await provider.properties(place.path, { signal }));
        } catch (error) {
          if (!isStowageError(error, 'not-found', 'not-a-directory')) throw error;
        }
      }
      // What lies in a packed folder is known by its index only.
      const packed = reading.resolve(vfolder, path);
      const entry: PackedEntryOf = await packed.provider.stat(packed.path, { signal });
      const refusal = entry.packed
        ? 'It lies in a packed folder, whose files can only be read.'
        : 'The storage host tells nothing more.';
      return show(packed, { entry, edit: { refusal }, share: { refusal } });
    },
    setProperties: async ({ vfolder, path, etag, change }, { signal }) => {
      const place = notTheVfolder(writable(lookup.resolve(vfolder, path)));
      const { provider } = place;
      if (!canEditProperties(provider)) {
        throw await refusalOf(place, 'edit', 'The storage host keeps no properties that can be changed.');
      }
      const after = await provider.setProperties(place.path, change, { etag, signal });
      changes.emit({ type: 'files', vfolder, path: parentPath(place.inner) });
      return show(place, after);
    },
    shareUrl: async ({ vfolder, path, expiresAt, permission }, { signal }) => {
      const found = notTheVfolder(lookup.resolve(vfolder, path));
      const { provider, path: at } = permission === 'r' ? found : writable(found);
      if (!canShareUrl(provider)) {
        throw await refusalOf(found, 'share', 'The storage host cannot share files by a URL.');
      }
      return { url: await provider.shareUrl(at, { expiresAt, permission }, { signal }), expiresAt };
    },
  };
}

/** Why the host does not do it: what it says itself, else `usual`. */
async function refusalOf({ provider, path, inner }: ResolvedPlace, what: 'edit' | 'share', usual: string): Promise<StowageError> {
  const offer = canTellProperties(provider) ? (await provider.properties(path))[what] : null;
  return new StowageError('unsupported', offer && isRefusal(offer) ? offer.refusal : usual, { subject: inner });
}

/** Properties as the contract has them, with only what the vfolder allows on offer. */
function show(place: ResolvedPlace, found: HostProperties): FileProperties {
  const { entry, metadata = [], share } = found;
  const readOnly = place.vfolder.permission === 'ro';
  const edit = readOnly && !isRefusal(found.edit) ? { refusal: `The vfolder “${place.vfolder.name}” is read-only.` } : found.edit;
  return {
    entry: toFileEntry(place, entry),
    md5: entry.md5 ?? null,
    md5OfParts: entry.md5OfParts ? { ...entry.md5OfParts } : null,
    headers: { ...found.headers },
    metadata: metadata.filter(({ name }) => !isKept(name)),
    kept: metadata.filter(({ name }) => isKept(name)),
    tags: found.tags ? [...found.tags] : null,
    created: found.created ?? null,
    accessed: found.accessed ?? null,
    versionId: found.versionId ?? null,
    local: found.local ?? null,
    details: [...(found.details ?? [])],
    urls: [...(found.urls ?? [])],
    edit,
    share: readOnly && !isRefusal(share) ? { ...share, permissions: share.permissions.filter((one) => one === 'r') } : share,
  };
}
