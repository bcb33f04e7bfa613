import { createHash, type Hash } from 'node:crypto';
import type { StorageEntry } from '../provider.ts';

/** An MD5 that a host keeps of a file: of all bytes, or of the MD5s of its parts one after the other. */
export interface ContentMd5 {
  /** 32 hex digits. */
  readonly md5: string;
  /** Bytes of a part, of which the last may be shorter; null: of all bytes. */
  readonly partBytes: number | null;
}

/** What the content of a file can be held against, or null. */
export function contentMd5Of({ md5, md5OfParts }: StorageEntry): ContentMd5 | null {
  return md5 === undefined ? (md5OfParts ?? null) : { md5, partBytes: null };
}

/** Computes such an MD5. */
export class ContentHash {
  readonly #partBytes: number;
  #hash: Hash = createHash('md5');
  /** Bytes that the current part still takes. */
  #left: number;
  readonly #parts: Hash | null;

  constructor(partBytes: number | null) {
    this.#partBytes = partBytes ?? Number.POSITIVE_INFINITY;
    this.#left = this.#partBytes;
    this.#parts = partBytes === null ? null : createHash('md5');
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) this.#endPart();
      const piece = bytes.length - at <= this.#left ? bytes.subarray(at) : bytes.subarray(at, at + this.#left);
      this.#hash.update(piece);
      this.#left -= piece.length;
      at += piece.length;
    }
  }

  /** 32 hex digits. */
  digest(): string {
    if (!this.#parts) return this.#hash.digest('hex');
    return this.#parts.update(this.#hash.digest()).digest('hex');
  }

  #endPart(): void {
    this.#parts?.update(this.#hash.digest());
    this.#hash = createHash('md5');
    this.#left = this.#partBytes;
  }
}
