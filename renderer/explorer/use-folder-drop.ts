import { type DragEvent, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { describeDrop, dropInto } from './drag.ts';
import { carriesEntries, carriesFiles } from './drag-types.ts';

/** A drag over the folder: what it would do and to which folder row. */
export function useFolderDrop(vfolder: string, path: string) {
  const [over, setOver] = useState<{ readonly label: string; readonly row: string | null } | null>(null);
  const takes = (event: DragEvent): boolean => carriesFiles(event.dataTransfer) || carriesEntries(event.dataTransfer);
  const address = (inner: string): string => visible(inner === '' ? vfolder : `${vfolder}/${inner}`);
  const show = (event: DragEvent, inner: string, row: string | null): void => {
    event.preventDefault();
    event.stopPropagation();
    const label = describeDrop(event.dataTransfer, address(inner), event.ctrlKey);
    if (carriesFiles(event.dataTransfer)) event.dataTransfer.dropEffect = 'copy';
    setOver((before) => (label === null || (before?.label === label && before.row === row) ? before : { label, row }));
  };
  const take = (event: DragEvent, inner: string): void => {
    event.preventDefault();
    event.stopPropagation();
    setOver(null);
    dropInto(event, vfolder, inner);
  };
  return {
    label: over?.label ?? null,
    row: over?.row ?? null,
    onRowOver: (event: DragEvent, entry: Entry): void => {
      if (takes(event) && entry.kind === 'directory') show(event, entry.path, entry.name);
    },
    onRowDrop: (event: DragEvent, entry: Entry): void => {
      if (takes(event) && entry.kind === 'directory') take(event, entry.path);
    },
    handlers: {
      onDragOver: (event: DragEvent): void => {
        // Entries of this very folder have nothing to gain from being dropped on it.
        if (carriesFiles(event.dataTransfer)) show(event, path, null);
        else if (carriesEntries(event.dataTransfer)) setOver(null);
      },
      onDragLeave: (event: DragEvent): void => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(null);
      },
      onDrop: (event: DragEvent): void => {
        if (carriesFiles(event.dataTransfer)) take(event, path);
        else setOver(null);
      },
    },
  };
}

/** Matches lie in many folders: none of them would be meant by a drop. */
export const refusingDrops = {
  onDragOver: (event: DragEvent): void => {
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  },
};
