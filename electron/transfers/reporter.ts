import type { Transfer } from '#shared/contract/transfers.ts';
import { type InnerPath, joinPath } from '#shared/paths.ts';
import { addSample, etaSeconds, type SpeedSample, speedOf } from '#shared/transfers/speed.ts';
import type { Changes } from '../events.ts';
import type { Journal, TransferRow } from './journal.ts';
import { labelOf, type StoredRequest } from './request.ts';

const emitMs = 200;

interface Watched {
  samples: SpeedSample[];
  /** Bytes under way that the journal does not hold yet, by file. */
  flying: Map<number, number>;
  emitted: number;
  timer: NodeJS.Timeout | null;
}

/** Tells what changed, at most five times a second per transfer, and knows speeds. */
export interface Reporter {
  /** The transfer as the contract shows it. */
  describe(row: TransferRow): Transfer;
  changed(id: number): void;
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
      entry = { samples: [], flying: new Map(), emitted: 0, timer: null };
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
      problem: row.problem === null ? null : JSON.parse(row.problem),
      createdAt: row.created_at,
      endedAt: row.ended_at,
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
  const flushFolders = (): void => {
    folderTimer = null;
    for (const key of folders) {
      const cut = key.indexOf('/');
      changes.emit({ type: 'files', vfolder: key.slice(0, cut), path: key.slice(cut + 1) });
    }
    folders.clear();
  };
  return {
    describe,
    changed: (id) => {
      if (closed) return;
      const entry = watch(id);
      if (entry.timer) return;
      const wait = entry.emitted + emitMs - Date.now();
      if (wait <= 0) return emit(id);
      entry.timer = setTimeout(() => emit(id), wait);
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
        watched.delete(id);
      }
      changes.emit({ type: 'transfer-cleared', ids });
    },
    rest: (id) => {
      const entry = watched.get(id);
      if (!entry) return;
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
        if (!entry.timer) continue;
        clearTimeout(entry.timer);
        emit(id);
      }
      watched.clear();
    },
  };
}

/** The folder inside the vfolder where a file of a transfer lands. */
export const landingFolder = (inner: string, path: string): string => {
  const cut = path.lastIndexOf('/');
  return joinPath(inner as InnerPath, cut < 0 ? '' : path.slice(0, cut));
};
