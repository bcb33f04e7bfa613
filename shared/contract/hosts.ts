import { z } from 'zod';
import { bytesSchema, method } from './base.ts';

export const hostKindSchema = z.enum(['local', 'memory']);
export type HostKind = z.infer<typeof hostKindSchema>;

export const hostSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: hostKindSchema,
  /** What is on it, for people: a directory, an account, a bucket. */
  root: z.string(),
  readOnly: z.boolean(),
  isDefault: z.boolean(),
  status: z.object({ state: z.enum(['ok', 'error']), message: z.string() }),
  freeBytes: bytesSchema.nullable(),
  totalBytes: bytesSchema.nullable(),
  vfolders: z.array(z.string()),
});
export type Host = z.infer<typeof hostSchema>;

export const hostsContract = {
  list: method.output(z.array(hostSchema)),
};
