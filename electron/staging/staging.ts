import type { CopiedBack, Staged, Staging } from '../services.ts';

/** Several kinds of staging as one, asked in their order; let go of in the opposite one. */
export function joinStagings(stagings: readonly Staging[]): Staging {
  return {
    prepare: async (jobId, plan, options) => {
      const parts: Staged[] = [];
      for (const staging of stagings) parts.push(await staging.prepare(jobId, plan, options));
      return {
        binds: parts.flatMap(({ binds }) => binds),
        volumes: parts.flatMap(({ volumes }) => volumes),
        image: parts.find(({ image }) => image !== null)?.image ?? null,
      };
    },
    watch: (jobId, signal) => Promise.race(stagings.map((staging) => staging.watch(jobId, signal))),
    finish: async (jobId, plan, options) => {
      const results: CopiedBack[] = [];
      const failures: unknown[] = [];
      for (const staging of stagings) {
        // What one cannot finish does not keep the others' outputs from where they belong.
        await staging.finish(jobId, plan, options).then(
          (more) => results.push(...more),
          (error: unknown) => failures.push(error),
        );
      }
      if (failures.length > 0) throw failures[0];
      return results;
    },
    release: async (jobId) => {
      const ended = await Promise.allSettled(stagings.toReversed().map((staging) => staging.release(jobId)));
      const failed = ended.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

/** For a core without any: every plan is carried out by its binds alone. */
export const noStaging: Staging = joinStagings([]);
