import { firstAbove, growingBytes, growingDoubles, growingNumbers } from './growing.ts';
import type { IndexPage } from './page.ts';
import { Trigrams } from './trigrams.ts';

/** A block takes no more pages beyond one of these. */
const fullEntries = 1 << 18;
const fullBytes = 32 << 20;

/**
 * Some of the entries of an index, as columns. The folded names are one text, `/a/b/c/`, of UTF-8 bytes as characters of
 * one byte each: the engine finds a piece of a name in such a text faster than in anything else.
 */
export class Block {
  /** Number of its first entry in the index. */
  readonly first: number;
  count = 0;
  readonly #names = growingBytes();
  readonly #ends = growingNumbers();
  readonly #kinds = growingBytes();
  readonly #sizes = growingDoubles();
  readonly #times = growingDoubles();
  readonly #changed = growingNumbers();
  readonly #changedEnds = growingNumbers();
  readonly #changedNames = growingBytes();
  #text: string | null = null;
  #frequencies: Uint32Array | null = null;
  #trigrams: Trigrams | null = null;
  #sealed = false;

  constructor(first: number) {
    this.first = first;
    this.#names.push(0x2f);
  }

  get full(): boolean {
    return this.count >= fullEntries || this.#textLength >= fullBytes;
  }

  get #textLength(): number {
    return this.#sealed ? (this.#text?.length ?? 0) : this.#names.length;
  }

  append(page: IndexPage): void {
    const base = this.#names.length;
    this.#changed.append(page.changed, this.count);
    this.#changedEnds.append(page.changedEnds, this.#changedNames.length);
    this.#changedNames.append(page.changedNames);
    this.#names.append(page.names);
    this.#ends.append(page.ends, base);
    this.#kinds.append(page.kinds);
    this.#sizes.append(page.sizes);
    this.#times.append(page.times);
    this.count += page.count;
    this.#text = null;
    this.#frequencies = null;
    this.#trigrams = null;
  }

  /** Takes no more; the names are kept as the text only. */
  seal(): void {
    this.#text = this.text;
    this.#sealed = true;
    this.#names.length = 0;
    for (const column of [this.#names, this.#ends, this.#kinds, this.#sizes, this.#times]) column.trim();
    for (const column of [this.#changed, this.#changedEnds, this.#changedNames]) column.trim();
  }

  get text(): string {
    this.#text ??= Buffer.from(this.#names.array.buffer, 0, this.#names.length).toString('latin1');
    return this.#text;
  }

  get ends(): Uint32Array {
    return this.#ends.array;
  }
  get kinds(): Uint8Array {
    return this.#kinds.array;
  }
  get sizes(): Float64Array {
    return this.#sizes.array;
  }
  get times(): Float64Array {
    return this.#times.array;
  }

  /** Where to look for what; made when it is first asked for. */
  get trigrams(): Trigrams {
    this.#trigrams ??= new Trigrams(this.text);
    return this.#trigrams;
  }

  /** How often each byte comes in the names, about. */
  get frequencies(): Uint32Array {
    if (!this.#frequencies) {
      this.#frequencies = new Uint32Array(256);
      const { text } = this;
      const step = Math.max(1, text.length >> 16);
      for (let at = 0; at < text.length; at += step) {
        const code = text.charCodeAt(at);
        this.#frequencies[code] = (this.#frequencies[code] ?? 0) + 1;
      }
    }
    return this.#frequencies;
  }

  /** The folded name of the entry at a place in this block. */
  folded(place: number): string {
    return decode(this.text.slice(this.startOf(place), (this.ends[place] ?? 0) - 1));
  }

  /** Where that name begins in the text. */
  startOf(place: number): number {
    return place === 0 ? 1 : (this.ends[place - 1] ?? 0);
  }

  /** The name as the host has it. */
  name(place: number): string {
    const { array, length } = this.#changed;
    const after = firstAbove(array, place, 0, length);
    if (after === 0 || array[after - 1] !== place) return this.folded(place);
    const start = after === 1 ? 0 : (this.#changedEnds.array[after - 2] ?? 0);
    const bytes = this.#changedNames.array.subarray(start, this.#changedEnds.array[after - 1]);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  /** Of memory, about. */
  get bytes(): number {
    const columns = [this.#names, this.#ends, this.#kinds, this.#sizes, this.#times];
    const changed = [this.#changed, this.#changedEnds, this.#changedNames];
    return [...columns, ...changed].reduce(
      (sum, { array }) => sum + array.byteLength,
      (this.#text?.length ?? 0) + (this.#trigrams?.bytes ?? 0),
    );
  }
}

/** Text whose characters are bytes of UTF-8. */
const decode = (text: string): string => (/^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8'));
