import { directoryKind, kindNumbers, type RowColumns } from './folder-rows.ts';
import { describeKind } from './kinds.ts';
import { compareTexts, nameFilter, nameKey } from './names.ts';

export const sortColumns = ['name', 'size', 'modified', 'kind', 'tier', 'cached'] as const;
export type Column = (typeof sortColumns)[number];

/** How much of an entry is in the cache, 0 to 1 by name; nothing for one that is not there. */
export type CacheShares = ReadonlyMap<string, number>;

export interface Sort {
  readonly column: Column;
  readonly descending: boolean;
}

export const defaultSort: Sort = { column: 'name', descending: false };

/** Which rows are shown, and in what order. */
export interface Order {
  /** The ids of the rows, from the first to the last. */
  readonly ids: Uint32Array;
  /** By id, where a row stands in `ids`; -1 when it is not shown. */
  readonly positions: Int32Array;
  /** Sum of the sizes of the rows shown. */
  readonly bytes: number;
}

/**
 * Sorts and filters the rows of a folder of any size. Names are put in order while they come, in runs that are merged;
 * every other order is made from that one by counting digits (a radix sort, which keeps equal keys by name), so that a
 * million rows take a fraction of a second whatever the column.
 */
export class RowOrder {
  readonly #names: string[] = [];
  readonly #nameKeys: string[] = [];
  readonly #kinds = new Growing<Uint8Array>((length) => new Uint8Array(length));
  readonly #sizes = new Growing<Float64Array>((length) => new Float64Array(length));
  readonly #modified = new Growing<Float64Array>((length) => new Float64Array(length));
  readonly #kindWords = new Words();
  readonly #tiers = new Words();
  /** Ids by name, in runs of which each is at least twice as long as the next. */
  readonly #runs: Uint32Array[] = [];

  get length(): number {
    return this.#names.length;
  }

