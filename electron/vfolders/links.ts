import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkTarget } from '#shared/contract/vfolders.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, isWithin, parseInnerPath, rootPath, visible } from '#shared/paths.ts';
import { comparablePath, hostPathWithin } from '#shared/plan/host-path.ts';
import { hostFolder } from '../storage/host-folder.ts';
import { hasContainers, hasLocalPath, type StorageProvider } from '../storage/provider.ts';
import type { Database } from '../store/database.ts';
import { waitAtMost } from '../waiting.ts';
import { checkMountPath, type OptionalFields } from './fields.ts';
import { checkTargetPath, type LinkRules, resolveLinkTarget, waitForDisk } from './link-rules.ts';
import { checkNewName } from './new-names.ts';
import type { Placement } from './placement.ts';
import { type HostAccess, type LocalLink, localHostId, placeOf, type VfolderRow } from './rows.ts';

export interface LinkTools {
  readonly database: Database;
  readonly hosts: HostAccess;
  readonly placement: Placement;
  readonly rules: LinkRules;
}

/** What a row holds of a target. */
interface Located {
  readonly hostId: string;
  readonly root: InnerPath;
  readonly local: LocalLink | null;
  /** Where it lies on this machine, when it does. */
  readonly real: string | null;
}

/** A host that does not say where it is in time is compared by its name only. */
const comparingMs = 1000;

/** Registers what is there in place: a row, after one look at the target; nothing in it is listed. */
export async function linkRow(tools: LinkTools, name: string, target: LinkTarget, fields: OptionalFields): Promise<void> {
  checkMountPath(fields.mountPath);
  checkNewName(tools.database, name);
  const { hostId, root, local } = await locate(tools, target, null);
  checkNewName(tools.database, name);
  tools.database.run(
    `INSERT INTO vfolders (id, name, host_id, kind, root, link_target, usage, permission, note, mount_path, created_at)
     VALUES (?, ?, ?, 'linked', ?, ?, ?, ?, ?, ?, ?)`,
    randomUUID(),
    name,
    hostId,
    root,
    local && JSON.stringify(local),
    fields.usage ?? 'general',
    fields.permission ?? 'ro',
    fields.note ?? '',
    fields.mountPath ?? null,
    Date.now(),
  );
}

/** Points a link somewhere else; everything else of it stays. */
export async function relinkRow(tools: LinkTools, row: VfolderRow, target: LinkTarget): Promise<void> {
  if (row.kind !== 'linked') {
    throw new StowageError('bad-request', `“${row.name}” is not a link: what is in it lies there itself.`, { subject: row.name });
  }
  const { hostId, root, local } = await locate(tools, target, row.id);
  const set = 'UPDATE vfolders SET host_id = ?, root = ?, link_target = ? WHERE id = ?';
  tools.database.run(set, hostId, root, local && JSON.stringify(local), row.id);
}

/** Holds a link that comes back from the trash to the rules about overlaps again; a broken one may come back broken. */
export async function checkRestoredLink(tools: LinkTools, row: VfolderRow): Promise<void> {
  const provider = tools.placement.provider(row);
  const root = placeOf(row);
  const real = hasLocalPath(provider) ? await realOf(provider.localPath(root)) : null;
  await refuseOverlap(tools, { hostId: row.host_id, root, local: null, real }, row.id);
}

async function locate(tools: LinkTools, target: LinkTarget, ownId: string | null): Promise<Located> {
  const located = target.kind === 'local' ? await locateLocal(tools, target.path) : await locateOnHost(tools, target);
  await refuseOverlap(tools, located, ownId);
  return located;
}

async function locateLocal({ database, rules }: LinkTools, text: string): Promise<Located> {
  const path = checkTargetPath(text);
  const real = await waitForDisk(resolveLinkTarget(path, rules), path);
  if (real.split(/[/\\]/).includes(hostFolder))
    throw refuse(path, `“${visible(path)}”, which is Stowage’s own,`, 'Choose another folder.');
  return { hostId: hostForLinks(database), root: parseInnerPath(''), local: { path, real }, real };
}

function hostForLinks(database: Database): string {
  const hostId = localHostId(database);
  if (hostId !== null) return hostId;
  throw new StowageError('not-found', 'There is no local storage host on which a folder of this machine could be shown.', {
    hint: 'Add a local host first.',
  });
}

