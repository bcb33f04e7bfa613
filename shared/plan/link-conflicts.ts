import type { ConflictCode, Fix } from '../contract/plan.ts';
import { visible } from '../paths.ts';
import { coveringMount, describe, insidePath, lookedUp, parentMount } from './layout.ts';
import { followLinks, linksByPath } from './link-layout.ts';
import { ancestorsOf, ancestorsUp, isBelow, segmentsOf, systemPath, workHome } from './target.ts';
import type { Choices, Finding, LaidLink, LaidMount, Layout } from './types.ts';

export interface JudgedLinks {
  readonly findings: Finding[];
  /** Links that have a place of their own in the container. */
  readonly shown: readonly LaidLink[];
  /** Of these, the ones that can be laid. */
  readonly laid: readonly LaidLink[];
}

/** A conflict of a link, before its fixes. */
interface Clash {
  readonly code: ConflictCode;
  readonly message: string;
  readonly mounts?: readonly LaidMount[];
  readonly others?: readonly LaidLink[];
  /** Another path would end it. */
  readonly movable: boolean;
  /** It has a place in the tree nevertheless. */
  readonly shown?: boolean;
}

/** What is known of all places before a link is judged. */
interface Ground {
  readonly layout: Layout;
  readonly choices: Choices;
  readonly byPath: ReadonlyMap<string, LaidLink>;
  /** Folders above a mount's target, with one such mount. */
  readonly aboveMounts: ReadonlyMap<string, LaidMount>;
  /** Folders above the job's home and working directory, and these. */
  readonly own: ReadonlySet<string>;
  /** Folders above a link, with one such link. */
  readonly aboveLinks: ReadonlyMap<string, LaidLink>;
}

/** Conflicts of symlinks with each other, with mounts, with the job's own folders and with the image. */
export function judgeLinks(layout: Layout, choices: Choices): JudgedLinks {
  const { links } = layout;
  if (links.length === 0) return { findings: [], shown: [], laid: [] };
  const ground = groundOf(layout, choices);
  const freePath = createFreeLinkPaths(layout);
  const findings: Finding[] = [];
  const shown: LaidLink[] = [];
  const laid: LaidLink[] = [];
  for (const link of links) {
    const clash = clashOf(link, ground);
    if (clash) {
      if (clash.shown) shown.push(link);
      findings.push(findingOf(link, clash, clash.movable ? (link.problem?.suggestion ?? freePath(link)) : null));
      continue;
    }
    shown.push(link);
    laid.push(link);
    const warning = danglingOf(link, ground);
    if (warning) findings.push(warning);
  }
  return { findings, shown, laid };
}

function groundOf(layout: Layout, choices: Choices): Ground {
  const byPath = linksByPath(layout.links);
  const aboveMounts = new Map<string, LaidMount>();
  for (const mount of layout.placed.values()) {
    for (const above of ancestorsUp(mount.target)) {
      // What is above it was noted with it.
      if (aboveMounts.has(above)) break;
      aboveMounts.set(above, mount);
    }
  }
  const aboveLinks = new Map<string, LaidLink>();
  for (const link of byPath.values()) {
    for (const above of ancestorsUp(link.path)) {
      if (aboveLinks.has(above)) break;
      aboveLinks.set(above, link);
    }
  }
  const own = new Set([workHome, layout.workdir, ...ancestorsOf(workHome), ...ancestorsOf(layout.workdir)]);
  return { layout, choices, byPath, aboveMounts, own, aboveLinks };
}

const named = (link: LaidLink): string => `The link “${visible(link.path)}” → ${visible(link.target)}`;

function clashOf(link: LaidLink, ground: Ground): Clash | null {
  const { layout } = ground;
  if (link.problem) return { code: 'link-invalid', message: link.problem.message, movable: link.problem.suggestion !== null };
  const { path } = link;
  return (
    clashWithLinks(link, ground) ??
    clashWithMounts(link, ground) ??
    (ground.own.has(path)
      ? { code: 'link-exists', message: `${named(link)} would take the place of a folder of the job itself.`, movable: true }
      : null) ??
    clashWithEngine(link, layout) ??
    clashWithImage(link, ground) ??
    (followLinks(link.target, ground.byPath) === null
      ? {
          code: 'link-cycle',
          message: `${named(link)} leads to no end: following it goes round in a circle, or through more than 40 links.`,
          movable: false,
          shown: true,
        }
      : null)
  );
}

function clashWithLinks(link: LaidLink, { byPath, aboveLinks }: Ground): Clash | null {
  const first = byPath.get(link.path);
  if (first && first !== link) {
    const message = `${named(link)} has the same path as the link to ${visible(first.target)}.`;
    return { code: 'link-twice', message, others: [first], movable: true };
  }
  const inside = aboveLinks.get(link.path);
  if (!inside) return null;
  const message = `${named(link)} cannot also be the folder that holds the link “${visible(inside.path)}”.`;
  return { code: 'link-twice', message, others: [inside], movable: true };
}

