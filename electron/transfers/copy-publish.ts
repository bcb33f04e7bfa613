import { closeSync, constants, fsyncSync, linkSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, failure, noFollow, obstacle, removePart, type Written } from './copy-local.ts';
import type { CopyJob, CopyOutcome, Existing } from './copy-protocol.ts';
import type { FileSystemSync } from './copy-sync.ts';

/** What syncing took lately, in milliseconds: of a whole file system, and of one file in this thread. */
const syncCost = { together: 0, each: 0.3 };
const smallestGroup = 16;
/** A sync of the file system serves other threads too, and this one goes on meanwhile. */
const worthOfTogether = 8;

/**
 * Makes written parts durable, gives them their names and makes those durable. One sync of the file system does for all
 * where the system offers it and it pays: on a quiet disk it is ten times faster than syncing a thousand small files, but
 * it waits for what all other programs have written too, so both costs are watched. The thread copies on meanwhile.
 */
export async function land(group: readonly Written[], folder: string, sync: FileSystemSync): Promise<CopyOutcome[]> {
  const together = pays(group.length) && (await syncTogether(folder, sync));
  const folders = new Set<string>();
  const outcomes = group.map((written) => publish(written, folders, together));
  if (!together || !(await syncTogether(folder, sync))) syncFolders(folders);
  return outcomes;
}

function pays(files: number): boolean {
  if (files < smallestGroup) return false;
  if (syncCost.together <= worthOfTogether * files * syncCost.each) return true;
  // Looked at again after a while: the disk may be quiet by then.
  syncCost.together *= 0.7;
  return false;
}

async function syncTogether(folder: string, sync: FileSystemSync): Promise<boolean> {
  const cost = await sync(folder);
  syncCost.together = cost ?? Number.POSITIVE_INFINITY;
  return cost !== null;
}

/** Gives a written part its name, only while the place is still as it was expected; makes it durable first unless it is. */
export function publish({ job, durable }: Written, folders: Set<string>, synced: boolean): CopyOutcome {
  try {
    if (!durable && !synced) syncPart(job);
    const taken = job.replace === null ? nameExclusively(job) : replace(job);
    if (taken) {
      removePart(job.part);
      return { seq: job.seq, kind: 'exists', existing: taken };
    }
    folders.add(dirname(job.to));
    return { seq: job.seq, kind: 'done' };
  } catch (error) {
    removePart(job.part);
    return failure(job.seq, error);
  }
}

function syncPart(job: CopyJob): void {
  const fd = openSync(job.part, constants.O_RDWR | noFollow);
  const begin = performance.now();
  try {
    fsyncSync(fd);
    if (job.size < 65_536) syncCost.each = 0.8 * syncCost.each + 0.2 * (performance.now() - begin);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names given in these folders durable, where the system lets folders be synced. */
export function syncFolders(folders: Iterable<string>): void {
  for (const folder of folders) {
    try {
      const fd = openSync(folder, constants.O_RDONLY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      // Windows and some network file systems refuse to sync a folder; the files themselves were synced.
    }
  }
}

function replace(job: CopyJob): Existing | null {
  const taken = obstacle(job);
  if (!taken) renameSync(job.part, job.to);
  return taken;
}

/** A hard link fails when the name is taken, which a rename does not; a file system without links gets check and rename. */
function nameExclusively(job: CopyJob): Existing | null {
  try {
    linkSync(job.part, job.to);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    const taken = errno === 'EEXIST' || linkless.has(errno) ? obstacle(job) : null;
    if (taken) return taken;
    if (!linkless.has(errno)) throw error;
    renameSync(job.part, job.to);
    return null;
  }
  unlinkSync(job.part);
  return null;
}

/** How the system says that it makes no hard links here. */
const linkless = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
