import type { HostKind, HostSettings } from '#shared/contract/hosts.ts';
import type { Usage } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, parseInnerPath, visible } from '#shared/paths.ts';
import { hostFolder } from '../storage/host-folder.ts';
import { canRename, type StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';

/** What vfolders need of the storage hosts. */
export interface HostAccess {
  provider(hostId: string): StorageProvider;
  /** By id, or by name. @throws `not-found` */
  describe(idOrName: string): { id: string; name: string; kind: HostKind; readOnly: boolean; settings: HostSettings };
  defaultHostId(): string;
}

export interface VfolderRow {
  id: string;
  name: string;
  host_id: string;
  kind: 'managed' | 'linked';
  /**
   * Its folder in its storage; of a trashed one that in the trash, once it was moved there. Where the host cannot rename,
   * and of links, it stays the same for good. `''` of a link to a folder of this machine, which is a storage of its own.
   */
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
  /** Of a link to a folder of this machine: a LocalLink as JSON. */
  link_target: string | null;
  /** A step that takes many requests where the host cannot rename; it goes on at the next start. */
  unfinished: 'creating' | 'purging' | null;
}

/** A link to a folder of this machine. */
export interface LocalLink {
  /** As the person gave it. */
  readonly path: string;
  /** Every symlink resolved, when it was linked. */
  readonly real: string;
}

export const localLinkOf = (row: VfolderRow): LocalLink | null =>
  row.link_target === null ? null : (JSON.parse(row.link_target) as LocalLink);

/** Whether renaming, trashing and restoring change the row only: nothing is moved. */
export const keepsPlace = (row: VfolderRow, provider: StorageProvider): boolean => row.kind === 'linked' || !canRename(provider);

/** Where the trash lies, and what is being purged. */
export const trashRoot = (id: string): InnerPath => parseInnerPath(`${hostFolder}/trash/${id}`);
export const purgeRoot = (id: string): InnerPath => parseInnerPath(`${hostFolder}/purging/${id}`);

/** The local host that was made first: links to folders of this machine are shown on it. Null when there is none. */
export function localHostId(database: Database): string | null {
  const sql = `SELECT id FROM hosts WHERE kind = 'local' ORDER BY created_at, id LIMIT 1`;
  return database.get<{ id: string }>(sql)?.id ?? null;
}

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
