import type { ConflictPolicy, Endpoint, Transfer, TransferState } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { FileBodies, VfolderLookup } from '../services.ts';
import { canResumeWrite } from '../storage/provider.ts';
import type { Bandwidth } from './bandwidth.ts';
import { type FileChange, type Journal, liveStates, type NewFile, type TransferRow } from './journal.ts';
import { type Announced, createPushFiles, removeParts, toRow } from './push-file.ts';
import type { Reporter } from './reporter.ts';
import { type Place, resolveDestination, type StoredRequest } from './request.ts';
import { collisionProblem } from './scan.ts';

/** After this long without a sign of the page, a push waits for it. */
const silenceMs = 60_000;

export interface Push {
  open(input: { destination: Endpoint; title: string; conflict?: ConflictPolicy | undefined }): Promise<Transfer>;
  add(input: { id: number; files: readonly Announced[]; sealed: boolean }): Promise<{ seqs: number[] }>;
  next(input: { id: number; limit: number }): Promise<{
    state: TransferState;
    files: { seq: number; path: string; size: number; offset: number }[];
  }>;
  readonly receive: FileBodies['receive'];
  /** The state in which a push goes on: `running` while its page is there. */
  stateToGoOn(id: number): TransferState;
  /** Breaks off the bodies that flow now, keeping what came. */
  interrupt(id: number): void;
  cancel(id: number): Promise<void>;
  /** After a restart: what was under way waits for its page. */
  recover(): void;
  close(): Promise<void>;
}

export interface PushTools {
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly lookup: VfolderLookup;
  readonly bandwidth: Bandwidth;
}

interface Open {
  place: Promise<Place>;
  timer: NodeJS.Timeout | null;
  receiving: Map<number, { controller: AbortController; ended: Promise<unknown> }>;
}

