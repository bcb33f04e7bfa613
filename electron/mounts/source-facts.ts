import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatAddress, parseAddress } from '#shared/address.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { rootPath, visible } from '#shared/paths.ts';
import { isHostPath } from '#shared/plan/host-path.ts';
import type { InsideKind, SourceFacts } from '#shared/plan/types.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { hasLocalPath, type LocalPathCapable } from '../storage/provider.ts';

/** What is asked about one source. */
export interface SourceQuestion {
  readonly source: string;
  /** A path of this machine is allowed besides an address. */
  readonly hostPaths: boolean;
  /** The vfolder is made when the job starts: its absence is no problem. */
  readonly madeAtStart: boolean;
}

const nothing: SourceFacts = {
  display: '',
  problem: null,
  kind: 'managed',
  vfolder: null,
  inner: '',
  remote: false,
  remotePath: null,
  localPath: null,
  realPath: null,
  root: null,
  stat: 'missing',
  readable: false,
  writable: false,
  owner: null,
  leavingLinks: { count: 0, examples: [], complete: true },
  submounts: [],
  contents: null,
  cached: { files: 0, bytes: 0 },
  link: null,
  inside: {},
};

/** A source that was looked at, with the place in its storage where it has one that can be used. */
export interface LookedAt {
  readonly facts: SourceFacts;
  readonly place: ResolvedPlace | null;
}

/** The facts of {@link lookAtSource} alone. */
export const sourceFacts = async (question: SourceQuestion, lookup: VfolderLookup): Promise<SourceFacts> =>
  (await lookAtSource(question, lookup)).facts;

/**
 * Looks at a source. Never throws: what cannot be looked at has a `problem`. What is remote is not asked for here
 * (remote-facts.ts); symlinks, submounts and contents are added later.
 */
export async function lookAtSource(question: SourceQuestion, lookup: VfolderLookup): Promise<LookedAt> {
  const { source } = question;
  const alone = (facts: SourceFacts): LookedAt => ({ facts, place: null });
  try {
    if (isHostPath(source)) return alone(await hostFacts(question));
    const address = parseAddress(source);
    const display = formatAddress(address.vfolder, address.path);
    if (lookup.find(address.vfolder) === null) {
      if (question.madeAtStart) return alone({ ...nothing, display, inner: address.path });
      const message = `There is no vfolder “${address.vfolder}”.`;
      return alone({ ...nothing, display, inner: address.path, problem: { code: 'vfolder-missing', message } });
    }
    const place = lookup.resolve(address.vfolder, address.path);
    const known = { ...nothing, display, inner: place.inner, kind: place.vfolder.kind, vfolder: vfolderOf(place.vfolder) };
    if (!hasLocalPath(place.provider)) {
      const remotePath = `${place.vfolder.host.id}/${place.path}`;
      return { place, facts: { ...known, remote: true, remotePath, stat: 'directory', readable: true, writable: true } };
    }
    const refusal = place.vfolder.kind === 'linked' ? await linkRefusal(place) : null;
    if (refusal) return alone({ ...known, problem: refusal });
    const root = await rootOf(place, place.provider);
    return { place, facts: { ...known, root, ...(await diskFacts(place.provider.localPath(place.path))) } };
  } catch (error) {
    return alone({ ...nothing, display: source, problem: problemOf(error) });
  }
}

/** A mount goes past the storage, by path: a link is held to its rules here before its path is used. */
async function linkRefusal(place: ResolvedPlace): Promise<SourceFacts['problem']> {
  try {
    await place.provider.stat(place.root);
    return null;
  } catch (error) {
    const { message } = toStowageError(error);
    return { code: isStowageError(error, 'path-refused') ? 'source-outside-roots' : 'source-unreadable', message };
  }
}

/**
 * The real path that a source must not leave. The folder of a vfolder in its storage is never a symlink: when someone put
 * one in its place, what it leads to counts as outside. The storage of a link is what the link leads to.
 */
