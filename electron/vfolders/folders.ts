import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, parseInnerPath, rootPath } from '#shared/paths.ts';
import { canRename, type StorageProvider } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { Database } from '../store/database.ts';
import { waitAtMost } from '../waiting.ts';
import { type HostAccess, keepsPlace, purgeRoot, trashRoot, type VfolderRow } from './rows.ts';

/** Moves a folder without overwriting. @throws `unsupported` where the host cannot rename */
export async function moveFolder(provider: StorageProvider, from: InnerPath, to: InnerPath): Promise<void> {
  if (!canRename(provider)) {
    throw new StowageError('unsupported', `This storage host cannot rename “${from}”.`, { subject: from });
  }
  await provider.rename(from, to);
}

/** Steps that a crash cut short and that take their time: done after the start, beside everything else. */
export interface CutShort {
  readonly creating: VfolderRow[];
  readonly purging: VfolderRow[];
}

/**
 * Brings disk and database together after a crash between their steps. Every change of a vfolder writes its intention
 * to the database first and moves the folder after; here the move is made up for:
 * - live with `trash_root`: a restore or rename had to move the folder from there to `root`;
 * - live without its folder: it was being created;
 * - trashed with another `root` than `trash_root`: it was being deleted.
 * Where nothing is ever moved, because the host cannot rename, no host is asked: `unfinished` tells. A host that does not
 * answer is left for the next start.
 */
export async function reconcile(database: Database, hosts: HostAccess): Promise<CutShort> {
  const cutShort: CutShort = { creating: [], purging: [] };
  const rows = database.all<VfolderRow>("SELECT * FROM vfolders WHERE kind = 'managed'");
  const byHost = Map.groupBy(rows, (row) => row.host_id);
  await Promise.all(
    [...byHost.values()].map((ofHost) => {
      const work = { givenUp: false };
      return waitAtMost(reconcileHost(database, hosts, ofHost, cutShort, work), patienceMs, () => {
        work.givenUp = true;
      });
    }),
  );
  return cutShort;
}

/** A disk that hangs would hold up every change of every vfolder. */
const patienceMs = 5000;

async function reconcileHost(
  database: Database,
  hosts: HostAccess,
  rows: readonly VfolderRow[],
  cutShort: CutShort,
  work: { readonly givenUp: boolean },
): Promise<void> {
  for (const row of rows) {
    if (work.givenUp) return;
    try {
      const provider = hosts.provider(row.host_id);
      if (keepsPlace(row, provider)) {
        if (row.unfinished !== null) cutShort[row.unfinished].push(row);
        continue;
      }
      await settle(database, provider, row);
      if (row.trashed_at !== null && (await statOrNull(provider, purgeRoot(row.id)))) cutShort.purging.push(row);
    } catch (error) {
      if (!isStowageError(error)) throw error;
    }
  }
}

/** Makes the folder of a vfolder that was being created where the host cannot rename. */
export async function finishCreating(database: Database, provider: StorageProvider, row: VfolderRow): Promise<void> {
  await provider.makeDirectory(parseInnerPath(row.root));
  database.run('UPDATE vfolders SET unfinished = NULL WHERE id = ?', row.id);
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
    database.run('UPDATE vfolders SET unfinished = NULL WHERE id = ?', row.id);
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
