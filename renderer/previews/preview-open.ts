import { parseLayout } from '../app/stores/carried-layout.ts';
import { useSettings } from '../app/stores/settings.ts';
import { isBoolean, remember, useRemembered } from '../ui/remembered.ts';

const key = 'preview.open';

/** Whether the preview pane of the Files screen is open; remembered. */
export function usePreviewOpen(): [boolean, (open: boolean) => void] {
  return useRemembered(key, false, isBoolean);
}

export function togglePreviewPane(): void {
  remember(key, parseLayout(useSettings.getState().settings.layout)[key] !== true);
}

export const openPreviewPane = (): void => remember(key, true);

/** What is read of a key press; both React's and the browser's own events have it. */
type Key = Pick<globalThis.KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'preventDefault'>;

/** A space typed so soon after a letter belongs to the name that is being typed. */
const typingMs = 900;
let typedAt = 0;

/** The keys of the pane on a table of files: Space opens and closes it, Escape closes it. True when the key was taken. */
export function takePreviewKey(event: Key, open: boolean, setOpen: (open: boolean) => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
  const now = Date.now();
  const typing = now - typedAt < typingMs;
  if (event.key === ' ' && !typing) {
    event.preventDefault();
    setOpen(!open);
    return true;
  }
  if (event.key.length === 1) typedAt = now;
  if (event.key !== 'Escape' || !open) return false;
  event.preventDefault();
  setOpen(false);
  return true;
}
