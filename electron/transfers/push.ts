import type { ConflictPolicy, Endpoint, Transfer, TransferState } from '#shared/contract/transfers.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parseInnerPath, visible } from '#shared/paths.ts';
import { decideConflict, keepBothPath } from '#shared/transfers/conflicts.ts';
import { collisionKey, pathProblem } from '#shared/transfers/names.ts';
import type { VfolderLookup } from '../services.ts';
import { canResumeWrite, type ResumableWrite, type StorageEntry, type WriteOptions } from '../storage/provider.ts';
import { sideOf } from './copy-stream.ts';
import { type FileChange, type FileRow, type Journal, liveStates, type NewFile, type TransferRow } from './journal.ts';
import { fileError, toProblem } from './problems.ts';
import { landingFolder, type Reporter } from './reporter.ts';
import { type Place, resolveDestination, type StoredRequest } from './request.ts';
import { collisionProblem, folderKey } from './scan.ts';

/** After this long without a sign of the page, a push waits for it. */
const silenceMs = 60_000;

/** A file as the page announces it. */
interface Announced {
  path: string;
  size: number;
  modified: number;
  directory?: boolean | undefined;
  unreadable?: string | undefined;
}

export interface Push {
  open(input: { destination: Endpoint; title: string; conflict?: ConflictPolicy | undefined }): Promise<Transfer>;
  add(input: { id: number; files: readonly Announced[]; sealed: boolean }): Promise<{ seqs: number[] }>;
  next(input: { id: number; limit: number }): Promise<{
    state: TransferState;
    files: { seq: number; path: string; size: number; offset: number }[];
  }>;
  receive(
    id: number,
    seq: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ done: number }>;
  /** The state in which a push goes on: `running` while its page is there. */
  stateToGoOn(id: number): TransferState;
  /** Breaks off the bodies that flow now, keeping what came. */
  interrupt(id: number): void;
  cancel(id: number): Promise<void>;
  /** After a restart: what was under way waits for its page. */
  recover(): void;
  close(): Promise<void>;
}

interface Open {
  place: Promise<Place>;
  timer: NodeJS.Timeout | null;
  receiving: Map<number, { controller: AbortController; ended: Promise<unknown> }>;
}

/** Transfers whose bodies come from a page over HTTP. The page asks what to send, and sends; the core decides and keeps. */
export function createPush(journal: Journal, reporter: Reporter, lookup: VfolderLookup): Push {
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
      for (const file of files) entries.push(await announce(place, file));
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
          const offset = await prepare(id, file, place);
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
      const work = receiveFile(id, file, offset, body, await entry.place, both);
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

  /** Decides about one file that would be sent next; the offset from which to send it, or null when it is not sent. */
  async function prepare(id: number, file: FileRow, place: Place): Promise<number | null> {
    const note = (change: FileChange): null => {
      journal.update(id, new Map([[file.seq, change]]));
      return null;
    };
    try {
      const existing = await statOrNull(place, file);
      if (existing && !file.checkpoint) {
        const decision = decideConflict(
          file.policy ?? row(id).conflict,
          { kind: 'file', size: file.size, modified: file.modified },
          sideOf(existing),
        );
        if (decision === 'skip') return note({ state: 'skipped' });
        if (decision === 'ask') return note({ state: 'conflict' });
        if (decision === 'refuse')
          return note({ state: 'failed', problem: toProblem(fileError('is-a-directory', file.path), file.path) });
        if (decision === 'overwrite') note({ etag: existing.etag ?? null });
        else note({ target: await freeName(id, file, place) });
      }
      // Nothing is kept of a file that was never begun: it need not be looked for.
      if (!canResumeWrite(place.provider) || (file.begun === 0 && file.stale === 0)) return 0;
      const write = await openWrite(id, journal.file(id, file.seq) ?? file, place);
      try {
        if (file.stale) {
          await write.truncate(0);
          note({ stale: 0 });
        }
        return write.committed > file.size ? 0 : write.committed;
      } finally {
        await write.close();
      }
    } catch (error) {
      return note({ state: 'failed', problem: toProblem(error, file.path) });
    }
  }

  async function freeName(id: number, file: FileRow, place: Place): Promise<string> {
    for (let n = 2; n < 10_000; n++) {
      const target = keepBothPath(file.path, n);
      if (journal.fileByKey(id, collisionKey(target, place.provider.caseSensitive))) continue;
      if (!(await statOrNull(place, { path: target, target: null }))) return target;
    }
    throw new StowageError('name-taken', `No free name was found beside “${visible(file.path)}”.`, { subject: file.path });
  }

  async function receiveFile(
    id: number,
    file: FileRow,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    place: Place,
    signal: AbortSignal,
  ): Promise<{ done: number }> {
    let got = offset;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of body) {
        got += chunk.length;
        if (got > file.size) throw wrongLength(file, got);
        yield chunk;
        reporter.progress(id, file.seq, got - file.done);
        reporter.changed(id);
      }
    };
    const target = joinPath(place.path, file.target ?? file.path);
    const options: WriteOptions = {
      size: file.size,
      expect: file.etag !== null ? { etag: file.etag } : { absent: true },
      ...(file.modified !== null && { modified: file.modified }),
    };
    try {
      if (canResumeWrite(place.provider)) await receiveResumable(id, file, offset, counted(), place, signal, options);
      else {
        if (offset !== 0)
          throw new StowageError('bad-request', 'This host takes a file from its beginning only.', { subject: file.path });
        await place.provider.write(target, counted(), { ...options, signal });
      }
    } catch (error) {
      const known = toStowageError(error);
      if (known.code === 'bad-request') throw known;
      if (known.code === 'precondition-failed') {
        // Somebody took the place meanwhile: the policy decides anew when it is handed out the next time.
        journal.update(id, new Map([[file.seq, { state: 'pending', etag: null, checkpoint: null, done: 0 }]]));
      } else if (
        isStowageError(
          known,
          'source-changed',
          'disk-full',
          'permission-denied',
          'path-refused',
          'is-a-directory',
          'name-invalid',
        )
      ) {
        journal.update(
          id,
          new Map([[file.seq, { state: 'failed', done: 0, checkpoint: null, problem: toProblem(error, file.path) }]]),
        );
      } else {
        // The connection ended or it was paused: what came is kept.
        journal.update(id, new Map([[file.seq, { state: 'pending' }]]));
      }
      throw known;
    }
    journal.update(id, new Map([[file.seq, { state: 'done', done: file.size, checkpoint: null, problem: null }]]));
    if (place.vfolder) reporter.landed(place.vfolder.name, landingFolder(place.inner, file.target ?? file.path));
    return { done: file.size };
  }

  async function receiveResumable(
    id: number,
    file: FileRow,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    place: Place,
    signal: AbortSignal,
    options: WriteOptions,
  ): Promise<void> {
    const write = await openWrite(id, file, place);
    let keep = true;
    try {
      if (offset > write.committed) {
        throw new StowageError('bad-request', `“${visible(file.path)}” goes on at ${write.committed}, not at ${offset}.`, {
          subject: file.path,
        });
      }
      await write.truncate(offset);
      await write.append(body, { signal });
      if (write.committed !== file.size) throw wrongLength(file, write.committed);
      await write.finish({ ...options, signal });
    } catch (error) {
      keep = !isStowageError(error, 'source-changed', 'disk-full', 'precondition-failed');
      if (keep) {
        const checkpoint = { offset: write.committed, crc: 0 };
        journal.update(id, new Map([[file.seq, { done: Math.min(write.committed, file.size), checkpoint }]]));
      }
      throw error;
    } finally {
      if (keep) await write.close();
      else await write.abort().catch(() => undefined);
    }
  }
  return push;
}

