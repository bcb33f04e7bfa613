import { z } from 'zod';
import { method } from './base.ts';

/** A port of a running job, and where it is reached. */
export const jobPortSchema = z.object({
  container: z.number().int(),
  /** Of the loopback address of the engine's machine. */
  port: z.number().int(),
  /** That is this machine, so that a browser here reaches it. */
  here: z.boolean(),
});
export type JobPort = z.infer<typeof jobPortSchema>;

export const portsContract = {
  /** None of a job that does not run. */
  ports: method.input(z.object({ id: z.number().int() })).output(z.array(jobPortSchema)),
};

/** The address of a published port for a browser on the engine's machine. */
export const portUrl = (port: number): string => `http://127.0.0.1:${port}/`;
