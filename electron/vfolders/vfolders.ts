import { randomUUID } from 'node:crypto';
import type { Vfolder, vfoldersContract } from '#shared/contract/vfolders.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { checkVfolderName } from '#shared/names.ts';
import { joinPath, parseInnerPath, visible } from '#shared/paths.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { VfolderLookup, VfolderUsers } from '../services.ts';
import { hasLocalPath } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { moveFolder, reconcile, statOrNull } from './folders.ts';
import { vfolderInfo } from './info.ts';
import { destroy, setAside } from './purge.ts';
import { findLive, getLive, getTrashed, type HostAccess, toVfolder, trashRoot, type VfolderRow } from './rows.ts';

export interface Vfolders {
  readonly service: Service<typeof vfoldersContract>;
  readonly lookup: VfolderLookup;
  /** Adds one who is asked before a vfolder is deleted, purged or renamed. */
  addUsers(users: VfolderUsers): void;
  /** Settles when what a crash left half done has been finished. */
  readonly ready: Promise<void>;
}

export interface VfoldersOptions {
  database: Database;
  changes: Changes;
  hosts: HostAccess;
  /** Starts copying everything of one vfolder into another; returns the transfer's id. */
  startClone: (from: string, to: string) => Promise<number>;
}

type Fields = Partial<Pick<Vfolder, 'usage' | 'permission' | 'note' | 'mountPath'>>;
type OptionalFields = { [Name in keyof Fields]?: Fields[Name] | undefined };

