import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { openFile, opensFiles } from '../edits/open-file.ts';
import { openPreviewPane } from '../previews/preview-open.ts';
import { openMenu } from '../ui/context-menu.tsx';
import { renameEntry, trashEntries } from './actions.ts';
import { paste, putClipboard, useClipboard } from './clipboard.ts';
import { openDialog } from './dialog-state.ts';
import { startEntriesDrag } from './drag.ts';
import { dragsOut, offerDownload, prepareDragOut } from './drag-out.ts';
import { backgroundChoices, entryChoices } from './entry-menu.tsx';
import type { FileTableHandle, RowHandlers } from './file-table.tsx';
import { folder, parentLocation } from './location.ts';
import { badName } from './rename-field.tsx';
import { carryOver, clicked, isPlainPress, noSelection, type Selection, selectOne, shownSelection } from './selection.ts';
import { handleTableKey, type KeyPress } from './table-keys.ts';
import { navigate, openTab } from './tabs.ts';
import type { ShownRows } from './use-order.ts';

interface FolderTableInput {
  readonly vfolder: string;
  readonly path: string;
  readonly shown: ShownRows;
  readonly reload: () => void;
}

/** The selection among the rows that are shown; in a folder that was read anew, the same names. */
function useSelection({ rows }: ShownRows): [Selection, (selection: Selection) => void] {
  const [stored, setStored] = useState({ rows, selection: noSelection });
  const selection = useMemo(
    () => (stored.rows === rows ? stored.selection : carryOver(stored.selection, stored.rows, rows)),
    [stored, rows],
  );
  // Lets go of the former rows.
  useEffect(() => setStored((before) => (before.rows === rows ? before : { rows, selection })), [rows, selection]);
  return [selection, useCallback((next: Selection) => setStored({ rows, selection: next }), [rows])];
}

/** Selection, keys, menus and renaming of a folder's table. */
export function useFolderTable({ vfolder, path, shown, reload }: FolderTableInput) {
  const { rows } = shown;
  const [selection, setSelection] = useSelection(shown);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [awaited, setAwaited] = useState<{ readonly name: string; readonly rename: boolean } | null>(null);
  const handle = useRef<FileTableHandle>(null);
  const clipboard = useClipboard((state) => state.clipboard);
  const selected = useMemo(() => shownSelection(selection, shown), [selection, shown]);
  const entriesOf = (ids: readonly number[]): Entry[] => ids.map((id) => rows.entry(id));
  const cut = useMemo(
    () => (clipboard?.cut && clipboard.vfolder === vfolder ? new Set(clipboard.paths) : null),
    [clipboard, vfolder],
  );

  // What was just made or renamed is selected as soon as the listing has it.
  useEffect(() => {
    const id = awaited === null ? -1 : shown.rows.find(awaited.name);
    if (awaited === null || id < 0) return;
    setSelection(selectOne(id));
    if (awaited.rename) setRenaming(awaited.name);
    setAwaited(null);
  }, [awaited, shown, setSelection]);

  const open = (entry: Entry): void => {
    if (entry.kind === 'directory') navigate(folder(vfolder, entry.path));
    else if (opensFiles && entry.kind !== 'special') void openFile(vfolder, entry);
    else openPreviewPane();
  };
  const toClipboard = (isCut: boolean, entries: readonly Entry[] = entriesOf(selected)): void => {
    if (entries.length > 0) putClipboard({ vfolder, folder: path, paths: entries.map((entry) => entry.path), cut: isCut });
  };
  const startRename = (): void => {
    const id = selection.focus ?? selected[0];
    setRenaming(id === undefined ? null : rows.name(id));
  };
  const trash = (): void => {
    if (selected.length > 0) void trashEntries(vfolder, entriesOf(selected));
  };
  const properties = (): void => {
    if (selected.length > 0) openDialog({ kind: 'properties', vfolder, entries: entriesOf(selected) });
  };
  /** What is done with a row is done with all that are selected when it is one of them. */
  const chosenWith = (id: number): Entry[] => entriesOf(selection.ids.has(id) ? selected : [id]);
  const pasteHere = (): void => void paste(vfolder, path);

  const handlers: Omit<RowHandlers, 'onDragOver' | 'onDrop'> = {
    onMouseDown: (event, id) => {
      if (!isPlainPress(event)) return;
      if (!selection.ids.has(id)) setSelection(selectOne(id));
      prepareDragOut(vfolder, rows.entry(id));
    },
    onClick: (event, id) => {
      setSelection(clicked(selection, id, event, shown));
      handle.current?.focus();
    },
    onOpen: open,
    onMenu: (event, id) => {
      const entries = chosenWith(id);
      if (!selection.ids.has(id)) setSelection(selectOne(id));
      const rename = (): void => setRenaming(rows.name(id));
      openMenu(event, 'Actions for the selection', entryChoices({ vfolder, entries, open, openTab, toClipboard, rename }));
    },
    onDragStart: (event, id) => {
      const paths = chosenWith(id).map((one) => one.path);
      if (dragsOut(event, { vfolder, paths })) return;
      offerDownload(event, { vfolder, paths });
      startEntriesDrag(event, { vfolder, folder: path, paths, cut: true });
    },
    nameProblem: (entry, name) => {
      const there = name !== entry.name && rows.find(name) >= 0;
      return badName(name) ?? (there ? `“${visible(name)}” exists here already.` : null);
    },
    onRenamed: (entry, name) => {
      setRenaming(null);
      handle.current?.focus();
      if (name === null) return;
      void renameEntry(vfolder, path, entry, name).then((done) => {
        if (done === null) return;
        reload();
        setAwaited({ name: done, rename: false });
      });
    },
  };

  const onKeyDown = (event: KeyPress, newFolder: () => void): void => {
    const first = selected[0] === undefined ? undefined : rows.entry(selected[0]);
    const up = parentLocation(folder(vfolder, path));
    if ((event.shiftKey && event.key === 'F10') || event.key === 'ContextMenu') {
      if (first)
        openMenu(
          event,
          'Actions for the selection',
          entryChoices({ vfolder, entries: entriesOf(selected), open, openTab, toClipboard, rename: startRename }),
        );
      else openBackgroundMenu(event, newFolder);
      return;
    }
    const taken = handleTableKey(event, {
      shown,
      selection,
      pageSize: () => handle.current?.pageSize() ?? 10,
      select: setSelection,
      open: () => first && open(first),
      up: () => up && navigate(up),
      rename: startRename,
      trash,
      copy: () => toClipboard(false),
      cut: () => toClipboard(true),
      properties,
      newFolder,
      reload,
      escape: () => setSelection(noSelection),
    });
    if (taken) event.preventDefault();
  };

  function openBackgroundMenu(event: MouseEvent | KeyPress, newFolder: () => void): void {
    openMenu(
      event,
      'Actions for this folder',
      backgroundChoices({ vfolder, path, newFolder, paste: clipboard ? pasteHere : null, reload }),
    );
  }

  return {
    selection,
    setSelection,
    selected,
    renaming,
    cut,
    handle,
    handlers,
    onKeyDown,
    openBackgroundMenu,
    pasteHere,
    clear: () => setSelection(noSelection),
    renameWhenThere: (name: string): void => {
      setAwaited({ name, rename: true });
      reload();
    },
  };
}
