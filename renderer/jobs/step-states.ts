import type { Job } from '#shared/contract/jobs.ts';
import type { Plan, PlanStep } from '#shared/contract/plan.ts';

export type StepState = 'waiting' | 'now' | 'done' | 'not-done';

/** What happens before a job's command runs: the image comes, the plan's steps are taken, and it is started. */
export type PreparationStep = { readonly kind: 'pull'; readonly image: string } | PlanStep | { readonly kind: 'start' };

export interface Preparation {
  readonly step: PreparationStep;
  readonly state: StepState;
  /** 0–1; null: not known, or not the step that it is at. */
  readonly part: number | null;
}

/** The steps before the start, in their order, with how far each is. */
export function preparationOf(job: Job, plan: Plan): Preparation[] {
  const steps = stepsOf(job, plan);
  const now = currentOf(job, steps);
  return steps.map((step, index) => ({
    step,
    state: stateOf(job, index, now),
    part: index === now ? (job.progressStep?.part ?? null) : null,
  }));
}

function stepsOf(job: Job, plan: Plan): PreparationStep[] {
  const missing = job.progressStep?.at === 'image' || plan.conflicts.some(({ code }) => code === 'image-missing');
  const pull: PreparationStep[] = plan.image !== null && missing ? [{ kind: 'pull', image: plan.image }] : [];
  // Baking adds to the image, which has to be there before; else it is fetched last.
  const first = plan.steps.some(({ kind }) => kind === 'bake');
  return [...(first ? pull : []), ...plan.steps, ...(first ? [] : pull), { kind: 'start' }];
}

/** The step that the job is at; -1: not begun, or over. */
function currentOf(job: Job, steps: readonly PreparationStep[]): number {
  const at = job.progressStep?.at ?? null;
  if (job.state === 'starting') return steps.length - 1;
  if (job.state !== 'preparing' || at === null) return -1;
  return steps.findIndex((step) => (at === 'image' ? step.kind === 'pull' : 'mount' in step && step.mount === at));
}

function stateOf(job: Job, index: number, now: number): StepState {
  if (job.startedAt !== null) return 'done';
  if (job.endedAt !== null) return 'not-done';
  if (index === now) return 'now';
  return index < now ? 'done' : 'waiting';
}
