import { planJob } from '#shared/plan/plan-job.ts';
import { sampleRequest, sampleSource } from '#shared/plan/sample-request.ts';
import type { PlanRequest } from '#shared/plan/types.ts';
import { type Bench, timeWork } from '../harness.ts';

const mountCount = 200;
const linkCount = 500;

/** 200 mounts, a third nested in others, and 500 links into them: what the planner meets at a size beyond comfort. */
function largeRequest(): PlanRequest {
  const mounts = Array.from({ length: mountCount }, (_, index) => {
    const parent = index % 3 === 0 && index > 0 ? `/data/set-${index - 1}` : '/data';
    return { target: `${parent}/set-${index}`, facts: sampleSource(`set-${index}`) };
  });
  const links = Array.from({ length: linkCount }, (_, index) => ({
    path: `/srv/links/${index % 25}/link-${index}`,
    target: `${mounts[index % mountCount]?.target ?? '/data'}/part-${index}`,
  }));
  return sampleRequest({ mounts, spec: { links } });
}

/** The pure planner alone, as it runs on every change of the form. */
export const plan: Bench = {
  name: 'plan',
  about: 'plan with 200 mounts and 500 links; no peer, goal < 10 ms',
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
            const { mounts, links } = planJob(request);
            if (mounts.length < mountCount || links.length < linkCount) throw new Error('the plan lost mounts or links');
          }),
      },
      peers: [],
      cleanUp: async () => {},
    };
  },
};
