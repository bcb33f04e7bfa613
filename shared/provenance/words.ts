import type { GitState, InputMethod, TreeChanges } from '../contract/provenance.ts';
import { countText, filesText } from '../plan/figures.ts';

/** Whether nothing differs, as far as that can be told. */
export const isSameTree = ({ added, removed, changed, unsure }: TreeChanges): boolean => added + removed + changed + unsure === 0;

/** `2 files changed, 1 added, 3 removed`; `nothing changed`. */
export function changesInWords(changes: TreeChanges): string {
  const parts = [
    [changes.changed, 'changed'],
    [changes.added, 'added'],
    [changes.removed, 'removed'],
    [changes.unsure, 'not comparable'],
  ] as const;
  const there = parts.filter(([count]) => count > 0);
  if (there.length === 0) return 'nothing changed';
  return there.map(([count, what], at) => `${at === 0 ? filesText(count) : countText(count)} ${what}`).join(', ');
}

/** How files are told apart, for people. */
export function methodInWords(method: InputMethod): string {
  switch (method) {
    case 'content':
      return 'by content';
    case 'etag':
      return 'by the host’s version tags';
    case 'time':
      return 'by size and time';
  }
}

/** `3f2c91ab on main, 2 files modified`. */
export function gitInWords(git: GitState): string {
  const commit = git.commit === null ? 'no commit yet' : git.commit.slice(0, 10);
  const where = git.branch === null ? commit : `${commit} on ${git.branch}`;
  if (git.modified === null || git.untracked === null) return where;
  const parts = [
    ...(git.modified > 0 ? [`${filesText(git.modified)} modified`] : []),
    ...(git.untracked > 0 ? [`${countText(git.untracked)} untracked`] : []),
  ];
  return `${where}, ${parts.length === 0 ? 'clean' : parts.join(', ')}`;
}

/** The beginning of a digest: enough to tell two apart by eye. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
