import type { DragEvent } from 'react';
import { captureDrop, countTops } from '../transfers/dropped.ts';
import { startUpload } from '../transfers/start.ts';
import { plural } from '../ui/format.ts';
import { type Clipboard, transferTo } from './clipboard.ts';
import { carriesEntries, carriesFiles, entriesType } from './drag-types.ts';

export function startEntriesDrag(event: DragEvent, what: Clipboard): void {
  event.dataTransfer.setData(entriesType, JSON.stringify(what));
  event.dataTransfer.effectAllowed = 'copyMove';
}

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
