import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parseInnerPath } from '#shared/paths.ts';
import { hostFolder, packsFolder } from '../storage/host-folder.ts';
import { hasContainers, type StorageProvider } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { Database } from '../store/database.ts';
import { moveFolder } from './folders.ts';
import { keepsPlace, placeOf, purgeRoot, type VfolderRow } from './rows.ts';

type Count = { files: number; bytes: number };

/**
 * Marks a vfolder of the trash as being destroyed, so that a half-destroyed one can never be restored: also after a crash
 * the purge is then finished. Where the host can rename, that is done by moving it aside.
 */
export async function setAside(database: Database, provider: StorageProvider, row: VfolderRow): Promise<void> {
  if (keepsPlace(row, provider)) {
    database.run(`UPDATE vfolders SET unfinished = 'purging' WHERE id = ?`, row.id);
    return;
  }
  const from = placeOf(row);
  if (await statOrNull(provider, from)) await moveFolder(provider, from, purgeRoot(row.id));
}

/**
 * Destroys a vfolder that was set aside, and the trashed files of it. When that fails (permissions), the rest stays in
 * the trash and the error says so.
 * @returns what was removed of the vfolder; symlinks count as files, their targets stay
 */
export async function destroy(database: Database, provider: StorageProvider, row: VfolderRow): Promise<Count> {
  const stays = keepsPlace(row, provider);
  const aside = stays ? placeOf(row) : purgeRoot(row.id);
  let count: Count = { files: 0, bytes: 0 };
  try {
    const trashed = database.all<{ trash_path: string }>('SELECT trash_path FROM trashed_files WHERE vfolder_id = ?', row.id);
    for (const { trash_path } of trashed) await removeIfThere(provider, parseInnerPath(trash_path));
    // Its own container holds its trash, which no listing shows.
    if (stays && hasContainers(provider)) await removeIfThere(provider, joinPath(aside, hostFolder));
    if (stays) await removeIfThere(provider, packsFolder(provider, aside));
    count = await removeIfThere(provider, aside);
  } catch (error) {
    const failure = toStowageError(error);
    if (stays && failure.retryable) {
      // The host may be back later: the purge goes on at the next start, or when it is asked for again.
    } else if (stays) database.run('UPDATE vfolders SET unfinished = NULL WHERE id = ?', row.id);
    else if (await statOrNull(provider, aside)) await moveFolder(provider, aside, placeOf(row));
    const { code, message, data } = failure;
    const said = `“${row.name}” could not be purged whole; what is left stays in the trash. ${message}`;
    throw new StowageError(code, said, data, { cause: error });
  }
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
  return count;
}

async function removeIfThere(provider: StorageProvider, path: InnerPath): Promise<Count> {
  try {
    return await removeTree(provider, path);
  } catch (error) {
    if (isStowageError(error, 'not-found')) return { files: 0, bytes: 0 };
    throw error;
  }
}

/**
 * Forgets a link; nothing that it points to is touched. Refused while files that were trashed through it still lie there
 * and could be reached: nobody would know of them any more.
 * @throws `not-empty`
 */
export async function forgetLink(database: Database, provider: StorageProvider, row: VfolderRow): Promise<Count> {
  const trashed = database.all<{ trash_path: string }>('SELECT trash_path FROM trashed_files WHERE vfolder_id = ?', row.id);
  for (const { trash_path } of trashed) {
    const there = await provider.stat(parseInnerPath(trash_path)).catch((error: unknown) => {
      if (!isStowageError(error)) throw error;
      return null;
    });
    if (!there) continue;
    throw new StowageError('not-empty', `Files that were deleted in “${row.name}” are still in its trash.`, {
      subject: row.name,
      hint: 'Restore the link, empty its trash or put the files back, and delete it again.',
    });
  }
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
  return { files: 0, bytes: 0 };
}
