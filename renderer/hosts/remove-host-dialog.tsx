import { useState } from 'react';
import type { Host } from '#shared/contract/hosts.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { loadHosts } from '../app/stores/hosts.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { showToast } from '../ui/toasts.tsx';

/** Asks before a host is forgotten; why it cannot be is said in the same place. */
export function RemoveHostDialog({ host, onClose }: { readonly host: Host; readonly onClose: () => void }) {
  const [error, setError] = useState<StowageError | null>(null);
  const remove = async (): Promise<void> => {
    try {
      await client.hosts.remove({ id: host.id });
      await loadHosts();
      onClose();
      showToast({ intent: 'success', title: `Removed storage host “${host.name}”` });
    } catch (failure) {
      setError(fromContract(failure));
    }
  };
  return (
    <ConfirmDialog title={`Remove “${visible(host.name)}”?`} action="Remove" onConfirm={() => void remove()} onCancel={onClose}>
      <p style={{ marginTop: 0 }}>
        Stowage forgets the host{host.secret !== 'none' && ' and its credentials'}. What is stored in {visible(host.root)} stays
        there.
      </p>
      {error && <ErrorMessage error={error} />}
    </ConfirmDialog>
  );
}
