import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Redactor } from '../services.ts';
import { lastLines, logTail, mountFailure, toldErrors } from './log-words.ts';
import { exists, type MountRecord, mountFiles, noteLost, readLost, readMountRecord } from './mount-record.ts';
import { isConnected, isMounted, isServed } from './mount-table.ts';

/**
 * Whether the mount of a job is gone or broken; noted, so that it is known for ever. `probe`: the mount itself is asked too,
 * for a process that is just being killed is still in the table.
 */
export async function findLoss(directory: string, redactor: Redactor, probe = false): Promise<StowageError | null> {
  const record = await readMountRecord(directory);
  if (!record) return null;
  const noted = await readLost(directory);
  if (noted === null && (await exists(mountFiles(directory).closed))) return null;
  const served = noted !== null || (await isServed(directory));
  const why =
    noted ??
    (!served ? 'rclone, which served it, has ended' : null) ??
    ((await isMounted(mountFiles(directory).files)) ? null : 'it was unmounted') ??
    (probe && !(await isConnected(mountFiles(directory).files)) ? 'rclone, which served it, has ended' : null);
  if (why === null) return null;
  await noteLost(directory, why);
  return new StowageError('mount-failed', `The mount of “${visible(record.source)}” was lost while the job ran: ${why}.`, {
    subject: record.source,
    detail: lastLines(redactor.text(await logTail(mountFiles(directory).log))) || undefined,
    hint: 'What the job read from it may be cut short. Run the job again, or copy the folder instead of sharing it.',
  });
}

/** rclone notes each error that it gave to whoever read or wrote: a pipe can hide it from the exit code. */
export async function findReadErrors(directory: string, record: MountRecord, redactor: Redactor): Promise<StowageError | null> {
  const path = mountFiles(directory).log;
  if (!(await toldErrors(path))) return null;
  const log = redactor.text(await logTail(path));
  const { code, data } = mountFailure(record.source, log, 'reading failed');
  return new StowageError(code, `The job got errors from the mount of “${visible(record.source)}”.`, {
    ...data,
    hint: 'What it read or wrote may be cut short. Test the storage host and run the job again, or copy the folder instead.',
  });
}
