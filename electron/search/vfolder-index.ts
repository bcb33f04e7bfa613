import { existsSync } from 'node:fs';
import type { IndexState } from '#shared/contract/search.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parentPath, parseInnerPath } from '#shared/paths.ts';
import { packedReader } from '../packing/packed-reader.ts';
import type { ResolvedPlace } from '../services.ts';
import { hasLocalPath } from '../storage/provider.ts';
import { DirtyFolders } from './dirty-folders.ts';
import type { Found, IndexMeta, IndexRef, Search } from './index-protocol.ts';
import type { IndexThread } from './index-thread.ts';
import { type FolderToList, type ListingOptions, listFolders } from './list-folders.ts';

/** An index that is being taken. */
export interface Taking {
  readonly done: Promise<void>;
  /** It can be searched meanwhile. */
  readonly held: boolean;
  readonly entries: number;
  readonly folders: number;
  cancel(): void;
}

/** Changed folders are listed again when nothing has changed for so long, */
const quietMs = 1000;
/** or so much longer than it took the last time. */
const restFactor = 10;

/** Folders that are listed at the same time: on this machine a thread reads them, hosts answer many. */
const parallelHere = 4;
const parallelRemote = 16;

export interface VfolderIndexOptions {
  readonly thread: IndexThread;
  readonly ref: IndexRef;
  /** The vfolder as it is now. @throws `not-found` */
  readonly place: () => ResolvedPlace;
}

/** The index of one vfolder: taken, brought up to date, searched. One thing at a time changes it. */
export class VfolderIndex {
  readonly ref: IndexRef;
  readonly dirty: DirtyFolders;
  readonly #thread: IndexThread;
  readonly #place: () => ResolvedPlace;
  /** As it was when it was last opened; undefined: not opened yet. */
  #meta: IndexMeta | null | undefined;
  #taking: Taking | null = null;
  #refreshing: Promise<void> | null = null;
  #problem: StowageError | null = null;
  #timer: NodeJS.Timeout | null = null;
  #restMs = quietMs;
  readonly #ending = new AbortController();

  constructor({ thread, ref, place }: VfolderIndexOptions) {
    this.#thread = thread;
    this.ref = ref;
    this.#place = place;
    this.dirty = new DirtyFolders(`${ref.file}.dirty`);
  }

  get taking(): Taking | null {
    return this.#taking;
  }
  get meta(): IndexMeta | null {
    return this.#meta ?? null;
  }

  /** Loads it; null when there is none. */
  async open(): Promise<IndexMeta | null> {
    if (!existsSync(this.ref.file)) this.#meta = null;
    else this.#meta = await this.#thread.ask({ type: 'open', index: this.ref });
    return this.#meta;
  }

  search(search: Search): Promise<Found> {
    return this.#thread.ask({ type: 'search', index: this.ref, search });
  }

