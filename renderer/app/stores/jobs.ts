import { create } from 'zustand';
import type { Job } from '#shared/contract/jobs.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Jobs extends Loadable {
  /** The latest ones and all that have not ended, newest first. */
  readonly jobs: readonly Job[];
}

export const useJobs = create<Jobs>()(() => ({ ...notLoaded, jobs: [] }));

const latest = 200;
/** More than this are not kept: of those that ended, the oldest go. */
const mostKept = 1000;
const unended: readonly Job['state'][] = ['queued', 'preparing', 'starting', 'running', 'finalizing'];

/** The list with `job` in its place: replaced where it was, else put in by age. */
export function withJob(jobs: readonly Job[], job: Job): Job[] {
  if (jobs.some((one) => one.id === job.id)) return jobs.map((one) => (one.id === job.id ? job : one));
  const sorted = [job, ...jobs].sort((a, b) => b.id - a.id);
  return sorted.length <= mostKept ? sorted : sorted.filter((one, index) => index < latest || one.endedAt === null);
}

export async function loadJobs(): Promise<void> {
  try {
    const [recent, alive] = await Promise.all([
      client.jobs.list({ limit: latest }),
      client.jobs.list({ limit: mostKept, states: [...unended] }),
    ]);
    const older = alive.filter((job) => job.id < (recent.at(-1)?.id ?? 0));
    useJobs.setState({ loaded: true, problem: null, jobs: [...recent, ...older] });
  } catch (error) {
    useJobs.setState({ problem: fromContract(error) });
  }
}

export const putJob = (job: Job): void => useJobs.setState((state) => ({ jobs: withJob(state.jobs, job) }));

export const dropJob = (id: number): void => useJobs.setState((state) => ({ jobs: state.jobs.filter((one) => one.id !== id) }));

/** Sizes of logs as events tell them; a log view watches its own job here. */
export const useLogSizes = create<Readonly<Record<number, number>>>()(() => ({}));
