import type { Transfer } from '#shared/contract/transfers.ts';
import { type InnerPath, joinPath } from '#shared/paths.ts';
import { addSample, etaSeconds, type SpeedSample, speedOf } from '#shared/transfers/speed.ts';
import type { Changes } from '../events.ts';
import type { Journal, SyncState, TransferRow } from './journal.ts';
import { labelOf, type StoredRequest } from './request.ts';

const emitMs = 200;
/** After this long without a byte or a file, a running transfer is told to be stalled. */
const stallMs = 15_000;
const watchMs = 1000;

interface Watched {
  samples: SpeedSample[];
  /** Bytes under way that the journal does not hold yet, by file. */
  flying: Map<number, number>;
  emitted: number;
  timer: NodeJS.Timeout | null;
  /** What has moved, as a figure that only matters by changing, and since when it is this. */
  moved: string;
  movedAt: number;
  stalled: boolean;
  /** Looks for a stall while it runs. */
  watch: NodeJS.Timeout | null;
}

/** Tells what changed, at most five times a second per transfer, and knows speeds. */
export interface Reporter {
  /** The transfer as the contract shows it. */
  describe(row: TransferRow): Transfer;
  changed(id: number): void;
  /** It runs from now on: stalls are looked for until it rests. */
  begun(id: number): void;
  /** `done` bytes of a file under way; null: the journal knows better now. */
  progress(id: number, seq: number, done: number | null): void;
  flying(id: number, seq: number): number | undefined;
  /** Something landed in this folder of the vfolder. */
  landed(vfolder: string, folder: string): void;
  cleared(ids: number[]): void;
  /** Ends the measuring of a transfer that no longer runs. */
  rest(id: number): void;
  close(): void;
}

export function createReporter(journal: Journal, changes: Changes): Reporter {
  const watched = new Map<number, Watched>();
  const folders = new Set<string>();
  let folderTimer: NodeJS.Timeout | null = null;
  let closed = false;
  const watch = (id: number): Watched => {
    let entry = watched.get(id);
    if (!entry) {
      const now = Date.now();
      entry = { samples: [], flying: new Map(), emitted: 0, timer: null, moved: '', movedAt: now, stalled: false, watch: null };
      watched.set(id, entry);
    }
    return entry;
  };
  const describe = (row: TransferRow): Transfer => {
    const entry = watched.get(row.id);
    const request = JSON.parse(row.request) as StoredRequest;
    let flying = 0;
    for (const bytes of entry?.flying.values() ?? []) flying += bytes;
    const done = Math.min(row.bytes_done + flying, row.bytes_total);
    const speed = row.state === 'running' && entry ? speedOf(entry.samples, Date.now()) : 0;
    const [first] = request.sources;
    const label = first ? labelOf(first) : row.title;
    return {
      id: row.id,
      kind: row.kind,
      title: row.title,
      source: request.sources.length > 1 ? `${label} and ${request.sources.length - 1} more` : label,
      destination: labelOf(request.destination),
      destinationVfolder: request.destination.kind === 'vfolder' ? request.destination.vfolder : null,
      state: row.state,
      scanned: row.scanned === 1,
      files: { total: row.files_total, done: row.files_done, skipped: row.files_skipped, failed: row.files_failed },
      bytes: { total: row.bytes_total, done },
      speed,
      etaSeconds: row.state === 'running' ? etaSeconds(row.bytes_total - done, speed) : null,
      conflict: row.conflict,
      conflicts: row.conflicts,
      stalledSince: row.state === 'running' && entry?.stalled ? entry.movedAt : null,
      sync: describeSync(row),
      problem: row.problem === null ? null : JSON.parse(row.problem),
      position: row.position,
      createdAt: row.created_at,
      endedAt: row.ended_at,
      ranMs: row.ran_ms,
    };
  };
  const emit = (id: number): void => {
    const entry = watch(id);
    entry.timer = null;
    entry.emitted = Date.now();
    const row = journal.find(id);
    if (!row) return;
    if (row.state === 'running') {
      let bytes = row.bytes_done;
      for (const flying of entry.flying.values()) bytes += flying;
      entry.samples = addSample(entry.samples, { at: entry.emitted, bytes });
    }
    changes.emit({ type: 'transfer', transfer: describe(row) });
  };
  /** Looks whether anything has moved since the last time, and tells when that begins to be long ago, or ends. */
  const look = (id: number): void => {
    const entry = watched.get(id);
    const row = journal.find(id);
    if (!entry || row?.state !== 'running') {
      endWatch(id);
      return;
    }
    let flying = 0;
    for (const bytes of entry.flying.values()) flying += bytes;
    const moved = `${row.bytes_done + flying} ${row.files_total} ${row.files_done + row.files_skipped + row.files_failed}`;
    if (moved !== entry.moved) {
      entry.moved = moved;
      entry.movedAt = Date.now();
    }
    const stalled = Date.now() - entry.movedAt >= stallMs;
    if (stalled === entry.stalled) return;
    entry.stalled = stalled;
    changed(id);
  };
  const endWatch = (id: number): void => {
    const entry = watched.get(id);
    if (!entry?.watch) return;
    clearInterval(entry.watch);
    entry.watch = null;
    entry.stalled = false;
  };
  const flushFolders = (): void => {
    folderTimer = null;
    for (const key of folders) {
      const cut = key.indexOf('/');
      changes.emit({ type: 'files', vfolder: key.slice(0, cut), path: key.slice(cut + 1) });
    }
    folders.clear();
  };
  const changed = (id: number): void => {
    if (closed) return;
    const entry = watch(id);
    if (entry.timer) return;
    const wait = entry.emitted + emitMs - Date.now();
    if (wait <= 0) emit(id);
    else entry.timer = setTimeout(() => emit(id), wait);
  };
  return {
    describe,
    changed,
    begun: (id) => {
      endWatch(id);
      const entry = watch(id);
      entry.movedAt = Date.now();
      entry.watch = setInterval(() => look(id), watchMs).unref();
    },
    progress: (id, seq, done) => {
      const { flying } = watch(id);
      if (done === null) flying.delete(seq);
      else flying.set(seq, done);
    },
    flying: (id, seq) => watched.get(id)?.flying.get(seq),
    landed: (vfolder, folder) => {
      folders.add(`${vfolder}/${folder}`);
      folderTimer ??= setTimeout(flushFolders, emitMs);
    },
    cleared: (ids) => {
      for (const id of ids) {
        const timer = watched.get(id)?.timer;
        if (timer) clearTimeout(timer);
        endWatch(id);
        watched.delete(id);
      }
      changes.emit({ type: 'transfer-cleared', ids });
    },
    rest: (id) => {
      const entry = watched.get(id);
      if (!entry) return;
      endWatch(id);
      entry.flying.clear();
      entry.samples = [];
    },
    close: () => {
      closed = true;
      if (folderTimer) {
        clearTimeout(folderTimer);
        flushFolders();
      }
      for (const [id, entry] of watched) {
        endWatch(id);
        if (!entry.timer) continue;
        clearTimeout(entry.timer);
        emit(id);
      }
      watched.clear();
    },
  };
}

function describeSync(row: TransferRow): Transfer['sync'] {
  if (row.sync === null) return null;
  const { delete: removes, add, update, remove, unchanged } = JSON.parse(row.sync) as SyncState;
  return { delete: removes, add, update, remove, unchanged };
}

/** The folder inside the vfolder where a file of a transfer lands. */
export const landingFolder = (inner: string, path: string): string => {
  const cut = path.lastIndexOf('/');
  return joinPath(inner as InnerPath, cut < 0 ? '' : path.slice(0, cut));
};