  state(): IndexState {
    const { meta } = this;
    const { files = 0, folders = 0, bytes = 0, skipped = 0, takenAt = null } = meta ?? {};
    return {
      state: meta ? 'ready' : 'none',
      ...{ files, folders, bytes, skipped, takenAt },
      changedSince: meta !== null && (!this.dirty.none || meta.cut),
      taking: this.#taking && { entries: this.#taking.entries, folders: this.#taking.folders },
      problem: this.#problem && {
        ...this.#problem.data,
        code: this.#problem.code,
        message: this.#problem.message,
      },
    };
  }

  /** Something in this folder changed: it is listed again soon, when the index is in use. */
  changed(path: string): void {
    this.dirty.add(path);
    if (this.meta) this.#refreshSoon();
  }

  #refreshSoon(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh().catch(() => undefined), this.#restMs).unref();
  }

  /** Begins to take it anew, unless that is being done. */
  take(): Taking {
    this.#taking ??= this.#take();
    return this.#taking;
  }

  #take(): Taking {
    const cancelling = new AbortController();
    const counts = { entries: 0, folders: 0 };
    const work = async (): Promise<void> => {
      await this.#refreshing?.catch(() => undefined);
      const changes = this.dirty.begin();
      const signal = AbortSignal.any([cancelling.signal, this.#ending.signal]);
      try {
        await this.#walk(signal, held, counts);
        this.#problem = null;
        changes.done();
      } catch (error) {
        changes.failed();
        await this.#thread.ask({ type: 'discard', index: this.ref }).catch(() => undefined);
        const said = toStowageError(error);
        this.#problem = said.code === 'cancelled' ? this.#problem : said;
        throw signal.aborted ? new StowageError('cancelled', 'The index was not taken: that was stopped.') : said;
      } finally {
        this.#taking = null;
      }
      await this.open();
    };
    const held = this.meta === null;
    const done = work();
    // Whoever needs to know of a failure waits for it, or finds it in the state.
    done.catch(() => undefined);
    return {
      done,
      held,
      get entries() {
        return counts.entries;
      },
      get folders() {
        return counts.folders;
      },
      cancel: () => cancelling.abort(),
    };
  }

  async #walk(signal: AbortSignal, hold: boolean, counts: { entries: number; folders: number }): Promise<void> {
    const takenAt = Date.now();
    const begun = performance.now();
    let skipped = 0;
    await this.#thread.ask({ type: 'create', index: this.ref, hold });
    const { root, provider } = this.#place();
    await listFolders([{ folder: 0, path: root }], {
      ...this.#listing(signal, false),
      onListed: (entries, folders) => {
        counts.entries += entries;
        counts.folders += folders;
      },
      onSkipped: () => skipped++,
    }).catch((error: unknown) => {
      // A vfolder of a bucket whose marker another program removed is empty, not gone.
      if (!isStowageError(error, 'not-found') || !provider.features.impliedFolders) throw error;
    });
    signal.throwIfAborted();
    const end = { takenAt, tookMs: performance.now() - begun, skipped };
    await this.#thread.ask({ type: 'publish', index: this.ref, end });
  }

  #listing(signal: AbortSignal, again: boolean): ListingOptions {
    const { provider } = this.#place();
    return {
      provider: packedReader(provider),
      signal,
      parallel: hasLocalPath(provider) ? parallelHere : parallelRemote,
      send: (page) => this.#thread.ask({ type: 'page', index: this.ref, page, again }),
      onListed: () => undefined,
      onSkipped: () => undefined,
    };
  }

  /** Lists the changed folders again. Does nothing while the whole index is taken, or when it has to be. */
  refresh(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    if (this.#taking || this.dirty.none || this.dirty.everything || !(await this.open())) return;
    const begun = performance.now();
    const paths = [...this.dirty.paths];
    const changes = this.dirty.begin();
    try {
      const { root } = this.#place();
      // Folders that are not known yet come with the nearest one that is.
      const known = new Map<number, FolderToList>();
      for (const path of paths) {
        const nearest = await this.#thread.ask({ type: 'nearest', index: this.ref, path });
        known.set(nearest.folder, { folder: nearest.folder, path: joinPath(root, nearest.path) });
      }
      for (const folder of known.values()) await this.#relist(folder, root);
      changes.done();
      this.#problem = null;
    } catch (error) {
      const said = toStowageError(error);
      if (said.code !== 'cancelled') this.#problem = said;
      // What of it is in the index is not known.
      changes.failed(true);
      throw said;
    }
    this.#restMs = Math.max(quietMs, restFactor * (performance.now() - begun));
    await this.open();
  }

  /** Lists a folder; one that is gone is missed where it was. */
  async #relist(folder: FolderToList, root: InnerPath): Promise<void> {
    try {
      await listFolders([folder], this.#listing(this.#ending.signal, true));
    } catch (error) {
      if (!isStowageError(error, 'not-found', 'not-a-directory') || folder.path === root) throw error;
      const inner = parseInnerPath(parentPath(folder.path).slice(root.length));
      const above = await this.#thread.ask({ type: 'nearest', index: this.ref, path: inner });
      await this.#relist({ folder: above.folder, path: joinPath(root, above.path) }, root);
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#ending.abort();
    await Promise.allSettled([this.#taking?.done, this.#refreshing]);
  }

  async drop(): Promise<void> {
    await this.close();
    this.#meta = null;
    this.dirty.begin().done();
    await this.#thread.ask({ type: 'drop', index: this.ref });
  }
}
