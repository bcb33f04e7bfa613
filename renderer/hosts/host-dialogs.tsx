import { assertNever } from '#shared/errors.ts';
import { useHosts } from '../app/stores/hosts.ts';
import { AddHostDialog } from './add-host-dialog.tsx';
import { closeHostDialog, useHostDialog } from './dialog-state.ts';
import { EditHostDialog } from './edit-host-dialog.tsx';
import { RemoveHostDialog } from './remove-host-dialog.tsx';

/** The dialog about storage hosts that is open, if any; put once at the top of the app. */
export function HostDialogs() {
  const request = useHostDialog((state) => state.request);
  const hosts = useHosts((state) => state.hosts);
  if (!request) return null;
  if (request.kind === 'add') return <AddHostDialog onClose={closeHostDialog} />;
  const host = hosts.find((one) => one.id === request.id);
  if (!host) return null;
  switch (request.kind) {
    case 'edit':
      return <EditHostDialog key={host.id} host={host} credentials={request.credentials} onClose={closeHostDialog} />;
    case 'remove':
      return <RemoveHostDialog key={host.id} host={host} onClose={closeHostDialog} />;
    default:
      return assertNever(request);
  }
}
