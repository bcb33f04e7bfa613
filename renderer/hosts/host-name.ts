import { visible } from '#shared/paths.ts';

/** Why a name cannot be a host's, in a sentence; null when it can. */
export function hostNameProblem(name: string, taken: readonly string[]): string | null {
  if (name.trim() === '') return 'A storage host needs a name.';
  if (name.length > 64) return 'A name has at most 64 characters.';
  const clash = taken.find((one) => one.toLowerCase() === name.trim().toLowerCase());
  return clash === undefined ? null : `There is already a storage host named “${visible(clash)}”.`;
}
