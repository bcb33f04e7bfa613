import { z } from 'zod';
import { bytesSchema, method, timeSchema } from './base.ts';

/** Three octal digits: what the owner, the group and others may do with the file in the job. */
export const dotfilePermissionSchema = z.string().regex(/^[0-7]{3}$/);

/** A file that is placed under the home directory of every job (J10). */
export const dotfileSchema = z.object({
  /** Below the home directory; begins with `.`. */
  path: z.string(),
  permission: dotfilePermissionSchema,
  bytes: bytesSchema,
  changedAt: timeSchema,
});
export type Dotfile = z.infer<typeof dotfileSchema>;

const pathSchema = z.string().min(1).max(4096);

export const dotfilesContract = {
  /** By path. Their contents are kept sealed and are not in it. */
  list: method.output(z.array(dotfileSchema)),
  /** @throws `not-found`, `credentials-missing` when the key to it is gone */
  read: method.input(z.object({ path: pathSchema })).output(dotfileSchema.extend({ content: z.string() })),
  /**
   * Makes it, or with `replace` also takes the place of the one that is there. Counts for jobs that are started from now on.
   * @throws `path-refused`, `name-reserved`, `exists`, `bad-request` beyond 100 files or 64 KiB in all
   */
  put: method
    .input(
      z.object({
        path: pathSchema,
        permission: dotfilePermissionSchema,
        content: z.string().max(65_536),
        replace: z.boolean().optional(),
      }),
    )
    .output(dotfileSchema),
  /** @throws `not-found` */
  remove: method.input(z.object({ path: pathSchema })).output(z.object({ removed: z.boolean() })),
};
