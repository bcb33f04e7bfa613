import { desktop } from '../app/client.ts';
import { reportError } from '../ui/toasts.tsx';
import { captureFiles, capturePaths, type Upload } from './dropped.ts';

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
