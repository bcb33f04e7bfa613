import type { Fix } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { coveringMount, describe, isPlaced, parentMount, sentence } from './layout.ts';
import { ancestorsOf, isBelow, isBelowOrSame, segmentsOf, systemPath, workHome } from './target.ts';
import type { Finding, ImageFactsForPlan, LaidMount, Layout } from './types.ts';

/** Conflicts of targets with each other, with the system, with the image and with the working directory. */
export function findTargetConflicts(layout: Layout): Finding[] {
  const free = createFreeTargets(layout);
  return [
    ...invalidTargets(layout, free),
    ...equalTargets(layout, free),
    ...systemTargets(layout, free),
    ...hiddenWorkdir(layout, free),
    ...hiddenImagePaths(layout, free),
    ...missingContainer(layout, free),
  ];
}

/** Proposes targets that no mount has, each only once. */
type FreeTargets = (mount: LaidMount) => string;

export function createFreeTargets(layout: Layout): FreeTargets {
  const taken = new Set(layout.mounts.map((mount) => mount.target));
  taken.add(layout.workdir);
  // Where the search for a free number goes on, so that a hundred equal names cost a hundred steps, not ten thousand.
  const counters = new Map<string, number>();
  return (mount) => {
    const { facts } = mount;
    const last = segmentsOf(facts.inner).at(-1);
    const name = last ?? facts.vfolder?.name ?? 'data';
    const candidates = [`${workHome}/${name}`];
    if (last !== undefined && facts.vfolder) candidates.push(`${workHome}/${facts.vfolder.name}-${last}`);
    const first = candidates.find((candidate) => !taken.has(candidate));
    let chosen = first;
    for (let number = counters.get(name) ?? 2; chosen === undefined; number += 1) {
      const candidate = `${workHome}/${name}-${number}`;
      if (!taken.has(candidate)) chosen = candidate;
      counters.set(name, number + 1);
    }
    taken.add(chosen);
    return chosen;
  };
}

export const retarget = (mount: LaidMount, target: string): Fix[] =>
  mount.request === null
    ? []
    : [{ label: `Mount it at ${visible(target)}`, request: mount.request, change: { kind: 'set-target', target } }];

export const removal = (mount: LaidMount): Fix[] =>
  mount.request === null
    ? []
    : [
        {
          label: `Leave out “${visible(mount.facts.display)}”`,
          request: mount.request,
          change: { kind: 'remove-mount' },
        },
      ];

function invalidTargets({ mounts, request, workdirProblem }: Layout, free: FreeTargets): Finding[] {
  const found: Finding[] = [];
  for (const mount of mounts) {
    // A default target comes from the source: when that is not understood, its own conflict says so.
    if (mount.targetProblem === null || (mount.facts.problem && !mount.explicitTarget)) continue;
    const message = `The target “${visible(mount.target)}” of ${describe(mount)} ${mount.targetProblem.why}.`;
    const fixes = retarget(mount, mount.targetProblem.suggestion ?? free(mount));
    found.push({ code: 'target-invalid', severity: 'error', message, mounts: [mount], fixes });
  }
  if (workdirProblem) {
    const message = `The working directory “${visible(request.spec.workdir ?? '')}” ${workdirProblem.why}.`;
    found.push({ code: 'target-invalid', severity: 'error', message, mounts: [] });
  }
  return found;
}

function equalTargets({ mounts }: Layout, free: FreeTargets): Finding[] {
  const byTarget = new Map<string, LaidMount[]>();
  for (const mount of mounts) {
    if (mount.targetProblem) continue;
    const group = byTarget.get(mount.target);
    if (group) group.push(mount);
    else byTarget.set(mount.target, [mount]);
  }
  const found: Finding[] = [];
  for (const [target, group] of byTarget) {
    if (group.length < 2 || target === '/') continue;
    const [first, ...others] = group;
    if (first === undefined) continue;
    const names = `${others.slice(0, -1).map(describe).join(', ')}${others.length > 1 ? ' and ' : ''}${others.slice(-1).map(describe).join('')}`;
    const message = `${sentence(describe(first))} and ${names} have the same target ${visible(target)}; the container can hold one there.`;
    // One may stay: a folder that the request cannot move (code, output, automount) where there is one, else the first.
    const movable = group.filter((mount) => mount.request !== null);
    const moved = movable.length < group.length ? movable : others;
    const fixes = moved.flatMap((mount) => [...retarget(mount, free(mount)), ...removal(mount)]);
    found.push({ code: 'target-twice', severity: 'error', message, mounts: group, fixes });
  }
  return found;
}

const knownImage = ({ request }: Layout): ImageFactsForPlan | null =>
  typeof request.image === 'string' || request.engine.id !== 'docker' ? null : request.image;

/** Inside a system folder there may be places where the image has nothing. */
function hidesSystem(target: string, image: ImageFactsForPlan | null): 'always' | 'below' | null {
  const kind = systemPath(target);
  const there = image?.paths[target];
  return kind === 'below' && (there === 'missing' || there === 'empty-directory') ? null : kind;
}

