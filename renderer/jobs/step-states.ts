import type { Job } from '#shared/contract/jobs.ts';
import type { Plan } from '#shared/contract/plan.ts';

export type StepState = 'waiting' | 'now' | 'done' | 'not-done';

/**
 * How far each step of the plan is. A job tells in a line what it does now; steps that bring files are recognised in it by
 * the name of their source.
 */
export function stepStates(job: Job, plan: Plan): StepState[] {
  if (job.startedAt !== null) return plan.steps.map(() => 'done');
  if (job.endedAt !== null) return plan.steps.map(() => 'not-done');
  if (job.state === 'queued') return plan.steps.map(() => 'waiting');
  const now = plan.steps.findIndex((step) => {
    const source = 'mount' in step ? plan.mounts[step.mount]?.source : undefined;
    return source !== undefined && job.progress?.includes(source);
  });
  return plan.steps.map((_, index) => (index === now ? 'now' : index < now ? 'done' : 'waiting'));
}
