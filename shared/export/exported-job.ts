import { z } from 'zod';
import { type JobSpec, jobSpecSchema } from '../contract/plan.ts';

/** A job as JSON, to keep or to pass on. A later version that cannot be read here has another number. */
export const exportedJobSchema = z.object({ stowage: z.literal('job'), version: z.literal(1), spec: jobSpecSchema });
export type ExportedJob = z.infer<typeof exportedJobSchema>;

/** A spec without the values of its secrets, and without where they are kept. */
export const withoutSecrets = (spec: JobSpec): JobSpec => ({
  ...spec,
  env: spec.env.map(({ name, value, secret }) => (secret === undefined ? { name, value } : { name, value: '', secret })),
});

/** The job as JSON that imports to the same job, but for the values of secrets. */
export const toJson = (spec: JobSpec): string =>
  `${JSON.stringify({ stowage: 'job', version: 1, spec: withoutSecrets(spec) } satisfies ExportedJob, null, 2)}\n`;
