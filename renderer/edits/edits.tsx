import { useEffect, useRef, useState } from 'react';
import type { Edit } from '#shared/contract/edits.ts';
import { useEdits } from '../app/stores/edits.ts';
import { showToast } from '../ui/toasts.tsx';
import { placeOf, sendAgain } from './edit-acts.ts';
import { EditConflictDialog } from './edit-conflict-dialog.tsx';
import { FetchingList } from './fetching-list.tsx';

/** What of an edit was told already. */
const signOf = ({ state, savedAt, problem }: Edit): string => `${state} ${savedAt} ${problem?.message ?? ''}`;

/** Tells what becomes of files that other programs edit, and asks when somebody else has changed one. Put once in the app. */
export function Edits() {
  const edits = useEdits((state) => state.edits);
  const told = useRef(new Map<string, string>());
  /** Conflicts that the person put off. */
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    for (const edit of edits) {
      const before = told.current.get(edit.id);
      told.current.set(edit.id, signOf(edit));
      if (before !== signOf(edit)) tell(edit, before !== undefined);
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

function tell(edit: Edit, knownBefore: boolean): void {
  if (edit.state === 'clean' && edit.savedAt !== null && knownBefore)
    showToast({ intent: 'success', title: `Saved to ${placeOf(edit)}` });
  if (edit.state === 'unsent') {
    showToast({
      intent: edit.problem ? 'error' : 'warning',
      title: `Changes of ${placeOf(edit)} were not sent`,
      body: edit.problem
        ? [edit.problem.message, edit.problem.hint].filter(Boolean).join(' ')
        : 'They were made before Stowage ended. They are kept on this machine.',
      action: { label: 'Send', run: () => sendAgain(edit) },
    });
  }
}
