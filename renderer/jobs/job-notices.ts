import type { Job } from '#shared/contract/jobs.ts';
import { onChange } from '../app/changes.ts';
import { goJobs, useNavigation } from '../app/navigation.ts';
import { isAway, notifySystem } from '../app/notifications.ts';
import { useSettings } from '../app/stores/settings.ts';
import { plural } from '../ui/format.ts';
import { stateLabel } from '../ui/state-badge.tsx';
import { showToast } from '../ui/toasts.tsx';
import { hasEnded } from './job-words.ts';

/** Ends that come within this time are told together. */
const togetherMilliseconds = 700;

/** What is told of jobs that ended, in words. */
export function noticeOf(jobs: readonly Job[]): { readonly title: string; readonly body: string; readonly good: boolean } {
  const [job] = jobs;
  const good = jobs.every(({ state }) => state === 'succeeded');
  if (jobs.length === 1 && job)
    return { title: `${job.name}: ${stateLabel(job.state).toLowerCase()}`, body: job.problem?.message ?? '', good };
  const counts = new Map<Job['state'], number>();
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = [...counts].map(([state, count]) => `${count} ${stateLabel(state).toLowerCase()}`);
  return { title: `${plural(jobs.length, 'job')} ended`, body: words.join(', '), good };
}

/**
 * Tells the ends of jobs from now on: by a notification of the system while the person is in another window and it may be
 * shown, else by a message in this one, unless they see the jobs anyway. What a person stopped themselves is no news.
 */
export function tellEndsOfJobs(): void {
  const told = new Set<number>();
  let ended: Job[] = [];
  const tell = (): void => {
    const jobs = ended;
    ended = [];
    const { title, body, good } = noticeOf(jobs);
    const [job] = jobs;
    const open = (): void => goJobs(jobs.length === 1 ? job?.id : undefined);
    if (isAway() && notifySystem(title, body, open)) return;
    if (useNavigation.getState().screen === 'jobs') return;
    showToast({ intent: good ? 'success' : 'warning', title, body, action: { label: 'Show', run: open } });
  };
  onChange((change) => {
    if (change.type !== 'job' || !hasEnded(change.job) || change.job.state === 'stopped' || told.has(change.job.id)) return;
    const { notifyJobs } = useSettings.getState().settings;
    if (notifyJobs === 'none' || (notifyJobs === 'problems' && change.job.state === 'succeeded')) return;
    told.add(change.job.id);
    if (ended.length === 0) setTimeout(tell, togetherMilliseconds);
    ended.push(change.job);
  });
}
