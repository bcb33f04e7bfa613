import { app, type IpcMainEvent, type IpcMainInvokeEvent, type Session } from 'electron';
import { StowageError } from '#shared/errors.ts';
import { isAppUrl } from './origin.ts';

/** Is told what was refused, and why. */
export type ReportRefusal = (error: unknown) => void;

/**
 * Refuses a message unless it comes from the main frame of a window that shows the app itself.
 * @throws StowageError `unauthorised`
 */
export function checkSender(event: IpcMainEvent | IpcMainInvokeEvent): void {
  const url = mainFrameUrl(event);
  if (url === null || !isAppUrl(url)) {
    throw new StowageError('unauthorised', 'A message from another page than the app was refused.', {
      subject: url ?? 'a frame inside the page, or one that is gone',
    });
  }
}

/** The sender's address; null when it is no main frame, or none any more (its members throw once it is disposed). */
function mainFrameUrl({ senderFrame }: IpcMainEvent | IpcMainInvokeEvent): string | null {
  try {
    return senderFrame && senderFrame.parent === null && !senderFrame.detached ? senderFrame.url : null;
  } catch {
    return null;
  }
}

/** What the app's page needs: to copy an address or a command, and to tell that a job has ended. */
const needed: readonly string[] = ['clipboard-sanitized-write', 'notifications'];
const granted = (permission: string, requester: string): boolean => needed.includes(permission) && isAppUrl(requester);

/** Every other permission and every device is denied, and all of them to any other page. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) =>
    callback(granted(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) => granted(permission, requestingOrigin));
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
