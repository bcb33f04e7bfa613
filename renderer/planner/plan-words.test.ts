import { describe, expect, it } from 'vitest';
import type { ContainerNode, Plan, PlanConflict, PlannedMount } from '#shared/contract/plan.ts';
import { countConflicts, describeCount, layOut, summarise } from './plan-words.ts';

const mount = (target: string, approach: PlannedMount['approach'] = 'share'): PlannedMount => ({
  request: 0,
  role: 'mount',
  vfolder: 'data',
  source: 'data:/',
  localPath: '/d',
  target,
  mode: 'ro',
  approach,
  reason: 'Shared.',
  recommended: approach,
  options: [],
  cost: null,
});

const conflict = (targets: string[], severity: PlanConflict['severity'] = 'error'): PlanConflict => ({
  code: 'target-twice',
  severity,
  message: targets.join(' and ') || 'nowhere',
  mounts: [],
  targets,
  fixes: [],
});

const node = (path: string, kind: ContainerNode['kind'] = 'directory', children: ContainerNode[] = []): ContainerNode => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  kind,
  mount: kind === 'mount' ? 0 : null,
  link: null,
  severity: null,
  children,
});

const plan = (more: Partial<Plan>): Plan => ({
  engine: 'docker',
  image: 'busybox',
  command: ['true'],
  workdir: '/home/work',
  user: null,
  env: [],
  network: true,
  resources: { cpus: null, memoryBytes: null, shmBytes: 0 },
  mounts: [],
  links: [],
  cost: { moveFiles: 0, moveBytes: 0, cachedBytes: 0, seconds: 0, diskBytes: 0, diskFreeBytes: null, complete: true },
  steps: [],
  tree: node('/'),
  conflicts: [],
  runnable: true,
  ...more,
});

describe('summarise', () => {
  it('says what has to be copied', () => {
    expect(summarise(plan({}))).toBe('Nothing mounted');
    expect(summarise(plan({ mounts: [mount('/a'), mount('/b')] }))).toBe('2 mounts shared, nothing to copy');
    expect(summarise(plan({ mounts: [mount('/a'), mount('/b', 'copy')] }))).toBe('1 mount shared, 1 mount copied');
  });

  it('counts problems and warnings apart', () => {
    expect(describeCount(countConflicts([conflict([]), conflict([]), conflict([], 'warning')]))).toBe('2 problems, 1 warning');
    expect(describeCount({ errors: 0, warnings: 0 })).toBe('');
  });
});

describe('layOut', () => {
  const tree = node('/', 'directory', [
    node('/srv', 'directory', [node('/srv/data', 'directory', [node('/srv/data/a', 'mount'), node('/srv/data/b', 'mount')])]),
  ]);

  it('writes plain folders with a single child together', () => {
    const { root } = layOut(plan({ tree }));
    expect(root.label).toBe('/');
    expect(root.children.map((child) => child.label)).toEqual(['srv/data']);
    expect(root.children[0]?.children.map((child) => child.label)).toEqual(['a', 'b']);
  });

  it('shows a conflict once, at the first place that it concerns', () => {
    const at = conflict(['/srv/data/b', '/srv/data/a']);
    const { root, elsewhere } = layOut(plan({ tree, conflicts: [at, conflict([])] }));
    const [a, b] = root.children[0]?.children ?? [];
    expect([a?.conflicts, b?.conflicts]).toEqual([[], [at]]);
    expect(elsewhere.map((one) => one.message)).toEqual(['nowhere']);
  });

  it('keeps a plain folder apart that has a conflict of its own', () => {
    const { root } = layOut(plan({ tree, conflicts: [conflict(['/srv'])] }));
    expect(root.children.map((child) => child.label)).toEqual(['srv']);
  });
});
