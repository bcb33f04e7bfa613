import type { ContainerNode, Plan, PlanConflict, PlannedMount } from '#shared/contract/plan.ts';
import { assertNever } from '#shared/errors.ts';

export function approachWord(approach: PlannedMount['approach']): string {
  switch (approach) {
    case 'share':
      return 'shared';
    case 'copy':
      return 'copied';
    case 'bake':
      return 'baked';
    default:
      return assertNever(approach);
  }
}

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

/** What has to happen before the start, in one line. */
export function summarise(plan: Plan): string {
  const shared = plan.mounts.filter((mount) => mount.approach === 'share').length;
  const copied = plan.mounts.length - shared;
  if (plan.mounts.length === 0) return 'Nothing mounted';
  const parts = [shared > 0 && `${count(shared, 'mount')} shared`, copied > 0 && `${count(copied, 'mount')} copied`];
  return `${parts.filter(Boolean).join(', ')}${copied === 0 ? ', nothing to copy' : ''}`;
}

export interface ConflictCount {
  readonly errors: number;
  readonly warnings: number;
}

export function countConflicts(conflicts: readonly PlanConflict[]): ConflictCount {
  const errors = conflicts.filter((conflict) => conflict.severity === 'error').length;
  return { errors, warnings: conflicts.length - errors };
}

/** `2 problems, 1 warning`; '' for none. */
export function describeCount({ errors, warnings }: ConflictCount): string {
  return [errors > 0 && count(errors, 'problem'), warnings > 0 && count(warnings, 'warning')].filter(Boolean).join(', ');
}

/** The form lacks something rather than saying something wrong. */
export const isMerelyEmpty = (conflict: PlanConflict): boolean =>
  conflict.code === 'image-needed' || conflict.code === 'command-needed';

/** A row of the container view: plain folders with a single child are written together, `srv/data`. */
export interface ViewNode {
  readonly label: string;
  readonly node: ContainerNode;
  readonly children: readonly ViewNode[];
  readonly conflicts: readonly PlanConflict[];
}

export interface ContainerLayout {
  readonly root: ViewNode;
  /** Conflicts that have no place in the tree. */
  readonly elsewhere: readonly PlanConflict[];
}

/** Lays the tree of a plan out for the screen, each conflict at the first place in the tree that it concerns. */
export function layOut(plan: Plan): ContainerLayout {
  const paths = new Set<string>();
  const collect = (node: ContainerNode): void => {
    paths.add(node.path);
    node.children.forEach(collect);
  };
  collect(plan.tree);
  const at = new Map<string, PlanConflict[]>();
  const elsewhere: PlanConflict[] = [];
  for (const conflict of plan.conflicts) {
    const targets = [...conflict.targets, ...conflict.mounts.map((index) => plan.mounts[index]?.target ?? '')];
    const place = targets.find((target) => paths.has(target));
    if (place === undefined) elsewhere.push(conflict);
    else at.set(place, [...(at.get(place) ?? []), conflict]);
  }
  const build = (node: ContainerNode, prefix: string): ViewNode => {
    const label = prefix + node.name;
    const conflicts = at.get(node.path) ?? [];
    const [only, ...others] = node.children;
    const plain = node.kind === 'directory' && node.path !== '/' && conflicts.length === 0 && node.severity === null;
    if (plain && only && others.length === 0) return build(only, `${label}/`);
    return { label, node, conflicts, children: node.children.map((child) => build(child, '')) };
  };
  return { root: build({ ...plan.tree, name: '/' }, ''), elsewhere };
}
