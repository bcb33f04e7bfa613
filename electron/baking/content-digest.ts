import { createHash } from 'node:crypto';
import type { SourceEntry } from './source-entries.ts';

const modulus = 2n ** 512n;

/**
 * The digest of a tree of any size, in whatever order its entries come: the sum of their digests. Memory does not grow with
 * the tree, and nothing has to be sorted.
 */
export class ContentDigest {
  #sum = 0n;
  #entries = 0;
  bytes = 0;
  files = 0;

  add({ kind, name, size, version, executable, linkTarget }: SourceEntry): void {
    const fields =
      kind === 'file' ? [kind, name, size, version, executable] : kind === 'symlink' ? [kind, name, linkTarget] : [kind, name];
    const digest = createHash('sha512').update(JSON.stringify(fields)).digest('hex');
    this.#sum = (this.#sum + BigInt(`0x${digest}`)) % modulus;
    this.#entries += 1;
    this.bytes += size;
    if (kind === 'file') this.files += 1;
  }

  /** 64 hex digits, of the entries and what they are put on. */
  with(...context: readonly string[]): string {
    const text = JSON.stringify([this.#sum.toString(16), this.#entries, ...context]);
    return createHash('sha256').update(text).digest('hex');
  }
}
