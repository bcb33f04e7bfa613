import type { Entry, EntryKind } from '#shared/contract/files.ts';
import { childPath } from './location.ts';

/** Kinds by the number that a column keeps for them. */
export const kindNumbers: readonly EntryKind[] = ['file', 'directory', 'symlink', 'special'];
export const directoryKind = kindNumbers.indexOf('directory');

/** Rows as columns, as they cross to a worker: what they are sorted and filtered by. */
export interface RowColumns {
  readonly names: readonly string[];
  readonly kinds: Uint8Array;
  readonly sizes: Float64Array;
  /** Milliseconds; 0 where the host does not tell. */
  readonly modified: Float64Array;
  /** Empty where no row of these has a tier. */
  readonly tiers: readonly string[];
}

/** Rows per block: one block is all that is copied when a folder grows. */
const blockRows = 4096;

/** What only few rows have. */
type Extra = Pick<Entry, 'linkTarget' | 'packed'>;

interface Block {
  readonly kinds: Uint8Array;
  readonly sizes: Float64Array;
  readonly modified: Float64Array;
  /** Places in the list of tiers. */
  readonly tiers: Uint8Array;
}

/** Entries made for rows that are on screen are kept, so that a row which did not change is not drawn again. */
const keptEntries = 4000;

/**
 * The rows of one folder in columns, about 40 bytes each beside their names, in the order in which they came: a million
 * entries as objects would take ten times as much. A row's number (its id) stays; rows are only added.
 */
export class FolderRows {
  readonly #folder: string;
  readonly #names: string[] = [];
  readonly #blocks: Block[] = [];
  readonly #extras = new Map<number, Extra>();
  /** Those that occur; the first stands for none. */
  readonly #tiers: string[] = [''];
  readonly #entries = new Map<number, Entry>();

  /** @param folder the inner path that all rows lie in */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get length(): number {
    return this.#names.length;
  }

  /** Whether any row has a tier. */
  get hasTiers(): boolean {
    return this.#tiers.length > 1;
  }

  add(entries: readonly Entry[]): void {
    for (const { name, kind, size, modified, linkTarget, packed, tier } of entries) {
      const id = this.#names.push(name) - 1;
      const within = id % blockRows;
      if (within === 0) this.#blocks.push(emptyBlock());
      const block = this.#blocks.at(-1);
      if (!block) continue;
      block.kinds[within] = kindNumbers.indexOf(kind);
      block.sizes[within] = size;
      block.modified[within] = modified ?? Number.NaN;
      if (tier !== undefined) block.tiers[within] = this.#tierNumber(tier);
      if (linkTarget !== undefined || packed)
        this.#extras.set(id, { ...(linkTarget !== undefined && { linkTarget }), ...(packed && { packed }) });
    }
  }

  /** Hosts know a handful; more than a byte can tell would be shown as none. */
  #tierNumber(tier: string): number {
    const known = this.#tiers.indexOf(tier);
    if (known >= 0) return known;
    return this.#tiers.length < 256 ? this.#tiers.push(tier) - 1 : 0;
  }

  name(id: number): string {
    return this.#names[id] ?? '';
  }

  size(id: number): number {
    return this.#blocks[Math.floor(id / blockRows)]?.sizes[id % blockRows] ?? 0;
  }

  kind(id: number): EntryKind {
    return kindNumbers[this.#blocks[Math.floor(id / blockRows)]?.kinds[id % blockRows] ?? 0] ?? 'file';
  }

  /** The same object for the same row, while it is among those last asked for. */
  entry(id: number): Entry {
    const kept = this.#entries.get(id);
    if (kept) return kept;
    const block = this.#blocks[Math.floor(id / blockRows)];
    const name = this.name(id);
    const modified = block?.modified[id % blockRows] ?? Number.NaN;
    const tier = this.#tiers[block?.tiers[id % blockRows] ?? 0];
    const made: Entry = {
      name,
      path: childPath(this.#folder, name),
      kind: this.kind(id),
      size: this.size(id),
      modified: Number.isNaN(modified) ? null : modified,
      ...(tier && { tier }),
      ...this.#extras.get(id),
    };
    if (this.#entries.size >= keptEntries) this.#entries.clear();
    this.#entries.set(id, made);
    return made;
  }

  /** The row of a name; -1 when there is none. Looks through all: some milliseconds for a million. */
  find(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The rows from `from` on, as columns of their own. */
  columns(from: number): RowColumns {
    const names = this.#names.slice(from);
    const columns = {
      names,
      kinds: new Uint8Array(names.length),
      sizes: new Float64Array(names.length),
      modified: new Float64Array(names.length),
      tiers: this.hasTiers ? new Array<string>(names.length).fill('') : [],
    };
    for (let at = 0; at < names.length; at += 1) {
      const block = this.#blocks[Math.floor((from + at) / blockRows)];
      const within = (from + at) % blockRows;
      columns.kinds[at] = block?.kinds[within] ?? 0;
      columns.sizes[at] = block?.sizes[within] ?? 0;
      columns.modified[at] = block?.modified[within] || 0;
      if (this.hasTiers) columns.tiers[at] = this.#tiers[block?.tiers[within] ?? 0] ?? '';
    }
    return columns;
  }
}

const emptyBlock = (): Block => ({
  kinds: new Uint8Array(blockRows),
  sizes: new Float64Array(blockRows),
  modified: new Float64Array(blockRows),
  tiers: new Uint8Array(blockRows),
});
