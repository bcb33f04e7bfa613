import { StowageError } from '../errors.ts';
import { exportedJobSchema, withoutSecrets } from '../export/exported-job.ts';
import { createSheet, type Sheet } from './imported.ts';
import type { Fields } from './loose-data.ts';

/** A job that Stowage exported: everything but the values of its secrets. @throws StowageError `bad-request` */
export function importStowage(data: Fields): Sheet {
  const parsed = exportedJobSchema.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StowageError('bad-request', 'This is not a job as Stowage exports it.', {
      detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    });
  }
  // Where a value is kept is a matter of the Stowage that keeps it.
  const sheet = { ...createSheet(), spec: withoutSecrets(parsed.data.spec) };
  for (const { name, secret } of parsed.data.spec.env)
    if (secret) sheet.lost(name, 'is a secret, and secrets are not exported', { hint: `Fill in ${name} under Environment.` });
  return sheet;
}