async function rootOf(place: ResolvedPlace, provider: LocalPathCapable): Promise<string> {
  return path.join(await resolveReal(provider.localPath(rootPath)), ...place.root.split('/'));
}

/** A vfolder as a whole, such as an automount. */
export const lookAtVfolder = (vfolder: Vfolder, lookup: VfolderLookup): Promise<LookedAt> =>
  lookAtSource({ source: formatAddress(vfolder.name, ''), hostPaths: false, madeAtStart: false }, lookup);

const vfolderOf = ({ id, name, permission, mountPath }: Vfolder): SourceFacts['vfolder'] => ({ id, name, permission, mountPath });

export function problemOf(error: unknown): SourceFacts['problem'] {
  const { message } = toStowageError(error);
  if (isStowageError(error, 'bad-request', 'path-refused')) return { code: 'address-invalid', message };
  if (isStowageError(error, 'not-found')) return { code: 'vfolder-missing', message };
  return { code: 'source-unreadable', message };
}

async function hostFacts({ source, hostPaths }: SourceQuestion): Promise<SourceFacts> {
  if (!hostPaths) {
    const message = `“${visible(source)}” is a path of this machine: link it as a vfolder first, then mount that.`;
    return { ...nothing, display: source, problem: { code: 'address-invalid', message } };
  }
  if (source.includes('\0'))
    throw new StowageError('bad-request', `“${visible(source)}” contains a NUL byte.`, { subject: source });
  const localPath = path.resolve(source);
  return { ...nothing, display: localPath, kind: 'host', ...(await diskFacts(localPath)) };
}

type DiskFacts = Pick<SourceFacts, 'localPath' | 'realPath' | 'stat' | 'readable' | 'writable' | 'owner'>;

async function diskFacts(localPath: string): Promise<DiskFacts> {
  const realPath = await resolveReal(localPath);
  const found = await stat(localPath).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const missing = found.code === 'ENOENT' || found.code === 'ENOTDIR' || found.code === 'ELOOP';
    if (!missing) return { localPath, realPath, stat: 'directory', readable: false, writable: false, owner: null };
    const writable = await allowed(await nearestExisting(realPath), constants.W_OK | constants.X_OK);
    return { localPath, realPath, stat: 'missing', readable: false, writable, owner: null };
  }
  const kind = found.isDirectory() ? 'directory' : found.isFile() ? 'file' : 'special';
  const enter = kind === 'directory' ? constants.X_OK : 0;
  const [readable, writable] = await Promise.all([
    allowed(localPath, constants.R_OK | enter),
    allowed(localPath, constants.W_OK | enter),
  ]);
  return { localPath, realPath, stat: kind, readable, writable, owner: { uid: found.uid, gid: found.gid } };
}

async function nearestExisting(file: string): Promise<string> {
  for (let at = file; ; at = path.dirname(at)) {
    if (path.dirname(at) === at || (await allowed(at, constants.F_OK))) return at;
  }
}

const allowed = (file: string, mode: number): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );

/** `realpath`, also of a path that does not exist: its nearest existing parent resolved, with the rest added. */
export async function resolveReal(file: string): Promise<string> {
  const rest: string[] = [];
  for (let at = path.resolve(file); ; at = path.dirname(at)) {
    try {
      return path.join(await realpath(at), ...rest);
    } catch {
      if (path.dirname(at) === at) return path.resolve(file);
      rest.unshift(path.basename(at));
    }
  }
}

/** What lies at a relative path below a folder, following no symlink on the way. */
export async function insideKind(folder: string, rel: string): Promise<InsideKind> {
  let at = folder;
  const segments = rel.split('/');
  for (const [index, segment] of segments.entries()) {
    at = path.join(at, segment);
    const found = await lstat(at).catch(() => null);
    if (found === null) return 'missing';
    if (found.isSymbolicLink()) return 'symlink';
    if (found.isDirectory()) continue;
    return found.isFile() ? 'file' : index === segments.length - 1 ? 'special' : 'file';
  }
  return 'directory';
}
