import { StowageError } from '#shared/errors.ts';
import { isWithin } from '#shared/paths.ts';
import { checkSignal } from '../storage/bodies.ts';
import { onDisk } from './cache-thread.ts';
import type { CacheLayout } from './layout.ts';
import { type CacheRows, diskBytes, type ObjectRow, overlap, type Place, type TreeRow } from './rows.ts';

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Room that was reserved for what comes; counted as taken until it is given back. */
export interface Reservation {
  /** So much of it has come, and is counted as used now. */
  fill(bytes: number): void;
  /** Gives back what was not filled. */
  close(): void;
}

/** Of one vfolder, kept up to date in memory. */
interface Held {
  files: number;
  bytes: number;
  diskBytes: number;
}

/** Left to the rest of the machine: this much, or this part of a small disk. */
const marginBytes = 1024 ** 3;
const marginPart = 0.02;
const pageRows = 500;

export interface RoomOptions {
  readonly rows: CacheRows;
  readonly layout: CacheLayout;
  readonly limitBytes: () => number;
  readonly disk: () => Promise<Disk>;
  readonly onChange: () => void;
}

/**
 * The bytes of the cache: what is used, what is reserved, and what may go. What goes first is what was used the longest
 * time ago, by the places that jobs asked for; never what a job uses or a person pinned.
 */
export class Room {
  readonly #options: RoomOptions;
  readonly #held = new Map<string, Held>();
  #used = 0;
  #reserved = 0;
  /** Reserving and freeing, one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  get usedBytes(): number {
    return this.#used;
  }

  held(): ReadonlyMap<string, Readonly<Held>> {
    return this.#held;
  }

  /** Counts what is there. */
  count(): void {
    this.#held.clear();
    this.#used = 0;
    for (const { vfolderId, ...totals } of this.#options.rows.totals()) {
      this.#held.set(vfolderId, totals);
      this.#used += totals.diskBytes;
    }
  }

  added(vfolderId: string, bytes: number): void {
    this.#add(vfolderId, 1, bytes);
  }

  /** An object that was lost from the disk. */
  lost(vfolderId: string, bytes: number): void {
    this.#add(vfolderId, -1, -bytes);
  }

