import { z } from 'zod';
import { bytesSchema, method, timeSchema } from './base.ts';

/** An image that Stowage made for the approach `bake`: the job's image with a folder's files in it. */
export const bakedImageSchema = z.object({
  id: z.string(),
  reference: z.string(),
  /** The image that it was made from. */
  base: z.string(),
  /** The folder, as people read it: `name:/path`. */
  source: z.string(),
  target: z.string(),
  /** Of the files; the base is shared. */
  bytes: bytesSchema,
  createdAt: timeSchema,
  lastUsedAt: timeSchema,
});
export type BakedImage = z.infer<typeof bakedImageSchema>;

export const imagesContract = {
  /** Newest first; empty when the engine does not answer. */
  list: method.output(z.array(bakedImageSchema)),
  /** By id or reference. @throws `in-use` while a job, a container or another image needs it */
  remove: method.input(z.object({ id: z.string() })).output(z.object({ removed: z.boolean() })),
};
