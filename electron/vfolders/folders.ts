import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, parseInnerPath, rootPath } from '#shared/paths.ts';
import { canRename, type StorageEntry, type StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { type HostAccess, purgeRoot, trashRoot, type VfolderRow } from './rows.ts';

export async function statOrNull(provider: StorageProvider, path: InnerPath): Promise<StorageEntry | null> {
  try {
    return await provider.stat(path);
  } catch (error) {
    if (isStowageError(error, 'not-found')) return null;
    throw error;
  }
}

/** Moves a folder without overwriting. @throws `unsupported` where the host cannot rename */
export async function moveFolder(provider: StorageProvider, from: InnerPath, to: InnerPath): Promise<void> {
  if (!canRename(provider)) {
    throw new StowageError('unsupported', `This storage host cannot rename “${from}”.`, { subject: from });
  }
  await provider.rename(from, to);
}

/**
 * Brings disk and database together after a crash between their steps. Every change of a vfolder writes its intention
 * to the database first and moves the folder after; here the move is made up for:
 * - live with `trash_root`: a restore or rename had to move the folder from there to `root`;
 * - live without its folder: it was being created;
 * - trashed with another `root` than `trash_root`: it was being deleted.
 * A host that does not answer is left for the next start.
 * @returns the vfolders whose purge was cut short
 */
export async function reconcile(database: Database, hosts: HostAccess): Promise<VfolderRow[]> {
  const purging: VfolderRow[] = [];
  const rows = database.all<VfolderRow>("SELECT * FROM vfolders WHERE kind = 'managed'");
  for (const row of rows) {
    const provider = hosts.provider(row.host_id);
    try {
      await settle(database, provider, row);
      if (row.trashed_at !== null && (await statOrNull(provider, purgeRoot(row.id)))) purging.push(row);
    } catch (error) {
      if (!isStowageError(error)) throw error;
    }
  }
  return purging;
}

async function settle(database: Database, provider: StorageProvider, row: VfolderRow): Promise<void> {
  await provider.stat(rootPath);
  const root = parseInnerPath(row.root);
  if (row.trashed_at === null) {
    if (row.trash_root !== null) {
      await finishMove(provider, parseInnerPath(row.trash_root), root);
      database.run('UPDATE vfolders SET trash_root = NULL WHERE id = ?', row.id);
    }
    if (!(await statOrNull(provider, root))) await provider.makeDirectory(root);
    return;
  }
  const trash = parseInnerPath(row.trash_root ?? trashRoot(row.id));
  if (root === trash) return;
  await finishMove(provider, root, trash);
  database.run('UPDATE vfolders SET root = ? WHERE id = ?', trash, row.id);
}

/** Moves `from` to `to` if it is still there; an empty folder that a cut-short move left at `to` makes way. */
async function finishMove(provider: StorageProvider, from: InnerPath, to: InnerPath): Promise<void> {
  if (!(await statOrNull(provider, from))) return;
  if (await statOrNull(provider, to)) await provider.remove(to);
  await moveFolder(provider, from, to);
}
