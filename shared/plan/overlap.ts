import type { Fix } from '../contract/plan.ts';
import { meets, visible } from '../paths.ts';
import { comparablePath, hostPathWithin } from './host-path.ts';
import { describe, sentence } from './layout.ts';
import type { Finding, LaidMount, Layout, Writer } from './types.ts';

/** Sources that hold each other, and vfolders that running jobs write. */
export const findOverlaps = (layout: Layout): Finding[] => [...overlappingSources(layout), ...otherWriters(layout)];

interface Located {
  readonly mount: LaidMount;
  readonly path: string;
  /** Sorts what lies below a path directly behind it, before its longer-named neighbours. */
  readonly order: string;
}

/**
 * One pass over the sources in path order: those above the present one are on a stack, so each is compared with the
 * nearest above it (and the nearest writable one) only.
 */
function overlappingSources({ mounts, request }: Layout): Finding[] {
  const located: Located[] = [];
  for (const mount of mounts) {
    const { realPath, remotePath, problem } = mount.facts;
    // No path of this machine begins without a “/” or a drive, so the two kinds never meet.
    const path = remotePath ?? (realPath === null ? null : comparablePath(realPath, request.machine.platform));
    if (problem === null && path !== null) located.push({ mount, path, order: path.replaceAll('/', '\0') });
  }
  located.sort((a, b) => compareText(a.order, b.order) || a.mount.index - b.mount.index);
  const found: Finding[] = [];
  const stack: { nearest: Located; writable: Located | null }[] = [];
  for (const one of located) {
    let top = stack.at(-1);
    while (top && !hostPathWithin(one.path, top.nearest.path)) {
      stack.pop();
      top = stack.at(-1);
    }
    if (top) {
      const other = one.mount.mode === 'rw' ? (top.writable ?? top.nearest) : top.writable;
      if (other) found.push(...judgePair(other.mount, one.mount, other.path === one.path));
    }
    stack.push({ nearest: one, writable: one.mount.mode === 'rw' ? one : (top?.writable ?? null) });
  }
  return found;
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function judgePair(outer: LaidMount, inner: LaidMount, same: boolean): Finding[] {
  const writable = [outer, inner].filter((mount) => mount.mode === 'rw');
  if (writable.length === 0) return [];
  const relation = same ? 'are the same files' : 'overlap';
  const pair = `${sentence(describe(outer))} and ${describe(inner)} ${relation}`;
  const fixes: Fix[] = writable.flatMap((mount) =>
    mount.request === null
      ? []
      : [
          {
            label: `Mount “${visible(mount.facts.display)}” read-only at ${visible(mount.target)}`,
            request: mount.request,
            change: { kind: 'set-mode' as const, mode: 'ro' as const },
          },
        ],
  );
  if (writable.length === 2) {
    const message = `${pair}, and both are writable: what is written through one may be lost or seen late through the other.`;
    return [{ code: 'overlap-both-writable', severity: 'error', message, mounts: [outer, inner], fixes }];
  }
  const message = `${pair}, and one is writable: the job sees files change under its read-only mount.`;
  return [{ code: 'overlap-mixed', severity: 'warning', message, mounts: [outer, inner], fixes }];
}

function otherWriters({ mounts, request }: Layout): Finding[] {
  const byVfolder = new Map<string, Writer[]>();
  for (const writer of request.writers) {
    const known = byVfolder.get(writer.vfolderId);
    if (known) known.push(writer);
    else byVfolder.set(writer.vfolderId, [writer]);
  }
  const found: Finding[] = [];
  for (const mount of mounts) {
    const { vfolder, inner } = mount.facts;
    if (mount.mode !== 'rw' || vfolder === null) continue;
    const writers = (byVfolder.get(vfolder.id) ?? []).filter(({ path }) => meets(path, inner));
    const [first] = writers;
    if (first === undefined) continue;
    const more = writers.length > 1 ? ` and ${writers.length - 1} more` : '';
    const message = `Job ${first.jobId} “${visible(first.jobName)}”${more} is running and writes ${describe(mount)} too: files may be damaged.`;
    const fixes: Fix[] =
      mount.request === null
        ? []
        : [{ label: 'Mount it read-only', request: mount.request, change: { kind: 'set-mode', mode: 'ro' } }];
    found.push({ code: 'other-job-writes', severity: 'warning', message, mounts: [mount], fixes });
  }
  return found;
}
