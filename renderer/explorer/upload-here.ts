import { desktop } from '../app/client.ts';
import { captureFiles, capturePaths, type Upload } from '../transfers/dropped.ts';
import { startUpload } from '../transfers/start.ts';
import { reportError } from '../ui/toasts.tsx';
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
  openDialog({ kind: 'create-vfolder', name: suggestName(upload.folderName ?? upload.names[0] ?? 'data'), upload });
}

/** Asks for files or a folder of this machine; `then` gets them. */
export function chooseUpload(what: 'files' | 'folder', then: (upload: Upload) => void): void {
  if (desktop) {
    const folders = what === 'folder';
    desktop
      .chooseFiles({ folders, title: folders ? 'Upload folder' : 'Upload files' })
      .then((paths) => {
        const upload = capturePaths(paths, folders);
        if (upload) then(upload);
      })
      .catch(reportError);
    return;
  }
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = what === 'folder';
  input.addEventListener('change', () => {
    const upload = input.files ? captureFiles(input.files) : null;
    input.remove();
    if (upload) then(upload);
  });
  input.hidden = true;
  input.setAttribute('aria-label', what === 'folder' ? 'Folder to upload' : 'Files to upload');
  document.body.append(input);
  input.click();
}

export const chooseAndUpload = (what: 'files' | 'folder'): void => chooseUpload(what, uploadHere);
