import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GpuRequest } from '../contract/plan.ts';
import { cannotBe, gpuIds, type QueueRoom, takeTurns, type WaitingJob } from './queue.ts';

const room = (more: Partial<QueueRoom> = {}): QueueRoom => ({
  places: 4,
  jobsAtOnce: 4,
  gpus: null,
  taken: new Set<string>(),
  ...more,
});
const waiting = (...gpus: (GpuRequest | null)[]): WaitingJob[] => gpus.map((each, index) => ({ id: index + 1, gpus: each }));
const started = (turns: ReturnType<typeof takeTurns>): number[] => turns.filter((turn) => turn.starts).map(({ id }) => id);

test('starts the oldest, as many as there are places', () => {
  const turns = takeTurns(waiting(null, null, null), room({ places: 2 }));
  expect(started(turns)).toEqual([1, 2]);
  expect(turns[2]).toMatchObject({ why: 'Waiting: 4 jobs run at once' });
});

test('gives each job GPUs of its own, and lets go of none twice', () => {
  const turns = takeTurns(waiting(1, 1, ['3'], 2), room({ gpus: gpuIds(4) }));
  expect(turns).toEqual([
    { id: 1, starts: true, gpus: ['0'] },
    { id: 2, starts: true, gpus: ['1'] },
    { id: 3, starts: true, gpus: ['3'] },
    { id: 4, starts: false, why: 'Waiting for 2 GPUs: 1 of 4 free' },
  ]);
});

test('a job for which GPUs are missing is overtaken by jobs without, and by no other', () => {
  const turns = takeTurns(waiting('all', 1, null), room({ gpus: ['0', '1'], taken: new Set(['1']) }));
  expect(started(turns)).toEqual([3]);
  expect(turns.map((turn) => (turn.starts ? '' : turn.why))).toEqual([
    'Waiting for 2 GPUs: 1 of 2 free',
    'Waiting: job 1 is before it in the queue for GPUs',
    '',
  ]);
});

test('what can never be had keeps nobody back', () => {
  const turns = takeTurns(waiting(3, ['x'], 2), room({ gpus: gpuIds(2) }));
  expect(started(turns)).toEqual([3]);
  expect(turns[0]).toMatchObject({ why: 'Waiting: it asks for 3 GPUs, and Settings give 2 to jobs' });
  expect(turns[1]).toMatchObject({ why: 'Waiting: it asks for GPU x, which Settings do not give to jobs' });
});

test('without counted GPUs a request is handed on as it is', () => {
  expect(takeTurns(waiting(2), room())).toEqual([{ id: 1, starts: true, gpus: null }]);
});

const request = fc.oneof(
  fc.constant(null),
  fc.constant('all' as const),
  fc.integer({ min: 1, max: 5 }),
  fc.uniqueArray(fc.constantFrom('0', '1', '2', '3', 'x'), { minLength: 1, maxLength: 3 }),
);

test('no GPU is given twice, no place too many; and every job that can run does, in the end', () => {
  fc.assert(
    fc.property(
      fc.array(request, { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.nat(),
      (requests, jobsAtOnce, slots, seed) => {
        const gpus = gpuIds(slots) ?? [];
        let queue = waiting(...requests);
        const running = new Map<number, readonly string[]>();
        for (let round = 0; round < 200; round += 1) {
          const taken = new Set([...running.values()].flat());
          const turns = takeTurns(queue, { places: jobsAtOnce - running.size, jobsAtOnce, gpus, taken });
          for (const turn of turns) if (turn.starts) running.set(turn.id, turn.gpus ?? []);
          const ids = started(turns);
          queue = queue.filter(({ id }) => !ids.includes(id));
          const held = [...running.values()].flat();
          expect(new Set(held).size).toBe(held.length);
          expect(running.size).toBeLessThanOrEqual(jobsAtOnce);
          // One of those that run ends.
          const ends = [...running.keys()][(seed + round) % Math.max(1, running.size)];
          if (ends === undefined) break;
          running.delete(ends);
        }
        expect(queue.every(({ gpus: wanted }) => wanted !== null && cannotBe(wanted, gpus) !== null)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test('small requests that keep coming do not starve a large one', () => {
  let queue: WaitingJob[] = [{ id: 0, gpus: 4 }];
  const running = new Map<number, readonly string[]>([[100, ['0']]]);
  for (let id = 1; id < 50 && queue.some((job) => job.id === 0); id += 1) {
    queue.push({ id, gpus: 1 }, { id: id + 1000, gpus: null });
    const taken = new Set([...running.values()].flat());
    const turns = takeTurns(queue, room({ places: 4 - running.size, gpus: gpuIds(4), taken }));
    for (const turn of turns) if (turn.starts) running.set(turn.id, turn.gpus ?? []);
    queue = queue.filter((job) => !running.has(job.id));
    const oldest = [...running.keys()][0];
    if (oldest !== undefined) running.delete(oldest);
  }
  expect(queue.some((job) => job.id === 0)).toBe(false);
});
