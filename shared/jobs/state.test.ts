import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobStateSchema } from '../contract/jobs.ts';
import { hasEnded, type JobEvent, type JobLife, newLife, step } from './state.ts';

const at = fc.integer({ min: 0, max: 1000 });
const problem = fc.constantFrom(
  { code: 'mount-failed', message: 'It is gone.' } as const,
  { code: 'cancelled', message: 'Stopped.' } as const,
  { code: 'timed-out', message: 'Too long.' } as const,
);
const event: fc.Arbitrary<JobEvent> = fc.oneof(
  fc.record({ type: fc.constantFrom('prepare', 'requeue', 'start', 'started', 'finalized', 'stop'), at }),
  fc.record({ type: fc.constant('progress'), text: fc.option(fc.string()) }),
  fc.record({ type: fc.constant('created'), reference: fc.string() }),
  fc.record({ type: fc.constant('fail'), at, problem }),
  fc.record({
    type: fc.constant('ended'),
    at,
    exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
    problem: fc.option(problem),
    startedAt: fc.option(at),
    endedAt: fc.option(at),
  }),
) as fc.Arbitrary<JobEvent>;

/** Jobs in every state, reached by real steps. */
const lives = fc.array(event, { maxLength: 30 }).map((events) => {
  const seen: JobLife[] = [newLife(500)];
  for (const next of events) {
    const result = step(seen.at(-1) ?? newLife(500), next);
    if (result.ok) seen.push(result.job);
  }
  return seen;
});

const order = jobStateSchema.options;

test('answers every event in every state, and never leaves an end state', () => {
  fc.assert(
    fc.property(lives, event, (seen, next) => {
      for (const job of seen) {
        const result = step(job, next);
        if (result.ok) expect(hasEnded(job.state)).toBe(false);
        else expect(result.error.code).toBe('wrong-state');
      }
    }),
    { numRuns: 1000 },
  );
});

test('only goes forward, but for the way back to the queue, and times never run backwards', () => {
  fc.assert(
    fc.property(lives, (seen) => {
      for (const [index, job] of seen.entries()) {
        const before = seen[index - 1];
        if (before && job.state !== 'queued')
          expect(order.indexOf(job.state)).toBeGreaterThanOrEqual(order.indexOf(before.state));
        const times = order.flatMap((state) => job.times[state] ?? []);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(job.times[job.state]).toBeDefined();
        expect(job.endedAt === null && hasEnded(job.state)).toBe(false);
        if (job.startedAt !== null && job.endedAt !== null && hasEnded(job.state))
          expect(job.endedAt).toBeGreaterThanOrEqual(job.startedAt);
      }
    }),
    { numRuns: 1000 },
  );
});

test('says how it ended: success only with code 0, no problem and no stop asked for', () => {
  fc.assert(
    fc.property(lives, (seen) => {
      const last = seen.at(-1);
      if (last?.state === 'succeeded') expect([last.exitCode, last.problem, last.stopRequested]).toEqual([0, null, false]);
      if (last?.state === 'failed') expect(last.problem !== null || last.exitCode !== 0).toBe(true);
      if (last?.state === 'stopped') expect(last.stopRequested).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('keeps the reference once a run was created, so that nothing is launched twice', () => {
  fc.assert(
    fc.property(lives, (seen) => {
      const first = seen.findIndex((job) => job.reference !== null);
      if (first >= 0) for (const job of seen.slice(first)) expect(job.state).not.toBe('queued');
    }),
    { numRuns: 500 },
  );
});
