/** A set of row ids as bits: a million rows take 125 KB. Never changed once made. */
export class IdSet {
  static readonly empty = new IdSet(new Uint32Array(0), 0);

  readonly #words: Uint32Array;
  readonly size: number;

  private constructor(words: Uint32Array, size: number) {
    this.#words = words;
    this.size = size;
  }

  static of(ids: Iterable<number>): IdSet {
    const list = ids instanceof Uint32Array ? ids : Uint32Array.from(ids);
    const most = list.reduce((max, id) => Math.max(max, id), -1);
    const words = new Uint32Array(Math.ceil((most + 1) / 32));
    let size = 0;
    for (const id of list) {
      const word = words[id >>> 5] ?? 0;
      const bit = 1 << (id & 31);
      if ((word & bit) === 0) size += 1;
      words[id >>> 5] = word | bit;
    }
    return new IdSet(words, size);
  }

  has(id: number): boolean {
    return id >= 0 && ((this.#words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  /** With the id when it is not there, without it when it is. */
  toggled(id: number): IdSet {
    const words = new Uint32Array(Math.max(this.#words.length, (id >>> 5) + 1));
    words.set(this.#words);
    words[id >>> 5] = (words[id >>> 5] ?? 0) ^ (1 << (id & 31));
    return new IdSet(words, this.size + (this.has(id) ? -1 : 1));
  }

  /** From the smallest on. */
  *[Symbol.iterator](): Generator<number> {
    for (let at = 0; at < this.#words.length; at += 1) {
      for (let word = this.#words[at] ?? 0; word !== 0; word &= word - 1) yield at * 32 + 31 - Math.clz32(word & -word);
    }
  }
}