  add({ names, kinds, sizes, modified, tiers }: RowColumns): void {
    const first = this.#names.length;
    for (const [at, name] of names.entries()) {
      this.#names.push(name);
      this.#nameKeys.push(nameKey(name));
      this.#kindWords.add(first + at, describeKind({ name, kind: kindNumbers[kinds[at] ?? 0] ?? 'file' }));
      if (tiers[at]) this.#tiers.add(first + at, tiers[at]);
    }
    this.#kinds.add(kinds);
    this.#sizes.add(sizes);
    this.#modified.add(modified);
    this.#runs.push(Uint32Array.from(names, (_, at) => first + at).sort(this.#byName));
    while ((this.#runs.at(-2)?.length ?? Number.POSITIVE_INFINITY) < 2 * (this.#runs.at(-1)?.length ?? 0)) this.#mergeLast();
  }

  /** Folders first, whatever the order; equal keys by name. `shares` is what the column “cached” is sorted by. */
  order({ column, descending }: Sort, filter: string, shares: CacheShares | null = null): Order {
    while (this.#runs.length > 1) this.#mergeLast();
    const byName = this.#runs[0] ?? new Uint32Array(0);
    const sorted =
      column === 'name' ? (descending ? byName.toReversed() : byName) : this.#sorted(byName, column, descending, shares);
    return this.#shown(sorted, filter);
  }

  #sorted(byName: Uint32Array, column: Exclude<Column, 'name'>, descending: boolean, shares: CacheShares | null): Uint32Array {
    switch (column) {
      case 'cached':
        return sortByNumbers(
          byName,
          Float64Array.from(this.#names, (name) => shares?.get(name) ?? 0),
          descending,
        );
      case 'size':
        return sortByNumbers(byName, this.#sizes.values(), descending);
      case 'modified':
        return sortByNumbers(byName, this.#modified.values(), descending);
      case 'kind':
        return sortByDigits(byName, [this.#kindWords.ranks(this.length)], descending);
      case 'tier':
        return sortByDigits(byName, [this.#tiers.ranks(this.length)], descending);
    }
  }

  /** Folders before all else, and only what the filter lets through. */
  #shown(sorted: Uint32Array, filter: string): Order {
    const passes = filter.trim() === '' ? null : nameFilter(filter);
    const kinds = this.#kinds.values();
    const sizes = this.#sizes.values();
    const ids = new Uint32Array(sorted.length);
    const positions = new Int32Array(this.length).fill(-1);
    let count = 0;
    let bytes = 0;
    for (const folders of [true, false])
      for (const id of sorted) {
        if ((kinds[id] === directoryKind) !== folders || (passes && !passes(this.#names[id] ?? ''))) continue;
        positions[id] = count;
        ids[count++] = id;
        bytes += sizes[id] ?? 0;
      }
    return { ids: ids.slice(0, count), positions, bytes };
  }

  readonly #byName = (a: number, b: number): number =>
    compareTexts(this.#nameKeys[a] ?? '', this.#nameKeys[b] ?? '') || compareTexts(this.#names[a] ?? '', this.#names[b] ?? '');

  #mergeLast(): void {
    const right = this.#runs.pop();
    const left = this.#runs.pop();
    if (left && right) this.#runs.push(merge(left, right, this.#byName));
  }
}

function merge(left: Uint32Array, right: Uint32Array, compare: (a: number, b: number) => number): Uint32Array {
  const merged = new Uint32Array(left.length + right.length);
  let l = 0;
  let r = 0;
  for (let at = 0; at < merged.length; at += 1) {
    const a = left[l];
    const b = right[r];
    const takesLeft = b === undefined || (a !== undefined && compare(a, b) <= 0);
    merged[at] = (takesLeft ? a : b) ?? 0;
    if (takesLeft) l += 1;
    else r += 1;
  }
  return merged;
}

/** Words of which many rows have the same; those of no row that was added have the empty one. */
class Words {
  readonly #codes = new Map([['', 0]]);
  #ofRows = new Uint32Array(1024);

  add(id: number, word: string): void {
    if (!this.#codes.has(word)) this.#codes.set(word, this.#codes.size);
    if (id >= this.#ofRows.length) {
      const grown = new Uint32Array(Math.max(id + 1, 2 * this.#ofRows.length));
      grown.set(this.#ofRows);
      this.#ofRows = grown;
    }
    this.#ofRows[id] = this.#codes.get(word) ?? 0;
  }

  /** For each of so many rows the place of its word among all that occur. */
  ranks(length: number): Uint32Array {
    const rankOf = new Uint32Array(this.#codes.size);
    for (const [rank, word] of [...this.#codes.keys()].sort(compareTexts).entries()) rankOf[this.#codes.get(word) ?? 0] = rank;
    const ranks = new Uint32Array(length);
    for (let id = 0; id < length; id += 1) ranks[id] = rankOf[this.#ofRows[id] ?? 0] ?? 0;
    return ranks;
  }
}

const signBit = 0x80000000;

/** By the bits of the numbers: turned so that they sort as unsigned integers do, negative ones included. */
function sortByNumbers(ids: Uint32Array, numbers: Float64Array, descending: boolean): Uint32Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * ids.length);
  const low = new Uint32Array(ids.length);
  const high = new Uint32Array(ids.length);
  for (let id = 0; id < ids.length; id += 1) {
    const [lower = 0, upper = 0] = [bits[2 * id], bits[2 * id + 1]];
    const negative = upper >= signBit;
    low[id] = negative ? ~lower : lower;
    high[id] = negative ? ~upper : upper ^ signBit;
  }
  return sortByDigits(ids, [low, high], descending);
}

const digitBits = 16;
const digits = 1 << digitBits;

/** A stable radix sort by words of 32 bits for each id, the least significant word first. */
function sortByDigits(ids: Uint32Array, words: readonly Uint32Array[], descending: boolean): Uint32Array {
  const turn = descending ? digits - 1 : 0;
  let from = ids;
  let to = new Uint32Array(ids.length);
  let spare = new Uint32Array(ids.length);
  for (const word of words)
    for (const shift of [0, digitBits]) {
      const starts = new Uint32Array(digits + 1);
      for (let at = 0; at < word.length; at += 1) {
        const digit = (((word[at] ?? 0) >>> shift) & (digits - 1)) ^ turn;
        starts[digit + 1] = (starts[digit + 1] ?? 0) + 1;
      }
      if (starts.includes(ids.length)) continue;
      for (let digit = 0; digit < digits; digit += 1) starts[digit + 1] = (starts[digit + 1] ?? 0) + (starts[digit] ?? 0);
      for (let at = 0; at < from.length; at += 1) {
        const id = from[at] ?? 0;
        const digit = (((word[id] ?? 0) >>> shift) & (digits - 1)) ^ turn;
        const place = starts[digit] ?? 0;
        starts[digit] = place + 1;
        to[place] = id;
      }
      from = to;
      [to, spare] = [spare, to];
    }
  return from;
}

/** A typed array that grows by doubling. */
class Growing<T extends Uint8Array<ArrayBufferLike> | Float64Array<ArrayBufferLike>> {
  readonly #make: (length: number) => T;
  #values: T;
  #length = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#values = make(1024);
  }

  add(more: T): void {
    if (this.#length + more.length > this.#values.length) {
      const grown = this.#make(Math.max(this.#values.length * 2, this.#length + more.length));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(more, this.#length);
    this.#length += more.length;
  }

  /** Longer than what was added; what is beyond means nothing. */
  values(): T {
    return this.#values;
  }
}
