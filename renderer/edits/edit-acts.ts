import type { Edit } from '#shared/contract/edits.ts';
import { baseName, visible } from '#shared/paths.ts';
import { client, desktop } from '../app/client.ts';
import { dropEdit, putEdit } from '../app/stores/edits.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

export const nameOf = (edit: Edit): string => visible(baseName(edit.path));
/** `data/notes.txt`, as people write it. */
export const placeOf = (edit: Edit): string => visible(`${edit.vfolder ?? '(a vfolder that is gone)'}/${edit.path}`);

export function sendAgain(edit: Edit): void {
  client.edits.send({ id: edit.id }).then(putEdit, (error: unknown) => reportError(error, `“${nameOf(edit)}” was not sent.`));
}

export async function resolveEdit(edit: Edit, how: 'overwrite' | 'keep-both' | 'theirs'): Promise<void> {
  try {
    const after = await client.edits.resolve({ id: edit.id, how });
    putEdit(after);
    if (how === 'theirs') showToast({ intent: 'info', title: `“${nameOf(edit)}” is again as it is in ${placeOf(edit)}` });
  } catch (error) {
    reportError(error, `The conflict of “${nameOf(edit)}” was not ended.`);
  }
}

export function showCopy(edit: Edit): void {
  client.edits
    .show({ id: edit.id })
    .then(({ ticket }) => desktop?.openPrepared(ticket))
    .catch((error: unknown) => reportError(error));
}

export function endEdit(edit: Edit, discard: boolean): void {
  client.edits.close({ id: edit.id, ...(discard && { discard }) }).then(
    () => dropEdit(edit.id),
    (error: unknown) => reportError(error),
  );
}
