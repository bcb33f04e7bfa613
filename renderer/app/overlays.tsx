import { Edits } from '../edits/edits.tsx';
import { HostDialogs } from '../hosts/host-dialogs.tsx';
import { UnsavedText } from '../previews/unsaved-text.tsx';
import { ConflictDialog } from '../transfers/conflict-dialog.tsx';
import { SyncReview } from '../transfers/sync-review.tsx';
import { CommandPalette } from './command-palette.tsx';

/** What may lie over any screen, or come up in its corner. Loaded when the first screen is there. */
export function Overlays() {
  return (
    <>
      <CommandPalette />
      <ConflictDialog />
      <HostDialogs />
      <Edits />
      <SyncReview />
      <UnsavedText />
    </>
  );
}
