/** What is said between digests.ts and its thread. */
export type DigestTask =
  /** The MD5 of these bytes by themselves (`alone`), and as the next of a running sum. */
  | { kind: 'sum'; id: number; bytes: Uint8Array; stream: number | null; alone: boolean }
  /** The sums of bytes of a file of this machine, which are the next of a running sum when there is one. */
  | ({ kind: 'file'; id: number; stream: number | null } & FilePart)
  /** Begins a running sum; see ContentMd5. */
  | { kind: 'begin'; stream: number; partBytes: number | null }
  /** The MD5 of everything that was given to a running sum. */
  | { kind: 'end'; id: number; stream: number }
  | { kind: 'drop'; stream: number };

/** Bytes of a file of this machine, and the CRC-32 of what lies before them; null: no CRC is wanted. */
export interface FilePart {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly before: number | null;
}

/** 0 where it was not wanted. */
export interface FileCrc {
  /** CRC-32 of the part by itself. */
  readonly own: number;
  /** CRC-32 of what lies before and the part. */
  readonly whole: number;
}

/** To every task with an id. */
export interface DigestAnswer {
  readonly id: number;
  /** 32 hex digits; `''` when it was not asked for. */
  readonly md5: string;
  /** The bytes of the task in the same memory, which has moved to the receiver. */
  readonly bytes?: Uint8Array;
  readonly crc?: FileCrc;
  /** Why a file could not be read: its errno code, or a message. */
  readonly failure?: string;
}
