import type { Plan, PlanConflict, PlannedMount } from '../contract/plan.ts';
import { findEngineConflicts } from './engine-conflicts.ts';
import { layOut } from './layout.ts';
import { findNested } from './nested.ts';
import { findOverlaps } from './overlap.ts';
import { findSourceConflicts } from './source-conflicts.ts';
import { planSteps } from './steps.ts';
import { workHome } from './target.ts';
import { findTargetConflicts } from './target-conflicts.ts';
import { buildTree } from './tree.ts';
import type { Finding, LaidMount, Layout, PlanRequest } from './types.ts';

const defaultShmBytes = 1024 ** 3;

/**
 * Plans a job: where each folder goes, what is done before the start, and everything that would go wrong. Pure: no I/O,
 * never throws, the same request gives the same plan. Ask `probesFor` first which facts the request must hold.
 */
export function planJob(request: PlanRequest): Plan {
  const layout = layOut(request);
  const nested = findNested(layout);
  const findings: Finding[] = [
    ...findEngineConflicts(layout),
    ...findSourceConflicts(layout),
    ...findTargetConflicts(layout),
    ...nested.findings,
    ...findOverlaps(layout),
  ].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  const { spec, engine } = request;
  return {
    engine: engine.id,
    image: engine.id === 'docker' ? (spec.image?.trim() ?? null) || null : null,
    command: [...spec.command],
    workdir: layout.workdir,
    user: userOf(request),
    env: environmentOf(request),
    network: spec.network ?? true,
    resources: {
      cpus: spec.resources.cpus ?? null,
      memoryBytes: spec.resources.memoryBytes ?? null,
      shmBytes: spec.resources.shmBytes ?? defaultShmBytes,
    },
    mounts: layout.mounts.map((mount) => plannedMount(mount, layout)),
    links: [],
    cost: {
      moveFiles: 0,
      moveBytes: 0,
      cachedBytes: 0,
      seconds: null,
      diskBytes: 0,
      diskFreeBytes: null,
      complete: true,
    },
    steps: planSteps(layout, nested.directories, userOf(request)),
    tree: buildTree(layout, findings),
    conflicts: findings.map(toConflict),
    runnable: findings.every((finding) => finding.severity !== 'error'),
  };
}

/** Files belong to this user by default; elsewhere than on Linux the engine maps owners by itself. */
function userOf({ spec, engine, machine }: PlanRequest): Plan['user'] {
  if (machine.uid === null || machine.gid === null) return null;
  if (engine.id === 'docker' && (spec.user === 'image' || machine.platform !== 'linux')) return null;
  return { uid: machine.uid, gid: machine.gid };
}

/** `HOME` is a writable place whatever the user's number is. Of equal names the last value counts. */
function environmentOf({ spec }: PlanRequest): Plan['env'] {
  const values = new Map<string, string>([['HOME', workHome]]);
  for (const { name, value } of spec.env) values.set(name, value);
  return [...values].map(([name, value]) => ({ name, value }));
}

function plannedMount(mount: LaidMount, { request }: Layout): PlannedMount {
  const { facts } = mount;
  const remote = facts.problem === null && facts.vfolder !== null && facts.localPath === null;
  return {
    request: mount.request,
    role: mount.role,
    vfolder: facts.vfolder?.name ?? null,
    source: facts.display,
    localPath: facts.localPath,
    target: mount.target,
    mode: mount.mode,
    approach: remote ? 'copy' : 'share',
    reason: reasonOf(mount, remote, request.engine.local),
    recommended: remote ? 'copy' : 'share',
    options: [],
    cost: null,
  };
}

function reasonOf({ role, facts }: LaidMount, remote: boolean, localEngine: boolean): string {
  if (facts.problem) return facts.problem.message;
  if (remote) return 'It is not on this machine, so its files must be copied first.';
  if (!localEngine) return 'The engine runs on another machine, so sharing cannot work.';
  if (role === 'output' && facts.stat === 'missing')
    return 'Shared: made when the job starts; what the job writes is there at once.';
  return 'Shared: it is on this machine, so nothing is copied and changes are seen at once.';
}

const toConflict = ({ code, severity, message, mounts, targets = [], fixes = [] }: Finding): PlanConflict => ({
  code,
  severity,
  message,
  mounts: mounts.map((mount) => mount.index),
  targets: [...new Set([...mounts.map((mount) => mount.target), ...targets])],
  fixes: [...fixes],
});
