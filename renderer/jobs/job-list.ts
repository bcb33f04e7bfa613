import { useEffect, useState } from 'react';
import { create } from 'zustand';
import type { Change } from '#shared/contract/app.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { StowageError } from '#shared/errors.ts';
import { onChange } from '../app/changes.ts';
import { client, fromContract, useConnection } from '../app/client.ts';
import { useJobs } from '../app/stores/jobs.ts';
import { reportError } from '../ui/toasts.tsx';

/**
 * The jobs of the table: the ids of all that match, and the rows of those that were looked at. However many jobs there
 * are, only numbers of them are here.
 */
interface JobList {
  /** What `ids` were found for. */
  readonly filter: string;
  /** Newest first; null before the first answer. */
  readonly ids: readonly number[] | null;
  readonly rows: ReadonlyMap<number, Job>;
  /** How many there are without a filter; null before it is known. */
  readonly total: number | null;
  readonly problem: StowageError | null;
}

export const useJobList = create<JobList>()(() => ({ filter: '', ids: null, rows: new Map(), total: null, problem: null }));

/** More rows than this are not kept. */
const mostRows = 2000;
const rowsAtOnce = 200;
/** A change of any job may be one of what a filter finds; so often it is looked for again. */
const lookAgainMilliseconds = 250;

let asked = 0;

/** Looks for the jobs of a filter; the answer to an older question is dropped. */
export async function findJobs(filter: string): Promise<void> {
  asked += 1;
  const mine = asked;
  try {
    const { ids, total } = await client.jobs.find({ filter });
    if (mine === asked) useJobList.setState({ filter, ids, total, problem: null });
  } catch (error) {
    if (mine === asked) useJobList.setState({ problem: fromContract(error) });
  }
}

const fetching = new Set<number>();

/** Fetches the rows of these jobs that are not here. */
export async function fetchRows(ids: readonly number[]): Promise<void> {
  const { rows } = useJobList.getState();
  const missing = ids.filter((id) => !rows.has(id) && !fetching.has(id)).slice(0, rowsAtOnce);
  if (missing.length === 0) return;
  for (const id of missing) fetching.add(id);
  try {
    keepRows(await client.jobs.list({ ids: missing }), new Set(ids));
  } catch (error) {
    useJobList.setState({ problem: fromContract(error) });
  } finally {
    for (const id of missing) fetching.delete(id);
  }
}

/** Adds rows; where they become too many, those that are not `needed` go, the oldest here first. */
function keepRows(jobs: readonly Job[], needed: ReadonlySet<number> = new Set()): void {
  useJobList.setState(({ rows }) => {
    const next = new Map(rows);
    for (const job of jobs) next.set(job.id, job);
    for (const id of next.keys()) {
      if (next.size <= mostRows) break;
      if (!needed.has(id)) next.delete(id);
    }
    return { rows: next };
  });
}

function take(change: Change, lookAgain: () => void): void {
  const { ids, filter } = useJobList.getState();
  if (change.type === 'job') {
    const { job } = change;
    keepRows([job]);
    if (filter.trim() !== '') lookAgain();
    else if (ids && (ids[0] ?? 0) < job.id) useJobList.setState({ ids: [job.id, ...ids], total: ids.length + 1 });
  } else if (change.type === 'job-removed') {
    const { id } = change;
    useJobList.setState(({ rows, total }) => {
      const kept = new Map(rows);
      kept.delete(id);
      return { ids: ids?.filter((one) => one !== id) ?? null, rows: kept, total: total && total - 1 };
    });
  }
}

/** Follows the jobs while the table is there. Those that the app knows anyway are shown at once. */
export function useFollowedJobs(filter: string): void {
  const epoch = useConnection((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection may have missed changes
  useEffect(() => {
    keepRows(useJobs.getState().jobs);
    void findJobs(filter);
  }, [filter, epoch]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const lookAgain = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        void findJobs(useJobList.getState().filter);
      }, lookAgainMilliseconds);
    };
    const off = onChange((change) => take(change, lookAgain));
    return () => {
      off();
      if (timer) clearTimeout(timer);
      asked += 1;
      useJobList.setState({ filter: '', ids: null });
    };
  }, []);
}

/** The newest jobs that a filter finds, `most` of them; of how many jobs, null before the first answer. */
export function useFoundJobs(filter: string, most: number): { readonly jobs: readonly Job[]; readonly total: number | null } {
  const [found, setFound] = useState<{ jobs: readonly Job[]; total: number | null }>({ jobs: [], total: null });
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const look = async (): Promise<void> => {
      const { ids, total } = await client.jobs.find({ filter }, { signal });
      const jobs = await client.jobs.list({ ids: ids.slice(0, most) }, { signal });
      if (!signal.aborted) setFound({ jobs, total });
    };
    look().catch((error: unknown) => {
      if (!signal.aborted) reportError(error, 'The jobs could not be listed.');
    });
    return () => abort.abort();
  }, [filter, most]);
  return found;
}
