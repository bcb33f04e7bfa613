import type { Plan, PlanStep } from '../contract/plan.ts';
import { assertNever } from '../errors.ts';
import { usesVolume } from './cost.ts';
import { describe, parentMount } from './layout.ts';
import { type HostDirectory, mayMake } from './nested.ts';
import { compareText } from './overlap.ts';
import { ancestorsOf, ancestorsUp, isBelow, workHome } from './target.ts';
import type { Choice, Choices, LaidFile, LaidLink, LaidMount, Layout, PlanRequest } from './types.ts';

/** For the user of the job; open to all where only the image knows who that is. */
const directoryMode = (user: Plan['user']): number => (user === null ? 0o777 : 0o755);

/** What was found before the steps are known. */
export interface StepSources {
  readonly choices: Choices;
  readonly directories: readonly HostDirectory[];
  readonly links: readonly LaidLink[];
  readonly files: readonly LaidFile[];
  readonly user: Plan['user'];
}

/**
 * What is done before the start: folders on this machine, files that are brought (copied, mounted over the network, baked),
 * then in the container folders (parents first), files, links, and the mounts.
 */
export function planSteps(layout: Layout, { choices, directories, links, files, user }: StepSources): PlanStep[] {
  const host = new Map<string, HostDirectory>();
  for (const mount of layout.placed.values()) {
    const { facts, role } = mount;
    const path = facts.realPath;
    if (role !== 'output' || facts.stat !== 'missing' || path === null || !mayMake(mount)) continue;
    host.set(path, { path, reason: `Becomes ${describe(mount)}.` });
  }
  for (const directory of directories) if (!host.has(directory.path)) host.set(directory.path, directory);
  const mounts = [...layout.placed.values()].sort((a, b) => compareText(a.target, b.target));
  return [
    ...[...host.values()]
      .sort((a, b) => compareText(a.path, b.path))
      .map(({ path, reason }): PlanStep => ({ kind: 'make-host-directory', path, reason })),
    ...mounts.flatMap((mount) => bring(mount, choices[mount.index], layout.request)),
    ...containerDirectories(layout, links, files).map(
      (path): PlanStep => ({ kind: 'make-container-directory', path, mode: directoryMode(user) }),
    ),
    ...files.map(({ path, mode, origin, name }): PlanStep => ({ kind: 'lay-file', path, mode, origin, name })),
    ...links.map(({ path, target }): PlanStep => ({ kind: 'make-link', path, target })),
    ...mounts
      .filter((mount) => isBound(mount, choices[mount.index]))
      .map(
        ({ facts, target, mode }): PlanStep => ({
          kind: 'bind',
          // The resolved path: what was judged is what is mounted, whatever becomes of a symlink on the way.
          source: facts.realPath ?? facts.localPath ?? '',
          target,
          readOnly: mode === 'ro',
        }),
      ),
  ];
}

const isBound = ({ facts }: LaidMount, choice: Choice | undefined): boolean =>
  choice?.approach === 'share' && facts.problem === null && facts.localPath !== null && facts.realPath !== null;

/** Files that do not lie where the engine finds them. */
function bring({ index, facts, target, mode }: LaidMount, choice: Choice | undefined, request: PlanRequest): PlanStep[] {
  if (choice === undefined || facts.problem || (!facts.remote && facts.localPath === null)) return [];
  const readOnly = mode === 'ro';
  const { packed } = choice.chosen;
  switch (choice.approach) {
    case 'share':
      return facts.remote ? [{ kind: 'mount-remote', mount: index, target, readOnly }] : [];
    case 'copy':
      return [
        {
          kind: 'stage',
          mount: index,
          target,
          readOnly,
          packed,
          into: usesVolume(request) ? 'volume' : 'directory',
        },
      ];
    case 'bake':
      return [{ kind: 'bake', mount: index, target }];
    default:
      return assertNever(choice.approach);
  }
}

/**
 * The home of the job, its working directory, and the folders above targets, links and files that the image lacks: made for the user of
 * the job, since the engine would make them as root. Nothing at or below a mount.
 */
function containerDirectories(layout: Layout, links: readonly LaidLink[], files: readonly LaidFile[]): string[] {
  const { request, workdir, placed } = layout;
  const image = typeof request.image === 'string' ? null : request.image;
  const wanted = new Set<string>([workHome]);
  const consider = (path: string): void => {
    if (isBelow(path, workHome)) wanted.add(path);
    else if (request.engine.kind === 'docker' && image?.paths[path] === 'missing') wanted.add(path);
  };
  const seen = new Set<string>();
  for (const path of [...placed.keys(), ...[...links, ...files].map((laid) => laid.path)]) {
    for (const ancestor of ancestorsUp(path)) {
      // What is above it was considered with it.
      if (seen.has(ancestor)) break;
      seen.add(ancestor);
      consider(ancestor);
    }
  }
  // Stowage's own folder, which no image has.
  if (files.some((file) => file.origin === 'secret' && file.path.startsWith('/run/')))
    for (const path of ['/run/stowage', '/run/stowage/secrets']) wanted.add(path);
  if (workdir !== '/') for (const path of [...ancestorsOf(workdir), workdir]) consider(path);
  // `/home` is not the job's: it comes with its child, made as any system folder.
  wanted.delete('/home');
  return [...wanted].filter((path) => !placed.has(path) && parentMount(layout, path) === null).sort(compareText);
}
