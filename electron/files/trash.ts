import { randomUUID } from 'node:crypto';
import type { TrashedFile } from '#shared/contract/files.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { finishMove, moveTree } from '../storage/move-tree.ts';
import { canRename, hasContainers } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import type { Database } from '../store/database.ts';
import { notTheVfolder, writable } from './places.ts';

/**
 * The trash of files: each lies in the host under `.stowage/trash-files/<id>` (at the top of an account: in the same
 * container), and in a row that knows its place. Where the host cannot rename, it gets there by copying inside the
 * service; `moving` tells of a move until it is done.
 */
export interface FileTrash {
  /** All or nothing: when one cannot be moved, those before it are put back. */
  discard(vfolder: string, paths: readonly string[]): Promise<TrashedFile[]>;
  /** Newest first; not those of vfolders that are in the trash themselves. */
  list(vfolder: string | undefined): TrashedFile[];
  restore(ids: readonly string[]): Promise<{ restored: number }>;
  purge(ids: readonly string[]): Promise<{ purged: number }>;
  /** Goes on with the moves that a former process left half done; hosts that do not answer are left for later. */
  settle(): Promise<void>;
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
  /** Being moved by copying: into the trash, or back out of it. */
  moving: 'in' | 'out' | null;
}

const select = `SELECT trashed_files.*, vfolders.name AS vfolder FROM trashed_files
  JOIN vfolders ON vfolders.id = trashed_files.vfolder_id AND vfolders.trashed_at IS NULL`;

const parallelRenames = 32;
/** Each copies several files at a time. */
const parallelCopies = 4;

function newRow({ vfolder, inner, provider, root }: ResolvedPlace, kind: TrashedFile['kind']): TrashRow {
  const id = randomUUID();
  const [container = ''] = root.split('/');
  const trash_path = joinPath(parseInnerPath(hasContainers(provider) ? container : ''), `.stowage/trash-files/${id}`);
  const moving = canRename(provider) ? null : 'in';
  return { id, vfolder_id: vfolder.id, vfolder: vfolder.name, path: inner, trash_path, kind, trashed_at: Date.now(), moving };
}

export function createFileTrash(options: { database: Database; changes: Changes; lookup: VfolderLookup }): FileTrash {
  const { database, changes, lookup } = options;
  const find = (id: string): TrashRow => {
    const row = database.get<TrashRow>(`${select} WHERE trashed_files.id = ?`, id);
    if (row) return row;
    throw new StowageError('not-found', `There is no “${visible(id)}” in the trash of a vfolder.`, { subject: id });
  };
  const forget = (id: string): void => void database.run('DELETE FROM trashed_files WHERE id = ?', id);
  const setMoving = (id: string, moving: TrashRow['moving']): void =>
    void database.run('UPDATE trashed_files SET moving = ? WHERE id = ?', moving, id);
  const tellChanged = (vfolder: string, paths: Iterable<InnerPath>): void => {
    for (const path of new Set([...paths].map(parentPath))) changes.emit({ type: 'files', vfolder, path });
  };
  const discardOne = async (place: ResolvedPlace): Promise<TrashRow> => {
    const { kind } = await place.provider.stat(place.path);
    const row = newRow(place, kind);
    // The row first: a crash before the rename leaves a row without a file, dropped when it is to be restored or purged.
    database.run(
      'INSERT INTO trashed_files (id, vfolder_id, path, trash_path, kind, trashed_at, moving) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[row.id, row.vfolder_id, row.path, row.trash_path, kind, row.trashed_at, row.moving],
    );
    let copied = false;
    const onCopied = (): void => {
      copied = true;
    };
    const to = parseInnerPath(row.trash_path);
    try {
      await moveTree(place.provider, place.path, to, { onCopied, keepParent: true });
    } catch (error) {
      // Once everything lies in the trash it is listed there; what could not be removed goes at the next chance.
      if (!copied) {
        if (row.moving) await removeTree(place.provider, to).catch(() => undefined);
        forget(row.id);
      }
      throw error;
    }
    setMoving(row.id, null);
    return row;
  };
  /** Finishes a move that was cut short. @throws `source-changed` when something else was written there meanwhile */
  const settleOne = async (row: TrashRow): Promise<void> => {
    if (row.moving === null) return;
    const place = lookup.resolve(row.vfolder, row.path);
    const trashed = parseInnerPath(row.trash_path);
    const whole =
      row.moving === 'in'
        ? await finishMove(place.provider, place.path, trashed, { keepParent: true })
        : await finishMove(place.provider, trashed, place.path);
    if (row.moving === 'in') setMoving(row.id, null);
    else if (whole) forget(row.id);
    else {
      setMoving(row.id, null);
      throw new StowageError('exists', `“${visible(row.path)}” was put back only in part: other files took the place of some.`, {
        subject: row.path,
        hint: 'The rest stays in the trash. Move those files away, then restore it again.',
      });
    }
  };
  const discardAll = async (places: readonly ResolvedPlace[]): Promise<TrashRow[]> => {
    const rows: TrashRow[] = [];
    const atOnce = places.every(({ provider }) => canRename(provider)) ? parallelRenames : parallelCopies;
    for (let next = 0; next < places.length; next += atOnce) {
      const results = await Promise.allSettled(places.slice(next, next + atOnce).map(discardOne));
      rows.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
      const failed = results.find((result) => result.status === 'rejected');
      if (!failed) continue;
      for (const row of rows) await restoreOne(row);
      throw failed.reason;
    }
    return rows;
  };
  const restoreOne = async (found: TrashRow): Promise<void> => {
    const row = find(found.id);
    if (row.moving === 'out') return settleOne(row);
    await settleOne(row);
    const place = writable(lookup.resolve(row.vfolder, row.path));
    const from = parseInnerPath(row.trash_path);
    await place.provider.stat(from).catch((error: unknown) => {
      if (isStowageError(error, 'not-found')) forget(row.id);
      throw error;
    });
    if (!canRename(place.provider)) setMoving(row.id, 'out');
    let copied = false;
    const onCopied = (): void => {
      copied = true;
    };
    try {
      await moveTree(place.provider, from, place.path, { onCopied });
    } catch (error) {
      if (!copied) setMoving(row.id, null);
      throw error;
    }
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
        await settleOne(row);
        const { provider } = lookup.resolve(row.vfolder, '');
        await removeTree(provider, parseInnerPath(row.trash_path)).catch(ignoreNotFound);
        forget(row.id);
      };
      return { purged: await each(ids.map(find), purgeOne, 'purged') };
    },
    settle: async () => {
      const rows = database.all<TrashRow>(`${select} WHERE trashed_files.moving IS NOT NULL`);
      for (const row of rows) {
        await settleOne(row).catch((error: unknown) => {
          if (!isStowageError(error)) throw error;
        });
      }
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
