import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { parseInnerPath } from '#shared/paths.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { removeTree } from '../storage/remove-tree.ts';
import type { Database } from '../store/database.ts';
import { moveFolder, statOrNull } from './folders.ts';
import { placeOf, purgeRoot, type VfolderRow } from './rows.ts';

/**
 * Destroys a vfolder in the trash, and the trashed files of it. It is moved aside first, so that a half-destroyed one
 * can never be restored after a crash; a purge that fails (permissions) puts the rest back into the trash.
 * @returns what was removed; symlinks count as files, their targets stay
 */
export async function purgeVfolder(
  database: Database,
  provider: StorageProvider,
  row: VfolderRow,
): Promise<{ files: number; bytes: number }> {
  const from = placeOf(row);
  const aside = purgeRoot(row.id);
  const count = { files: 0, bytes: 0 };
  if (await statOrNull(provider, from)) {
    await moveFolder(provider, from, aside);
    try {
      Object.assign(count, await removeTree(provider, aside));
    } catch (error) {
      await moveFolder(provider, aside, from);
      const { code, message, data } = toStowageError(error);
      throw new StowageError(code, `“${row.name}” could not be purged whole; what is left stays in the trash. ${message}`, data, {
        cause: error,
      });
    }
  }
  const trashed = database.all<{ trash_path: string }>('SELECT trash_path FROM trashed_files WHERE vfolder_id = ?', row.id);
  for (const { trash_path } of trashed) {
    await removeTree(provider, parseInnerPath(trash_path)).catch((error: unknown) => {
      if (!isStowageError(error, 'not-found')) throw error;
    });
  }
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
  return count;
}
