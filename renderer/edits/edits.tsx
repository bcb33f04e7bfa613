import { useEffect, useRef, useState } from 'react';
import type { Edit } from '#shared/contract/edits.ts';
import { useEdits } from '../app/stores/edits.ts';
import { showToast } from '../ui/toasts.tsx';
import { placeOf, sendAgain } from './edit-acts.ts';
import { EditConflictDialog } from './edit-conflict-dialog.tsx';
import { FetchingList } from './fetching-list.tsx';

/** Tells what becomes of files that other programs edit, and asks when somebody else has changed one. Put once in the app. */
export function Edits() {
  const edits = useEdits((state) => state.edits);
  /** As they were when they were told of. */
  const told = useRef(new Map<string, Edit>());
  /** Conflicts that the person put off. */
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    for (const edit of edits) {
      tell(edit, told.current.get(edit.id));
      told.current.set(edit.id, edit);
    }
    // Another conflict of the same file is asked anew.
    setLater((put) => {
      const still = [...put].filter((id) => edits.some((edit) => edit.id === id && edit.state === 'conflict'));
      return still.length === put.size ? put : new Set(still);
    });
  }, [edits]);
  const conflict = edits.find(({ id, state }) => state === 'conflict' && !later.has(id));
  return (
    <>
      <FetchingList />
      {conflict && <EditConflictDialog edit={conflict} onLater={() => setLater((put) => new Set([...put, conflict.id]))} />}
    </>
  );
}

function tell(edit: Edit, before: Edit | undefined): void {
  if (before && edit.savedAt !== before.savedAt) showToast({ intent: 'success', title: `Saved to ${placeOf(edit)}` });
  const unsent = edit.state === 'unsent' && (before?.state !== 'unsent' || before.problem?.message !== edit.problem?.message);
  if (!unsent) return;
  showToast({
    intent: edit.problem ? 'error' : 'warning',
    title: `Changes of ${placeOf(edit)} were not sent`,
    body: edit.problem
      ? [edit.problem.message, edit.problem.hint].filter(Boolean).join(' ')
      : 'They were made before Stowage ended. They are kept on this machine.',
    action: { label: 'Send', run: () => sendAgain(edit) },
  });
}