  #add(vfolderId: string, files: number, bytes: number): void {
    const held = this.#held.get(vfolderId) ?? { files: 0, bytes: 0, diskBytes: 0 };
    const taken = Math.sign(bytes) * diskBytes(Math.abs(bytes));
    held.files += files;
    held.bytes += bytes;
    held.diskBytes += taken;
    this.#used += taken;
    if (held.files > 0) this.#held.set(vfolderId, held);
    else this.#held.delete(vfolderId);
    this.#options.onChange();
  }

  /**
   * Room for `bytes` more (as `diskBytes` counts them), made by evicting what may go.
   * @throws `disk-full` that says how much there is, in words that name `what`
   */
  async reserve(bytes: number, what: string, signal?: AbortSignal): Promise<Reservation> {
    await this.#inTurn(async () => {
      // Nothing new has to be taken: a limit that was lowered stops nobody from using what is there.
      while (bytes > 0) {
        checkSignal(signal);
        const limit = this.#options.limitBytes();
        const { freeBytes, totalBytes } = await this.#options.disk();
        const margin = Math.min(marginBytes, totalBytes * marginPart);
        const most = Math.min(limit, this.#used + Math.max(0, freeBytes - margin));
        const over = this.#used + this.#reserved + bytes - most;
        if (over <= 0) break;
        // What could never fit costs nobody his copies.
        if (bytes > most || (await this.#evict(over, null)) === 0)
          throw noRoom(what, bytes, most - this.#used - this.#reserved, limit);
      }
      this.#reserved += bytes;
    });
    let left = bytes;
    return {
      fill: (part) => {
        const filled = Math.min(left, part);
        left -= filled;
        this.#reserved -= filled;
      },
      close: () => {
        this.#reserved -= left;
        left = 0;
      },
    };
  }

  /** Frees everything that may go, in a place or everywhere. @returns bytes */
  free(place: Place | null): Promise<number> {
    return this.#inTurn(() => this.#evict(Number.POSITIVE_INFINITY, place));
  }

  /** Brings the cache below its limit, as far as may be, after the limit was lowered. */
  shrink(): Promise<void> {
    return this.#inTurn(async () => {
      const over = this.#used + this.#reserved - this.#options.limitBytes();
      if (over > 0) await this.#evict(over, null);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #evict(wanted: number, only: Place | null): Promise<number> {
    const { rows } = this.#options;
    // A pin that is named itself does not hold.
    const pins = rows.pins().filter((pin) => pin.vfolder_id !== only?.vfolder_id || pin.path !== only.path);
    let freed = 0;
    for (const { id } of rows.trees()) {
      if (freed >= wanted) break;
      // As it is now: a job may have begun to use it while another was dropped.
      const unit = rows.tree(id);
      if (!unit || (only !== null && !overlap(unit, only))) continue;
      if (unit.state === 'building' || rows.usedTrees().has(id)) continue;
      if (pins.some((pin) => pin.vfolder_id === unit.vfolder_id && isWithin(unit.path, pin.path))) continue;
      await this.dropTree(unit);
      const place = only !== null && isWithin(only.path, unit.path) ? only : unit;
      const { bytes, all } = await this.#evictObjects(place, wanted - freed, pins);
      freed += bytes;
      if (all && place === unit) rows.removeTree(unit.id);
    }
    if (freed > 0) this.#options.onChange();
    return freed;
  }

  /** Removes the links of a tree that nobody uses. Its objects stay until they are evicted. */
  async dropTree(tree: TreeRow): Promise<void> {
    if (tree.state === 'dropped') return;
    this.#options.rows.setTree(tree.id, 'dropped');
    await onDisk({ kind: 'remove', items: [{ path: this.#options.layout.tree(tree.id) }] });
  }

  /** Evicts the objects of a place that no tree holds and no pin. `all`: nothing that may go is left there. */
  async #evictObjects(place: Place, wanted: number, pins: readonly Place[]): Promise<{ bytes: number; all: boolean }> {
    const { rows } = this.#options;
    let freed = 0;
    for (let after: ObjectRow | null = null; ; ) {
      const page = rows.page(place, after, pageRows);
      after = page.at(-1) ?? null;
      if (!after) return { bytes: freed, all: true };
      const trees = rows.treesOf(place.vfolder_id).filter(({ state }) => state !== 'dropped');
      const own = pins.filter((pin) => pin.vfolder_id === place.vfolder_id);
      const going: ObjectRow[] = [];
      let bytes = 0;
      for (const object of page) {
        if (freed + bytes >= wanted) break;
        if (!isWithin(object.path, place.path)) continue;
        if (trees.some((tree) => isWithin(object.path, tree.path) && object.used_at >= tree.built_at)) continue;
        if (own.some((pin) => isWithin(object.path, pin.path))) continue;
        going.push(object);
        bytes += diskBytes(object.bytes);
      }
      freed += await this.#removeObjects(place.vfolder_id, going);
      if (freed >= wanted) return { bytes: freed, all: false };
    }
  }

  async #removeObjects(vfolderId: string, objects: readonly ObjectRow[]): Promise<number> {
    const { rows, layout } = this.#options;
    if (objects.length === 0) {
      // Rows are read at once: others get their turn between the pages.
      await new Promise((resolve) => setImmediate(resolve));
      return 0;
    }
    // First unseen, then gone: after a crash in between they are removed at the next start.
    rows.transaction(() => {
      for (const { id } of objects) rows.setWhole(id, false);
    });
    const results = await onDisk({ kind: 'remove', items: objects.map(({ id }) => ({ path: layout.object(id) })) });
    let freed = 0;
    rows.transaction(() => {
      objects.forEach(({ id, bytes }, index) => {
        if (results[index]) return;
        rows.forget(id);
        freed += diskBytes(bytes);
        this.#add(vfolderId, -1, -bytes);
      });
    });
    return freed;
  }
}

/** `1.2 GB`, in the unit that fits. */
export function sized(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(Math.max(0, bytes) / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const noRoom = (what: string, bytes: number, room: number, limit: number): StowageError =>
  new StowageError(
    'disk-full',
    `${what} needs ${sized(bytes)} more in the cache, and there is room for ${sized(room)} (its limit is ${sized(limit)}).`,
    { hint: 'Share it instead of copying it, choose a smaller folder, or raise the limit of the cache in Settings.' },
  );
