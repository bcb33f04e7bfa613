import { create } from 'zustand';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { client } from '../client.ts';

/** A small picture shows so many samples. */
export const sparkPoints = 60;
/** Jobs beyond this many are forgotten, the oldest first: their pictures are fetched again. */
const mostJobs = 500;

/** Samples by job, oldest first. */
export type Usage = Readonly<Record<number, readonly UsageSample[]>>;

/** What jobs used lately, for small pictures: of running ones the last minute, of ended ones their whole time. */
export const useUsage = create<Usage>()(() => ({}));

/** A new sample of a running job. */
export function noteUsage(id: number, sample: UsageSample): void {
  useUsage.setState((before) => ({ [id]: [...(before[id] ?? []), sample].slice(-sparkPoints) }));
  forgetOldest();
}

/** Fetches what is not known yet of these jobs. One that cannot be had is no picture. */
export async function loadUsage(ids: readonly number[]): Promise<void> {
  const wanted = ids.filter((id) => useUsage.getState()[id] === undefined).slice(0, 200);
  if (wanted.length === 0) return;
  const found = await client.metrics.overview({ ids: wanted, points: sparkPoints }).catch(() => []);
  const known = new Map(found.map(({ id, samples }) => [id, samples]));
  useUsage.setState((before) => Object.fromEntries(wanted.map((id) => [id, before[id] ?? known.get(id) ?? []])));
  forgetOldest();
}

function forgetOldest(): void {
  const known = Object.entries(useUsage.getState());
  if (known.length > mostJobs) useUsage.setState(Object.fromEntries(known.slice(-mostJobs / 2)), true);
}
