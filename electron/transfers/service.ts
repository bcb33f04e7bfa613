import { setImmediate } from 'node:timers/promises';
import type { Endpoint, Transfer, TransferFile, transfersContract } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import { isWithin, joinPath } from '#shared/paths.ts';
import type { Service } from '../rpc/service.ts';
import type { VfolderLookup } from '../services.ts';
import { type FileRow, type FileState, type Journal, liveStates, type TransferRow } from './journal.ts';
import { checkPackPlace } from './pack-run.ts';
import { preview } from './preview.ts';
import type { Push } from './push.ts';
import type { Queue } from './queue.ts';
import type { Reporter } from './reporter.ts';
import { identityOf, nameOf, type Place, resolveDestination, resolveSource, type StoredRequest } from './request.ts';
import { topName } from './scan.ts';
import { createSync } from './sync-request.ts';

export interface ServiceTools {
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly queue: Queue;
  readonly push: Push;
  readonly lookup: VfolderLookup;
}

const wrongState = (row: TransferRow, what: string): StowageError =>
  new StowageError('wrong-state', `The transfer “${row.title}” is ${row.state} and cannot be ${what}.`, {
    subject: String(row.id),
  });

/** The part of the contract about transfers; behaviour as its comments say. */
export function createService(tools: ServiceTools): Service<typeof transfersContract> {
  const { journal, reporter, queue, push, lookup } = tools;
  const shown = (id: number): Transfer => reporter.describe(journal.transfer(id));
  const changed = (id: number): Transfer => {
    reporter.changed(id);
    return shown(id);
  };
  /** Transfers whose files are being forgotten, a page at a time: they do not come to life again. */
  const clearing = new Set<number>();
  const requeue = (id: number): Transfer => {
    const row = journal.transfer(id);
    if (clearing.has(id)) throw wrongState(row, 'resumed: it is being removed');
    journal.setState(id, row.kind === 'push' ? push.stateToGoOn(id) : 'queued');
    queue.pump();
    return changed(id);
  };
  const service: Service<typeof transfersContract> = {
    list: () => journal.transfers().map((row) => reporter.describe(row)),
    get: ({ id }) => {
      queue.running(id)?.flush();
      return shown(id);
    },
    files: ({ id, state, action, after, limit }) => {
      journal.transfer(id);
      queue.running(id)?.flush();
      return journal
        .files(id, { state, action }, after ?? 0, limit ?? 200)
        .map((row) => showFile(row, reporter.flying(id, row.seq)));
    },
    start: async (input) => {
      const { rename, move, conflict } = input;
      if (rename !== undefined && input.sources.length !== 1) {
        throw new StowageError('bad-request', 'A new name can be given to one source only.');
      }
      if (rename !== undefined && (rename === '' || /[/\0]/.test(rename) || rename === '.' || rename === '..')) {
        throw new StowageError('name-invalid', `“${rename}” cannot be a name.`, { subject: rename });
      }
      checkPacking(input);
      const destination = await resolveDestination(input.destination, lookup);
      const vfolderIds = await checkSources(input, destination, lookup);
      const request: StoredRequest = {
        sources: input.sources,
        destination: input.destination,
        vfolderIds,
        ...(rename !== undefined && { rename }),
        ...(move && { move }),
        ...(input.pack && { pack: input.pack }),
        ...(input.unpack && { unpack: true }),
      };
      const id = journal.create({
        kind: kindOf(input.sources, input.destination, move === true),
        title: titleOf(input.sources, rename),
        request,
        state: 'queued',
        conflict: conflict ?? 'ask',
      });
      for (const vfolder of vfolderIds) lookup.touch(vfolder);
      queue.pump();
      return changed(id);
    },
    preview: (input, call) => preview(input, lookup, call.signal),
    pause: async ({ id }) => {
      const row = journal.transfer(id);
      if (!['queued', 'running', 'waiting', 'paused'].includes(row.state)) throw wrongState(row, 'paused');
      journal.setState(id, 'paused');
      push.interrupt(id);
      await queue.stop(id, 'keep');
      return changed(id);
    },
    resume: ({ id }) => {
      const row = journal.transfer(id);
      if (row.state === 'running' || row.state === 'queued') return shown(id);
      // One that was given up because its host did not answer has files left that never failed.
      const left =
        row.state === 'failed' && (['pending', 'scan', 'make', 'pack'] as const).some((state) => journal.any(id, state));
      if (row.state === 'review') journal.changeSync(id, { approved: true });
      else if (row.state !== 'paused' && row.state !== 'waiting' && !left) throw wrongState(row, 'resumed');
      return requeue(id);
    },
    cancel: async ({ id }) => {
      const row = journal.transfer(id);
      if (row.state === 'cancelled') return shown(id);
      if (!liveStates.includes(row.state) && row.state !== 'failed') throw wrongState(row, 'cancelled');
      journal.setState(id, 'cancelled');
      if (row.state === 'review') {
        const forgotten = shown(id);
        journal.remove([id]);
        reporter.cleared([id]);
        return forgotten;
      }
      if (row.kind === 'push') await push.cancel(id);
      else if (queue.running(id)) await queue.stop(id, 'remove');
      else await queue.sweep(id);
      return changed(id);
    },
    retry: ({ id }) => {
      const row = journal.transfer(id);
      if (
        clearing.has(id) ||
        (row.state !== 'failed' && row.state !== 'cancelled' && row.state !== 'waiting' && row.state !== 'paused')
      ) {
        throw wrongState(row, 'retried');
      }
      // A reviewed plan grows no more: a folder that could not be compared takes another sync.
      const sync = journal.sync(id);
      if (sync && !sync.approved) journal.changeSync(id, { listed: true });
      journal.requeue(id, 'failed', { stale: 1, done: 0, checkpoint: null }, sync?.approved ? 'files' : 'all');
      return requeue(id);
    },
    reorder: ({ id, before }) => {
      const moved = journal.transfer(id);
      if (moved.state !== 'queued') throw wrongState(moved, 'moved in the queue');
      const ids = journal
        .transfers()
        .map((row) => row.id)
        .filter((other) => other !== id);
      const index = before === null ? ids.length : ids.indexOf(before);
      if (index < 0) throw new StowageError('not-found', `There is no transfer ${before}.`, { subject: String(before) });
      ids.splice(index, 0, id);
      journal.order(ids);
      queue.pump();
      for (const row of journal.inStates(liveStates)) reporter.changed(row.id);
      return journal.transfers().map((row) => reporter.describe(row));
    },
    again: async ({ id }) => {
      const row = journal.transfer(id);
      if (liveStates.includes(row.state)) throw wrongState(row, 'run again');
      if (row.kind === 'push') {
        throw new StowageError('wrong-state', `The files of “${row.title}” came from a page and have to be chosen again.`, {
          subject: String(id),
          hint: 'Upload them once more.',
        });
      }
      const { sources, destination, rename, move, pack, unpack } = JSON.parse(row.request) as StoredRequest;
      const sync = journal.sync(id);
      if (sync) {
        const [source] = sources;
        if (!source) throw wrongState(row, 'run again');
        return service.sync({ source, destination, delete: sync.delete, checksum: sync.checksum }, {});
      }
      return service.start({ sources: [...sources], destination, rename, move, pack, unpack, conflict: row.conflict }, {});
    },
    pauseAll: async () => {
      // Those that wait first: none of them is to take the place of one that stops.
      const rows = [...journal.inStates(['queued']), ...journal.inStates(['running'])];
      for (const { id } of rows) journal.setState(id, 'paused');
      // One that ended a moment ago is not paused any more.
      for (const { id } of rows) if (journal.find(id)?.state === 'paused') await service.pause({ id }, {});
      return { changed: rows.length };
    },
    resumeAll: async () => {
      const rows = journal.inStates(['paused']);
      for (const { id } of rows) await service.resume({ id }, {});
      return { changed: rows.length };
    },
    clear: async ({ ids }) => {
      const ended = journal
        .transfers()
        .filter((row) => !liveStates.includes(row.state) && !queue.running(row.id) && (!ids || ids.includes(row.id)))
        .map((row) => row.id)
        .filter((id) => !clearing.has(id));
      for (const id of ended) clearing.add(id);
      try {
        for (const id of ended) {
          if (journal.any(id, 'pending') && journal.transfer(id).kind !== 'push') await queue.sweep(id);
          // A page at a time: a million files would hold everything else up.
          while (journal.removeFiles(id, 5000)) await setImmediate();
        }
        journal.remove(ended);
      } finally {
        for (const id of ended) clearing.delete(id);
      }
      if (ended.length > 0) reporter.cleared(ended);
      return { cleared: ended.length };
    },
    answer: ({ id, seq, policy }) => {
      const row = journal.transfer(id);
      queue.running(id)?.flush();
      if (seq === undefined) {
        journal.setConflict(id, policy);
        journal.requeue(id, 'conflict', { policy });
      } else {
        const file = journal.file(id, seq);
        if (file?.state !== 'conflict') {
          throw new StowageError('wrong-state', `File ${seq} of “${row.title}” waits for no answer.`, { subject: String(seq) });
        }
        journal.update(id, new Map([[seq, { state: 'pending', policy }]]));
      }
      queue.running(id)?.wake();
      return row.state === 'waiting' ? requeue(id) : changed(id);
    },
    sync: async (input) => {
      const { id, vfolderIds } = await createSync(input, { journal, lookup });
      for (const vfolder of vfolderIds) lookup.touch(vfolder);
      queue.pump();
      return changed(id);
    },
    pushOpen: (input) => push.open(input),
    pushAdd: (input) => push.add(input),
    pushNext: (input) => push.next(input),
  };
  return service;
}

