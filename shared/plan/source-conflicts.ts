import { formatAddress } from '../address.ts';
import type { Fix } from '../contract/plan.ts';
import type { InnerPath } from '../paths.ts';
import { parentPath, visible } from '../paths.ts';
import { comparablePath, hostPathWithin, isFileSystemRoot } from './host-path.ts';
import { describe, sentence } from './layout.ts';
import { removal } from './target-conflicts.ts';
import type { Choices, Finding, LaidMount, Layout, MachineFacts, PlanRequest } from './types.ts';

/** Conflicts of each source by itself: absent, dangerous, unreadable, or not writable where it must be. */
export function findSourceConflicts(layout: Layout, choices: Choices): Finding[] {
  const { request, mounts } = layout;
  const guarded = guardedPaths(request.machine);
  const found: Finding[] = [];
  for (const mount of mounts) {
    found.push(...judgeSource(mount, request, guarded, choices[mount.index]?.approach === 'share'));
  }
  return found;
}

const make = (
  code: Finding['code'],
  severity: Finding['severity'],
  mount: LaidMount,
  message: string,
  fixes: Fix[],
): Finding => ({
  code,
  severity,
  message,
  mounts: [mount],
  fixes,
});

function judgeSource(mount: LaidMount, request: PlanRequest, guarded: GuardedPaths, shared: boolean): Finding[] {
  const { facts } = mount;
  const name = sentence(describe(mount));
  const error = (code: Finding['code'], message: string): Finding[] => [make(code, 'error', mount, message, removal(mount))];
  if (facts.problem) {
    return error(
      facts.problem.code,
      mount.role === 'mount' ? facts.problem.message : `${name} cannot be used: ${facts.problem.message}`,
    );
  }
  // The default output vfolder is made when the job starts; then it has a path.
  if (facts.localPath === null && !facts.remote) return [];
  const danger = facts.realPath === null ? null : dangerOf(mount, facts.realPath, request, guarded);
  if (danger) return error(danger.code, danger.message);
  if (facts.stat === 'missing') {
    return mount.role === 'output' ? judgeWriting(mount, request) : error('source-missing', `${name} does not exist.`);
  }
  if (facts.stat === 'special') return error('source-unreadable', `${name} is neither a file nor a folder.`);
  if (!facts.readable) return error('source-unreadable', `${name} cannot be read by you.`);
  if (facts.stat === 'file' && mount.role !== 'mount') {
    return error('file-onto-folder', `${name} is a file; a folder is needed.`);
  }
  return [...(shared ? judgeFile(mount) : []), ...judgeWriting(mount, request), ...judgeLinks(mount)];
}

interface GuardedPaths {
  readonly home: readonly string[];
  readonly sockets: readonly string[];
}

const guardedPaths = ({ home, socketPaths, platform }: MachineFacts): GuardedPaths => ({
  home: [...new Set(home.map((path) => comparablePath(path, platform)))],
  sockets: [...new Set(socketPaths.map((path) => comparablePath(path, platform)))],
});

const kernelFolders = ['/proc', '/sys', '/dev'];