async function locateOnHost({ hosts }: LinkTools, target: { host: string; path: string }): Promise<Located> {
  const { id: hostId, name } = hosts.describe(target.host);
  const root = parseInnerPath(target.path);
  const provider = hosts.provider(hostId);
  if (root === '' && hasContainers(provider)) {
    throw refuse(root, `The host “${visible(name)}” as a whole`, 'Name a container of it, or a folder in one.');
  }
  if (
    root
      .split('/')
      .slice(0, hasContainers(provider) ? 2 : 1)
      .includes(hostFolder)
  ) {
    throw refuse(root, `“${visible(root)}”, which is Stowage’s own,`, 'Choose another folder.');
  }
  const there = await provider.stat(root);
  if (there.kind !== 'directory') {
    throw new StowageError('not-a-directory', `“${visible(root)}” is not a folder; only folders can be linked.`, {
      subject: root,
    });
  }
  return { hostId, root, local: null, real: hasLocalPath(provider) ? await realOf(provider.localPath(root)) : null };
}

const refuse = (subject: string, what: string, hint: string): StowageError =>
  new StowageError('path-refused', `${what} cannot be linked.`, { subject, hint });

const realOf = (path: string): Promise<string> =>
  waitAtMost(
    realpath(path).catch(() => path),
    comparingMs,
    () => path,
  );

/**
 * Refuses a target that lies in a vfolder or holds one: what is done to the one would be done to the other. A vfolder in
 * the trash counts while its folder is still where it was; a link in the trash does not.
 * @throws `path-refused`
 */
async function refuseOverlap({ database, placement }: LinkTools, target: Located, ownId: string | null): Promise<void> {
  const rows = database
    .all<VfolderRow>(`SELECT * FROM vfolders WHERE trashed_at IS NULL OR kind = 'managed'`)
    .filter((row) => row.id !== ownId);
  const realPlace = createRealPlaces();
  const overlaps = await Promise.all(rows.map(async (row) => overlap(target, row, providerOrNull(placement, row), realPlace)));
  for (const [index, row] of rows.entries()) {
    const how = overlaps[index];
    if (!how) continue;
    const trashed = row.trashed_at === null ? '' : ', which is in the trash';
    const what = target.local?.path ?? (target.root || 'The whole of the host');
    const said = how === 'inside' ? 'lies in' : 'contains';
    throw new StowageError('path-refused', `“${visible(what)}” ${said} the vfolder “${row.name}”${trashed}.`, {
      subject: what,
      hint: how === 'inside' ? `Use an address of it: ${row.name}:/path.` : 'Link a folder that holds no vfolder.',
    });
  }
}

/** Refuses a folder for a new vfolder that would lie in a link. @throws `path-refused` */
export async function refuseInsideLink(tools: LinkTools, hostId: string, root: InnerPath): Promise<void> {
  const { database, hosts, placement } = tools;
  const provider = hosts.provider(hostId);
  const realPlace = createRealPlaces();
  const real = await realPlace({ host_id: hostId, link_target: null }, provider, root);
  const links = database.all<VfolderRow>(`SELECT * FROM vfolders WHERE kind = 'linked' AND trashed_at IS NULL`);
  for (const row of links) {
    const how = await overlap({ hostId, root, local: null, real }, row, providerOrNull(placement, row), realPlace);
    if (how !== 'inside') continue;
    throw new StowageError('path-refused', `“${visible(root)}” would lie in the vfolder “${row.name}”, which is a link.`, {
      subject: root,
      hint: 'Choose another host, or point that link further down.',
    });
  }
}

function providerOrNull(placement: Placement, row: VfolderRow): StorageProvider | null {
  try {
    return placement.provider(row);
  } catch (error) {
    if (!isStowageError(error)) throw error;
    return null;
  }
}

/**
 * Where a row lies on this machine, its symlinks resolved; null when it does not. Only the roots of hosts are looked at,
 * each once: of links it is known, and a disk that hangs takes one waiting call however many vfolders are on it.
 */
function createRealPlaces(): (
  row: { host_id: string; link_target: string | null },
  provider: StorageProvider,
  place: InnerPath,
) => Promise<string | null> {
  const roots = new Map<string, Promise<string>>();
  return async (row, provider, place) => {
    if (!hasLocalPath(provider)) return null;
    if (row.link_target !== null) return provider.localPath(place);
    let root = roots.get(row.host_id);
    if (!root) {
      root = realOf(provider.localPath(rootPath));
      roots.set(row.host_id, root);
    }
    return join(await root, place);
  };
}

async function overlap(
  target: Located,
  row: VfolderRow,
  provider: StorageProvider | null,
  realPlace: ReturnType<typeof createRealPlaces>,
): Promise<'inside' | 'around' | null> {
  const place = placeOf(row);
  if (target.real !== null) {
    const real = provider && (await realPlace(row, provider, place));
    if (real === null) return null;
    const [one, other] = [target.real, real].map((path) => comparablePath(path, process.platform)) as [string, string];
    return hostPathWithin(one, other) ? 'inside' : hostPathWithin(other, one) ? 'around' : null;
  }
  if (row.host_id !== target.hostId || row.link_target !== null) return null;
  return isWithin(target.root, place) ? 'inside' : isWithin(place, target.root) ? 'around' : null;
}