/** The vfolders: rows of the database, each with its folder in a storage host. Changes run one after another. */
export function createVfolders({ database, changes, hosts, startClone }: VfoldersOptions): Vfolders {
  const users: VfolderUsers[] = [];
  /** Ids of those that are being destroyed, which takes its time and holds up nothing else. */
  const purging = new Set<string>();
  const purge = async (row: VfolderRow): Promise<{ files: number; bytes: number }> => {
    purging.add(row.id);
    try {
      return await destroy(database, hosts.provider(row.host_id), row);
    } finally {
      purging.delete(row.id);
      changes.emit({ type: 'vfolders' });
    }
  };
  const reconciled = reconcile(database, hosts);
  const ready = reconciled.then(async (cutShort) => {
    await Promise.allSettled(cutShort.map(purge));
  });
  // Whoever needs to know of a failure asks `ready`.
  ready.catch(() => undefined);
  let last: Promise<unknown> = reconciled.catch(() => undefined);
  /** Runs `work` when all changes before it have ended. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const show = (row: VfolderRow): Vfolder => toVfolder(row, hosts);
  const changed = (name: string): Vfolder => {
    changes.emit({ type: 'vfolders' });
    return show(getLive(database, name));
  };
  const refuseUsed = (row: VfolderRow, what: string): void => {
    const by = users.flatMap((ask) => ask(row.id));
    if (by.length === 0) return;
    throw new StowageError('in-use', `“${row.name}” cannot be ${what} while it is used by ${by.join(', ')}.`, {
      subject: row.name,
      hint: 'Wait until that has ended, or stop it.',
    });
  };
  const refusePurging = (row: VfolderRow): VfolderRow => {
    if (!purging.has(row.id)) return row;
    throw new StowageError('wrong-state', `“${row.name}” is being purged.`, { subject: row.name });
  };
  const create = (name: string, hostId: string, fields: OptionalFields): Promise<Vfolder> =>
    exclusive(async () => {
      await createRow(database, hosts, name, hostId, fields);
      return changed(name);
    });

  const service: Vfolders['service'] = {
    list: async (input) => {
      const rows = input?.trashed
        ? database.all<VfolderRow>('SELECT * FROM vfolders WHERE trashed_at IS NOT NULL ORDER BY trashed_at DESC')
        : database.all<VfolderRow>('SELECT * FROM vfolders WHERE trashed_at IS NULL ORDER BY name COLLATE NOCASE');
      return rows.map(show);
    },
    get: async ({ name }) => show(getLive(database, name)),
    create: ({ name, host, ...fields }) => create(name, host ?? hosts.defaultHostId(), fields),
    update: async ({ name, ...fields }) => {
      updateFields(database, getLive(database, name), fields);
      return changed(name);
    },
    rename: ({ name, to }) =>
      exclusive(async () => {
        const row = getLive(database, name);
        if (name === to) return show(row);
        refuseUsed(row, 'renamed');
        await moveToName(database, hosts, row, to, row.root);
        return changed(to);
      }),
    clone: async ({ name, to, host }) => {
      const original = getLive(database, name);
      const { usage, note, mountPath } = show(original);
      // Always rw: the transfer has to write it.
      const copy = await create(to, host ?? original.host_id, { usage, note, mountPath });
      try {
        return { vfolder: copy, transferId: await startClone(name, to) };
      } catch (error) {
        await exclusive(() => removeEmpty(database, hosts, to));
        changes.emit({ type: 'vfolders' });
        throw error;
      }
    },
    delete: ({ name }) =>
      exclusive(async () => {
        const row = getLive(database, name);
        refuseUsed(row, 'deleted');
        await moveToTrash(database, hosts, row);
        changes.emit({ type: 'vfolders' });
        return show(getTrashed(database, row.id));
      }),
    restore: ({ id, name }) =>
      exclusive(async () => {
        const row = refusePurging(getTrashed(database, id));
        const to = name ?? row.name;
        await moveToName(database, hosts, row, to, row.trash_root ?? trashRoot(id));
        return changed(to);
      }),
    purge: async ({ id }) => {
      const row = await exclusive(async () => {
        const found = refusePurging(getTrashed(database, id));
        refuseUsed(found, 'purged');
        await setAside(hosts.provider(found.host_id), found);
        purging.add(id);
        return found;
      });
      return purge(row);
    },
    info: async ({ name }, { signal }) => {
      const row = getLive(database, name);
      return vfolderInfo(database, hosts.provider(row.host_id), row, show(row), signal);
    },
  };

  const lookup: VfolderLookup = {
    resolve: (name, path) => {
      const row = getLive(database, name);
      const root = parseInnerPath(row.root);
      const inner = parseInnerPath(path);
      return { vfolder: show(row), provider: hosts.provider(row.host_id), root, inner, path: joinPath(root, inner) };
    },
    find: (name) => {
      const row = findLive(database, name);
      return row && show(row);
    },
    automounts: () =>
      database.all<VfolderRow>("SELECT * FROM vfolders WHERE trashed_at IS NULL AND name LIKE '.%' ORDER BY name").map(show),
    ensure: async (name, fields) => {
      const there = findLive(database, name);
      if (there) return show(there);
      return create(name, hosts.defaultHostId(), fields).catch((error: unknown) => {
        const made = isStowageError(error, 'name-taken') ? findLive(database, name) : null;
        if (made) return show(made);
        throw error;
      });
    },
    touch: (id) => void database.run('UPDATE vfolders SET last_used_at = ? WHERE id = ?', Date.now(), id),
  };
  return { service, lookup, addUsers: (ask) => void users.push(ask), ready };
}

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
async function createRow(
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

function updateFields(database: Database, row: VfolderRow, fields: OptionalFields): void {
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
async function moveToName(database: Database, hosts: HostAccess, row: VfolderRow, name: string, from: string): Promise<void> {
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
async function moveToTrash(database: Database, hosts: HostAccess, row: VfolderRow): Promise<void> {
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
async function removeEmpty(database: Database, hosts: HostAccess, name: string): Promise<void> {
  const row = findLive(database, name);
  if (!row) return;
  await hosts.provider(row.host_id).remove(parseInnerPath(row.root));
  database.run('DELETE FROM vfolders WHERE id = ?', row.id);
}