/** Why a source would hand out more than its files, or leaves the place where it may lie. */
function dangerOf(
  mount: LaidMount,
  realPath: string,
  { machine }: PlanRequest,
  guarded: GuardedPaths,
): { code: 'source-dangerous' | 'source-outside-roots'; message: string } | null {
  const { facts } = mount;
  const real = comparablePath(realPath, machine.platform);
  const name = sentence(describe(mount));
  const leads = facts.localPath === realPath ? 'is' : `leads to ${visible(realPath)}, which is`;
  const holds = facts.localPath === realPath ? 'contains' : `leads to ${visible(realPath)}, which contains`;
  const danger = (message: string) => ({ code: 'source-dangerous' as const, message });
  if (isFileSystemRoot(real)) return danger(`${name} ${leads} the whole file system of this machine.`);
  const socket = guarded.sockets.find((path) => hostPathWithin(path, real));
  if (socket === real)
    return danger(`${name} ${leads} the socket of the container engine: a job that has it rules this machine.`);
  if (socket !== undefined) {
    return danger(
      `${name} ${holds} the socket of the container engine (${visible(socket)}): a job that has it rules this machine.`,
    );
  }
  if (guarded.home.includes(real)) return danger(`${name} ${leads} Stowage's own data directory.`);
  if (guarded.home.some((home) => hostPathWithin(home, real))) return danger(`${name} ${holds} Stowage's own data directory.`);
  if (facts.root !== null && !hostPathWithin(real, comparablePath(facts.root, machine.platform))) {
    return { code: 'source-outside-roots', message: `${name} leads out of its vfolder, to ${visible(realPath)}.` };
  }
  if (facts.kind !== 'managed' && guarded.home.some((home) => hostPathWithin(real, home))) {
    return danger(`${name} ${leads} inside Stowage's own data directory; name a folder of a vfolder by its address, name:/path.`);
  }
  if (facts.kind !== 'managed' && machine.platform === 'linux' && isKernelFolder(real)) {
    return danger(`${name} ${leads} a folder of the kernel, not of files.`);
  }
  const roots = facts.kind === 'host' ? machine.allowedRoots : null;
  if (roots && !roots.some((root) => hostPathWithin(real, comparablePath(root, machine.platform)))) {
    return { code: 'source-outside-roots', message: `${name} lies outside the folders that jobs may use.` };
  }
  return null;
}

const isKernelFolder = (real: string): boolean =>
  kernelFolders.some((folder) => hostPathWithin(real, folder)) && !hostPathWithin(real, '/dev/shm');

function judgeFile(mount: LaidMount): Finding[] {
  const { facts } = mount;
  if (facts.stat !== 'file') return [];
  const message = `${sentence(describe(mount))} is a single file: programs that save by replacing it are not seen by the job, and the other way round; mount its folder instead.`;
  const fixes: Fix[] = [];
  if (facts.vfolder && facts.inner !== '' && mount.request !== null) {
    const parent = formatAddress(facts.vfolder.name, parentPath(facts.inner as InnerPath));
    const change = { kind: 'set-source', source: parent, target: null } as const;
    fixes.push({ label: `Mount the folder “${visible(parent)}”`, request: mount.request, change });
  }
  return [make('single-file', 'warning', mount, message, fixes)];
}

function judgeWriting(mount: LaidMount, request: PlanRequest): Finding[] {
  const { facts } = mount;
  if (mount.mode !== 'rw') return [];
  const fixes: Fix[] =
    mount.request === null
      ? []
      : [{ label: 'Mount it read-only', request: mount.request, change: { kind: 'set-mode', mode: 'ro' } }];
  const name = sentence(describe(mount));
  if (facts.vfolder?.permission === 'ro') {
    const message = `${name} is asked for as writable, but the vfolder “${facts.vfolder.name}” is read-only.`;
    return [make('rw-on-read-only', 'error', mount, message, fixes)];
  }
  if (facts.writable) return [];
  const asSelf = request.spec.user !== 'image' || request.engine.kind === 'process';
  const message = `${name} is asked for as writable, but you may not write to it.`;
  return [make('rw-on-read-only', asSelf ? 'error' : 'warning', mount, message, fixes)];
}

function judgeLinks(mount: LaidMount): Finding[] {
  const { count, examples, complete } = mount.facts.leavingLinks;
  if (count === 0) return [];
  const shown = examples.slice(0, 3).map(({ path, target }) => `“${visible(path)}” → ${visible(target)}`);
  const many = `${complete ? '' : 'at least '}${count} ${count === 1 ? 'symlink' : 'symlinks'}`;
  const message = `${sentence(describe(mount))} holds ${many} that lead out of it and will lead nowhere in the job: ${shown.join(', ')}${count > shown.length ? ', …' : ''}.`;
  return [make('source-symlinks-leave', 'warning', mount, message, [])];
}
