import type { Problem } from '#shared/contract/base.ts';
import type { ConflictPolicy, Transfer, TransferFile, TransferState } from '#shared/contract/transfers.ts';
import type { Checkpoint } from './copy-protocol.ts';

/** A transfer as it is stored; the counters always agree with its files, both change in one transaction. */
export interface TransferRow {
  id: number;
  kind: Transfer['kind'];
  title: string;
  request: string;
  state: TransferState;
  position: number;
  conflict: ConflictPolicy;
  scanned: number;
  problem: string | null;
  files_total: number;
  files_done: number;
  files_skipped: number;
  files_failed: number;
  conflicts: number;
  bytes_total: number;
  bytes_done: number;
  /** Of a sync: SyncState. */
  sync: string | null;
  created_at: number;
  ended_at: number | null;
  /** Milliseconds for which it ran, until `running_since`. */
  ran_ms: number;
  running_since: number | null;
}

/** How a sync is to be done and what its plan holds; the counts agree with the files, both change in one transaction. */
export interface SyncState {
  readonly delete: boolean;
  readonly checksum: boolean;
  /** Its plan was reviewed: it may change the destination. */
  readonly approved: boolean;
  readonly add: number;
  readonly update: number;
  readonly remove: number;
  readonly unchanged: number;
  /** False when a folder could not be listed, so that nothing may be removed. */
  readonly listed: boolean;
  /** Files that failed while it was planned, and so are no reason to hold removals back. */
  readonly unplanned: number;
}

/**
 * `scan` and `scanned` are of folders, which are not files of the contract: still to be listed, and listed. `make`,
 * `pack` and `remove` are kinds of `pending` that are not taken by `claim`: what is done before, otherwise, and last.
 */
export type FileState = TransferFile['state'] | 'scan' | 'scanned' | 'make' | 'pack' | 'remove';

/** States that the contract calls `pending`. */
export const pendingStates = ['pending', 'make', 'pack', 'remove'] as const;

export interface FileRow {
  transfer_id: number;
  seq: number;
  key: string;
  source_index: number;
  /** In the provider of the source. */
  source: string;
  /** What is read instead of `source`: where a symlink leads. */
  read_path: string | null;
  /** Relative to the destination. */
  path: string;
  /** Where it really goes, when both are kept. */
  target: string | null;
  /** `directory`: told of only when it fails; `tree`: moved whole; `folder`: made, packed or removed as a step of its own. */
  kind: 'file' | 'directory' | 'tree' | 'folder';
  action: TransferFile['action'] | 'pack';
  size: number;
  modified: number | null;
  etag: string | null;
  state: FileState;
  done: number;
  /** Times that it was handed to a copier. */
  begun: number;
  /** The source must be looked at anew first. */
  stale: number;
  checkpoint: string | null;
  policy: ConflictPolicy | null;
  /** JSON: of an update what was reviewed at the destination, of a packed file where it lies. */
  detail: string | null;
  problem: string | null;
}

export type NewFile = Pick<FileRow, 'key' | 'source_index' | 'source' | 'path' | 'kind' | 'size' | 'state'> &
  Partial<Pick<FileRow, 'read_path' | 'modified' | 'etag' | 'action' | 'detail'>> & { problem?: Problem | null };

/** What becomes of a file; absent fields stay as they are. */
export interface FileChange {
  state?: FileState;
  done?: number;
  size?: number;
  modified?: number | null;
  etag?: string | null;
  source?: string;
  read_path?: string | null;
  target?: string | null;
  kind?: FileRow['kind'];
  stale?: 0 | 1;
  begun?: number;
  checkpoint?: Checkpoint | null;
  policy?: ConflictPolicy | null;
  detail?: string | null;
  problem?: Problem | null;
}

/** What becomes of most files: `done` is then their size. */
export const arrival: FileChange = { state: 'done', checkpoint: null, problem: null };

/** The columns that a change may name. */
export const changeable = [
  'state',
  'done',
  'size',
  'modified',
  'etag',
  'source',
  'read_path',
  'target',
  'kind',
  'stale',
  'begun',
  'checkpoint',
  'policy',
  'detail',
  'problem',
] as const satisfies readonly (keyof FileChange)[];

