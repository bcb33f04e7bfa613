import type { ContainerNode, Plan, PlanConflict, PlannedMount } from '#shared/contract/plan.ts';

/** Parts of plans written out by hand, for tests. */

export const sampleMount = (target: string, more: Partial<PlannedMount> = {}): PlannedMount => ({
  request: 0,
  role: 'mount',
  vfolder: 'data',
  source: 'data:/',
  localPath: '/d',
  target,
  mode: 'ro',
  approach: 'share',
  reason: 'Shared.',
  recommended: more.approach ?? 'share',
  options: [],
  cost: null,
  ...more,
});

export const sampleConflict = (targets: string[], more: Partial<PlanConflict> = {}): PlanConflict => ({
  code: 'target-twice',
  severity: 'error',
  message: targets.join(' and ') || 'nowhere',
  mounts: [],
  targets,
  fixes: [],
  ...more,
});

export const sampleNode = (
  path: string,
  kind: ContainerNode['kind'] = 'directory',
  children: ContainerNode[] = [],
): ContainerNode => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  kind,
  mount: kind === 'mount' ? 0 : null,
  link: kind === 'link' ? 0 : null,
  severity: null,
  children,
});

export const samplePlan = (more: Partial<Plan>): Plan => ({
  engine: 'docker',
  image: 'busybox',
  command: ['true'],
  workdir: '/home/work',
  user: null,
  env: [],
  network: true,
  resources: { cpus: null, memoryBytes: null, shmBytes: 0, gpus: null },
  ports: [],
  maxSeconds: null,
  mounts: [],
  links: [],
  cost: { moveFiles: 0, moveBytes: 0, cachedBytes: 0, seconds: 0, diskBytes: 0, diskFreeBytes: null, complete: true },
  steps: [],
  tree: sampleNode('/'),
  conflicts: [],
  runnable: true,
  ...more,
});
