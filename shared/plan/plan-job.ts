import type { EnvironmentVariable, Plan, PlanConflict, PlannedMount } from '../contract/plan.ts';
import { fileVariable, maskVariable } from '../jobs/secret-variables.ts';
import { chooseApproaches } from './approach.ts';
import { findApproachConflicts } from './approach-conflicts.ts';
import { planCost } from './cost.ts';
import { findEngineConflicts } from './engine-conflicts.ts';
import { judgeFiles } from './file-conflicts.ts';
import { secretPath } from './laid-files.ts';
import { layOut } from './layout.ts';
import { judgeLinks } from './link-conflicts.ts';
import { findNested } from './nested.ts';
import { findOverlaps } from './overlap.ts';
import { findSourceConflicts } from './source-conflicts.ts';
import { planSteps } from './steps.ts';
import { findSurroundingConflicts } from './surroundings-conflicts.ts';
import { workHome } from './target.ts';
import { findTargetConflicts } from './target-conflicts.ts';
import { buildTree } from './tree.ts';
import type { Choice, Finding, LaidMount, PlanRequest } from './types.ts';

const defaultShmBytes = 1024 ** 3;

/**
 * Plans a job: where each folder goes, what is done before the start, and everything that would go wrong. Pure: no I/O,
 * never throws, the same request gives the same plan. Ask `probesFor` first which facts the request must hold.
 */
export function planJob(request: PlanRequest): Plan {
  const layout = layOut(request);
  const choices = chooseApproaches(layout);
  const nested = findNested(layout, choices);
  const links = judgeLinks(layout, choices);
  const files = judgeFiles(layout, choices);
  const user = userOf(request);
  const findings: Finding[] = [
    ...findEngineConflicts(layout, choices),
    ...findSurroundingConflicts(layout),
    ...findSourceConflicts(layout, choices),
    ...findApproachConflicts(layout, choices),
    ...findTargetConflicts(layout),
    ...nested.findings,
    ...links.findings,
    ...files.findings,
    ...findOverlaps(layout),
  ].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  const { spec, engine } = request;
  return {
    engine: engine.id,
    image: engine.kind === 'docker' ? (spec.image?.trim() ?? null) || null : null,
    command: [...spec.command],
    workdir: layout.workdir,
    user,
    env: environmentOf(request),
    network: spec.network ?? true,
    resources: {
      cpus: spec.resources.cpus ?? null,
      memoryBytes: spec.resources.memoryBytes ?? null,
      shmBytes: spec.resources.shmBytes ?? defaultShmBytes,
      gpus: spec.resources.gpus ?? null,
    },
    ports: spec.ports ?? [],
    maxSeconds: spec.maxSeconds ?? null,
    mounts: layout.mounts.flatMap((mount) => plannedMount(mount, choices[mount.index])),
    links: layout.links.map(({ path, target }) => ({ path, target })),
    cost: planCost(choices, request),
    steps: planSteps(layout, { choices, directories: nested.directories, links: links.laid, files: files.laid, user }),
    tree: buildTree(layout, findings, { links: links.shown, files: files.shown }),
    conflicts: findings.map(toConflict),
    runnable: findings.every((finding) => finding.severity !== 'error'),
  };
}

/** Files belong to this user by default; elsewhere than on Linux the engine maps owners by itself. */
function userOf({ spec, engine, machine }: PlanRequest): Plan['user'] {
  if (machine.uid === null || machine.gid === null) return null;
  if (engine.kind === 'docker' && (spec.user === 'image' || machine.platform !== 'linux')) return null;
  return { uid: machine.uid, gid: machine.gid };
}

/**
 * `HOME` is a writable place whatever the user's number is. Of equal names the last value counts. Values of secrets are not in
 * a plan; a secret that is handed over as a file is named by a variable of its own.
 */
function environmentOf(request: PlanRequest): Plan['env'] {
  const values = new Map<string, EnvironmentVariable>([['HOME', { name: 'HOME', value: workHome }]]);
  for (const variable of request.spec.env) values.set(variable.name, maskVariable(variable));
  for (const { name, secret } of [...values.values()]) {
    if (secret !== 'file') continue;
    values.set(fileVariable(name), { name: fileVariable(name), value: secretPath(request, name) });
  }
  return [...values.values()];
}

function plannedMount(mount: LaidMount, choice: Choice | undefined): PlannedMount[] {
  if (choice === undefined) return [];
  const { facts } = mount;
  const { approach, recommended, options, chosen } = choice;
  return [
    {
      request: mount.request,
      role: mount.role,
      vfolder: facts.vfolder?.name ?? null,
      source: facts.display,
      localPath: facts.localPath,
      target: mount.target,
      mode: mount.mode,
      approach,
      reason: chosen.reason,
      recommended,
      options: options.map(({ approach, possible, reason, cost }) => ({ approach, possible, reason, cost })),
      cost: chosen.cost,
    },
  ];
}

const toConflict = ({ code, severity, message, mounts, targets = [], fixes = [] }: Finding): PlanConflict => ({
  code,
  severity,
  message,
  mounts: mounts.map((mount) => mount.index),
  targets: [...new Set([...mounts.map((mount) => mount.target), ...targets])],
  fixes: [...fixes],
});
