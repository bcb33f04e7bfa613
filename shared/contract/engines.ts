import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, method, timeSchema } from './base.ts';

/**
 * `docker`: the engine that the `docker` program used when the core was started; `docker:NAME`: that of the Docker context NAME; `podman`;
 * `process`: no container engine.
 */
export const engineIdSchema = z
  .string()
  .max(200)
  .regex(/^(docker(:[A-Za-z0-9][A-Za-z0-9_.+-]*)?|podman|process)$/, 'Write docker, docker:CONTEXT, podman or process.');
export type EngineId = z.infer<typeof engineIdSchema>;

/** `docker`: it runs containers and is spoken to as Docker is, Podman too; `process`: commands run on this machine. */
export const engineKindSchema = z.enum(['docker', 'process']);
export type EngineKind = z.infer<typeof engineKindSchema>;

/** What an engine can give a job that asks for GPUs. */
export const engineGpusSchema = z.object({
  /** `absent`: a job that asks for one cannot start; `unknown`: the engine does not tell, it may. */
  state: z.enum(['ready', 'absent', 'unknown']),
  /** null: not known. */
  count: z.number().int().nullable(),
  /** One sentence: what there is, or why a job gets none and what to do. */
  message: z.string(),
});
export type EngineGpus = z.infer<typeof engineGpusSchema>;

export const engineStatusSchema = z.object({
  id: engineIdSchema,
  kind: engineKindSchema,
  /** For people; unlike that of any other engine. */
  name: z.string(),
  /** `checking`: it takes its time to answer. */
  state: z.enum(['ready', 'checking', 'absent', 'permission', 'error']),
  /** One sentence: the version when ready, else what is wrong and what to do. */
  message: z.string(),
  version: z.string().nullable(),
  /** False for `process`: the command runs on this machine as the user. */
  isolated: z.boolean(),
  /** `process` without bubblewrap cannot give absolute targets. */
  absoluteTargets: z.boolean(),
  /** The engine sees this machine's file system. */
  local: z.boolean(),
  os: z.string().nullable(),
  kernel: z.string().nullable(),
  selinux: z.boolean(),
  cpus: z.number().nullable(),
  memoryBytes: bytesSchema.nullable(),
  /** CPU, memory and shm limits are kept by the engine. */
  limits: z.boolean(),
  gpus: engineGpusSchema,
});
export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const engineImageSchema = z.object({
  id: z.string(),
  /** `name:tag`, or a short id when it has none. */
  reference: z.string(),
  bytes: bytesSchema,
  createdAt: timeSchema.nullable(),
});
export type EngineImage = z.infer<typeof engineImageSchema>;

export const pullProgressSchema = z.object({
  message: z.string(),
  doneBytes: bytesSchema,
  totalBytes: bytesSchema,
});
export type PullProgress = z.infer<typeof pullProgressSchema>;

export const enginesContract = {
  /**
   * Those that are found now. At once: one that takes long is told as it was last seen, or as `checking`, and `engines`
   * changes when it has answered. `wait`: all are asked anew and waited for.
   */
  list: method.input(z.object({ wait: z.boolean() }).optional()).output(z.array(engineStatusSchema)),
  images: method.input(z.object({ engine: engineIdSchema })).output(z.array(engineImageSchema)),
  pull: method
    .input(z.object({ engine: engineIdSchema, image: z.string().min(1).max(512) }))
    .output(eventIterator(pullProgressSchema)),
};
