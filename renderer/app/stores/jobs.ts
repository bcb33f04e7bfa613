import { create } from 'zustand';
import type { Job } from '#shared/contract/jobs.ts';
import { client, fromContract } from '../client.ts';
import { type Loadable, notLoaded } from './loadable.ts';

interface Jobs extends Loadable {
  /** Newest first. */
  readonly jobs: readonly Job[];
}

export const useJobs = create<Jobs>()(() => ({ ...notLoaded, jobs: [] }));

/** The list with `job` in its place: replaced where it was, else put in by age. */
export function withJob(jobs: readonly Job[], job: Job): Job[] {
  if (jobs.some((one) => one.id === job.id)) return jobs.map((one) => (one.id === job.id ? job : one));
  return [job, ...jobs].sort((a, b) => b.id - a.id);
}

export async function loadJobs(): Promise<void> {
  try {
    useJobs.setState({ loaded: true, problem: null, jobs: await client.jobs.list({ limit: 500 }) });
  } catch (error) {
    useJobs.setState({ problem: fromContract(error) });
  }
}

export const putJob = (job: Job): void => useJobs.setState((state) => ({ jobs: withJob(state.jobs, job) }));

export const dropJob = (id: number): void => useJobs.setState((state) => ({ jobs: state.jobs.filter((one) => one.id !== id) }));

/** Sizes of logs as events tell them; a log view watches its own job here. */
export const useLogSizes = create<Readonly<Record<number, number>>>()(() => ({}));
