import { create } from 'zustand';

type Permission = 'granted' | 'denied' | 'default';

/** A page that has no notifications may show none. */
const permissionNow = (): Permission => ('Notification' in window ? Notification.permission : 'denied');

const usePermission = create<{ readonly permission: Permission }>()(() => ({ permission: permissionNow() }));

/** Whether the system shows notifications of this page. */
export const useNotificationPermission = (): Permission => usePermission((state) => state.permission);

/** Has the person asked by the browser; only in answer to a click. */
export async function askForNotifications(): Promise<void> {
  if ('Notification' in window) await Notification.requestPermission();
  usePermission.setState({ permission: permissionNow() });
}

/** The person looks at another window. */
export const isAway = (): boolean => document.visibilityState === 'hidden' || !document.hasFocus();

/**
 * Shows a notification of the system; `open` is called when it is clicked, with this window in front. False when there may
 * be none.
 */
export function notifySystem(title: string, body: string, open: () => void): boolean {
  if (permissionNow() !== 'granted') return false;
  try {
    const notification = new Notification(title, { body });
    notification.onclick = () => {
      window.focus();
      open();
      notification.close();
    };
    return true;
  } catch {
    // Some systems allow them to service workers only.
    return false;
  }
}
