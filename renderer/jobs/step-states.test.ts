import { expect, it } from 'vitest';
import type { Job } from '#shared/contract/jobs.ts';
import type { PlanStep } from '#shared/contract/plan.ts';
import { sampleMount, samplePlan } from '../planner/plan.fixture.ts';
import { preparationOf } from './step-states.ts';

const stage = (mount: number): PlanStep => ({
  kind: 'stage',
  mount,
  target: `/${mount}`,
  readOnly: true,
  packed: false,
  into: 'directory',
});
const plan = samplePlan({
  image: 'busybox',
  mounts: [sampleMount('/0', { source: 'a:/' }), sampleMount('/1', { source: 'b:/' })],
  steps: [stage(0), stage(1), { kind: 'make-link', path: '/l', target: '/0' }],
});
const job = (more: Partial<Job>): Job => ({
  id: 1,
  name: 'x',
  state: 'preparing',
  engine: 'docker',
  image: 'busybox',
  command: ['true'],
  times: {},
  createdAt: 0,
  startedAt: null,
  endedAt: null,
  exitCode: null,
  problem: null,
  progress: null,
  progressStep: null,
  output: null,
  logBytes: 0,
  ...more,
});
const states = (more: Partial<Job>): string =>
  preparationOf(job(more), plan)
    .map(({ step, state, part }) => `${step.kind} ${state}${part === null ? '' : ` ${part}`}`)
    .join(', ');

it('knows the step that a job is at, and how far it is', () => {
  expect(states({ state: 'queued' })).toBe('stage waiting, stage waiting, make-link waiting, start waiting');
  expect(states({ progressStep: { at: 1, part: 0.25 } })).toBe('stage done, stage now 0.25, make-link waiting, start waiting');
  expect(states({ progressStep: { at: 'image', part: null } })).toBe(
    'stage done, stage done, make-link done, pull now, start waiting',
  );
  expect(states({ state: 'starting' })).toBe('stage done, stage done, make-link done, start now');
  expect(states({ state: 'running', startedAt: 1 })).toBe('stage done, stage done, make-link done, start done');
  expect(states({ state: 'failed', endedAt: 1 })).toBe('stage not-done, stage not-done, make-link not-done, start not-done');
});

it('fetches the image first when something is baked into it', () => {
  const baking = samplePlan({
    image: 'busybox',
    mounts: [sampleMount('/0', { source: 'a:/' })],
    steps: [{ kind: 'bake', mount: 0, target: '/0' } as PlanStep],
  });
  const kinds = preparationOf(job({ progressStep: { at: 'image', part: 0.5 } }), baking).map(
    ({ step, state }) => `${step.kind} ${state}`,
  );
  expect(kinds).toEqual(['pull now', 'bake waiting', 'start waiting']);
});
