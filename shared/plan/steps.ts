import type { Plan, PlanStep } from '../contract/plan.ts';
import { describe, parentMount } from './layout.ts';
import { type HostDirectory, mayMake } from './nested.ts';
import { compareText } from './overlap.ts';
import { ancestorsOf, ancestorsUp, isBelow, workHome } from './target.ts';
import type { LaidMount, Layout } from './types.ts';

/** For the user of the job; open to all where only the image knows who that is. */
const directoryMode = (user: Plan['user']): number => (user === null ? 0o777 : 0o755);

/** What is done before the start: folders on this machine, folders in the container (parents first), then the mounts. */
export function planSteps(layout: Layout, directories: readonly HostDirectory[], user: Plan['user']): PlanStep[] {
  const host = new Map<string, HostDirectory>();
  for (const mount of layout.placed.values()) {
    const { facts, role } = mount;
    const path = facts.realPath;
    if (role !== 'output' || facts.stat !== 'missing' || path === null || !mayMake(mount)) continue;
    host.set(path, { path, reason: `Becomes ${describe(mount)}.` });
  }
  for (const directory of directories) if (!host.has(directory.path)) host.set(directory.path, directory);
  const binds = [...layout.placed.values()].filter(isBound).sort((a, b) => compareText(a.target, b.target));
  return [
    ...[...host.values()]
      .sort((a, b) => compareText(a.path, b.path))
      .map(({ path, reason }): PlanStep => ({ kind: 'make-host-directory', path, reason })),
    ...containerDirectories(layout).map(
      (path): PlanStep => ({ kind: 'make-container-directory', path, mode: directoryMode(user) }),
    ),
    ...binds.map(
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

const isBound = ({ facts }: LaidMount): boolean => facts.problem === null && facts.localPath !== null && facts.realPath !== null;

/**
 * The home of the job, its working directory, and the folders above targets that the image lacks: made for the user of
 * the job, since the engine would make them as root. Nothing at or below a mount.
 */
function containerDirectories(layout: Layout): string[] {
  const { request, workdir, placed } = layout;
  const image = typeof request.image === 'string' ? null : request.image;
  const wanted = new Set<string>([workHome]);
  const consider = (path: string): void => {
    if (isBelow(path, workHome)) wanted.add(path);
    else if (request.engine.id === 'docker' && image?.paths[path] === 'missing') wanted.add(path);
  };
  const seen = new Set<string>();
  for (const target of placed.keys()) {
    for (const ancestor of ancestorsUp(target)) {
      // What is above it was considered with it.
      if (seen.has(ancestor)) break;
      seen.add(ancestor);
      consider(ancestor);
    }
  }
  if (workdir !== '/') for (const path of [...ancestorsOf(workdir), workdir]) consider(path);
  // `/home` is not the job's: it comes with its child, made as any system folder.
  wanted.delete('/home');
  return [...wanted].filter((path) => !placed.has(path) && parentMount(layout, path) === null).sort(compareText);
}
