import { randomUUID } from 'node:crypto';
import { chmod, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Edit, editsContract, Handover } from '#shared/contract/edits.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName, visible } from '#shared/paths.ts';
import { beginsAsProgram, isProgramName } from '#shared/programs.ts';
import type { Changes } from '../events.ts';
import { type DragOut, isPacked } from '../handover/drag-out.ts';
import { type Fetched, fetchFile } from '../handover/fetch.ts';
import { headOf, localPathOf } from '../handover/local-path.ts';
import { withProgress } from '../handover/progress.ts';
import type { Handovers } from '../handover/tickets.ts';
import { packedReader } from '../packing/packed-reader.ts';
import type { Service } from '../rpc/service.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { createEditRows, type EditRow } from './rows.ts';
import { keepBoth, overwrite, type SendTools, send, takeTheirs } from './sending.ts';
import { createWorkingCopies } from './working-copies.ts';

export interface EditsOptions {
  readonly database: Database;
  readonly changes: Changes;
  readonly lookup: VfolderLookup;
  readonly handovers: Handovers;
  readonly dragOut: DragOut;
  /** Owner-only; holds the working copies. */
  readonly directory: string;
  /** Whether this shell can hand files to other programs. */
  readonly desktop: boolean;
  /** A larger file of a host is not fetched to be edited. */
  readonly mostBytes?: number;
}

export interface Edits {
  readonly service: Service<typeof editsContract>;
  /** Looks after what a former process left: what was sent is removed, what was not is offered. */
  start(): Promise<void>;
  /** Ends the watching; working copies whose changes were not sent stay. */
  close(): Promise<void>;
}

