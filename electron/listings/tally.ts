import type { Contents } from '#shared/plan/types.ts';

/** More folders directly below a place are not told apart. */
const mostParts = 1000;
const shownParts = 10;

/** What lies below a place, as far as it was seen. */
export type Found = Pick<Contents, 'files' | 'bytes' | 'newest'>;

/** Counts files of a place as they are listed. */
export class Tally implements Found {
  files = 0;
  bytes = 0;
  newest: number | null = null;
  readonly #parts = new Map<string, number>();

  /** `rel` is the path below the place. */
  add(rel: string, size: number, modified: number | null): void {
    this.files += 1;
    this.bytes += size;
    if (modified !== null && modified > (this.newest ?? Number.NEGATIVE_INFINITY)) this.newest = modified;
    const slash = rel.indexOf('/');
    if (slash < 0) return;
    const part = rel.slice(0, slash);
    const known = this.#parts.get(part);
    if (known !== undefined || this.#parts.size < mostParts) this.#parts.set(part, (known ?? 0) + size);
  }

  get found(): Found {
    return { files: this.files, bytes: this.bytes, newest: this.newest };
  }

  /** The largest folders directly below, the largest first. */
  get parts(): NonNullable<Contents['parts']> {
    const largest = [...this.#parts].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
    return largest.slice(0, shownParts);
  }
}
