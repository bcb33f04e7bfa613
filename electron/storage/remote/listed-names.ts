import { type InnerPath, visible } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';

/**
 * Names that others have given to objects. A name that could be taken for a path that climbs, or for none at all, is
 * never passed on as a path; it is told instead (StorageEntry.problem).
 */

/** Why one segment of a listed name must not be used, as the end of a sentence, or null. */
export function listedNameProblem(segment: string): string | null {
  if (segment === '') return 'a part of its name is empty';
  if (segment.includes('\0')) return 'its name contains a NUL byte';
  if (segment === '.' || segment === '..') return `a part of its name is “${segment}”`;
  if (segment.includes('/')) return 'a part of its name contains “/”';
  // To Windows, and to services that take both slashes for one, this climbs.
  if (segment.split('\\').includes('..')) return 'its name climbs out of its folder on systems that take “\\” for “/”';
  return null;
}

/** The entry that stands for a thing in `folder` whose name is not safe; `why` as `listedNameProblem` says it. */
export function unsafeEntry(folder: InnerPath, name: string, why: string): StorageEntry {
  // Brackets, and a fraction slash for a slash: for people, and nothing that a path could mean.
  const spelled = `⟨${visible(name).replaceAll('/', '⁄')}⟩`;
  return {
    path: (folder === '' ? spelled : `${folder}/${spelled}`) as InnerPath,
    kind: 'special',
    size: 0,
    modified: null,
    problem: `“${visible(folder === '' ? name : `${folder}/${name}`)}” is left alone: ${why}.`,
  };
}
