import { spawnSync } from 'node:child_process';
import { closeSync, constants, fsyncSync, linkSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, failure, noFollow, obstacle, removePart, type Written } from './copy-local.ts';
import { type CopyOutcome, type CopyTask, controlWords } from './copy-protocol.ts';

/** What syncing took lately in this thread, in milliseconds: of a whole file system, and of one file. */
const syncCost = { together: 0, each: 0.3 };
const smallestGroup = 16;

/**
 * Makes written parts durable with one `syncfs`, where the system offers it (Node does not; the `sync` program does) and
 * it pays: on a quiet disk it is ten times faster than syncing a thousand small files, but it waits for what all other
 * programs have written too, so both costs are watched. False: `publish` has to sync each.
 */
export function syncParts(written: readonly Written[], { control, targetRoot }: CopyTask): boolean {
  if (written.length < smallestGroup || process.platform !== 'linux') return false;
  if (syncCost.together > written.length * syncCost.each) {
    // Looked at again after a while: the disk may be quiet by then.
    syncCost.together *= 0.7;
    return false;
  }
  const begin = performance.now();
  const synced = syncTogether(control, targetRoot);
  syncCost.together = synced ? performance.now() - begin : Number.POSITIVE_INFINITY;
  return synced;
}

/**
 * Syncs the file system of a folder, with as few calls for all threads of a run as will do: who comes while one is under
 * way waits for its end, and the next call then serves all who wait. False: it cannot be done.
 */
function syncTogether(control: Int32Array, folder: string): boolean {
  const { syncing, syncsBegun, syncsEnded, syncFailed } = controlWords;
  // A call that has begun already may have passed by what was written since.
  const needed = Atomics.load(control, syncsBegun) + 1;
  for (;;) {
    if (Atomics.load(control, syncFailed) !== 0) return false;
    if (Atomics.load(control, syncsEnded) >= needed) return true;
    if (Atomics.compareExchange(control, syncing, 0, 1) !== 0) {
      Atomics.wait(control, syncing, 1);
      continue;
    }
    try {
      Atomics.add(control, syncsBegun, 1);
      const { status } = spawnSync('sync', ['-f', '--', folder], { stdio: 'ignore' });
      if (status !== 0) Atomics.store(control, syncFailed, 1);
      Atomics.add(control, syncsEnded, 1);
    } finally {
      Atomics.store(control, syncing, 0);
      Atomics.notify(control, syncing);
    }
  }
}

/** Gives a written part its name, only while the place is still as it was expected; makes it durable first unless it is. */
export function publish({ job, durable }: Written, folders: Set<string>, synced: boolean): CopyOutcome {
  try {
    if (!durable && !synced) {
      const fd = openSync(job.part, constants.O_RDWR | noFollow);
      const begin = performance.now();
      try {
        fsyncSync(fd);
        if (job.size < 65_536) syncCost.each = 0.8 * syncCost.each + 0.2 * (performance.now() - begin);
      } finally {
        closeSync(fd);
      }
    }
    const taken = obstacle(job);
    if (taken) {
      removePart(job.part);
      return { seq: job.seq, kind: 'exists', existing: taken };
    }
    if (job.replace === null) nameExclusively(job.part, job.to);
    else renameSync(job.part, job.to);
    folders.add(dirname(job.to));
    return { seq: job.seq, kind: 'done' };
  } catch (error) {
    removePart(job.part);
    if (errnoOf(error) === 'EEXIST') {
      const taken = obstacle(job);
      if (taken) return { seq: job.seq, kind: 'exists', existing: taken };
    }
    return failure(job.seq, error);
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

/** A hard link fails when the name is taken, which a rename does not; a file system without links gets check and rename. */
function nameExclusively(part: string, to: string): void {
  try {
    linkSync(part, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    renameSync(part, to);
    return;
  }
  unlinkSync(part);
}
