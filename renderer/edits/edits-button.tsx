import { DocumentEditRegular } from '@fluentui/react-icons';
import type { Edit } from '#shared/contract/edits.ts';
import { desktop } from '../app/client.ts';
import { useEdits } from '../app/stores/edits.ts';
import { type MenuChoice, openMenu } from '../ui/context-menu.tsx';
import { plural } from '../ui/format.ts';
import { endEdit, nameOf, placeOf, resolveEdit, sendAgain, showCopy } from './edit-acts.ts';

/** What can be done with a file that is open elsewhere; a change that was not sent is never given up by a slip. */
function choicesOf(edit: Edit): Array<MenuChoice | 'divider'> {
  const name = nameOf(edit);
  const changed = edit.state !== 'clean';
  return [
    ...(changed && edit.state !== 'conflict' ? [{ label: `Send the changes of ${name}`, run: () => sendAgain(edit) }] : []),
    ...(edit.state === 'conflict'
      ? [
          { label: `Keep both versions of ${name}`, run: () => void resolveEdit(edit, 'keep-both') },
          { label: `Overwrite ${placeOf(edit)} with mine`, run: () => void resolveEdit(edit, 'overwrite') },
        ]
      : []),
    ...(desktop ? [{ label: `Show the working copy of ${name}`, run: () => showCopy(edit) }] : []),
    {
      label: changed ? `Discard my changes of ${name}` : `Stop editing ${name}`,
      run: () => endEdit(edit, changed),
    },
    'divider',
  ];
}

const wordOf = (edits: readonly Edit[]): string => {
  const unsent = edits.filter(({ state }) => state === 'unsent' || state === 'conflict').length;
  return unsent > 0 ? `${plural(unsent, 'file')} not sent` : `${plural(edits.length, 'file')} being edited`;
};

/** In the status bar while files of hosts are open in other programs. */
export function EditsButton({ className }: { readonly className: string }) {
  const edits = useEdits((state) => state.edits);
  if (edits.length === 0) return null;
  return (
    <button
      type="button"
      className={className}
      aria-haspopup="menu"
      title={edits.map(placeOf).join('\n')}
      onClick={(event) => openMenu(event, 'Files being edited', edits.flatMap(choicesOf).slice(0, -1))}
    >
      <DocumentEditRegular aria-hidden fontSize={14} />
      {wordOf(edits)}
    </button>
  );
}
