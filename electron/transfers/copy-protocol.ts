import type { ErrorCode } from '#shared/errors.ts';

/** What crosses between the core and its copy workers. Paths are absolute paths of this machine. */
export interface CopyJob {
  readonly seq: number;
  readonly from: string;
  /** The bytes themselves, of a small file that came from another host; `from` only names it then. */
  readonly content?: Uint8Array;
  readonly to: string;
  /** Where the bytes are gathered before they get their name; in the folder of `to`. */
  readonly part: string;
  readonly size: number;
  /** Milliseconds since the epoch; null is not checked. */
  readonly modified: number | null;
  /** Null: nothing may lie at `to`; else the identity of what may be replaced. */
  readonly replace: string | null;
  /** Bytes that a former process left in `part`, and their CRC-32. */
  readonly checkpoint: Checkpoint | null;
}

export interface Checkpoint {
  readonly offset: number;
  readonly crc: number;
}

export interface CopyTask {
  readonly type: 'task';
  readonly id: number;
  /** Nothing outside these two is read or written, whatever links lie inside. */
  readonly sourceRoot: string;
  readonly targetRoot: string;
  readonly jobs: readonly CopyJob[];
  /** Of the run; see `controlWords`. */
  readonly control: Int32Array;
}

/** What a worker is told. */
export type CopyOrder =
  | CopyTask
  /** The answer to a `sync`: what it took in milliseconds; null when it cannot be done. */
  | { readonly type: 'synced'; readonly id: number; readonly cost: number | null };

/** What the threads that work for one run share, by its place in `control`. */
export const controlWords = {
  /** 0 go on, 1 stop and keep the part, 2 stop and remove it. */
  stop: 0,
} as const;

/** The shared words of a new run, all 0. */
export const newControl = (): Int32Array =>
  new Int32Array(new SharedArrayBuffer(Object.keys(controlWords).length * Int32Array.BYTES_PER_ELEMENT));

export interface Existing {
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly size: number;
  readonly modified: number;
  /** Changes when the file is replaced or written. */
  readonly identity: string;
}

export type CopyOutcome =
  | { readonly seq: number; readonly kind: 'done' }
  /** Something else than expected lies at the destination; nothing was written. */
  | { readonly seq: number; readonly kind: 'exists'; readonly existing: Existing }
  | { readonly seq: number; readonly kind: 'error'; readonly code: ErrorCode; readonly detail: string }
  | { readonly seq: number; readonly kind: 'stopped'; readonly checkpoint: Checkpoint | null };

export type CopyReport =
  | {
      readonly type: 'progress';
      readonly task: number;
      readonly seq: number;
      readonly done: number;
      readonly checkpoint: Checkpoint | null;
    }
  | { readonly type: 'outcomes'; readonly task: number; readonly outcomes: readonly CopyOutcome[] }
  /** Nothing of the task is left to copy: the worker takes the next one, while this one becomes durable. */
  | { readonly type: 'copied'; readonly task: number }
  | { readonly type: 'end'; readonly task: number }
  | { readonly type: 'sync'; readonly id: number; readonly folder: string };
