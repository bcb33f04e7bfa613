import { chooseUpload } from '../transfers/choose.ts';
import type { Upload } from '../transfers/dropped.ts';
import { startUpload } from '../transfers/start.ts';
import { openDialog } from './dialog-state.ts';
import { activeTab, locationOf, useTabs } from './tabs.ts';
import { suggestName } from './vfolder-name.ts';

/** Uploads into the folder that is shown, or offers a new vfolder when none is. */
export function uploadHere(upload: Upload): void {
  const location = locationOf(activeTab(useTabs.getState()));
  if (location.kind === 'folder') void startUpload(upload, location.vfolder, location.path);
  else offerVfolder(upload);
}

/** A new vfolder for an upload, named after what is uploaded; a single folder gives its contents. */
export function offerVfolder(upload: Upload): void {
  const name = suggestName(upload.folderName ?? upload.names[0] ?? 'data');
  openDialog({ kind: 'create-vfolder', name, contents: { kind: 'upload', upload } });
}

export const chooseAndUpload = (what: 'files' | 'folder'): void => chooseUpload(what, uploadHere);
