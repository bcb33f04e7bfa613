import { randomUUID } from 'node:crypto';
import type { TrashedFile } from '#shared/contract/files.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { canRename, type StorageProvider } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import type { Database } from '../store/database.ts';
import { notTheVfolder, writable } from './places.ts';

/** The trash of files: each lies in the host under `.stowage/trash-files/<id>`, and in a row that knows its place. */
export interface FileTrash {
  /** All or nothing: when one cannot be moved, those before it are put back. */
  discard(vfolder: string, paths: readonly string[]): Promise<TrashedFile[]>;
  /** Newest first; not those of vfolders that are in the trash themselves. */
  list(vfolder: string | undefined): TrashedFile[];
  restore(ids: readonly string[]): Promise<{ restored: number }>;
  purge(ids: readonly string[]): Promise<{ purged: number }>;
}

interface TrashRow {
  id: string;
  vfolder_id: string;
  /** Name of the live vfolder. */
  vfolder: string;
  path: string;
  trash_path: string;
  kind: TrashedFile['kind'];
  trashed_at: number;
}

const select = `SELECT trashed_files.*, vfolders.name AS vfolder FROM trashed_files
  JOIN vfolders ON vfolders.id = trashed_files.vfolder_id AND vfolders.trashed_at IS NULL`;

const parallelMoves = 32;

function newRow({ vfolder, inner }: ResolvedPlace, kind: TrashedFile['kind']): TrashRow {
  const id = randomUUID();
  const trash_path = `.stowage/trash-files/${id}`;
  return { id, vfolder_id: vfolder.id, vfolder: vfolder.name, path: inner, trash_path, kind, trashed_at: Date.now() };
}

export function createFileTrash(options: { database: Database; changes: Changes; lookup: VfolderLookup }): FileTrash {
  const { database, changes, lookup } = options;
  const find = (id: string): TrashRow => {
    const row = database.get<TrashRow>(`${select} WHERE trashed_files.id = ?`, id);
    if (row) return row;
    throw new StowageError('not-found', `There is no “${visible(id)}” in the trash of a vfolder.`, { subject: id });
  };
  const forget = (id: string): void => void database.run('DELETE FROM trashed_files WHERE id = ?', id);
  const tellChanged = (vfolder: string, paths: Iterable<InnerPath>): void => {
    for (const path of new Set([...paths].map(parentPath))) changes.emit({ type: 'files', vfolder, path });
  };
  const discardOne = async (place: ResolvedPlace): Promise<TrashRow> => {
    const { kind } = await place.provider.stat(place.path);
    const row = newRow(place, kind);
    // The row first: a crash before the rename leaves a row without a file, dropped when it is to be restored or purged.
    database.run(
      'INSERT INTO trashed_files (id, vfolder_id, path, trash_path, kind, trashed_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[row.id, row.vfolder_id, row.path, row.trash_path, kind, row.trashed_at],
    );
    try {
      await move(place.provider, place.path, parseInnerPath(row.trash_path));
    } catch (error) {
      forget(row.id);
      throw error;
    }
    return row;
  };
  const discardAll = async (places: readonly ResolvedPlace[]): Promise<TrashRow[]> => {
    const rows: TrashRow[] = [];
    for (let next = 0; next < places.length; next += parallelMoves) {
      const results = await Promise.allSettled(places.slice(next, next + parallelMoves).map(discardOne));
      rows.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
      const failed = results.find((result) => result.status === 'rejected');
      if (!failed) continue;
      for (const row of rows) await restoreOne(row);
      throw failed.reason;
    }
    return rows;
  };
  const restoreOne = async (row: TrashRow): Promise<void> => {
    const place = writable(lookup.resolve(row.vfolder, row.path));
    const from = parseInnerPath(row.trash_path);
    await place.provider.stat(from).catch((error: unknown) => {
      if (isStowageError(error, 'not-found')) forget(row.id);
      throw error;
    });
    await move(place.provider, from, place.path);
    forget(row.id);
  };

  return {
    discard: async (vfolder, paths) => {
      const places = outermost(paths.map((path) => notTheVfolder(writable(lookup.resolve(vfolder, path)))));
      const rows = await discardAll(places);
      tellChanged(
        vfolder,
        places.map(({ inner }) => inner),
      );
      return rows.map(toTrashed);
    },
    list: (vfolder) => {
      const rows =
        vfolder === undefined
          ? database.all<TrashRow>(`${select} ORDER BY trashed_files.trashed_at DESC`)
          : database.all<TrashRow>(`${select} WHERE vfolders.name = ? ORDER BY trashed_files.trashed_at DESC`, vfolder);
      return rows.map(toTrashed);
    },
    restore: async (ids) => {
      const rows = ids.map(find);
      const done = await each(rows, restoreOne, 'put back');
      for (const vfolder of new Set(rows.map((row) => row.vfolder))) {
        tellChanged(
          vfolder,
          rows.filter((row) => row.vfolder === vfolder).map(({ path }) => parseInnerPath(path)),
        );
      }
      return { restored: done };
    },
    purge: async (ids) => {
      const purgeOne = async (row: TrashRow): Promise<void> => {
        const { provider } = lookup.resolve(row.vfolder, '');
        await removeTree(provider, parseInnerPath(row.trash_path)).catch(ignoreNotFound);
        forget(row.id);
      };
      return { purged: await each(ids.map(find), purgeOne, 'purged') };
    },
  };
}

function ignoreNotFound(error: unknown): void {
  if (!isStowageError(error, 'not-found')) throw error;
}

const toTrashed = ({ id, vfolder, path, kind, trashed_at }: TrashRow): TrashedFile => ({
  id,
  vfolder,
  path,
  kind,
  trashedAt: trashed_at,
});

async function move(provider: StorageProvider, from: InnerPath, to: InnerPath): Promise<void> {
  if (!canRename(provider)) {
    throw new StowageError('unsupported', `This storage host has no trash: it cannot rename “${visible(from)}”.`, {
      subject: from,
    });
  }
  await provider.rename(from, to);
}

/** Drops what lies below another of the places, and repeats: it goes with it. */
function outermost(places: readonly ResolvedPlace[]): ResolvedPlace[] {
  const chosen = new Map(places.map((place) => [place.inner, place]));
  return [...chosen.values()].filter(({ inner }) => {
    for (let above = parentPath(inner); above !== ''; above = parentPath(above)) if (chosen.has(above)) return false;
    return true;
  });
}

/** Does all it can; the first failure is thrown at the end, with how many went well in its hint. */
async function each(rows: readonly TrashRow[], work: (row: TrashRow) => Promise<void>, said: string): Promise<number> {
  let done = 0;
  let first: unknown = null;
  for (const row of rows) {
    try {
      await work(row);
      done++;
    } catch (error) {
      first ??= error;
    }
  }
  if (first === null) return done;
  if (rows.length === 1) throw first;
  const { code, message, data } = toStowageError(first);
  throw new StowageError(
    code,
    message,
    { ...data, hint: `${done} of ${rows.length} were ${said} all the same.` },
    { cause: first },
  );
}
