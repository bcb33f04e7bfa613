import { existsSync } from 'node:fs';
import { access, link, mkdir, rm, statfs } from 'node:fs/promises';
import { formatAddress } from '#shared/address.ts';
import type { CacheLoad, cacheContract } from '#shared/contract/cache.ts';
import { isStowageError } from '#shared/errors.ts';
import type { Changes } from '../events.ts';
import type { Listing } from '../listings/listing.ts';
import type { Listings, LookOptions } from '../listings/listings.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { checkSignal } from '../storage/bodies.ts';
import type { Database } from '../store/database.ts';
import { type Bandwidth, createBandwidth } from '../transfers/bandwidth.ts';
import { type PatienceLimits, usualPatience } from '../transfers/patience.ts';
import { checkAfterRestart, removeUnfinished } from './after-restart.ts';
import { type BuildProgress, buildTree } from './build.ts';
import { createCacheService } from './cache-service.ts';
import { cacheLayout } from './layout.ts';
import { leastPacked, makePack, mayPack } from './pack.ts';
import { type Disk, Room } from './room.ts';
import { createCacheRows, type Place, type TreeRow } from './rows.ts';
import { createTurns } from './turns.ts';

export interface CacheOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  readonly listings: Listings;
  /** Made when missing; everything in it is the cache's. */
  readonly directory: string;
  /** What the user set; null: the default. Read again at every change of the settings. */
  readonly limitBytes?: () => number | null;
  /** Shared with transfers. */
  readonly bandwidth?: Bandwidth;
  readonly patience?: PatienceLimits;
  /** The disk of the directory; for tests. */
  readonly disk?: () => Promise<Disk>;
}

export interface StageOptions {
  readonly signal: AbortSignal;
  /** The job that uses the tree from now on, until `release`; null: nobody, it only has to be there. */
  readonly jobId: number | null;
  /** Many small files: keep a pack of them on the host, so that the next machine gets them as one stream. */
  readonly packed?: boolean;
  /** Whether a listing of a moment ago will do. Default: `current`. */
  readonly age?: 'recent' | 'current';
  onListing?(files: number): void;
  onProgress?(progress: BuildProgress): void;
}

/** A folder of this machine that holds a place as it was listed; only to be read. */
export interface StagedTree {
  readonly id: number;
  readonly directory: string;
  readonly listing: Listing;
}

