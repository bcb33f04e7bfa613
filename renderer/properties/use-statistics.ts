import { useEffect, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import type { Statistics } from '#shared/contract/statistics.ts';
import type { StowageError } from '#shared/errors.ts';
import { client, fromContract } from '../app/client.ts';

type Counted = Pick<Entry, 'path' | 'kind' | 'size'>;

export interface Counting {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Of the one folder that is counted; null for several entries, and before the first numbers. */
  readonly statistics: Statistics | null;
  readonly done: boolean;
  readonly problem: StowageError | null;
}

type Totals = Pick<Counting, 'files' | 'directories' | 'bytes'>;

const nothing: Counting = { files: 0, directories: 0, bytes: 0, statistics: null, done: false, problem: null };

/** Counts what is in the entries, showing the numbers as they grow; ends with whoever shows them. */
export function useStatistics(vfolder: string, entries: readonly Counted[]): Counting {
  const [counting, setCounting] = useState(nothing);
  useEffect(() => {
    const abort = new AbortController();
    const count = async (): Promise<void> => {
      // Of one folder it is told what is in it; of several things together, they are counted themselves.
      const single = entries.length === 1;
      const plain = entries.filter((entry) => entry.kind !== 'directory');
      let sum: Totals = {
        files: plain.length,
        directories: single ? 0 : entries.length - plain.length,
        bytes: plain.reduce((total, entry) => total + entry.size, 0),
      };
      let statistics: Statistics | null = null;
      for (const entry of entries) {
        if (entry.kind !== 'directory') continue;
        let last: Totals = { files: 0, directories: 0, bytes: 0 };
        for await (const event of await client.files.statistics({ vfolder, path: entry.path }, { signal: abort.signal })) {
          last = event;
          statistics = single ? event : null;
          setCounting({ ...add(sum, last), statistics, done: false, problem: null });
        }
        sum = add(sum, last);
      }
      setCounting({ ...sum, statistics, done: true, problem: null });
    };
    count().catch((error: unknown) => {
      if (!abort.signal.aborted) setCounting((before) => ({ ...before, done: true, problem: fromContract(error) }));
    });
    return () => abort.abort();
  }, [vfolder, entries]);
  return counting;
}

const add = (a: Totals, b: Totals): Totals => ({
  files: a.files + b.files,
  directories: a.directories + b.directories,
  bytes: a.bytes + b.bytes,
});
