import type { ConflictPolicy } from '../contract/transfers.ts';
import { baseName } from '../paths.ts';

/** What is compared when something already lies where a file should go. Times are milliseconds since the epoch. */
export interface Side {
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly size: number;
  readonly modified: number | null;
}

export type ConflictDecision = 'overwrite' | 'skip' | 'keep-both' | 'ask' | 'refuse';

/**
 * What happens to a file whose place is taken. A folder, link or device in the way is never replaced
 * (`refuse`). `newer` overwrites
 * only when the source is newer by more than two seconds (the coarsest clock of a file system in use); where a time is
 * unknown it skips, since skipping loses nothing.
 */
export function decideConflict(policy: ConflictPolicy, source: Side, existing: Side): ConflictDecision {
  if (existing.kind !== 'file' && (policy === 'overwrite' || policy === 'newer')) return 'refuse';
  if (policy !== 'newer') return policy;
  if (source.modified === null || existing.modified === null) return 'skip';
  return source.modified - existing.modified > 2000 ? 'overwrite' : 'skip';
}

/** `a/report.tar.gz` as its `n`th copy: `a/report (2).tar.gz`. A leading dot is part of the name. */
export function keepBothPath(path: string, n: number): string {
  const name = baseName(path);
  const folder = path.slice(0, path.length - name.length);
  const extension = /(?<=.)(?:\.tar)?\.[^.\s/]{1,16}$/u.exec(name)?.[0] ?? '';
  return `${folder}${name.slice(0, name.length - extension.length)} (${n})${extension}`;
}
