import { type NameRules, segmentProblem, utf8Length } from '../names.ts';

/** The longest path that every supported system takes, in bytes. */
const maxPathBytes = 4000;

/** What two paths share when the destination cannot tell them apart. */
export function collisionKey(path: string, caseSensitive: boolean): string {
  return caseSensitive ? path : path.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Why the destination cannot hold `path`, as the end of a sentence, or null. */
export function pathProblem(path: string, rules: NameRules): string | null {
  if (path === '') return null;
  const bytes = utf8Length(path);
  if (bytes > maxPathBytes) return `the path has ${bytes} bytes, ${maxPathBytes} are allowed`;
  for (const segment of path.split('/')) {
    const problem = segmentProblem(segment, rules);
    if (problem) return problem;
  }
  return null;
}

/**
 * Where a symlink at `link` that says `target` points, lexically, or null when it leaves `root`.
 * Both paths and the result are relative to one provider; `target` is relative to the link's folder.
 */
export function resolveLink(link: string, target: string, root: string): string | null {
  const segments = link.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  const path = segments.join('/');
  return root === '' || path === root || path.startsWith(`${root}/`) ? path : null;
}
