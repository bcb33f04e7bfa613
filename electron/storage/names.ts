import { StowageError } from '#shared/errors.ts';
import { type NameRules, segmentProblem } from '#shared/names.ts';
import { type InnerPath, visible } from '#shared/paths.ts';

/** @throws `name-invalid` for a segment that the storage cannot hold */
export function checkNames(path: InnerPath, rules: NameRules): void {
  if (path === '') return;
  for (const segment of path.split('/')) {
    const problem = segmentProblem(segment, rules);
    if (problem !== null) {
      throw new StowageError('name-invalid', `“${visible(segment)}” cannot be stored: ${problem}.`, { subject: path });
    }
  }
}
