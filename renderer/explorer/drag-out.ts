import type { DragEvent } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { client, desktop } from '../app/client.ts';
import { awaitHandover } from '../edits/hand-over.ts';
import { formatCount, plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';

/**
 * Two drags that cannot be one. A drag of the page moves entries between folders, the tree and the planner; it offers no
 * files to other programs. The system's drag (Electron's `startDrag`) does, but takes the place of the page's: it must be
 * begun instead of it, in `dragstart`, as the system allows one drag at a time and none can be swapped when the pointer
 * leaves the window. So the person says which: a plain drag is the page's, one with Alt held or from the grip in the
 * footer is the system's. A browser has no such drag, but takes one file out of the page's own by its `DownloadURL`.
 */
export interface Dragged {
  readonly vfolder: string;
  readonly paths: readonly string[];
}

/** Begins the system's drag when Alt is held; false: the page's drag goes on. */
export function dragsOut(event: DragEvent, what: Dragged): boolean {
  if (!desktop || !event.altKey) return false;
  dragOut(event, what);
  return true;
}

/** More than the contract takes at once; a folder counts as one. */
const mostDragged = 1000;

/** Begins the system's drag as soon as the files are on this machine, if a mouse button is held then. */
export function dragOut(event: DragEvent, { vfolder, paths }: Dragged): void {
  event.preventDefault();
  if (paths.length > mostDragged) {
    showToast({
      intent: 'warning',
      title: `At most ${formatCount(mostDragged)} items are dragged out`,
      body: 'Download them instead.',
    });
    return;
  }
  let held = true;
  const release = new AbortController();
  const letGo = (): void => {
    held = false;
  };
  for (const type of ['pointerup', 'mouseup', 'pointercancel', 'blur'] as const)
    window.addEventListener(type, letGo, { capture: true, signal: release.signal });
  awaitHandover(`Fetching ${plural(paths.length, 'item')} to drag`, (signal) =>
    client.edits.drag({ vfolder, paths: [...paths] }, { signal }),
  )
    .then(async ({ ticket }) => {
      if (held) await desktop?.startDrag(ticket);
      else showToast({ intent: 'info', title: 'Drag again, it is ready' });
    })
    .catch((error: unknown) => reportError(error, 'It cannot be dragged out.'))
    .finally(() => release.abort());
}

interface Prepared {
  readonly vfolder: string;
  readonly path: string;
  readonly url: string;
  readonly filename: string;
  readonly at: number;
}

let prepared: Prepared | null = null;
/** Tickets live for a minute. */
const freshMs = 50_000;
/** A click is over sooner; only who holds the button may be about to drag. */
const holdMs = 100;

/** Browser: when the button is held on a file, makes the link by which it can be dropped outside. Never waits. */
export function prepareDragOut(vfolder: string, entry: Pick<Entry, 'path' | 'kind'>): void {
  if (desktop || entry.kind !== 'file') return;
  const { path } = entry;
  const timer = setTimeout(() => {
    client.files.downloadTicket({ vfolder, paths: [path] }).then(
      ({ url, filename }) => {
        prepared = { vfolder, path, url, filename, at: Date.now() };
      },
      // Then it is dragged inside the page only; its download tells what is wrong with it.
      () => undefined,
    );
  }, holdMs);
  window.addEventListener('mouseup', () => clearTimeout(timer), { once: true, capture: true });
}

/** Browser: lets the one file of a drag be dropped outside, if its link is ready. */
export function offerDownload(event: DragEvent, { vfolder, paths }: Dragged): void {
  const [path] = paths;
  if (!prepared || paths.length !== 1 || prepared.vfolder !== vfolder || prepared.path !== path) return;
  if (Date.now() - prepared.at > freshMs) return;
  // A colon would end the name.
  const name = prepared.filename.replace(/[:\r\n]/g, '_');
  event.dataTransfer.setData('DownloadURL', `application/octet-stream:${name}:${new URL(prepared.url, location.href).href}`);
  prepared = null;
}