function showFile(row: FileRow, flying: number | undefined): TransferFile {
  const path = row.target ?? row.path;
  return {
    seq: row.seq,
    path: row.kind === 'folder' ? `${path}/` : path,
    action: row.action === 'pack' ? 'copy' : row.action,
    size: row.size,
    done: Math.min(row.size, row.done + (flying ?? 0)),
    state: contractState(row.state),
    problem: row.problem === null ? null : JSON.parse(row.problem),
  };
}

function contractState(state: FileState): TransferFile['state'] {
  switch (state) {
    case 'scan':
    case 'scanned':
    case 'make':
    case 'pack':
    case 'remove':
      return 'pending';
    default:
      return state;
  }
}

function kindOf(sources: readonly Endpoint[], destination: Endpoint, move: boolean): Transfer['kind'] {
  if (move) return 'move';
  if (destination.kind === 'vfolder') return sources.every(({ kind }) => kind === 'local') ? 'upload' : 'copy';
  return sources.every(({ kind }) => kind === 'vfolder') ? 'download' : 'copy';
}

function titleOf(sources: readonly Endpoint[], rename: string | undefined): string {
  const [first] = sources;
  const name = rename ?? (first ? nameOf(first) : '');
  return sources.length > 1 ? `${name} and ${sources.length - 1} more` : name;
}

