/** The text is looked at in pieces of so many characters, */
const pieceLength = 1 << 16;
/** which tell a little of what follows them too: whatever is looked for is no longer. */
export const longestNeedle = 256;
const bits = 1 << 14;

const bitOf = (a: number, b: number, c: number): number =>
  (Math.imul(a * 0x10000 + b * 0x100 + c, 0x9e3779b1) >>> 18) & (bits - 1);

/**
 * Which sequences of three bytes each piece of a text holds, about (2 KiB a piece of 64 KiB): most pieces that cannot hold
 * what is looked for need not be read.
 */
export class Trigrams {
  readonly #length: number;
  readonly #maps: Uint32Array[] = [];

  constructor(text: string) {
    this.#length = text.length;
    for (let from = 0; from < text.length; from += pieceLength) {
      const map = new Uint32Array(bits / 32);
      const to = Math.min(text.length, from + pieceLength + longestNeedle);
      let [a, b] = [text.charCodeAt(from), text.charCodeAt(from + 1)];
      for (let at = from + 2; at < to; at++) {
        const c = text.charCodeAt(at);
        const bit = bitOf(a, b, c);
        map[bit >>> 5] = (map[bit >>> 5] ?? 0) | (1 << (bit & 31));
        [a, b] = [b, c];
      }
      this.#maps.push(map);
    }
  }

  get bytes(): number {
    return (this.#maps.length * bits) / 8;
  }

  /** Ranges of the text in which `needle` can begin, ascending; everything for one that is too short to tell. */
  ranges(needle: string): { from: number; to: number }[] {
    if (needle.length < 3 || needle.length > longestNeedle) return [{ from: 0, to: this.#length }];
    const wanted: number[] = [];
    for (let at = 2; at < needle.length; at++)
      wanted.push(bitOf(needle.charCodeAt(at - 2), needle.charCodeAt(at - 1), needle.charCodeAt(at)));
    const found: { from: number; to: number }[] = [];
    this.#maps.forEach((map, index) => {
      if (!wanted.every((bit) => ((map[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0)) return;
      const from = index * pieceLength;
      const to = Math.min(this.#length, from + pieceLength);
      const last = found.at(-1);
      if (last?.to === from) last.to = to;
      else found.push({ from, to });
    });
    return found;
  }
}
