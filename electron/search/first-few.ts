/** Keeps the first `limit` of many values in an order, in memory for so many only. */
export class FirstFew<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  /** A heap with the last of them on top. */
  readonly #heap: T[] = [];

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  add(value: T): void {
    const heap = this.#heap;
    if (heap.length < this.#limit) {
      heap.push(value);
      this.#up(heap.length - 1);
    } else if (heap[0] !== undefined && this.#compare(value, heap[0]) < 0) {
      heap[0] = value;
      this.#down();
    }
  }

  inOrder(): T[] {
    return this.#heap.toSorted(this.#compare);
  }

  #isAfter(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    return one !== undefined && other !== undefined && this.#compare(one, other) > 0;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    [this.#heap[a], this.#heap[b]] = [other, one];
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#isAfter(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #down(): void {
    for (let at = 0; ; ) {
      let last = at;
      for (const below of [2 * at + 1, 2 * at + 2]) if (this.#isAfter(below, last)) last = below;
      if (last === at) return;
      this.#swap(at, last);
      at = last;
    }
  }
}
