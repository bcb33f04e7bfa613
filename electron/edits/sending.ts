import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import type { StorageEntry, WriteOptions } from '../storage/provider.ts';
import type { EditRow, EditRows } from './rows.ts';
import type { WorkingCopies } from './working-copies.ts';

export interface SendTools {
  readonly rows: EditRows;
  readonly copies: WorkingCopies;
  readonly lookup: VfolderLookup;
  readonly changes: Changes;
}

/** Where the file of an edit is now. @throws `not-found`, `read-only` */
export function placeOf({ rows, lookup }: SendTools, row: EditRow, path: string = row.path): ResolvedPlace {
  const name = rows.vfolderName(row.vfolder_id);
  if (name === null) {
    throw new StowageError('not-found', `The vfolder of “${visible(row.name)}” is gone or in the trash.`, {
      subject: row.path,
      hint: 'Restore it, or keep the working copy somewhere else.',
    });
  }
  return lookup.resolve(name, path);
}

/** Writes the working copy to a path of the vfolder, if what is there is what `expect` says; gives the new entry. */
async function write(tools: SendTools, row: EditRow, path: string, expect: WriteOptions['expect']): Promise<void> {
  const { rows, copies, changes } = tools;
  const place = placeOf(tools, row, path);
  if (place.vfolder.permission === 'ro' || row.read_only === 1) {
    throw new StowageError('read-only', `“${visible(row.name)}” can only be read where it is.`, {
      subject: row.path,
      hint: 'Save it under another name on this machine.',
    });
  }
  // Before it is read: a change meanwhile makes it differ from what was sent.
  const sent = await copies.stampOf(row.id, row.name);
  const { entry, body } = await copies.disk(row.id).read(copies.nameOf(row.name));
  const written = await place.provider
    .write(place.path, body, {
      size: entry.size,
      ...(entry.modified !== null && { modified: entry.modified }),
      ...(expect && { expect }),
    })
    // A write that was refused at once has not read it.
    .finally(() => body[Symbol.asyncIterator]().return?.());
  rows.setSent(row.id, { path, etag: written.etag ?? null, sent: sent ?? '', savedAt: Date.now() });
  changes.emit({ type: 'files', vfolder: place.vfolder.name, path: parentPath(place.inner) });
}

/** Sends a change while the file at the host is what was fetched. The row tells how it went; nothing is thrown. */
export async function send(tools: SendTools, row: EditRow): Promise<void> {
  const { rows } = tools;
  try {
    await write(tools, row, row.path, row.etag === null ? undefined : { etag: row.etag });
  } catch (error) {
    const { code, message, data } = toStowageError(error);
    rows.setState(row.id, code === 'precondition-failed' ? 'conflict' : 'unsent', { code, message, ...data });
  }
}

const statOrNull = (place: ResolvedPlace): Promise<StorageEntry | null> =>
  place.provider.stat(place.path).catch((error: unknown) => {
    if (isStowageError(error, 'not-found')) return null;
    throw error;
  });

/** Puts the change in the place of what is at the host at this moment, and of nothing that comes after. */
export async function overwrite(tools: SendTools, row: EditRow): Promise<void> {
  const there = await statOrNull(placeOf(tools, row));
  await write(tools, row, row.path, there?.etag === undefined ? { absent: true } : { etag: there.etag });
}

const mostTries = 100;

/** `notes (my changes).txt`, then `notes (my changes 2).txt` and so on. */
export function besideName(name: string, attempt: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  return `${stem} (my changes${attempt > 1 ? ` ${attempt}` : ''})${ending}`;
}

/** Puts the change beside what is at the host; later changes go there too. */
export async function keepBoth(tools: SendTools, row: EditRow): Promise<void> {
  const folder: InnerPath = parentPath(parseInnerPath(row.path));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write(tools, row, joinPath(folder, besideName(baseName(row.path), attempt)), { absent: true });
      return;
    } catch (error) {
      if (!isStowageError(error, 'precondition-failed') || attempt >= mostTries) throw error;
    }
  }
}

/** Takes what is at the host into the working copy, in the place of the change. */
export async function takeTheirs(tools: SendTools, row: EditRow): Promise<void> {
  const { rows, copies } = tools;
  const place = placeOf(tools, row);
  const { entry, body } = await place.provider.read(place.path);
  await copies
    .disk(row.id)
    .write(copies.nameOf(row.name), body, { size: entry.size })
    .finally(() => body[Symbol.asyncIterator]().return?.());
  const sent = await copies.stampOf(row.id, row.name);
  rows.setSent(row.id, { path: row.path, etag: entry.etag ?? null, sent: sent ?? '', savedAt: null });
}
