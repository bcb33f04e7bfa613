import type { Vfolder, vfoldersContract } from '#shared/contract/vfolders.ts';
import { StowageError } from '#shared/errors.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { VfolderLookup, VfolderUsers } from '../services.ts';
import type { Database } from '../store/database.ts';
import { type OptionalFields, updateFields } from './fields.ts';
import { finishCreating, reconcile } from './folders.ts';
import { vfolderInfo } from './info.ts';
import type { LinkRules } from './link-rules.ts';
import { checkRestoredLink, type LinkTools, linkRow, relinkRow } from './links.ts';
import { createLookup } from './lookup.ts';
import { createPlacement } from './placement.ts';
import { destroy, forgetLink, setAside } from './purge.ts';
import { createRow, moveToName, moveToTrash, removeEmpty } from './row-changes.ts';
import { getLive, getTrashed, type HostAccess, trashRoot, type VfolderRow } from './rows.ts';

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
  links: LinkRules;
  /** Starts copying everything of one vfolder into another; returns the transfer's id. */
  startClone: (from: string, to: string) => Promise<number>;
}

/** The vfolders: rows of the database, each with its folder in a storage host. Changes run one after another. */
export function createVfolders({ database, changes, hosts, links, startClone }: VfoldersOptions): Vfolders {
  const placement = createPlacement(hosts, links, () => changes.emit({ type: 'vfolders' }));
  const tools: LinkTools = { database, hosts, placement, rules: links };
  const { show, health } = placement;
  const users: VfolderUsers[] = [];
  /** Ids of those that are being destroyed, which takes its time and holds up nothing else. */
  const purging = new Set<string>();
  const purge = async (row: VfolderRow): Promise<{ files: number; bytes: number }> => {
    purging.add(row.id);
    try {
      return await destroy(database, placement.provider(row), row);
    } finally {
      purging.delete(row.id);
      changes.emit({ type: 'vfolders' });
    }
  };
  const reconciled = reconcile(database, hosts);
  const ready = reconciled.then(async ({ creating, purging }) => {
    const created = creating.map((row) => finishCreating(database, placement.provider(row), row));
    await Promise.allSettled([...created, ...purging.map(purge)]);
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
  const refuseHalfPurged = (row: VfolderRow): VfolderRow => {
    if (row.unfinished !== 'purging') return row;
    throw new StowageError('wrong-state', `Part of “${row.name}” has been purged already; it cannot be restored.`, {
      subject: row.name,
      hint: 'Purge it once more to remove the rest.',
    });
  };
  const create = (name: string, hostId: string, fields: OptionalFields): Promise<Vfolder> =>
    exclusive(async () => {
      await createRow(tools, name, hostId, fields);
      return changed(name);
    });

  const service: Vfolders['service'] = {
    list: async (input) => {
      const rows = input?.trashed
        ? database.all<VfolderRow>('SELECT * FROM vfolders WHERE trashed_at IS NOT NULL ORDER BY trashed_at DESC')
        : database.all<VfolderRow>('SELECT * FROM vfolders WHERE trashed_at IS NULL ORDER BY name COLLATE NOCASE');
      await health.refresh(rows);
      return rows.map(show);
    },
    get: async ({ name }) => {
      await health.refresh([getLive(database, name)]);
      return show(getLive(database, name));
    },
    create: ({ name, host, ...fields }) => create(name, host ?? hosts.defaultHostId(), fields),
    update: async ({ name, ...fields }) => {
      updateFields(database, getLive(database, name), fields);
      return changed(name);
    },
    link: ({ name, target, ...fields }) =>
      exclusive(async () => {
        await linkRow(tools, name, target, fields);
        return changed(name);
      }),
    relink: ({ name, target }) =>
      exclusive(async () => {
        const row = getLive(database, name);
        refuseUsed(row, 'pointed elsewhere');
        await relinkRow(tools, row, target);
        await health.refresh([getLive(database, name)]);
        return changed(name);
      }),
    rename: ({ name, to }) =>
      exclusive(async () => {
        const row = getLive(database, name);
        if (name === to) return show(row);
        refuseUsed(row, 'renamed');
        await moveToName(database, placement.provider(row), row, to, row.root);
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
        await exclusive(() => removeEmpty(database, placement.provider(getLive(database, to)), getLive(database, to)));
        changes.emit({ type: 'vfolders' });
        throw error;
      }
    },
    delete: ({ name }) =>
      exclusive(async () => {
        const row = getLive(database, name);
        refuseUsed(row, 'deleted');
        await moveToTrash(database, placement.provider(row), row);
        changes.emit({ type: 'vfolders' });
        return show(getTrashed(database, row.id));
      }),
    restore: ({ id, name }) =>
      exclusive(async () => {
        const row = refuseHalfPurged(refusePurging(getTrashed(database, id)));
        const to = name ?? row.name;
        if (row.kind === 'linked') await checkRestoredLink(tools, row);
        await moveToName(database, placement.provider(row), row, to, row.trash_root ?? trashRoot(id));
        return changed(to);
      }),
    purge: async ({ id }) => {
      const purged = await exclusive(async () => {
        const row = refusePurging(getTrashed(database, id));
        refuseUsed(row, 'purged');
        if (row.kind === 'linked') return forgetLink(database, placement.provider(row), row);
        await setAside(database, placement.provider(row), row);
        purging.add(id);
        return row;
      });
      if ('id' in purged) return purge(purged);
      changes.emit({ type: 'vfolders' });
      return purged;
    },
    info: async ({ name }, { signal }) => {
      const row = getLive(database, name);
      return vfolderInfo(database, placement.provider(row), row, show(row), signal);
    },
  };

  const lookup = createLookup(database, hosts, placement, create);
  return { service, lookup, addUsers: (ask) => void users.push(ask), ready };
}