/** Transfers whose bodies come from a page over HTTP. The page asks what to send, and sends; the core decides and keeps. */
export function createPush({ journal, reporter, lookup, bandwidth }: PushTools): Push {
  const bodies = createPushFiles(journal, reporter, bandwidth);
  const opened = new Map<number, Open>();

  const row = (id: number): TransferRow => {
    const found = journal.transfer(id);
    if (found.kind !== 'push')
      throw new StowageError('wrong-state', `“${found.title}” takes no files from a page.`, { subject: String(id) });
    return found;
  };
  const request = (transfer: TransferRow): StoredRequest => JSON.parse(transfer.request) as StoredRequest;
  const openOf = (id: number): Open => {
    let entry = opened.get(id);
    if (!entry) {
      entry = { place: resolveDestination(request(row(id)).destination, lookup), timer: null, receiving: new Map() };
      entry.place.catch(() => opened.delete(id));
      opened.set(id, entry);
    }
    return entry;
  };
  const forget = (id: number): void => {
    const entry = opened.get(id);
    if (entry?.timer) clearTimeout(entry.timer);
    opened.delete(id);
    reporter.rest(id);
  };
  /** The page was heard of. */
  const heard = (id: number): void => {
    const entry = openOf(id);
    if (entry.timer) clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      if (entry.receiving.size > 0) return heard(id);
      if (journal.find(id)?.state === 'running') {
        giveBack(id);
        journal.setState(id, 'waiting');
      }
      forget(id);
      reporter.changed(id);
    }, silenceMs);
    entry.timer.unref();
  };
  /** Files that were handed to the page and of which nothing flows are to be sent again. */
  const giveBack = (id: number): void => {
    const entry = opened.get(id);
    const changes = new Map<number, FileChange>();
    for (const file of journal.rows(id, 'active', 0, 1000)) {
      if (!entry?.receiving.has(file.seq)) changes.set(file.seq, { state: 'pending' });
    }
    journal.update(id, changes);
  };
  /** Ends the transfer, or lets it wait for answers, when nothing is left to send. */
  const settle = (id: number): void => {
    const transfer = row(id);
    if (transfer.state !== 'running' || !transfer.scanned) return;
    if (journal.any(id, 'pending') || journal.any(id, 'active')) return;
    if (transfer.conflicts > 0) journal.setState(id, 'waiting');
    else if (transfer.files_failed > 0) {
      const [first] = journal.rows(id, 'failed', 0, 1);
      journal.setState(id, 'failed', first?.problem ? JSON.parse(first.problem) : null);
    } else journal.setState(id, 'done');
    if (journal.transfer(id).state !== 'waiting') forget(id);
  };
  const stopReceiving = async (id: number): Promise<void> => {
    const active = [...(opened.get(id)?.receiving.values() ?? [])];
    for (const { controller } of active) controller.abort();
    await Promise.allSettled(active.map(({ ended }) => ended));
  };

  const push: Push = {
    open: async ({ destination, title, conflict }) => {
      const place = await resolveDestination(destination, lookup);
      const id = journal.create({
        kind: 'push',
        title: title || 'Upload',
        request: { sources: [], destination, vfolderIds: place.vfolder ? [place.vfolder.id] : [] },
        state: 'running',
        conflict: conflict ?? 'ask',
      });
      if (place.vfolder) lookup.touch(place.vfolder.id);
      heard(id);
      reporter.changed(id);
      return reporter.describe(journal.transfer(id));
    },
    add: async ({ id, files, sealed }) => {
      const transfer = row(id);
      if (!liveStates.includes(transfer.state)) {
        throw new StowageError('wrong-state', `The transfer “${transfer.title}” has ended.`, { subject: String(id) });
      }
      if (transfer.state === 'waiting') journal.setState(id, 'running');
      heard(id);
      const place = await openOf(id).place;
      const entries: NewFile[] = [];
      for (const file of files) entries.push(await toRow(place, file));
      const seqs = journal.addFiles(id, entries, collisionProblem);
      const again = new Map<number, FileChange>();
      seqs.forEach((seq, index) => {
        const known = journal.file(id, seq);
        const entry = entries[index];
        if (!known || !entry || known.kind !== 'file') return;
        const changed = known.size !== entry.size || known.modified !== (entry.modified ?? null);
        const untouched = known.state === 'active' && !opened.get(id)?.receiving.has(seq);
        // A changed file is another one: what was kept of it is worth nothing, and what is done is done again.
        if (changed && entry.state === 'pending' && known.state !== 'failed') {
          const { size, modified } = entry;
          again.set(seq, { state: 'pending', size, modified: modified ?? null, done: 0, stale: 1, problem: null });
        } else if (untouched) again.set(seq, { state: 'pending' });
      });
      journal.update(id, again);
      if (sealed) journal.setScanned(id, true);
      if (place.vfolder) reporter.landed(place.vfolder.name, place.inner);
      settle(id);
      reporter.changed(id);
      return { seqs };
    },
    next: async ({ id, limit }) => {
      const transfer = row(id);
      // A page that asks is there again, unless there is nothing to send before somebody answers.
      const answers = transfer.scanned && transfer.conflicts > 0 && !journal.any(id, 'pending');
      if (transfer.state === 'waiting' && !answers) journal.setState(id, 'running');
      const { state } = row(id);
      if (state !== 'running') return { state, files: [] };
      heard(id);
      const place = await openOf(id).place;
      const files: { seq: number; path: string; size: number; offset: number }[] = [];
      while (files.length < limit) {
        const rows = journal.claim(id, limit - files.length, Number.MAX_SAFE_INTEGER);
        if (rows.length === 0) break;
        for (const file of rows) {
          const offset = await bodies.prepare(id, file, place);
          if (offset !== null) files.push({ seq: file.seq, path: file.path, size: file.size, offset });
        }
      }
      settle(id);
      reporter.changed(id);
      return { state: row(id).state, files };
    },
    receive: async (id, seq, offset, body, signal) => {
      const transfer = row(id);
      const file = journal.file(id, seq);
      if (file?.kind !== 'file')
        throw new StowageError('not-found', `There is no file ${seq} in transfer ${id}.`, { subject: String(seq) });
      if (transfer.state !== 'running' || (file.state !== 'active' && file.state !== 'pending')) {
        throw new StowageError('wrong-state', `“${visible(file.path)}” is not awaited now.`, { subject: file.path });
      }
      const entry = openOf(id);
      if (entry.receiving.has(seq)) {
        throw new StowageError('in-use', `“${visible(file.path)}” is being received already.`, { subject: file.path });
      }
      heard(id);
      const controller = new AbortController();
      const both = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
      const work = bodies.receive(id, file, offset, body, await entry.place, both);
      entry.receiving.set(seq, { controller, ended: work });
      try {
        return await work;
      } finally {
        entry.receiving.delete(seq);
        reporter.progress(id, seq, null);
        if (journal.find(id)) settle(id);
        reporter.changed(id);
      }
    },
    stateToGoOn: (id) => (opened.has(id) ? 'running' : 'waiting'),
    interrupt: (id) => {
      void stopReceiving(id).then(() => {
        if (journal.find(id)) giveBack(id);
      });
    },
    cancel: async (id) => {
      await stopReceiving(id);
      giveBack(id);
      const place = await openOf(id).place.catch(() => null);
      if (place && canResumeWrite(place.provider)) await removeParts(journal, id, place);
      forget(id);
    },
    recover: () => {
      for (const transfer of journal.inStates(['running', 'queued'])) {
        if (transfer.kind !== 'push') continue;
        giveBack(transfer.id);
        journal.setState(transfer.id, 'waiting');
      }
    },
    close: async () => {
      for (const id of [...opened.keys()]) {
        await stopReceiving(id);
        forget(id);
      }
    },
  };

  return push;
}
