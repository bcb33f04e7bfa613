/** What is said between digests.ts and its thread. */
export type DigestTask =
  /** The MD5 of these bytes by themselves (`alone`), and as the next of a running sum. */
  | { kind: 'sum'; id: number; bytes: Uint8Array; stream: number | null; alone: boolean }
  /** The MD5 of everything that was given to a running sum. */
  | { kind: 'end'; id: number; stream: number }
  | { kind: 'drop'; stream: number };

export interface DigestAnswer {
  readonly id: number;
  /** 32 hex digits; `''` when it was not asked for. */
  readonly md5: string;
  /** The bytes of the task in the same memory, which has moved to the receiver. */
  readonly bytes: Uint8Array | null;
}
