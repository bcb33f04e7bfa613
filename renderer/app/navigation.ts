import { create } from 'zustand';
import type { JobSpec } from '#shared/contract/plan.ts';
import { parseLayout } from './stores/carried-layout.ts';

const screens = ['files', 'launch', 'jobs', 'settings'] as const;
export type Screen = (typeof screens)[number];

export interface Place {
  readonly vfolder: string;
  /** Inner path of the folder. */
  readonly path: string;
  /** A file in it to select. */
  readonly select?: string;
}

/** The storage hosts, with one of them in view. */
export interface HostsPlace {
  readonly host: string | null;
}

/** Requests carry a number, so that asking for the same thing twice is seen twice. */
interface Request<T> {
  readonly number: number;
  readonly value: T;
}

interface Navigation {
  readonly screen: Screen;
  /** The last place that Files was asked to show. */
  readonly filesRequest: Request<Place | HostsPlace> | null;
  /** What Launch was asked to begin with: merged over an empty spec. */
  readonly launchRequest: Request<Partial<JobSpec>> | null;
  /** The part of Settings to bring into view. */
  readonly settingsRequest: Request<'cache' | 'dotfiles'> | null;
  /** The open job; null: the list. */
  readonly jobId: number | null;
  /** The job that the open one is compared with. */
  readonly comparedJobId: number | null;
}

/** Of this window: a reload comes back to the screen that was shown, a new window begins with Files. */
const screenItem = 'stowage.screen';

function shownBefore(): Pick<Navigation, 'screen' | 'jobId' | 'comparedJobId'> {
  const { screen, jobId, comparedJobId } = parseLayout(sessionStorage.getItem(screenItem) ?? '');
  const id = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return { screen: screens.find((one) => one === screen) ?? 'files', jobId: id(jobId), comparedJobId: id(comparedJobId) };
}

export const useNavigation = create<Navigation>()(() => ({
  filesRequest: null,
  launchRequest: null,
  settingsRequest: null,
  ...shownBefore(),
}));

useNavigation.subscribe(({ screen, jobId, comparedJobId }) =>
  sessionStorage.setItem(screenItem, JSON.stringify({ screen, jobId, comparedJobId })),
);

let requests = 0;
const request = <T>(value: T): Request<T> => {
  requests += 1;
  return { number: requests, value };
};

const go = (change: Partial<Navigation>): void => useNavigation.setState(change);

export const goFiles = (place?: Place | HostsPlace): void =>
  go({ screen: 'files', ...(place && { filesRequest: request(place) }) });

/** Opens the list of storage hosts. */
export const goHosts = (host: string | null = null): void => goFiles({ host });

/** Opens Launch; with a draft, begins a new job from it. */
export const goLaunch = (draft?: Partial<JobSpec>): void =>
  go({ screen: 'launch', ...(draft && { launchRequest: request(draft) }) });

/** Opens Jobs: the page of one job, or the list. */
export const goJobs = (jobId: number | null = null): void => go({ screen: 'jobs', jobId, comparedJobId: null });

/** Opens the comparison of two jobs. */
export const goCompare = (first: number, second: number): void => go({ screen: 'jobs', jobId: first, comparedJobId: second });

export const goSettings = (): void => go({ screen: 'settings', settingsRequest: null });

/** Opens Settings at the dotfiles. */
export const goDotfiles = (): void => go({ screen: 'settings', settingsRequest: request('dotfiles') });

/** Opens Settings at the cache. */
export const goCache = (): void => go({ screen: 'settings', settingsRequest: request('cache') });
