import type { HostKind } from '#shared/contract/hosts.ts';
import type { Usage, Vfolder } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { isAutomountName } from '#shared/names.ts';
import { type InnerPath, parseInnerPath, visible } from '#shared/paths.ts';
import { hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';

/** What vfolders need of the storage hosts. */
export interface HostAccess {
  provider(hostId: string): StorageProvider;
  describe(hostId: string): { id: string; name: string; kind: HostKind };
  defaultHostId(): string;
}

export interface VfolderRow {
  id: string;
  name: string;
  host_id: string;
  kind: 'managed' | 'linked';
  /** Its folder in the host; of a trashed one that in the trash, once it was moved there. */
  root: string;
  usage: Usage;
  permission: 'ro' | 'rw';
  note: string;
  mount_path: string | null;
  created_at: number;
  last_used_at: number | null;
  trashed_at: number | null;
  /** Trashed: its folder in the trash. Live: where its folder still has to be moved from (a step cut short). */
  trash_root: string | null;
}

/** The folder of the host in which Stowage keeps the trash and what is being purged. */
export const hostFolder = '.stowage';
export const trashRoot = (id: string): InnerPath => parseInnerPath(`${hostFolder}/trash/${id}`);
export const purgeRoot = (id: string): InnerPath => parseInnerPath(`${hostFolder}/purging/${id}`);

export function findLive(database: Database, name: string): VfolderRow | null {
  return database.get<VfolderRow>('SELECT * FROM vfolders WHERE name = ? AND trashed_at IS NULL', name) ?? null;
}

/** @throws `not-found` */
export function getLive(database: Database, name: string): VfolderRow {
  const row = findLive(database, name);
  if (row) return row;
  throw new StowageError('not-found', `There is no vfolder called “${visible(name)}”.`, { subject: name });
}

/** @throws `not-found` */
export function getTrashed(database: Database, id: string): VfolderRow {
  const row = database.get<VfolderRow>('SELECT * FROM vfolders WHERE id = ? AND trashed_at IS NOT NULL', id);
  if (row) return row;
  throw new StowageError('not-found', `There is no vfolder “${visible(id)}” in the trash.`, { subject: id });
}

/** Where the content of a vfolder lies now. */
export const placeOf = (row: VfolderRow): InnerPath =>
  parseInnerPath(row.trashed_at === null ? row.root : (row.trash_root ?? row.root));

export function toVfolder(row: VfolderRow, hosts: HostAccess): Vfolder {
  const provider = hosts.provider(row.host_id);
  return {
    id: row.id,
    name: row.name,
    host: hosts.describe(row.host_id),
    kind: row.kind,
    usage: row.usage,
    permission: row.permission,
    note: row.note,
    mountPath: row.mount_path,
    automount: isAutomountName(row.name),
    localPath: hasLocalPath(provider) ? provider.localPath(placeOf(row)) : null,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    trashedAt: row.trashed_at,
  };
}
