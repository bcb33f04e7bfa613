import type { DragEvent } from 'react';
import { captureDrop, countTops } from '../transfers/dropped.ts';
import { startUpload } from '../transfers/start.ts';
import { plural } from '../ui/format.ts';
import { type Clipboard, transferTo } from './clipboard.ts';

/** Type of a drag of entries inside the app; its data is a `Clipboard` as JSON. */
export const entriesType = 'application/x-stowage-entries';

export function startEntriesDrag(event: DragEvent, what: Clipboard): void {
  event.dataTransfer.setData(entriesType, JSON.stringify(what));
  event.dataTransfer.effectAllowed = 'copyMove';
}

/** Entries of the app that may also be dropped outside can look like files of the system. */
export const carriesFiles = (data: DataTransfer): boolean => data.types.includes('Files') && !carriesEntries(data);
export const carriesEntries = (data: DataTransfer): boolean => data.types.includes(entriesType);

/** What a drop here would do, in words; null when it carries nothing for us. */
export function describeDrop(data: DataTransfer, target: string, copies: boolean): string | null {
  if (carriesFiles(data)) return `Upload ${plural(countTops(data), 'item')} to ${target}`;
  if (carriesEntries(data)) return `${copies ? 'Copy' : 'Move'} to ${target}`;
  return null;
}

/** Takes a drop into a folder: uploads files of the system, moves (with Ctrl: copies) entries of the app. */
export function dropInto(event: DragEvent, vfolder: string, path: string): void {
  const upload = carriesFiles(event.dataTransfer) ? captureDrop(event.dataTransfer) : null;
  if (upload) {
    void startUpload(upload, vfolder, path);
    return;
  }
  const text = event.dataTransfer.getData(entriesType);
  if (text === '') return;
  const what = JSON.parse(text) as Clipboard;
  // Between vfolders a drag copies, within one it moves, as file managers do between and within disks.
  void transferTo({ ...what, cut: what.vfolder === vfolder && !event.ctrlKey }, vfolder, path);
}
