import { expect, it } from 'vitest';
import type { Job } from '#shared/contract/jobs.ts';
import type { PlanStep } from '#shared/contract/plan.ts';
import { sampleMount, samplePlan } from '../planner/plan.fixture.ts';
import { stepStates } from './step-states.ts';

const stage = (mount: number): PlanStep => ({
  kind: 'stage',
  mount,
  target: `/${mount}`,
  readOnly: true,
  packed: false,
  into: 'directory',
});
const plan = samplePlan({
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
  output: null,
  logBytes: 0,
  ...more,
});

it('knows the step that a job is at from the source that it names', () => {
  expect(stepStates(job({ state: 'queued' }), plan)).toEqual(['waiting', 'waiting', 'waiting']);
  expect(stepStates(job({ progress: 'Pulling busybox' }), plan)).toEqual(['waiting', 'waiting', 'waiting']);
  expect(stepStates(job({ progress: 'Copying b:/: 3 of 9 files' }), plan)).toEqual(['done', 'now', 'waiting']);
  expect(stepStates(job({ state: 'running', startedAt: 1 }), plan)).toEqual(['done', 'done', 'done']);
  expect(stepStates(job({ state: 'failed', endedAt: 1 }), plan)).toEqual(['not-done', 'not-done', 'not-done']);
});
