import {
  ArrowSyncRegular,
  CopyRegular,
  DeleteRegular,
  DocumentCopyRegular,
  FolderOpenRegular,
  InfoRegular,
  LinkEditRegular,
  RenameRegular,
  RocketRegular,
} from '@fluentui/react-icons';
import type { MouseEvent } from 'react';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { cacheChoices } from '../cache/entry-choices.tsx';
import { openMenu } from '../ui/context-menu.tsx';
import { copyAddress, deleteVfolder, launchWith } from './actions.ts';
import { openDialog } from './dialog-state.ts';
import { favouriteChoice } from './favourite-star.tsx';
import { folder } from './location.ts';
import { openTab } from './tabs.ts';

/** What can be done with a vfolder as a whole. */
export function openVfolderMenu(event: MouseEvent, vfolder: Vfolder): void {
  openMenu(event, `Actions for ${vfolder.name}`, [
    { label: 'Open in new tab', icon: <FolderOpenRegular />, run: () => openTab(folder(vfolder.name, '')) },
    favouriteChoice(vfolder.name, ''),
    { label: 'Launch with this folder', icon: <RocketRegular />, run: () => launchWith(vfolder.name, '') },
    {
      label: 'Sync…',
      icon: <ArrowSyncRegular />,
      run: () => openDialog({ kind: 'sync', vfolder: vfolder.name, path: '' }),
    },
    { label: 'Copy address', icon: <CopyRegular />, run: () => void copyAddress(vfolder.name, '') },
    ...cacheChoices(vfolder.name, ['']),
    'divider',
    { label: 'Rename…', icon: <RenameRegular />, run: () => openDialog({ kind: 'rename-vfolder', vfolder }) },
    ...(vfolder.kind === 'linked'
      ? [{ label: 'Re-point…', icon: <LinkEditRegular />, run: () => openDialog({ kind: 'link', vfolder }) }]
      : []),
    { label: 'Clone…', icon: <DocumentCopyRegular />, run: () => openDialog({ kind: 'clone-vfolder', vfolder }) },
    { label: 'Move to trash', icon: <DeleteRegular />, run: () => void deleteVfolder(vfolder) },
    'divider',
    { label: 'Properties…', icon: <InfoRegular />, run: () => openDialog({ kind: 'vfolder-properties', vfolder }) },
  ]);
}