export interface Cache {
  readonly service: Service<typeof cacheContract>;
  /**
   * Brings a place into the cache, as it is on its host now. What is there already costs nothing but the listing. The
   * listing has to be dropped by the caller.
   * @throws `disk-full`, `source-changed`, `name-invalid`, what reading the source throws, `cancelled`
   */
  stage(place: ResolvedPlace, options: StageOptions): Promise<StagedTree>;
  /** A tree that a job uses already; null when there is none. */
  staged(treeId: number): Promise<string | null>;
  /** Ends the uses of a job. */
  release(jobId: number): void;
  /** What is held of a place, of all versions; from rows alone. `path` is that inside the vfolder. */
  cachedOf(vfolderId: string, path: string): Promise<{ files: number; bytes: number }>;
  limits(): Promise<{ freeBytes: number; limitBytes: number; usedBytes: number }>;
  /**
   * Resolves when what a former process left unfinished is removed and counted. The first that asks for something above
   * begins with it, so a command that needs no cache is not held up.
   */
  start(): Promise<void>;
  /** Resolves when nothing goes on in the background any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const mostDefaultBytes = 50e9;
const defaultPart = 0.2;
const eventMs = 500;
/** Tries of a place that changes while it is brought in. */
const stageTries = 3;

/** Copies on this machine of files that are somewhere else. */
export function createCache(options: CacheOptions): Cache {
  const { database, changes, lookup, listings, directory, patience = usualPatience } = options;
  const layout = cacheLayout(directory);
  const rows = createCacheRows(database);
  const turns = createTurns();
  const bandwidth = options.bandwidth ?? createBandwidth(null);
  const disk = options.disk ?? (() => diskOf(directory));
  const closing = new AbortController();
  /** A fifth of the disk; known once the cache was opened. */
  let usualLimit = mostDefaultBytes;
  const limitBytes = (): number => options.limitBytes?.() ?? usualLimit;

  let timer: NodeJS.Timeout | null = null;
  const onChange = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      changes.emit({ type: 'cache' });
    }, eventMs).unref();
  };
  const room = new Room({ rows, layout, limitBytes, disk, onChange });
  const tools = { rows, layout, room, bandwidth, patience };

  const open = async (): Promise<void> => {
    for (const folder of [layout.directory, layout.objects, layout.trees, layout.incoming]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
    usualLimit = Math.min(mostDefaultBytes, Math.floor((await disk()).totalBytes * defaultPart));
    await removeUnfinished(rows, room, layout);
    await checkAfterRestart(rows, room, layout);
    room.count();
  };
  let opened: Promise<void> | null = null;
  const ready = (): Promise<void> => {
    opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  // Somebody emptied the data directory by hand: the rows would promise what is not there.
  if (rows.trees().length > 0 && !existsSync(layout.objects)) rows.forgetAll();
  const unlisten = changes.on((change) => {
    if (change.type === 'settings')
      void ready()
        .then(() => room.shrink())
        .catch(() => undefined);
  });

  /** What goes on by itself. */
  const background = new Set<Promise<unknown>>();
  const findWhole = (place: Place, listing: Listing): TreeRow | null =>
    rows
      .treesOf(place.vfolder_id)
      .find((tree) => tree.path === place.path && tree.state === 'whole' && tree.fingerprint === listing.fingerprint) ?? null;

  /** Uses the tree of a listing if it is there. In one go, so that it cannot be evicted in between. */
  const take = (place: Place, listing: Listing, jobId: number | null): TreeRow | null => {
    const tree = findWhole(place, listing);
    if (!tree) return null;
    if (!existsSync(layout.tree(tree.id))) {
      // Somebody removed it by hand.
      rows.setTree(tree.id, 'dropped');
      return null;
    }
    rows.transaction(() => {
      rows.touchTree(tree.id, Date.now());
      if (jobId !== null) rows.use(jobId, tree.id);
    });
    return tree;
  };

  const build = async (
    target: ResolvedPlace,
    place: Place,
    listing: Listing,
    stage: StageOptions,
    signal: AbortSignal,
  ): Promise<TreeRow> => {
    const { fingerprint, file, files, bytes } = listing;
    const id = rows.addTree({ ...place, fingerprint, file, files, bytes, built_at: Date.now() });
    const tree = rows.tree(id);
    let fetched = 0;
    if (!tree) throw new Error('a row that was just written is gone');
    try {
      const what = `“${formatAddress(target.vfolder.name, target.inner)}”`;
      await buildTree({
        tools,
        place: target,
        listing,
        tree,
        what,
        signal,
        onFetched: () => {
          fetched++;
        },
        onProgress: (progress) => stage.onProgress?.(progress),
      });
    } catch (error) {
      // What has come stays, for the next try.
      await room.dropTree(tree);
      throw error;
    }
    rows.transaction(() => {
      rows.setTree(id, 'whole');
      if (stage.jobId !== null) rows.use(stage.jobId, id);
    });
    await dropOlder(place, id);
    onChange();
    if (stage.packed && fetched >= leastPacked) await keepPack(target, listing, id);
    return tree;
  };
  /** Begins to lay a pack beside the place, which nobody waits for. */
  const keepPack = async (target: ResolvedPlace, listing: Listing, treeId: number): Promise<void> => {
    if (!mayPack(target)) return;
    const kept = `${listing.path}.pack`;
    await link(listing.path, kept);
    rows.use(-treeId, treeId);
    const packing = makePack({
      place: target,
      listing: kept,
      file: listing.file,
      tree: layout.tree(treeId),
      signal: closing.signal,
    })
      // Without one the files come one by one again.
      .catch(() => undefined)
      .finally(async () => {
        rows.unuse(-treeId);
        await rm(kept, { force: true });
        background.delete(packing);
      });
    background.add(packing);
  };
  /** Former listings of the place: nobody will ask for them. Of those that are dropped one stands for what is left. */
  const dropOlder = async (place: Place, newest: number): Promise<void> => {
    const older = rows.treesOf(place.vfolder_id).filter((tree) => tree.path === place.path && tree.id < newest);
    for (const { id } of older) {
      const tree = rows.tree(id);
      if (tree?.state === 'whole' && !rows.usedTrees().has(id)) await room.dropTree(tree);
    }
    const dropped = older.flatMap(({ id }) => rows.tree(id) ?? []).filter(({ state }) => state === 'dropped');
    for (const { id } of dropped.slice(0, -1)) rows.removeTree(id);
  };

  const stageOnce = async (
    target: ResolvedPlace,
    stage: StageOptions,
    age: LookOptions['age'],
    signal: AbortSignal,
  ): Promise<StagedTree> => {
    const place: Place = { vfolder_id: target.vfolder.id, path: target.inner };
    const listing = await listings.look(target, { age, signal, onFound: ({ files }) => files > 0 && stage.onListing?.(files) });
    try {
      if (listing.problem) throw listing.problem;
      let tree = take(place, listing, stage.jobId);
      if (!tree) {
        const leave = await turns.enter(place, signal);
        try {
          tree = take(place, listing, stage.jobId) ?? (await build(target, place, listing, stage, signal));
        } finally {
          leave();
        }
      }
      return { id: tree.id, directory: layout.tree(tree.id), listing };
    } catch (error) {
      await listing.drop();
      throw error;
    }
  };
  const stage = async (target: ResolvedPlace, options: StageOptions): Promise<StagedTree> => {
    await ready();
    const signal = AbortSignal.any([options.signal, closing.signal]);
    for (let attempt = 1; ; attempt++) {
      try {
        // What failed because of a change is listed anew.
        return await stageOnce(target, options, attempt > 1 ? 'new' : (options.age ?? 'current'), signal);
      } catch (error) {
        checkSignal(signal);
        if (!isStowageError(error, 'source-changed', 'not-found') || attempt === stageTries) throw error;
      }
    }
  };

  const cachedOf: Cache['cachedOf'] = async (vfolderId, path) => {
    await ready();
    if (path !== '') return rows.hasAny(vfolderId) ? rows.sum({ vfolder_id: vfolderId, path }) : { files: 0, bytes: 0 };
    const { files = 0, bytes = 0 } = room.held().get(vfolderId) ?? {};
    return { files, bytes };
  };
  const limits: Cache['limits'] = async () => {
    await ready();
    return { freeBytes: (await disk()).freeBytes, limitBytes: limitBytes(), usedBytes: room.usedBytes };
  };
  const load = (target: ResolvedPlace, signal: AbortSignal, onProgress: (progress: CacheLoad) => void): Promise<void> => {
    const loading = stage(target, { signal, jobId: null, onProgress }).then(({ listing }) => listing.drop());
    const settled = loading.catch(() => undefined).finally(() => background.delete(settled));
    background.add(settled);
    return loading;
  };
  return {
    service: createCacheService({ rows, room, lookup, limits, load, directory, ready, onChange }),
    stage,
    staged: async (treeId) => {
      await ready();
      const tree = rows.tree(treeId);
      if (tree?.state !== 'whole') return null;
      const path = layout.tree(treeId);
      return access(path).then(
        () => path,
        () => null,
      );
    },
    release: (jobId) => {
      rows.unuse(jobId);
      onChange();
    },
    cachedOf,
    limits,
    start: ready,
    settled: async () => void (await Promise.all(background)),
    close: async () => {
      unlisten();
      closing.abort();
      if (timer) clearTimeout(timer);
      await Promise.all(background);
      await opened?.catch(() => undefined);
    },
  };
}

async function diskOf(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