function systemTargets(layout: Layout, free: FreeTargets): Finding[] {
  const image = knownImage(layout);
  const found: Finding[] = [];
  for (const mount of layout.mounts) {
    if (mount.targetProblem) continue;
    const target = visible(mount.target);
    if (mount.target === '/') {
      const message = `${sentence(describe(mount))} cannot be mounted at “/”: the whole container would be hidden.`;
      found.push({ code: 'target-root', severity: 'error', message, mounts: [mount], fixes: retarget(mount, free(mount)) });
      continue;
    }
    const kind = hidesSystem(mount.target, image);
    if (kind === null) continue;
    const top = `/${segmentsOf(mount.target)[0] ?? ''}`;
    const where = kind === 'below' ? `, inside ${top},` : '';
    const message = `${sentence(describe(mount))} cannot be mounted at ${target}: it would hide system files of the container${where} and the job would fail in odd ways.`;
    found.push({ code: 'target-system', severity: 'error', message, mounts: [mount], fixes: retarget(mount, free(mount)) });
  }
  return found;
}

function hiddenWorkdir(layout: Layout, free: FreeTargets): Finding[] {
  const { workdir, request } = layout;
  // Starting inside a mount is what was asked for when the working directory was named; nested.ts sees that it is there.
  if (request.spec.workdir !== undefined) return [];
  const mount = coveringMount(layout, workdir);
  if (mount === null || mount.role === 'code') return [];
  const message = `${sentence(describe(mount))} at ${visible(mount.target)} hides the working directory ${visible(workdir)}: the job starts in the mounted folder${mount.mode === 'ro' ? ', which it cannot write' : ''}.`;
  const fixes = retarget(mount, free(mount));
  return [{ code: 'target-hides-workdir', severity: 'warning', message, mounts: [mount], targets: [workdir], fixes }];
}

function hiddenImagePaths(layout: Layout, free: FreeTargets): Finding[] {
  const image = knownImage(layout);
  if (image === null) return [];
  const found: Finding[] = [];
  for (const mount of layout.placed.values()) {
    if (hidesSystem(mount.target, image) !== null || parentMount(layout, mount.target) !== null) continue;
    const clash = clashWithImage(mount, image, visible(layout.request.spec.image ?? ''));
    // A free target is looked for only when it is needed: each is given once.
    if (clash) found.push({ ...clash, mounts: [mount], fixes: retarget(mount, free(mount)) });
  }
  return found;
}

function clashWithImage(
  mount: LaidMount,
  image: ImageFactsForPlan,
  name: string,
): Pick<Finding, 'code' | 'severity' | 'message'> | null {
  const target = visible(mount.target);
  const there = image.paths[mount.target];
  const blocking = ancestorsOf(mount.target).find((path) => image.paths[path] === 'file');
  if (blocking !== undefined) {
    const message = `${sentence(describe(mount))} cannot be mounted at ${target}: ${visible(blocking)} is a file in the image “${name}”.`;
    return { code: 'folder-onto-file', severity: 'error', message };
  }
  if (there === 'file' && mount.facts.stat === 'directory') {
    const message = `The folder ${describe(mount)} cannot be mounted at ${target}, which is a file in the image “${name}”.`;
    return { code: 'folder-onto-file', severity: 'error', message };
  }
  if (mount.facts.stat === 'file' && (there === 'directory' || there === 'empty-directory')) {
    const message = `The file ${describe(mount)} cannot be mounted at ${target}, which is a folder in the image “${name}”.`;
    return { code: 'file-onto-folder', severity: 'error', message };
  }
  if (there !== 'directory' && there !== 'file') return null;
  const what = image.workdir === mount.target ? 'the working directory of the image' : `what the image “${name}” holds there`;
  return { code: 'target-hides-image', severity: 'warning', message: `${sentence(describe(mount))} at ${target} hides ${what}.` };
}

/** An engine without a container lays mounts out below the run directory: only there, and never one inside another. */
function missingContainer(layout: Layout, free: FreeTargets): Finding[] {
  const { request, workdir } = layout;
  const { engine, otherEngines } = request;
  if (engine.absoluteTargets) return [];
  const elsewhere: Fix[] = otherEngines.includes('docker')
    ? [{ label: 'Run it with Docker', request: null, change: { kind: 'set-engine', engine: 'docker' } }]
    : [];
  const found: Finding[] = [];
  const add = (message: string, mounts: LaidMount[], fixes: Fix[]): number =>
    found.push({ code: 'target-needs-container', severity: 'error', message, mounts, fixes: [...fixes, ...elsewhere] });
  for (const mount of layout.mounts) {
    if (mount.targetProblem || mount.target === '/') continue;
    if (!isBelow(mount.target, workHome)) {
      const message = `${sentence(describe(mount))} at ${visible(mount.target)} needs a container: “${engine.name}” can place folders below ${workHome} only.`;
      add(message, [mount], retarget(mount, free(mount)));
      continue;
    }
    const parent = isPlaced(layout, mount) ? parentMount(layout, mount.target) : null;
    if (parent) {
      const message = `${sentence(describe(mount))} at ${visible(mount.target)} lies inside ${describe(parent)} at ${visible(parent.target)}, which needs a container: “${engine.name}” cannot place one folder inside another.`;
      add(message, [parent, mount], retarget(mount, free(mount)));
    }
  }
  if (!isBelowOrSame(workdir, workHome)) {
    add(
      `The working directory ${visible(workdir)} needs a container: “${engine.name}” starts jobs below ${workHome} only.`,
      [],
      [],
    );
  }
  return found;
}
