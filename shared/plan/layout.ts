import { visible } from '../paths.ts';
import { layFiles } from './laid-files.ts';
import { followLinks, layLinks, linksByPath } from './link-layout.ts';
import { ancestorsOf, ancestorsUp, resolveTarget, segmentsOf, workHome } from './target.ts';
import type { InsideKind, LaidMount, Layout, PlanRequest, SourceFacts } from './types.ts';

/** Gives every mount its target and mode, by the request and the defaults. */
export function layOut(request: PlanRequest): Layout {
  const { spec, sources } = request;
  const resolvedWorkdir = resolveTarget(spec.workdir ?? workHome, workHome);
  const base = resolvedWorkdir.problem ? workHome : resolvedWorkdir.path;
  const mounts: LaidMount[] = [];
  const add = (mount: Omit<LaidMount, 'index'>): void => {
    mounts.push({ index: mounts.length, ...mount });
  };
  const fixed = (role: 'code' | 'output' | 'automount', facts: SourceFacts, mode: 'ro' | 'rw', target: string): void =>
    add({ request: null, role, facts, mode, target, targetProblem: null, explicitTarget: false });

  spec.mounts.forEach((asked, index) => {
    const facts = sources.mounts[index];
    if (facts === undefined) return;
    const written = asked.target ?? defaultTarget(facts);
    const { path, problem } = resolveTarget(written, base);
    const mode = asked.mode ?? facts.vfolder?.permission ?? 'ro';
    const explicitTarget = asked.target !== undefined;
    add({ request: index, role: 'mount', facts, mode, target: path, targetProblem: problem, explicitTarget });
  });
  if (spec.code && sources.code) fixed('code', sources.code, spec.code.mode ?? 'ro', `${workHome}/code`);
  if (spec.output !== null && sources.output) fixed('output', sources.output, 'rw', `${workHome}/out`);
  for (const facts of activeAutomounts(request)) {
    fixed('automount', facts, facts.vfolder?.permission ?? 'rw', `${workHome}/${facts.vfolder?.name ?? ''}`);
  }

  const placed = new Map<string, LaidMount>();
  for (const mount of mounts) {
    if (mount.targetProblem === null && mount.target !== '/' && !placed.has(mount.target)) placed.set(mount.target, mount);
  }
  const workdir = spec.workdir === undefined && spec.code && sources.code ? `${workHome}/code` : base;
  const links = layLinks(spec.links ?? []);
  const files = layFiles(request);
  return { request, mounts, base, workdir, workdirProblem: resolvedWorkdir.problem, placed, links, files };
}

/** Automounts that are not switched off, without those that the request mounts whole by itself. */
function activeAutomounts({ spec, sources }: PlanRequest): SourceFacts[] {
  if (spec.noAutomount === true) return [];
  const off = new Set(Array.isArray(spec.noAutomount) ? spec.noAutomount : []);
  const asked = new Set(sources.mounts.filter((facts) => facts.inner === '').map((facts) => facts.vfolder?.id));
  return sources.automounts.filter(({ vfolder }) => vfolder !== null && !off.has(vfolder.name) && !asked.has(vfolder.id));
}

/** The vfolder's own mount path; else under the working directory by its name, or by the last part of a subpath. */
function defaultTarget(facts: SourceFacts): string {
  if (facts.inner === '' && facts.vfolder?.mountPath) return facts.vfolder.mountPath;
  const name = segmentsOf(facts.inner).at(-1) ?? facts.vfolder?.name ?? /[^:/\\]+/.exec(facts.display)?.[0];
  return `${workHome}/${name ?? 'data'}`;
}

/** The mount whose target is the nearest folder above `path`, or null. */
export function parentMount({ placed }: Layout, path: string): LaidMount | null {
  for (const ancestor of ancestorsUp(path)) {
    const mount = placed.get(ancestor);
    if (mount) return mount;
  }
  return null;
}

/** The mount that holds `path`: at it, or the nearest above. */
export const coveringMount = (layout: Layout, path: string): LaidMount | null =>
  layout.placed.get(path) ?? parentMount(layout, path);

/** A path below a mount's target, relative to its source. */
export const insidePath = (parent: LaidMount, path: string): string => path.slice(parent.target.length + 1);

/** What lies at a path below a mount's target, by the facts; undefined when nobody looked. */
export function lookedUp(parent: LaidMount, rel: string): InsideKind | undefined {
  // Names such as “constructor” must not reach the prototype.
  return Object.hasOwn(parent.facts.inside, rel) ? parent.facts.inside[rel] : undefined;
}

export const isPlaced = (layout: Layout, mount: LaidMount): boolean => layout.placed.get(mount.target) === mount;

/** What must be looked at before `planJob` can judge the layout: paths in the image, and paths below sources. */
export interface Probes {
  readonly image: readonly string[];
  readonly inside: ReadonlyMap<SourceFacts, readonly string[]>;
}

/** The facts that the layout of this request needs. Its `inside` and `image.paths` may still be empty. */
export function probesFor(request: PlanRequest): Probes {
  const layout = layOut(request);
  const image = new Set<string>();
  const inside = new Map<SourceFacts, string[]>();
  const look = (path: string): void => {
    const parent = parentMount(layout, path);
    if (parent) {
      const known = inside.get(parent.facts) ?? [];
      known.push(insidePath(parent, path));
      inside.set(parent.facts, known);
      return;
    }
    image.add(path);
    for (const ancestor of ancestorsOf(path)) image.add(ancestor);
  };
  for (const target of layout.placed.keys()) look(target);
  if (layout.workdir !== '/' && !layout.placed.has(layout.workdir)) look(layout.workdir);
  const byPath = linksByPath(layout.links);
  for (const link of layout.links) {
    if (link.problem) continue;
    if (!layout.placed.has(link.path)) look(link.path);
    const end = followLinks(link.target, byPath);
    if (end !== null && coveringMount(layout, end) === null) look(end);
  }
  for (const file of layout.files) if (coveringMount(layout, file.path) === null) look(file.path);
  return { image: [...image].sort(), inside };
}

/** A mount as messages name it. */
export function describe(mount: LaidMount): string {
  const name = `“${visible(mount.facts.display)}”`;
  switch (mount.role) {
    case 'code':
      return `the code folder ${name}`;
    case 'output':
      return `the output folder ${name}`;
    case 'automount':
      return `the automount folder ${name}`;
    default:
      return name;
  }
}

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
