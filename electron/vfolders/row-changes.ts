import { randomUUID } from 'node:crypto';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { checkVfolderName } from '#shared/names.ts';
import { parseInnerPath, visible } from '#shared/paths.ts';
import { hasLocalPath } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { moveFolder, statOrNull } from './folders.ts';
import { findLive, type HostAccess, trashRoot, type VfolderRow } from './rows.ts';

type Fields = Pick<Vfolder, 'usage' | 'permission' | 'note' | 'mountPath'>;
/** What a person may set of a vfolder; what is absent keeps its value or default. */
export type OptionalFields = { [Name in keyof Fields]?: Fields[Name] | undefined };

const nameTaken = (name: string, other: string): StowageError =>
  new StowageError(
    'name-taken',
    other === name
      ? `There is a vfolder called “${visible(name)}” already.`
      : `“${visible(name)}” differs only in case from the vfolder “${other}”, which not every disk can tell apart.`,
    { subject: name, hint: 'Choose another name.' },
  );

/** Checks rules, other vfolders and the disk. @throws `name-invalid`, `name-reserved`, `name-taken` */
async function checkNewName(database: Database, hosts: HostAccess, name: string, hostId: string, ownId?: string): Promise<void> {
  checkVfolderName(name);
  const other = database.get<{ name: string }>(
    'SELECT name FROM vfolders WHERE name = ? COLLATE NOCASE AND trashed_at IS NULL AND id IS NOT ?',
    name,
    ownId ?? null,
  );
  if (other) throw nameTaken(name, other.name);
  const provider = hosts.provider(hostId);
  const root = parseInnerPath(name);
  const there = await statOrNull(provider, root);
  const own = ownId && !provider.caseSensitive && database.get<VfolderRow>('SELECT * FROM vfolders WHERE id = ?', ownId);
  if (!there || (own && own.trashed_at === null && own.root.toLowerCase() === name.toLowerCase())) return;
  const place = hasLocalPath(provider) ? provider.localPath(root) : name;
  throw new StowageError('name-taken', `A folder of the name “${name}” exists already at “${visible(place)}”.`, {
    subject: name,
    hint: 'Choose another name, or move that folder away.',
  });
}

/** @throws `bad-request` for a mount path that no container can have */
function checkMountPath(mountPath: string | null | undefined): void {
  if (mountPath === null || mountPath === undefined) return;
  if (mountPath === '' || mountPath.includes('\0') || mountPath.split('/').includes('..')) {
    throw new StowageError('bad-request', `“${visible(mountPath)}” cannot be a mount path.`, {
      subject: mountPath,
      hint: 'Give an absolute path as /data, or one relative to the working directory, without “..”.',
    });
  }
}

/** The row first, the folder after: a crash between leaves a vfolder whose folder is made at the next start. */
export async function createRow(
  database: Database,
  hosts: HostAccess,
  name: string,
  hostId: string,
  fields: OptionalFields,
): Promise<void> {
  hosts.describe(hostId);
  checkMountPath(fields.mountPath);
  await checkNewName(database, hosts, name, hostId);
  const id = randomUUID();
  database.run(
    `INSERT INTO vfolders (id, name, host_id, kind, root, usage, permission, note, mount_path, created_at)
     VALUES (?, ?, ?, 'managed', ?, ?, ?, ?, ?, ?)`,
    id,
    name,
    hostId,
    name,
    fields.usage ?? 'general',
    fields.permission ?? 'rw',
    fields.note ?? '',
    fields.mountPath ?? null,
    Date.now(),
  );
  try {
    await hosts.provider(hostId).makeDirectory(parseInnerPath(name));
  } catch (error) {
    database.run('DELETE FROM vfolders WHERE id = ?', id);
    throw error;
  }
}

export function updateFields(database: Database, row: VfolderRow, fields: OptionalFields): void {
  checkMountPath(fields.mountPath);
  database.run(
    'UPDATE vfolders SET usage = ?, permission = ?, note = ?, mount_path = ? WHERE id = ?',
    fields.usage ?? row.usage,
    fields.permission ?? row.permission,
    fields.note ?? row.note,
    fields.mountPath === undefined ? row.mount_path : fields.mountPath,
    row.id,
  );
}

/** Makes a row live under a name and moves its folder there; `trash_root` tells of the move until it is done. */
export async function moveToName(
  database: Database,
  hosts: HostAccess,
  row: VfolderRow,
  name: string,
  from: string,
): Promise<void> {
  await checkNewName(database, hosts, name, row.host_id, row.id);
  const set = 'UPDATE vfolders SET name = ?, root = ?, trashed_at = ?, trash_root = ? WHERE id = ?';
  database.run(set, name, name, null, from, row.id);
  try {
    await moveFolder(hosts.provider(row.host_id), parseInnerPath(from), parseInnerPath(name));
  } catch (error) {
    database.run(set, row.name, row.root, row.trashed_at, row.trash_root, row.id);
    throw error;
  }
  database.run('UPDATE vfolders SET trash_root = NULL WHERE id = ?', row.id);
}

/** While `root` and `trash_root` differ the move is not done. */
export async function moveToTrash(database: Database, hosts: HostAccess, row: VfolderRow): Promise<void> {
  const to = trashRoot(row.id);
  database.run('UPDATE vfolders SET trashed_at = ?, trash_root = ? WHERE id = ?', Date.now(), to, row.id);
  try {
    await moveFolder(hosts.provider(row.host_id), parseInnerPath(row.root), to);
  } catch (error) {
    database.run('UPDATE vfolders SET trashed_at = NULL, trash_root = NULL WHERE id = ?', row.id);
    throw error;
  }
  database.run('UPDATE vfolders SET root = trash_root WHERE id = ?', row.id);
}

/** Takes back a vfolder that was just made, if nothing is in it. */
export async function removeEmpty(database: Database, hosts: HostAccess, name: string): Promise<void> {
  const row = findLive(database, name);
  if (!row) return;
  await hosts.provider(row.host_id).remove(parseInnerPath(row.root));
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
}
