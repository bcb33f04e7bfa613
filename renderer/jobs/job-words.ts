import { formatCommandLine } from '#shared/command-line.ts';
import type { Job } from '#shared/contract/jobs.ts';
import { engineKind, engineName } from '#shared/engines.ts';
import { formatDuration } from '../ui/format.ts';

const ended = new Set<Job['state']>(['succeeded', 'failed', 'stopped', 'timed-out']);

export const hasEnded = (job: Job): boolean => ended.has(job.state);
/** It waits or is being made ready: what it does is in `progress`. */
export const isGettingReady = (job: Job): boolean =>
  job.state === 'queued' || job.state === 'preparing' || job.state === 'starting';

/** What it runs in, for people; on which engine, where that is not the usual one. */
export function whereItRuns({ engine, image }: Job): string {
  if (engineKind(engine) === 'process') return engineName(engine);
  const name = image ?? 'No image';
  return engine === 'docker' ? name : `${name} · ${engineName(engine)}`;
}

/** How long the command ran, or runs by now; `—` before it started. */
export function durationOf(job: Job, now: number): string {
  if (job.startedAt === null) return '—';
  return formatDuration((job.endedAt ?? now) - job.startedAt);
}

/** The command in one line: the script itself for `sh -c SCRIPT`. */
export function commandOf(job: Job): string {
  const [program, flag, script, ...rest] = job.command;
  if (program === 'sh' && flag === '-c' && script !== undefined && rest.length === 0)
    return script.replaceAll(/\s+/g, ' ').trim();
  return formatCommandLine(job.command);
}
