import { isStowageError } from '#shared/errors.ts';
import { isPackPart, packIndexName } from '#shared/packing/pack-index.ts';
import { baseName, type InnerPath, joinPath, parentPath } from '#shared/paths.ts';
import type { CallOptions, StorageEntry, StorageProvider } from '../storage/provider.ts';
import { openPackedFolder, type PackedEntryOf, type PackedFolder } from './packed-folder.ts';

export type { PackedEntryOf };

const maxOpen = 16;
const readers = new WeakMap<StorageProvider, StorageProvider>();

/**
 * The provider with its packed folders shown as the folders that were packed: listing one gives what is in it rather than
 * its shards, and paths below it are found by its index. Everything else is as the provider has it; what is in a packed
 * folder can be read only, and no entry of this provider has a path on this machine.
 *
 * A packed folder is known by holding nothing but an index and shards, so other folders cost no request more; only a path
 * that is not there is looked for in the packed folders above it.
 */
export function packedReader(provider: StorageProvider): StorageProvider {
  const known = readers.get(provider);
  if (known) return known;
  const open = createOpener(provider);
  const reader: StorageProvider = {
    kind: provider.kind,
    nameRules: provider.nameRules,
    get caseSensitive() {
      return provider.caseSensitive;
    },
    features: {
      ...provider.features,
      rename: false,
      localPath: false,
      resumableWrite: false,
      space: false,
      copy: false,
      containers: false,
      impliedFolders: false,
      properties: false,
      editProperties: false,
      shareUrl: false,
    },
    list: (folder, options) => list(provider, open, folder, options),
    stat: async (path, options) => {
      // Of a folder it is told whether it is a packed one.
      const entry = await orPacked(
        open,
        path,
        options,
        () => provider.stat(path, options),
        (folder) => folder.stat(path, options),
      );
      if (entry.kind !== 'directory' || (entry as PackedEntryOf).packed) return entry;
      const index = await provider.stat(joinPath(path, packIndexName), options).catch((error: unknown) => {
        if (isStowageError(error, 'cancelled')) throw error;
        return null;
      });
      return index?.kind === 'file' && (await open(path, options)) ? markPacked(entry) : entry;
    },
    read: (path, options) =>
      orPacked(
        open,
        path,
        options,
        () => provider.read(path, options),
        (folder) => folder.read(path, options),
      ),
    write: (path, body, options) => provider.write(path, body, options),
    makeDirectory: (path, options) => provider.makeDirectory(path, options),
    remove: (path, options) => provider.remove(path, options),
    close: () => provider.close(),
  };
  readers.set(provider, reader);
  return reader;
}

const markPacked = (entry: StorageEntry): PackedEntryOf => ({ ...entry, packed: true });

interface Opener {
  (folder: InnerPath, options: CallOptions | undefined): Promise<PackedFolder | null>;
  /** The packed folder that holds the path, when it was looked at a moment ago. */
  recent(path: InnerPath): PackedFolder | null;
}

/** For so long an index is taken to be the same, so that many small files are read without asking for each. */
const trustMs = 5000;

/** Opens packed folders and remembers the last ones, as long as their index is the same. */
function createOpener(provider: StorageProvider): Opener {
  const opened = new Map<InnerPath, { folder: PackedFolder; etag: string; seen: number }>();
  const openFolder = async (path: InnerPath, options: CallOptions | undefined): Promise<PackedFolder | null> => {
    const before = opened.get(path);
    try {
      const entry = before && (await provider.stat(joinPath(path, packIndexName), options));
      if (before && entry?.etag === before.etag) {
        before.seen = performance.now();
        return before.folder;
      }
      const found = { ...(await openPackedFolder(provider, path, options)), seen: performance.now() };
      opened.delete(path);
      opened.set(path, found);
      if (opened.size > maxOpen) opened.delete(opened.keys().next().value ?? path);
      return found.folder;
    } catch (error) {
      opened.delete(path);
      // A file of that name which is no index makes no packed folder.
      if (isStowageError(error, 'not-found', 'not-a-directory', 'data-damaged', 'is-a-directory', 'special-file')) return null;
      throw error;
    }
  };
  const recent = (path: InnerPath): PackedFolder | null => {
    for (let above = path; above !== ''; ) {
      above = parentPath(above);
      const found = opened.get(above);
      if (found && performance.now() - found.seen < trustMs) return found.folder;
    }
    return null;
  };
  return Object.assign(openFolder, { recent });
}

/** What `plain` gives, or when nothing is there, what `packed` gives from the nearest packed folder above. */
async function orPacked<T>(
  open: Opener,
  path: InnerPath,
  options: CallOptions | undefined,
  plain: () => Promise<T>,
  packed: (folder: PackedFolder) => Promise<T>,
): Promise<T> {
  const recent = open.recent(path);
  if (recent) {
    try {
      return await packed(recent);
    } catch (error) {
      // A shard or the index itself.
      if (!isStowageError(error, 'not-found')) throw error;
    }
  }
  try {
    return await plain();
  } catch (error) {
    if (!isStowageError(error, 'not-found', 'not-a-directory')) throw error;
    const folder = await packedAbove(open, path, options);
    if (!folder) throw error;
    return packed(folder);
  }
}

async function packedAbove(open: Opener, path: InnerPath, options: CallOptions | undefined): Promise<PackedFolder | null> {
  for (let above = path; above !== ''; ) {
    above = parentPath(above);
    const folder = await open(above, options);
    if (folder) return folder;
  }
  return null;
}

async function* list(
  provider: StorageProvider,
  open: Opener,
  folder: InnerPath,
  options: CallOptions | undefined,
): AsyncGenerator<readonly StorageEntry[]> {
  // Kept back until it is known whether the folder holds anything but the parts of a packed one.
  const held: (readonly StorageEntry[])[] = [];
  let index = false;
  let plain = false;
  try {
    for await (const page of provider.list(folder, options)) {
      if (!plain) {
        held.push(page);
        index ||= page.some(({ path }) => baseName(path) === packIndexName);
        plain = page.some(({ path, kind }) => kind !== 'file' || !isPackPart(baseName(path)));
        if (plain) yield* held.splice(0);
      } else yield page;
    }
  } catch (error) {
    if (plain || held.length > 0 || !isStowageError(error, 'not-found', 'not-a-directory')) throw error;
    const above = await packedAbove(open, folder, options);
    if (!above) throw error;
    yield* above.list(folder, options);
    return;
  }
  const packed = index && !plain ? await open(folder, options) : null;
  if (packed) yield* packed.list(folder, options);
  else yield* held;
}
