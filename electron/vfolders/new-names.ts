import { randomUUID } from 'node:crypto';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { checkVfolderName } from '#shared/names.ts';
import { type InnerPath, parseInnerPath, visible } from '#shared/paths.ts';
import { canRename, hasContainers, hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { Database } from '../store/database.ts';
import type { VfolderRow } from './rows.ts';

/** Checks the rules and the other vfolders. @throws `name-invalid`, `name-reserved`, `name-taken` */
export function checkNewName(database: Database, name: string, ownId?: string): void {
  checkVfolderName(name);
  const other = database.get<{ name: string }>(
    'SELECT name FROM vfolders WHERE name = ? COLLATE NOCASE AND trashed_at IS NULL AND id IS NOT ?',
    name,
    ownId ?? null,
  );
  if (!other) return;
  throw new StowageError(
    'name-taken',
    other.name === name
      ? `There is a vfolder called “${visible(name)}” already.`
      : `“${visible(name)}” differs only in case from the vfolder “${other.name}”, which not every disk can tell apart.`,
    { subject: name, hint: 'Choose another name.' },
  );
}

/**
 * Refuses a folder of the host that is there already, other than the vfolder's own under another spelling.
 * @throws `name-taken` saying where it lies
 */
export async function checkFree(provider: StorageProvider, root: InnerPath, own?: VfolderRow): Promise<void> {
  if (!(await statOrNull(provider, root))) return;
  const respelt = own?.trashed_at === null && !provider.caseSensitive && own.root.toLowerCase() === root.toLowerCase();
  if (respelt) return;
  const place = hasLocalPath(provider) ? provider.localPath(root) : root;
  throw new StowageError('name-taken', `A folder of the name “${visible(root)}” exists already at “${visible(place)}”.`, {
    subject: root,
    hint: 'Choose another name, move that folder away, or link it in place.',
  });
}

const numberedNames = 20;

/**
 * The folder for a new vfolder. Where the host cannot rename, vfolders of the same name that were trashed or renamed keep
 * theirs, so the new one may be numbered; at the top of an account it is a container.
 * @throws `name-taken` when a folder that is no vfolder's is in the way
 */
export async function chooseRoot(
  database: Database,
  provider: StorageProvider,
  hostId: string,
  name: string,
): Promise<InnerPath> {
  const rows = database.all<{ root: string }>('SELECT root FROM vfolders WHERE host_id = ? AND link_target IS NULL', hostId);
  const used = (root: string): boolean => rows.some((row) => row.root === root);
  const rootOf = (wanted: string): InnerPath => parseInnerPath(hasContainers(provider) ? provider.containerName(wanted) : wanted);
  const first = rootOf(name);
  if (canRename(provider) || !used(first)) {
    try {
      await checkFree(provider, first);
      return first;
    } catch (error) {
      if (!isForeign(provider, error)) throw error;
      return unlikelyRoot(provider, name);
    }
  }
  for (let number = 2; number <= numberedNames; number++) {
    const root = rootOf(`${name}-${number}`);
    if (!used(root) && !(await statOrNull(provider, root))) return root;
  }
  // Long names, of which a service keeps the beginning only.
  const root = unlikelyRoot(provider, name);
  if (!used(root)) return root;
  throw new StowageError('name-taken', `Every place for “${visible(name)}” on this host is taken.`, {
    subject: name,
    hint: 'Choose another name.',
  });
}

/** Names of containers may be shared with everybody: somebody else has it, or it is just being deleted. */
export const isForeign = (provider: StorageProvider, error: unknown): boolean =>
  hasContainers(provider) && isStowageError(error, 'permission-denied', 'exists', 'in-use');

/** A place that nothing is likely to have taken. */
export function unlikelyRoot(provider: StorageProvider, name: string): InnerPath {
  const wanted = `${name.slice(0, 40)}-${randomUUID().slice(0, 8)}`;
  return parseInnerPath(hasContainers(provider) ? provider.containerName(wanted) : wanted);
}
