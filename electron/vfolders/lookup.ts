import type { Vfolder } from '#shared/contract/vfolders.ts';
import { isStowageError } from '#shared/errors.ts';
import { joinPath, parseInnerPath } from '#shared/paths.ts';
import type { VfolderLookup } from '../services.ts';
import { hasLocalPath } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import type { OptionalFields } from './fields.ts';
import type { Placement } from './placement.ts';
import { findLive, getLive, type HostAccess, localHostId, type VfolderRow } from './rows.ts';

/** How the other features find vfolders. `create` makes one on a host. */
export function createLookup(
  database: Database,
  hosts: HostAccess,
  placement: Placement,
  create: (name: string, hostId: string, fields: OptionalFields) => Promise<Vfolder>,
): VfolderLookup {
  const { show } = placement;
  /** What Stowage makes by itself is for jobs, which mount folders of this machine. */
  const hostForJobs = (): string => {
    const usual = hosts.defaultHostId();
    return hasLocalPath(hosts.provider(usual)) ? usual : (localHostId(database) ?? usual);
  };
  return {
    resolve: (name, path) => {
      const row = getLive(database, name);
      const root = parseInnerPath(row.root);
      const inner = parseInnerPath(path);
      return { vfolder: show(row), provider: placement.provider(row), root, inner, path: joinPath(root, inner) };
    },
    find: (name) => {
      const row = findLive(database, name);
      return row && show(row);
    },
    names: () =>
      database
        .all<{ name: string }>('SELECT name FROM vfolders WHERE trashed_at IS NULL ORDER BY name COLLATE NOCASE')
        .map(({ name }) => name),
    automounts: () =>
      database.all<VfolderRow>("SELECT * FROM vfolders WHERE trashed_at IS NULL AND name LIKE '.%' ORDER BY name").map(show),
    ensure: async (name, fields) => {
      const there = findLive(database, name);
      if (there) return show(there);
      return create(name, hostForJobs(), fields).catch((error: unknown) => {
        const made = isStowageError(error, 'name-taken') ? findLive(database, name) : null;
        if (made) return show(made);
        throw error;
      });
    },
    touch: (id) => void database.run('UPDATE vfolders SET last_used_at = ? WHERE id = ?', Date.now(), id),
  };
}
