import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest, sampleSource } from '#shared/plan/sample-request.ts';
import type { PlanRequest } from '#shared/plan/types.ts';
import { type Bench, timeWork } from '../harness.ts';

const mountCount = 200;

/** 200 mounts, a third nested in others: what the planner meets at the size that PlanRequest allows for comfort. */
function largeRequest(): PlanRequest {
  const mounts = Array.from({ length: mountCount }, (_, index) => {
    const parent = index % 3 === 0 && index > 0 ? `/data/set-${index - 1}` : '/data';
    return { target: `${parent}/set-${index}`, facts: sampleSource(`set-${index}`) };
  });
  return sampleRequest({ mounts });
}

/** The pure planner alone, as it runs on every change of the form. */
export const plan: Bench = {
  name: 'plan',
  about: 'plan with 200 mounts; no peer, goal < 10 ms',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 25,
  prepare: async () => {
    const request = largeRequest();
    return {
      ours: {
        name: 'stowage',
        run: () =>
          timeWork(() => {
            const { mounts } = planJob(request);
            if (mounts.length < mountCount) throw new Error('the plan of the benchmark lost mounts');
          }),
      },
      peers: [],
      cleanUp: async () => {},
    };
  },
};
