import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { parseInnerPath } from '#shared/paths.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import type { Database } from '../store/database.ts';
import { moveFolder, statOrNull } from './folders.ts';
import { placeOf, purgeRoot, type VfolderRow } from './rows.ts';

/**
 * Moves a vfolder from the trash to where it is destroyed, so that a half-destroyed one can never be restored: also
 * after a crash the purge is then finished.
 */
export async function setAside(provider: StorageProvider, row: VfolderRow): Promise<void> {
  const from = placeOf(row);
  if (await statOrNull(provider, from)) await moveFolder(provider, from, purgeRoot(row.id));
}

/**
 * Destroys a vfolder that was set aside, and the trashed files of it. When that fails (permissions), the rest goes back
 * into the trash and the error says so.
 * @returns what was removed of the vfolder; symlinks count as files, their targets stay
 */
export async function destroy(
  database: Database,
  provider: StorageProvider,
  row: VfolderRow,
): Promise<{ files: number; bytes: number }> {
  const aside = purgeRoot(row.id);
  let count = { files: 0, bytes: 0 };
  try {
    if (await statOrNull(provider, aside)) count = await removeTree(provider, aside);
    const trashed = database.all<{ trash_path: string }>('SELECT trash_path FROM trashed_files WHERE vfolder_id = ?', row.id);
    for (const { trash_path } of trashed) {
      await removeTree(provider, parseInnerPath(trash_path)).catch((error: unknown) => {
        if (!isStowageError(error, 'not-found')) throw error;
      });
    }
  } catch (error) {
    if (await statOrNull(provider, aside)) await moveFolder(provider, aside, placeOf(row));
    const { code, message, data } = toStowageError(error);
    const said = `“${row.name}” could not be purged whole; what is left stays in the trash. ${message}`;
    throw new StowageError(code, said, data, { cause: error });
  }
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
  return count;
}
