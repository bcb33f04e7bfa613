import type { CachedVfolder, CacheLoad, CacheStatus, cacheContract } from '#shared/contract/cache.ts';
import { isStowageError } from '#shared/errors.ts';
import { baseName, type InnerPath } from '#shared/paths.ts';
import { versionOf } from '../listings/listing.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';
import type { Room } from './room.ts';
import type { CacheRows } from './rows.ts';

interface ServiceOptions {
  readonly rows: CacheRows;
  readonly room: Room;
  readonly lookup: VfolderLookup;
  readonly directory: string;
  limits(): Promise<{ freeBytes: number; limitBytes: number; usedBytes: number }>;
  load(target: ResolvedPlace, signal: AbortSignal, onProgress: (progress: CacheLoad) => void): Promise<void>;
  ready(): Promise<void>;
  onChange(): void;
}

/** How often a load tells how far it is. */
const progressMs = 200;
/** Files that `shares` looks at below folders; what is beyond is taken to be like what was seen. */
const shareEntries = 20_000;

export function createCacheService(options: ServiceOptions): Service<typeof cacheContract> {
  const { rows, room, lookup } = options;
  const status = async (): Promise<CacheStatus> => {
    const { freeBytes, limitBytes, usedBytes } = await options.limits();
    return { directory: options.directory, limitBytes, usedBytes, diskFreeBytes: freeBytes, vfolders: vfolders(rows, room) };
  };
  return {
    status,
    load: ({ vfolder, path }, { signal }) => load(options, lookup.resolve(vfolder, path), signal),
    pin: async ({ vfolder, path, pinned }) => {
      await options.ready();
      const target = lookup.resolve(vfolder, path);
      const place = { vfolder_id: target.vfolder.id, path: target.inner };
      rows.transaction(() => {
        if (pinned) rows.pin(place);
        else {
          rows.unpin(place);
          // What nothing else holds has to be found when room is needed.
          const now = Date.now();
          const tree = { ...place, fingerprint: '', file: null, files: 0, bytes: 0, built_at: now };
          rows.setTree(rows.addTree(tree), 'dropped');
        }
      });
      options.onChange();
      return status();
    },
    free: async ({ vfolder, path }) => {
      await options.ready();
      if (vfolder === undefined) return { freedBytes: await room.free(null) };
      const target = lookup.resolve(vfolder, path ?? '');
      return { freedBytes: await room.free({ vfolder_id: target.vfolder.id, path: target.inner }) };
    },
    shares: async ({ vfolder, path }, { signal }) => {
      await options.ready();
      const place = lookup.resolve(vfolder, path);
      return rows.hasAny(place.vfolder.id) ? sharesOf(rows, place, signal) : {};
    },
  };
}

function vfolders(rows: CacheRows, room: Room): CachedVfolder[] {
  const lastUsed = new Map<string, number>();
  for (const tree of rows.trees()) lastUsed.set(tree.vfolder_id, Math.max(lastUsed.get(tree.vfolder_id) ?? 0, tree.used_at));
  const pinned = new Map<string, string[]>();
  for (const { vfolder_id, path } of rows.pins()) pinned.set(vfolder_id, [...(pinned.get(vfolder_id) ?? []), path]);
  const ids = new Set([...room.held().keys(), ...pinned.keys()]);
  return [...ids]
    .map((vfolderId): CachedVfolder => {
      const { files = 0, bytes = 0 } = room.held().get(vfolderId) ?? {};
      return {
        vfolder: rows.vfolderName(vfolderId),
        vfolderId,
        files,
        bytes,
        pinned: pinned.get(vfolderId) ?? [],
        lastUsedAt: lastUsed.get(vfolderId) ?? 0,
        jobs: rows.jobsOf(vfolderId),
      };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

/** Loads and tells how far it is; ends with the load. Nobody listening any more ends it. */
async function* load(options: ServiceOptions, target: ResolvedPlace, caller: AbortSignal | undefined): AsyncGenerator<CacheLoad> {
  const own = new AbortController();
  const signal = caller ? AbortSignal.any([caller, own.signal]) : own.signal;
  let now: CacheLoad = { doneFiles: 0, totalFiles: 0, doneBytes: 0, totalBytes: 0 };
  const loading = options.load(target, signal, (progress) => {
    now = progress;
  });
  loading.catch(() => undefined);
  let ended = false;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const pause = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), progressMs);
      });
      ended = await Promise.race([loading.then(() => true), pause]).finally(() => clearTimeout(timer));
      if (ended) break;
      yield now;
    }
    const { files, bytes } = await wholeOf(options, target);
    yield now.totalFiles > 0 ? now : { doneFiles: files, totalFiles: files, doneBytes: bytes, totalBytes: bytes };
  } finally {
    if (!ended) own.abort();
  }
}

/** Of a place that was there already. */
async function wholeOf({ rows }: ServiceOptions, target: ResolvedPlace): Promise<{ files: number; bytes: number }> {
  const trees = rows.treesOf(target.vfolder.id).filter((tree) => tree.path === target.inner && tree.state === 'whole');
  return trees.at(-1) ?? { files: 0, bytes: 0 };
}

interface Share {
  held: number;
  all: number;
}

/** Weighed by bytes; a file of none counts as one byte. */
async function sharesOf(rows: CacheRows, place: ResolvedPlace, signal: AbortSignal | undefined): Promise<Record<string, number>> {
  const shares: [name: string, share: Share][] = [];
  const inner = (path: InnerPath): string => path.slice(place.root === '' ? 0 : place.root.length + 1);
  const look = (share: Share, entry: StorageEntry): void => {
    if (entry.kind !== 'file') return;
    const weight = Math.max(1, entry.size);
    share.all += weight;
    const version = versionOf({ etag: entry.etag ?? null, size: entry.size, modified: entry.modified });
    if (rows.find(place.vfolder.id, inner(entry.path), version)) share.held += weight;
  };
  let left = shareEntries;
  for await (const page of place.provider.list(place.path, { signal })) {
    for (const entry of page) {
      const share = { held: 0, all: 0 };
      if (entry.kind === 'file') look(share, entry);
      else if (
        entry.kind === 'directory' &&
        left > 0 &&
        rows.page({ vfolder_id: place.vfolder.id, path: inner(entry.path) }, null, 1).length > 0
      ) {
        try {
          for await (const below of walk(place.provider, entry.path, { signal })) {
            look(share, below);
            if (--left <= 0) break;
          }
        } catch (error) {
          if (!isStowageError(error, 'not-found', 'permission-denied')) throw error;
        }
      }
      if (share.held > 0) shares.push([baseName(entry.path), share]);
    }
  }
  return Object.fromEntries(shares.map(([name, { held, all }]) => [name, held / all]));
}