/** Resolves every source once, so that what is plainly wrong is told at once; gives the vfolders that are touched. */
async function checkSources(input: StartInput, destination: Place, lookup: VfolderLookup): Promise<string[]> {
  const ids = new Set<string>(destination.vfolder ? [destination.vfolder.id] : []);
  for (const source of input.sources) {
    const place = await resolveSource(source, lookup, { unpack: input.unpack });
    const { vfolder } = place;
    if (vfolder) ids.add(vfolder.id);
    if (input.move && vfolder?.permission === 'ro') {
      throw new StowageError('read-only', `Nothing can be moved out of the read-only vfolder “${vfolder.name}”.`, {
        subject: vfolder.name,
        hint: 'Copy it instead, or change its permission.',
      });
    }
    if (vfolder) await place.provider.stat(place.path);
    checkNotIntoItself(input, place, destination);
    if (input.pack && (await place.provider.stat(place.path)).kind === 'directory') {
      const folder = joinPath(destination.path, topName(place, input.rename));
      await checkPackPlace(destination.provider, folder, input.conflict === 'overwrite');
    }
  }
  return [...ids];
}

interface StartInput {
  readonly sources: readonly Endpoint[];
  readonly rename?: string | undefined;
  readonly move?: boolean | undefined;
  readonly conflict?: string | undefined;
  readonly pack?: object | undefined;
  readonly unpack?: boolean | undefined;
}

/** @throws `bad-request` */
function checkPacking({ move, pack, unpack }: StartInput): void {
  if (pack && unpack) throw new StowageError('bad-request', 'Files are either packed or unpacked, not both at once.');
  if (!move || !(pack || unpack)) return;
  throw new StowageError('bad-request', 'Packing and unpacking copy and leave the source as it is: nothing is moved.', {
    hint: 'Copy it, and remove the source when that has succeeded.',
  });
}

function checkNotIntoItself(
  input: { rename?: string | undefined; move?: boolean | undefined; conflict?: string | undefined },
  place: Place,
  destination: Place,
): void {
  const from = identityOf(place);
  const into = identityOf(destination);
  const to = identityOf(destination, joinPath(destination.path, topName(place, input.rename)));
  const name = place.name || place.inner || from;
  if (from === to && (input.move || input.conflict !== 'keep-both')) {
    throw new StowageError('bad-request', `“${name}” lies in this folder already.`, {
      subject: name,
      hint: 'Choose another folder or another name, or keep both.',
    });
  }
  if (from !== to && isWithin(into, from) && !(place.contents && from !== into)) {
    throw new StowageError('bad-request', `“${name}” cannot be put into itself.`, {
      subject: name,
      hint: 'Choose another folder.',
    });
  }
}
