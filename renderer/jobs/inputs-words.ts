import type { ChangesSince, MountInput, TreeDifference } from '#shared/contract/provenance.ts';
import { changesInWords, isSameTree } from '#shared/provenance/words.ts';

/** What became of a comparison, for a line with an icon. */
export interface Verdict {
  readonly tone: 'same' | 'changed' | 'unknown';
  readonly words: string;
}

/** What a comparison of a folder says; `same` where nothing differs. */
export function verdictOf({ changes, reason }: TreeDifference, same = 'Nothing changed.'): Verdict {
  if (changes === null) return { tone: 'unknown', words: reason ?? 'It is not known what changed.' };
  if (!isSameTree(changes)) return { tone: 'changed', words: sentence(changesInWords(changes)) };
  return reason === null
    ? { tone: 'same', words: same }
    : { tone: 'unknown', words: `Nothing changed, as far as is known. ${reason}` };
}

/** The same of the image. */
export function imageVerdict({ changed, id, reason }: ChangesSince['image']): Verdict {
  if (changed === null) return { tone: 'unknown', words: reason ?? 'It is not known whether the image is the same.' };
  if (!changed) return { tone: 'same', words: 'The same image.' };
  return { tone: 'changed', words: id === null ? (reason ?? 'The image is gone.') : 'The name stands for another image now.' };
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** What a job did with the folder. */
export const roleInWords = ({ role }: Pick<MountInput, 'role'>): string | null =>
  role === 'code' ? 'code' : role === 'automount' ? 'automount' : null;