/** Files opened in their default programs, and the changes that come back. */
export function createEdits(options: EditsOptions): Edits {
  const { database, changes, lookup, handovers, dragOut, directory, desktop, mostBytes = 1e9 } = options;
  const rows = createEditRows(database);
  const copies = createWorkingCopies(directory);
  const tools: SendTools = { rows, copies, lookup, changes };
  /** What is done with an edit, one after the other. */
  const busy = new Map<string, Promise<unknown>>();
  let closed = false;

  const rowOf = (id: string): EditRow => {
    const row = rows.find(id);
    if (!row) throw new StowageError('not-found', 'This file is not being edited any more.', { subject: id });
    return row;
  };
  const tell = (id: string): Edit => {
    const edit = rows.show(rowOf(id));
    changes.emit({ type: 'edit', edit });
    return edit;
  };
  const inTurn = <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const turn = (busy.get(id) ?? Promise.resolve()).then(work, work);
    busy.set(id, turn);
    return turn.finally(() => {
      if (busy.get(id) === turn) busy.delete(id);
    });
  };
  const isChanged = async (row: EditRow): Promise<boolean> => {
    const stamp = await copies.stampOf(row.id, row.name);
    return stamp !== null && stamp !== row.sent;
  };
  const sendNow = async (id: string): Promise<Edit> => {
    rows.setState(id, 'sending');
    tell(id);
    await send(tools, rowOf(id));
    return tell(id);
  };
  /** Sends what was saved. A conflict that waits for its answer is not sent into. */
  const look = (id: string): void => {
    void inTurn(id, async () => {
      const row = rows.find(id);
      if (closed || !row || row.state === 'conflict' || !(await isChanged(row))) return;
      await sendNow(id);
    }).catch(() => undefined);
  };
  const forget = async (id: string): Promise<void> => {
    await copies.remove(id);
    rows.remove(id);
    changes.emit({ type: 'edit-closed', id });
  };

  /** Fetches a file of a host into a working copy, or finds the one that there is. */
  async function* workingCopy(
    place: ResolvedPlace,
    entry: StorageEntry,
    signal?: AbortSignal,
  ): AsyncGenerator<Handover, EditRow> {
    const known = rows.ofFile(place.vfolder.id, place.inner);
    if (known && (await copies.stampOf(known.id, known.name)) !== null) {
      const stale = known.state === 'clean' && known.etag !== (entry.etag ?? null) && !(await isChanged(known));
      if (stale) await inTurn(known.id, () => takeTheirs(tools, known));
      return rowOf(known.id);
    }
    if (known) await forget(known.id);
    const id = randomUUID();
    const name = baseName(place.inner);
    const fetched: Fetched = { most: mostBytes, total: 0, done: 0 };
    copies.make(id);
    let whole = false;
    try {
      const reader = packedReader(place.provider);
      const file = copies.nameOf(name);
      const got = yield* withProgress(fetched, (both) => fetchFile(reader, entry, copies.disk(id), file, fetched, both), signal);
      if (beginsAsProgram(await headOf({ provider: copies.disk(id), path: file }, 4), name)) throw noProgram(name);
      const readOnly = place.vfolder.permission === 'ro' || isPacked(place, entry) || 'packed' in entry;
      await chmod(copies.pathOf(id, name), readOnly ? 0o400 : 0o600);
      rows.add({
        id,
        vfolder_id: place.vfolder.id,
        path: place.inner,
        name,
        etag: got.etag ?? null,
        read_only: readOnly ? 1 : 0,
        state: 'clean',
        problem: null,
        sent: (await copies.stampOf(id, name)) ?? '',
        opened_at: Date.now(),
        saved_at: null,
      });
      whole = true;
    } finally {
      if (!whole) await copies.remove(id);
    }
    if (!rowOf(id).read_only) copies.watch(id, () => look(id));
    tell(id);
    return rowOf(id);
  }

  async function* open(input: { vfolder: string; path: string }, signal?: AbortSignal): AsyncGenerator<Handover, void> {
    const place = lookup.resolve(input.vfolder, input.path);
    const entry = await packedReader(place.provider).stat(place.path, { signal });
    if (entry.kind === 'directory') {
      throw new StowageError('is-a-directory', `“${visible(place.inner)}” is a folder.`, { subject: place.inner });
    }
    const named = isProgramName(baseName(place.inner), process.platform);
    const real = await localPathOf(place, isPacked(place, entry));
    if (real !== null) {
      // A harmless name may be a link to a program.
      const target = await realpath(real);
      const program = named || isProgramName(basename(target), process.platform);
      const what = program || beginsAsProgram(await headOf(place, 4), basename(target)) ? 'show' : 'open';
      yield { type: 'ready', ticket: handovers.give({ what, paths: [target] }), what, readOnly: false };
      return;
    }
    if (named) throw noProgram(baseName(place.inner));
    const row = yield* workingCopy(place, entry, signal);
    const ticket = handovers.give({ what: 'open', paths: [copies.pathOf(row.id, row.name)] });
    yield { type: 'ready', ticket, what: 'open', readOnly: row.read_only === 1 };
  }

  const checkDesktop = (): void => {
    if (!desktop)
      throw new StowageError('unsupported', 'Only the desktop app hands files to other programs.', { hint: 'Download it.' });
  };
  return {
    service: {
      open: (input, { signal }) => {
        checkDesktop();
        return open(input, signal);
      },
      drag: (input, { signal }) => {
        checkDesktop();
        return dragOut.drag(input, signal);
      },
      list: () => rows.all().map(rows.show),
      send: ({ id }) => inTurn(rowOf(id).id, () => sendNow(id)),
      show: ({ id }) => {
        checkDesktop();
        const { name } = rowOf(id);
        return { ticket: handovers.give({ what: 'show', paths: [copies.pathOf(id, name)] }) };
      },
      resolve: ({ id, how }) =>
        inTurn(rowOf(id).id, async () => {
          await { overwrite, 'keep-both': keepBoth, theirs: takeTheirs }[how](tools, rowOf(id));
          return tell(id);
        }),
      close: async ({ id, discard }) => {
        const row = rowOf(id);
        await busy.get(id)?.catch(() => undefined);
        if (!discard && (row.state !== 'clean' || (await isChanged(row)))) {
          throw new StowageError('wrong-state', `“${visible(row.name)}” has changes that were not sent.`, {
            subject: row.path,
            hint: 'Send them first, or give them up.',
          });
        }
        await forget(id);
        return {};
      },
    },
    start: async () => {
      copies.sweep(new Set(rows.all().map(({ id }) => id)));
      for (const row of rows.all()) {
        if (await isChanged(row)) {
          rows.setState(
            row.id,
            row.state === 'conflict' ? 'conflict' : 'unsent',
            row.problem === null ? null : JSON.parse(row.problem),
          );
          copies.watch(row.id, () => look(row.id));
          tell(row.id);
        } else await forget(row.id);
      }
    },
    close: async () => {
      closed = true;
      copies.close();
      await Promise.allSettled(busy.values());
      for (const row of rows.all()) if (row.state === 'clean' && !(await isChanged(row))) await forget(row.id);
    },
  };
}

const noProgram = (name: string): StowageError =>
  new StowageError('unsupported', `“${visible(name)}” is a program, and Stowage opens none.`, {
    subject: name,
    hint: 'Download it and look at it first.',
  });
