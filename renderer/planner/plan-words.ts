import type { Approach, ContainerNode, Plan, PlanConflict, PlanStep } from '#shared/contract/plan.ts';
import { assertNever } from '#shared/errors.ts';
import { plural } from '../ui/format.ts';

/** What an approach does with a folder. */
export function approachWord(approach: Approach): string {
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

const approaches = ['share', 'copy', 'bake'] as const satisfies readonly Approach[];

/** The approach as something to choose. */
export function approachName(approach: Approach): string {
  switch (approach) {
    case 'share':
      return 'Share';
    case 'copy':
      return 'Copy';
    case 'bake':
      return 'Bake';
    default:
      return assertNever(approach);
  }
}

/** A reason where the approach itself stands beside it: without the word that says it again. */
export const bareReason = (reason: string): string =>
  reason.replace(/^(?:Shared|Copied|Baked): (.)/, (_, first: string) => first.toUpperCase());

/** What has to happen before the start, in one line. */
export function summarise({ mounts, links }: Plan): string {
  const linked = links.length > 0 && plural(links.length, 'link');
  if (mounts.length === 0) return linked ? `Nothing mounted, ${linked}` : 'Nothing mounted';
  const parts = approaches.map((approach) => {
    const count = mounts.filter((mount) => mount.approach === approach).length;
    return count > 0 && `${plural(count, 'mount')} ${approachWord(approach)}`;
  });
  const shared = mounts.every((mount) => mount.approach === 'share');
  return [...parts, linked, shared && 'nothing to copy'].filter(Boolean).join(', ');
}

export interface StepWords {
  /** What is done, beginning with a verb. */
  readonly what: string;
  /** Where it can be seen: a path of the container, or of this machine. */
  readonly where: string;
}

/** A step of the plan for people. */
export function stepWords(step: PlanStep, plan: Plan): StepWords {
  const source = (mount: number): string => plan.mounts[mount]?.source ?? 'the folder';
  switch (step.kind) {
    case 'make-host-directory':
      return { what: 'Make a folder of this machine', where: step.path };
    case 'make-container-directory':
      return { what: 'Make a folder', where: step.path };
    case 'bind':
      return { what: `Share ${step.source}`, where: step.target };
    case 'stage': {
      const into = step.into === 'volume' ? ' into a volume' : '';
      return { what: `Copy ${source(step.mount)}${into}${step.packed ? ', as one stream' : ''}`, where: step.target };
    }
    case 'mount-remote':
      return { what: `Mount ${source(step.mount)} over the network`, where: step.target };
    case 'bake':
      return { what: `Bake ${source(step.mount)} into the image`, where: step.target };
    case 'make-link':
      return { what: 'Link', where: `${step.path} → ${step.target}` };
    case 'lay-file':
      return { what: step.origin === 'dotfile' ? 'Place a dotfile' : `Hand over the secret ${step.name}`, where: step.path };
    default:
      return assertNever(step);
  }
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
  return [errors > 0 && plural(errors, 'problem'), warnings > 0 && plural(warnings, 'warning')].filter(Boolean).join(', ');
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
