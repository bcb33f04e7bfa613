import { statfs } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';

/** A log smaller than this is never what fills the disk. */
const innocentBytes = 1024 ** 3;
/** What is left to the rest of the machine: this much, or this part of the disk. */
const reserveBytes = 2 * 1024 ** 3;
const reservePart = 0.05;

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A running job, as the guard sees it. */
export interface Guarded {
  logSize(): number | null;
  /** Stops the job and gives this as the cause. */
  abandon(cause: StowageError): void;
}

/**
 * A flood of output (`yes`) writes hundreds of megabytes a second, which are kept whole: it must not fill the disk. Looks
 * at the disk of the logs once; where it runs short, the job with the largest log is stopped, if its log is large at all.
 */
export async function guardDisk(jobs: readonly Guarded[], disk: () => Promise<Disk>): Promise<void> {
  const [largest] = jobs.toSorted((a, b) => (b.logSize() ?? 0) - (a.logSize() ?? 0));
  const logBytes = largest?.logSize() ?? 0;
  if (!largest || logBytes < innocentBytes) return;
  const { freeBytes, totalBytes } = await disk();
  if (freeBytes >= Math.max(reserveBytes, totalBytes * reservePart)) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  largest.abandon(
    new StowageError(
      'disk-full',
      `The job was stopped: its log had grown to ${gigabytes(logBytes)}, and ${gigabytes(freeBytes)} were left on the disk.`,
      {
        hint: 'Let the command print less, or into a file in its output folder.',
      },
    ),
  );
}

/** The disk that holds a folder. */
export async function diskOf(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
