import type { Vfolder } from '#shared/contract/vfolders.ts';
import { client } from '../app/client.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { formatBytes, plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

/** Destroys a trashed vfolder after a question. */
export function PurgeVfolderDialog({ vfolder, onClose }: { readonly vfolder: Vfolder; readonly onClose: () => void }) {
  const purge = (): void => {
    onClose();
    client.vfolders.purge({ id: vfolder.id }).then(
      ({ files, bytes }) =>
        showToast({
          intent: 'success',
          title: `Deleted “${vfolder.name}” with ${plural(files, 'file')} (${formatBytes(bytes)})`,
        }),
      (error: unknown) => reportError(error, `“${vfolder.name}” could not be deleted.`),
    );
  };
  return (
    <ConfirmDialog title={`Delete “${vfolder.name}” forever?`} action="Delete forever" onConfirm={purge} onCancel={onClose}>
      {vfolder.kind === 'linked'
        ? 'Stowage forgets the link. The directory itself stays where it is.'
        : `The vfolder “${vfolder.name}” on ${vfolder.host.name} and every file in it are lost. This cannot be undone.`}
    </ConfirmDialog>
  );
}