/** The states in which a transfer may still touch something. */
export const liveStates: readonly TransferState[] = ['queued', 'running', 'review', 'paused', 'waiting'];

/** The counts of a transfer that its files add up to. */
export interface Counters {
  files_total: number;
  files_done: number;
  files_skipped: number;
  files_failed: number;
  conflicts: number;
  bytes_total: number;
  bytes_done: number;
}

/** What of a file the counters and a change look at. */
export type Weighed = Pick<FileRow, 'transfer_id' | 'seq' | 'state' | 'kind' | 'action' | 'size' | 'done'>;

/** What one file adds to the counters of its transfer. Folders count only when they failed. */
export function weight(file: Pick<FileRow, 'state' | 'kind' | 'size' | 'done'> & { action?: FileRow['action'] }): Counters {
  const counts = file.kind !== 'directory' || file.state === 'failed';
  const one = (state: FileState): number => (counts && file.state === state ? 1 : 0);
  const skipped = one('skipped');
  // Of what is removed no byte goes anywhere.
  const sent = !skipped && file.action !== 'remove';
  return {
    files_total: counts ? 1 : 0,
    files_done: one('done'),
    files_skipped: skipped,
    files_failed: one('failed'),
    conflicts: one('conflict'),
    bytes_total: sent ? file.size : 0,
    bytes_done: sent ? file.done : 0,
  };
}

/** Files that are alike in all that counters look at, but for their sizes, which are summed. */
export type Alike = Pick<FileRow, 'state' | 'kind' | 'action' | 'size' | 'done'> & { readonly files: number };

/** What they add together. */
export function weightOfAll(alike: Alike): Counters {
  const total = weight(alike);
  for (const name of counterNames) if (name !== 'bytes_total' && name !== 'bytes_done') total[name] *= alike.files;
  return total;
}

export const counterNames = [
  'files_total',
  'files_done',
  'files_skipped',
  'files_failed',
  'conflicts',
  'bytes_total',
  'bytes_done',
] as const;

/** Adds counters to others, or with -1 takes them away. */
export function add(into: Counters, counters: Counters, factor: 1 | -1): void {
  for (const name of counterNames) into[name] += factor * counters[name];
}

export const zero = (): Counters => ({
  files_total: 0,
  files_done: 0,
  files_skipped: 0,
  files_failed: 0,
  conflicts: 0,
  bytes_total: 0,
  bytes_done: 0,
});

type Planned = Pick<NewFile, 'kind' | 'state' | 'action'>;

/** Whether an entry is a step of a sync's plan, rather than a folder to compare or what cannot be done. */
export const isStep = <T extends Planned>(entry: T): entry is T & { action: 'add' | 'update' | 'remove' } =>
  entry.kind !== 'directory' &&
  entry.state !== 'failed' &&
  (entry.action === 'add' || entry.action === 'update' || entry.action === 'remove');

/** The state in which a file of the transfer waits for its turn. */
export function readyState(row: Pick<FileRow, 'kind' | 'action' | 'key'>): FileState {
  if (row.kind === 'directory' && !row.key.startsWith('/')) return 'scan';
  if (row.action === 'remove' || row.action === 'pack') return row.action;
  return row.kind === 'file' || row.kind === 'tree' ? 'pending' : 'make';
}

/** The numbers as ranges without gaps, in order. */
export function ranges(numbers: readonly number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && number <= last.to + 1) last.to = number;
    else found.push({ from: number, to: number });
  }
  return found;
}

export const json = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));

/** A new file as `claim` would give it. */
export const asRow = (id: number, seq: number, entry: NewFile): FileRow => ({
  transfer_id: id,
  seq,
  key: entry.key,
  source_index: entry.source_index,
  source: entry.source,
  read_path: entry.read_path ?? null,
  path: entry.path,
  target: null,
  kind: entry.kind,
  action: entry.action ?? 'copy',
  size: entry.size,
  modified: entry.modified ?? null,
  etag: entry.etag ?? null,
  state: entry.state,
  done: 0,
  begun: 0,
  stale: 0,
  checkpoint: null,
  policy: null,
  detail: entry.detail ?? null,
  problem: json(entry.problem),
});
