import { opendir, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { SourceFacts } from '#shared/plan/types.ts';

export interface ScanLimits {
  /** Entries looked at. */
  readonly entries: number;
  /** `performance.now()` at which the scan ends. */
  readonly deadline: number;
}

type LeavingLinks = SourceFacts['leavingLinks'];
const maxExamples = 5;

/**
 * Symlinks below `root` (a real path) that will lead nowhere in a container that has `root` only: absolute ones, and
 * relative ones that climb out. Breadth first, within the limits; never follows a link; never throws.
 */
export async function scanLeavingLinks(root: string, limits: ScanLimits): Promise<LeavingLinks> {
  const examples: { path: string; target: string }[] = [];
  const folders = [root];
  let count = 0;
  let seen = 0;
  for (let next = 0; next < folders.length; next += 1) {
    const folder = folders[next] ?? root;
    const entries = await opendir(folder).catch(() => null);
    if (entries === null) continue;
    try {
      for await (const entry of entries) {
        seen += 1;
        if (seen > limits.entries || performance.now() > limits.deadline) return { count, examples, complete: false };
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) folders.push(file);
        if (!entry.isSymbolicLink()) continue;
        const target = await readlink(file).catch(() => null);
        if (target === null || !leaves(root, folder, target)) continue;
        count += 1;
        if (examples.length < maxExamples) examples.push({ path: path.relative(root, file), target });
      }
    } catch {
      // The folder went away or cannot be read: the source's own checks tell what matters.
    }
  }
  return { count, examples, complete: true };
}

function leaves(root: string, folder: string, target: string): boolean {
  if (path.isAbsolute(target)) return true;
  const resolved = path.resolve(folder, target);
  return resolved !== root && !resolved.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}