function clashWithMounts(link: LaidLink, { layout, choices, aboveMounts }: Ground): Clash | null {
  const at = layout.placed.get(link.path);
  if (at) {
    const message = `${named(link)} lies where ${describe(at)} is mounted.`;
    return { code: 'link-on-mount', message, mounts: [at], movable: true };
  }
  const below = aboveMounts.get(link.path);
  if (below) {
    const message = `${named(link)} cannot also be the folder that holds ${describe(below)} at ${visible(below.target)}.`;
    return { code: 'link-on-mount', message, mounts: [below], movable: true };
  }
  const parent = parentMount(layout, link.path);
  if (parent === null || choices[parent.index]?.approach === 'bake') return null;
  const why =
    parent.mode === 'ro' ? 'which is read-only' : 'and would be made in its source, where it leads nowhere outside of the job';
  const message = `${named(link)} lies inside ${describe(parent)} at ${visible(parent.target)}, ${why}.`;
  return { code: 'link-in-read-only', message, mounts: [parent], movable: true };
}

function clashWithEngine(link: LaidLink, { request }: Layout): Clash | null {
  const { engine } = request;
  if (engine.absoluteTargets || isBelow(link.path, workHome)) return null;
  const message = `${named(link)} needs a container: “${engine.name}” can place links below ${workHome} only.`;
  return { code: 'target-needs-container', message, movable: true, shown: true };
}

function clashWithImage(link: LaidLink, { layout }: Ground): Clash | null {
  const { path } = link;
  const { image, engine } = layout.request;
  const parent = parentMount(layout, path);
  if (parent) {
    const there = lookedUp(parent, insidePath(parent, path));
    if (there === undefined || there === 'missing') return null;
    return { code: 'link-exists', message: `${named(link)} has a path that ${describe(parent)} has already.`, movable: true };
  }
  const paths = typeof image === 'string' ? {} : image.paths;
  const there = paths[path];
  if (systemPath(path) !== null && there !== 'missing') {
    const message = `${named(link)} would take the place of a system file of the container.`;
    return { code: 'link-invalid', message, movable: true };
  }
  const holder = engine.kind === 'docker' ? `the image “${visible(layout.request.spec.image ?? '')}”` : 'this machine';
  const blocking = ancestorsOf(path).find((above) => paths[above] === 'file');
  if (blocking !== undefined) {
    const message = `${named(link)} cannot be laid: ${visible(blocking)} is a file in ${holder}.`;
    return { code: 'link-exists', message, movable: true, shown: true };
  }
  if (there === undefined || there === 'missing') return null;
  const what = there === 'file' ? 'a file' : 'a folder';
  return { code: 'link-exists', message: `${named(link)} lies where ${holder} has ${what}.`, movable: true, shown: true };
}

function danglingOf(link: LaidLink, { layout, byPath, aboveMounts, aboveLinks, own }: Ground): Finding | null {
  const { image } = layout.request;
  if (typeof image === 'string') return null;
  const end = followLinks(link.target, byPath);
  if (end === null || coveringMount(layout, end) || own.has(end) || aboveMounts.has(end) || aboveLinks.has(end)) return null;
  // The kernel's folders are filled when the job starts.
  if (systemPath(end) === 'always' || image.paths[end] !== 'missing') return null;
  const message = `${named(link)} leads to nothing: ${visible(end)} is neither in a mount nor in the image.`;
  const fixes: Fix[] = [removeLink(link)];
  return { code: 'link-dangling', severity: 'warning', message, mounts: [], targets: [link.path], fixes };
}

const removeLink = (link: LaidLink): Fix => ({
  label: `Leave out the link “${visible(link.path)}”`,
  request: null,
  change: { kind: 'remove-link', link: link.index },
});

function findingOf(link: LaidLink, { code, message, mounts = [], others = [] }: Clash, moveTo: string | null): Finding {
  const move: Fix[] =
    moveTo === null
      ? []
      : [{ label: `Lay it at ${visible(moveTo)}`, request: null, change: { kind: 'set-link', link: link.index, path: moveTo } }];
  const targets = [link.path, ...others.map((other) => other.path)];
  return { code, severity: 'error', message, mounts, targets, fixes: [...move, removeLink(link)] };
}

/** Proposes paths that nothing has, each only once; null where everything lies in mounts. */
function createFreeLinkPaths(layout: Layout): (link: LaidLink) => string | null {
  const taken = new Set<string>([...layout.placed.keys(), ...layout.links.map((link) => link.path), layout.workdir]);
  const roots = [workHome, ...(layout.request.engine.absoluteTargets ? ['/links'] : [])];
  const root = roots.find((folder) => coveringMount(layout, folder) === null);
  const counters = new Map<string, number>();
  return (link) => {
    if (root === undefined) return null;
    const name = segmentsOf(link.path).at(-1) ?? 'link';
    let path = `${root}/${name}`;
    for (let number = counters.get(name) ?? 2; taken.has(path); number += 1) {
      path = `${root}/${name}-${number}`;
      counters.set(name, number + 1);
    }
    taken.add(path);
    return path;
  };
}
