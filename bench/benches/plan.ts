import { planJob } from '#shared/plan/plan-job.ts';
import { type Bench, timeWork } from '../harness.ts';
import { largeRequest } from './plan-request.ts';

/** The pure planner alone, as it runs on every change of the form. */
export const plan: Bench = {
  name: 'plan',
  about: 'plan with 200 mounts; no peer, goal < 10 ms',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 25,
  prepare: async () => {
    const request = largeRequest(200);
    return {
      ours: {
        name: 'stowage',
        run: () =>
          timeWork(() => {
            const { mounts, runnable } = planJob(request);
            if (mounts.length < 200 || !runnable) throw new Error('the plan of the benchmark is not runnable');
          }),
      },
      peer: null,
      cleanUp: async () => {},
    };
  },
};
