type Numbers = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A typed array that grows by half when it is full. */
export class Growing<A extends Numbers> {
  array: A;
  length = 0;
  readonly #make: (capacity: number) => A;

  constructor(make: (capacity: number) => A, capacity = 16) {
    this.#make = make;
    this.array = make(capacity);
  }

  push(value: number): void {
    this.#reserve(this.length + 1);
    this.array[this.length++] = value;
  }

  /** Appends numbers, each moved up by `base`. */
  append(values: ArrayLike<number>, base = 0): void {
    this.#reserve(this.length + values.length);
    this.array.set(values, this.length);
    if (base !== 0) {
      const end = this.length + values.length;
      for (let at = this.length; at < end; at++) this.array[at] = (this.array[at] ?? 0) + base;
    }
    this.length += values.length;
  }

  /** Lets go of what is not used. */
  trim(): void {
    if (this.array.length > this.length) this.array = this.array.slice(0, this.length) as A;
  }

  #reserve(needed: number): void {
    if (needed <= this.array.length) return;
    const grown = this.#make(Math.max(needed, this.array.length + (this.array.length >> 1)));
    grown.set(this.array.subarray(0, this.length));
    this.array = grown;
  }
}

export const growingBytes = (): Growing<Uint8Array<ArrayBuffer>> => new Growing((capacity) => new Uint8Array(capacity));
export const growingNumbers = (): Growing<Uint32Array<ArrayBuffer>> => new Growing((capacity) => new Uint32Array(capacity));
export const growingDoubles = (): Growing<Float64Array<ArrayBuffer>> => new Growing((capacity) => new Float64Array(capacity));

/** The first place from `low` on, below `high`, whose number is greater than `value`; the numbers ascend. */
export function firstAbove(numbers: ArrayLike<number>, value: number, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] ?? 0) > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
