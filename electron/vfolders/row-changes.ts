import { randomUUID } from 'node:crypto';
import { type InnerPath, parseInnerPath } from '#shared/paths.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { checkMountPath, type OptionalFields } from './fields.ts';
import { moveFolder } from './folders.ts';
import { type LinkTools, refuseInsideLink } from './links.ts';
import { checkFree, checkNewName, chooseRoot, isForeign, unlikelyRoot } from './new-names.ts';
import { keepsPlace, trashRoot, type VfolderRow } from './rows.ts';

/** The row first, the folder after: a crash between leaves a vfolder whose folder is made at the next start. */
export async function createRow(tools: LinkTools, name: string, host: string, fields: OptionalFields): Promise<void> {
  const { database, hosts } = tools;
  const { id: hostId } = hosts.describe(host);
  checkMountPath(fields.mountPath);
  checkNewName(database, name);
  const provider = hosts.provider(hostId);
  const root = await chooseRoot(database, provider, hostId, name);
  await refuseInsideLink(tools, hostId, root);
  const id = randomUUID();
  database.run(
    `INSERT INTO vfolders (id, name, host_id, kind, root, usage, permission, note, mount_path, created_at, unfinished)
     VALUES (?, ?, ?, 'managed', ?, ?, ?, ?, ?, ?, 'creating')`,
    id,
    name,
    hostId,
    root,
    fields.usage ?? 'general',
    fields.permission ?? 'rw',
    fields.note ?? '',
    fields.mountPath ?? null,
    Date.now(),
  );
  try {
    await makePlace(database, provider, id, root, name);
  } catch (error) {
    database.run('DELETE FROM vfolders WHERE id = ?', id);
    throw error;
  }
  database.run('UPDATE vfolders SET unfinished = NULL WHERE id = ?', id);
}

async function makePlace(
  database: Database,
  provider: StorageProvider,
  id: string,
  root: InnerPath,
  name: string,
): Promise<void> {
  try {
    await provider.makeDirectory(root);
  } catch (error) {
    if (!isForeign(provider, error)) throw error;
    const other = unlikelyRoot(provider, name);
    database.run('UPDATE vfolders SET root = ? WHERE id = ?', other, id);
    await provider.makeDirectory(other);
  }
}

/**
 * Makes a row live under a name and moves its folder there; `trash_root` tells of the move until it is done. What keeps
 * its place changes in the row only.
 */
export async function moveToName(
  database: Database,
  provider: StorageProvider,
  row: VfolderRow,
  name: string,
  from: string,
): Promise<void> {
  checkNewName(database, name, row.id);
  const set = 'UPDATE vfolders SET name = ?, root = ?, trashed_at = ?, trash_root = ? WHERE id = ?';
  if (keepsPlace(row, provider)) {
    database.run(set, name, row.root, null, null, row.id);
    return;
  }
  const to = parseInnerPath(name);
  await checkFree(provider, to, row);
  database.run(set, name, name, null, from, row.id);
  try {
    await moveFolder(provider, parseInnerPath(from), to);
  } catch (error) {
    database.run(set, row.name, row.root, row.trashed_at, row.trash_root, row.id);
    throw error;
  }
  database.run('UPDATE vfolders SET trash_root = NULL WHERE id = ?', row.id);
}

/** While `root` and `trash_root` differ the move is not done. */
export async function moveToTrash(database: Database, provider: StorageProvider, row: VfolderRow): Promise<void> {
  if (keepsPlace(row, provider)) {
    database.run('UPDATE vfolders SET trashed_at = ? WHERE id = ?', Date.now(), row.id);
    return;
  }
  const to = trashRoot(row.id);
  database.run('UPDATE vfolders SET trashed_at = ?, trash_root = ? WHERE id = ?', Date.now(), to, row.id);
  try {
    await moveFolder(provider, parseInnerPath(row.root), to);
  } catch (error) {
    database.run('UPDATE vfolders SET trashed_at = NULL, trash_root = NULL WHERE id = ?', row.id);
    throw error;
  }
  database.run('UPDATE vfolders SET root = trash_root WHERE id = ?', row.id);
}

/** Takes back a vfolder that was just made, if nothing is in it. */
export async function removeEmpty(database: Database, provider: StorageProvider, row: VfolderRow): Promise<void> {
  await provider.remove(parseInnerPath(row.root));
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
}
