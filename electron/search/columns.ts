import { Block } from './block.ts';
import { firstAbove, growingBytes, growingNumbers } from './growing.ts';
import { directoryCode, type IndexPage } from './page.ts';

const nothing = 0xffff_ffff;
const slash = 0x2f;
const segmentState = { dead: 0, live: 1, pending: 2 } as const;

/**
 * An index in memory: about 40 bytes an entry beside its name. Entries are numbered as they were added and never change;
 * those of one page are a *segment*, which belongs to a folder. When a folder is listed anew its new segments take the
 * place of the old ones at once, with the last page; folders keep their numbers as long as their names do.
 */
export class Columns {
  readonly #blocks: Block[] = [new Block(0)];
  /** First entry, folder and state of each segment, in order. */
  readonly #segmentFirst = growingNumbers();
  readonly #segmentFolder = growingNumbers();
  readonly #segmentState = growingBytes();
  /** The entry that is the folder itself, its parent, and whether it was listed. A parent comes before its folders. */
  readonly #own = growingNumbers();
  readonly #parent = growingNumbers();
  readonly #listed = growingBytes();
  /** Folders that are being listed anew: their former folders by name, and what these will be. */
  readonly #relisting = new Map<number, { old: Map<string, number>; moved: [folder: number, entry: number][] }>();
  #count = 0;
  #alive: Uint8Array | null = null;
  #deadEntries = 0;

  constructor() {
    this.#addFolder(nothing, nothing);
  }

  /** Entries, those that are not there any more too. */
  get count(): number {
    return this.#count;
  }
  get folders(): number {
    return this.#own.length;
  }
  get blocks(): readonly Block[] {
    return this.#blocks;
  }
  get segments(): number {
    return this.#segmentFirst.length;
  }
  /** Most of it is what was there once: taking it anew would make it smaller. */
  get wasteful(): boolean {
    return this.#deadEntries > 200_000 && this.#deadEntries > this.#count / 2;
  }
  get bytes(): number {
    const rest = [this.#segmentFirst, this.#segmentFolder, this.#segmentState, this.#own, this.#parent, this.#listed];
    return this.#blocks.reduce((sum, block) => sum + block.bytes, 0) + rest.reduce((sum, { array }) => sum + array.byteLength, 0);
  }

  segmentFirst(segment: number): number {
    return segment < this.#segmentFirst.length ? (this.#segmentFirst.array[segment] ?? 0) : this.#count;
  }
  segmentFolder(segment: number): number {
    return this.#segmentFolder.array[segment] ?? 0;
  }
  isLive(segment: number): boolean {
    return this.#segmentState.array[segment] === segmentState.live;
  }
  parent(folder: number): number {
    return this.#parent.array[folder] ?? nothing;
  }

  /**
   * Adds a page. @returns the folders in it, in its order: their numbers, and whether they are new, so that nothing below
   * them is known.
   */
  append(page: IndexPage): { folder: number; isNew: boolean }[] {
    const { folder } = page;
    if (folder >= this.folders) throw new Error(`a page of the folder ${folder}, of ${this.folders}`);
    if (page.first) this.#begin(folder);
    const anew = this.#relisting.get(folder);
    const first = this.#count;
    if (page.count > 0) {
      this.#segmentFirst.push(first);
      this.#segmentFolder.push(folder);
      this.#segmentState.push(anew ? segmentState.pending : segmentState.live);
      this.#room().append(page);
      this.#count += page.count;
    }
    const found: { folder: number; isNew: boolean }[] = [];
    for (let place = 0; place < page.count; place++) {
      if (page.kinds[place] !== directoryCode) continue;
      const entry = first + place;
      const known = anew?.old.get(this.name(entry));
      if (known === undefined) found.push({ folder: this.#addFolder(entry, folder), isNew: true });
      else {
        anew?.moved.push([known, entry]);
        found.push({ folder: known, isNew: false });
      }
    }
    if (page.last && anew) this.#replace(folder, anew.moved);
    this.#alive = null;
    return found;
  }

  #room(): Block {
    const last = this.#blocks.at(-1);
    if (last && !last.full) return last;
    last?.seal();
    const next = new Block(this.#count);
    this.#blocks.push(next);
    return next;
  }

  #addFolder(own: number, parent: number): number {
    this.#own.push(own);
    this.#parent.push(parent);
    this.#listed.push(0);
    return this.#own.length - 1;
  }

  #begin(folder: number): void {
    if (this.#listed.array[folder] === 0) {
      this.#listed.array[folder] = 1;
      return;
    }
    // One that was broken off is not gone on with.
    if (this.#relisting.has(folder)) this.#setStates(folder, segmentState.pending, segmentState.dead);
    const old = new Map<string, number>();
    for (let child = 1; child < this.folders; child++) {
      if (this.parent(child) !== folder) continue;
      const own = this.#own.array[child] ?? nothing;
      if (this.isLive(this.segmentOf(own))) old.set(this.name(own), child);
    }
    this.#relisting.set(folder, { old, moved: [] });
  }

  #replace(folder: number, moved: readonly [folder: number, entry: number][]): void {
    this.#setStates(folder, segmentState.live, segmentState.dead);
    this.#setStates(folder, segmentState.pending, segmentState.live);
    for (const [child, entry] of moved) this.#own.array[child] = entry;
    this.#relisting.delete(folder);
  }

  #setStates(folder: number, from: number, to: number): void {
    const { array: states, length } = this.#segmentState;
    for (let segment = 0; segment < length; segment++) {
      if (states[segment] !== from || this.segmentFolder(segment) !== folder) continue;
      states[segment] = to;
      if (to === segmentState.dead) this.#deadEntries += this.segmentFirst(segment + 1) - this.segmentFirst(segment);
    }
  }

