import { app, type IpcMainEvent, type IpcMainInvokeEvent, type Session } from 'electron';
import { StowageError } from '#shared/errors.ts';
import { isAppUrl } from './origin.ts';

/**
 * Refuses a message unless it comes from the main frame of a window that shows the app itself.
 * @throws StowageError `unauthorised`
 */
export function checkSender(event: IpcMainEvent | IpcMainInvokeEvent): void {
  const frame = event.senderFrame;
  const isMainFrame = frame !== null && frame === event.sender.mainFrame;
  if (!isMainFrame || !isAppUrl(frame.url)) {
    throw new StowageError('unauthorised', 'A message from another page than the app was refused.', {
      subject: frame?.url ?? 'a frame that is gone',
    });
  }
}

/** No permission is ever granted: the app needs none. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** No page but the app's own, no further windows, no webviews, in whatever contents ever come to be. */
export function denyNavigation(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}
