import { stat } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';
import type { RunRequest } from './engine.ts';

/** Checks that every source is there, in the words of a mount. @throws `mount-failed` */
export async function checkSources(request: RunRequest): Promise<void> {
  for (const { source, target } of request.binds) {
    if (await stat(source).catch(() => null)) continue;
    throw new StowageError('mount-failed', `“${source}” cannot be mounted at “${target}”: it is not there.`, {
      subject: source,
      hint: 'Check that the folder exists and that you may read it.',
    });
  }
}
