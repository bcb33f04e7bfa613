import { assertNever } from '#shared/errors.ts';
import { PropertiesDialog } from '../properties/properties-dialog.tsx';
import { VfolderPropertiesDialog } from '../properties/vfolder-properties-dialog.tsx';
import { CreateVfolderDialog } from './create-vfolder-dialog.tsx';
import { closeDialog, useDialog } from './dialog-state.ts';
import { LinkDialog } from './link-dialog.tsx';
import { PurgeVfolderDialog } from './purge-vfolder-dialog.tsx';
import { SyncDialog } from './sync-dialog.tsx';
import { VfolderNameDialog } from './vfolder-name-dialog.tsx';

/** The dialog of Files that is open, if any. */
export function Dialogs() {
  const request = useDialog((state) => state.request);
  if (!request) return null;
  switch (request.kind) {
    case 'create-vfolder':
      return (
        <CreateVfolderDialog
          name={request.name ?? ''}
          usage={request.usage ?? 'general'}
          contents={request.contents ?? null}
          onClose={closeDialog}
        />
      );
    case 'link':
      return <LinkDialog vfolder={request.vfolder ?? null} onClose={closeDialog} />;
    case 'sync':
      return <SyncDialog vfolder={request.vfolder} path={request.path} onClose={closeDialog} />;
    case 'rename-vfolder':
    case 'clone-vfolder':
      return <VfolderNameDialog kind={request.kind} vfolder={request.vfolder} onClose={closeDialog} />;
    case 'vfolder-properties':
      return <VfolderPropertiesDialog vfolder={request.vfolder} onClose={closeDialog} />;
    case 'purge-vfolder':
      return <PurgeVfolderDialog vfolder={request.vfolder} onClose={closeDialog} />;
    case 'properties':
      return (
        <PropertiesDialog
          vfolder={request.vfolder}
          entries={request.entries}
          {...(request.tab && { tab: request.tab })}
          onClose={closeDialog}
        />
      );
    default:
      return assertNever(request);
  }
}