const wrongLength = (file: FileRow, got: number): StowageError =>
  new StowageError(
    'source-changed',
    `“${visible(file.path)}” changed while it was sent: ${got} bytes came, ${file.size} were announced.`,
    { subject: file.path, hint: 'Drop it again.' },
  );

async function openWrite(id: number, file: FileRow, place: Place): Promise<ResumableWrite> {
  if (!canResumeWrite(place.provider)) throw new StowageError('unsupported', 'This host cannot go on with a half file.');
  return place.provider.openWrite(joinPath(place.path, file.target ?? file.path), `p${id}-${file.seq}`);
}

async function statOrNull(place: Place, file: Pick<FileRow, 'path' | 'target'>): Promise<StorageEntry | null> {
  return place.provider.stat(joinPath(place.path, file.target ?? file.path)).catch((error: unknown) => {
    if (isStowageError(error, 'not-found')) return null;
    throw error;
  });
}

/** An announced file as a row: its name is checked first, since it comes from outside. Empty folders are made at once. */
async function announce(place: Place, file: Announced): Promise<NewFile> {
  const { provider } = place;
  const common = { source_index: 0, source: file.path, path: file.path, size: file.directory ? 0 : file.size };
  const kind = file.directory ? ('directory' as const) : ('file' as const);
  try {
    const path: InnerPath = parseInnerPath(file.path);
    if (path === '') throw fileError('name-invalid', file.path);
    if (file.unreadable !== undefined)
      throw new StowageError('io-error', `“${visible(path)}” could not be read by the browser.`, {
        subject: path,
        detail: file.unreadable,
        hint: 'Check that it is still there and that you may read it, then drop it again.',
      });
    const why = pathProblem(path, provider.nameRules);
    if (why) throw new StowageError('name-invalid', `The destination cannot hold “${visible(path)}”: ${why}.`, { subject: path });
    if (file.directory) {
      await provider.makeDirectory(joinPath(place.path, path));
      return { ...common, path, key: folderKey(0, path), kind, state: 'scanned' };
    }
    return { ...common, path, key: collisionKey(path, provider.caseSensitive), kind, modified: file.modified, state: 'pending' };
  } catch (error) {
    return { ...common, key: `//0/${file.path}`, kind, state: 'failed', problem: toProblem(error, file.path) };
  }
}

async function removeParts(journal: Journal, id: number, place: Place): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = journal.rows(id, 'pending', after, 500);
    if (rows.length === 0) return;
    after = rows.at(-1)?.seq ?? after;
    for (const file of rows) {
      if (file.begun === 0) continue;
      const write = await openWrite(id, file, place).catch(() => null);
      await write?.abort().catch(() => undefined);
    }
  }
}