  segmentOf(entry: number): number {
    return firstAbove(this.#segmentFirst.array, entry, 0, this.segments) - 1;
  }

  blockOf(entry: number): Block {
    let at = this.#blocks.length - 1;
    while (at > 0 && (this.#blocks[at]?.first ?? 0) > entry) at--;
    const block = this.#blocks[at];
    if (!block) throw new Error('an index has no block');
    return block;
  }

  name(entry: number): string {
    const block = this.blockOf(entry);
    return block.name(entry - block.first);
  }

  folded(entry: number): string {
    const block = this.blockOf(entry);
    return block.folded(entry - block.first);
  }

  /** Which of two folded names comes first, by its characters. Looks at the texts: cutting the names out takes longer. */
  compareNames(a: number, b: number): number {
    const [one, other] = [this.blockOf(a), this.blockOf(b)];
    let at = one.startOf(a - one.first);
    let beside = other.startOf(b - other.first);
    for (;;) {
      const letter = one.text.charCodeAt(at++);
      const second = other.text.charCodeAt(beside++);
      if (letter === second) {
        if (letter === slash) return 0;
      } else if (letter === slash || second === slash) return letter === slash ? -1 : 1;
      else return letter - second;
    }
  }

  /** Names on the way from `top` (without it) to a folder; folded ones on request. */
  folderNames(folder: number, top = 0, folded = false): string[] {
    const names: string[] = [];
    for (let at = folder; at !== top && at !== 0; at = this.parent(at)) {
      const own = this.#own.array[at] ?? nothing;
      names.push(folded ? this.folded(own) : this.name(own));
    }
    return names.reverse();
  }

  /** One byte a folder: whether it is there still, all above it too. */
  get alive(): Uint8Array {
    if (!this.#alive) {
      const alive = new Uint8Array(this.folders);
      alive[0] = 1;
      for (let folder = 1; folder < this.folders; folder++) {
        if (alive[this.parent(folder)] === 1 && this.isLive(this.segmentOf(this.#own.array[folder] ?? nothing)))
          alive[folder] = 1;
      }
      this.#alive = alive;
    }
    return this.#alive;
  }

  /** The deepest folder on the way to `path` that is known, and its path. */
  nearest(path: string): { folder: number; path: string } {
    const { alive } = this;
    let at = 0;
    const way: string[] = [];
    for (const name of path === '' ? [] : path.split('/')) {
      let found = -1;
      for (let child = at + 1; child < this.folders && found < 0; child++)
        if (this.parent(child) === at && alive[child] === 1 && this.name(this.#own.array[child] ?? nothing) === name)
          found = child;
      if (found < 0) break;
      at = found;
      way.push(name);
    }
    return { folder: at, path: way.join('/') };
  }

  /** What is there now. */
  totals(): { entries: number; files: number; folders: number; bytes: number } {
    const totals = { entries: 0, files: 0, folders: 0, bytes: 0 };
    const { alive } = this;
    for (let segment = 0; segment < this.segments; segment++) {
      if (!this.isLive(segment) || alive[this.segmentFolder(segment)] !== 1) continue;
      const [from, to] = [this.segmentFirst(segment), this.segmentFirst(segment + 1)];
      const { first, kinds, sizes } = this.blockOf(from);
      totals.entries += to - from;
      for (let place = from - first; place < to - first; place++) {
        if (kinds[place] === directoryCode) totals.folders++;
        else {
          totals.files++;
          totals.bytes += sizes[place] ?? 0;
        }
      }
    }
    return totals;
  }
}
