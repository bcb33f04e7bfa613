import { type MouseEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { openMenu } from '../ui/context-menu.tsx';
import { renameEntry, trashEntries } from './actions.ts';
import { paste, putClipboard, useClipboard } from './clipboard.ts';
import { openDialog } from './dialog-state.ts';
import { startEntriesDrag } from './drag.ts';
import { backgroundChoices, entryChoices } from './entry-menu.tsx';
import type { FileTableHandle, RowHandlers } from './file-table.tsx';
import { folder, parentLocation } from './location.ts';
import { extend, keepPresent, noSelection, type Selection, selectOne, toggle } from './selection.ts';
import { handleTableKey, type KeyPress } from './table-keys.ts';
import { navigate, openTab } from './tabs.ts';

interface FolderTableInput {
  readonly vfolder: string;
  readonly path: string;
  /** As shown: sorted and filtered. */
  readonly rows: readonly Entry[];
  readonly present: readonly Entry[];
  readonly reload: () => void;
}

/** Selection, keys, menus and renaming of a folder's table. */
export function useFolderTable({ vfolder, path, rows, present, reload }: FolderTableInput) {
  const [stored, setSelection] = useState<Selection>(noSelection);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [awaited, setAwaited] = useState<string | null>(null);
  const handle = useRef<FileTableHandle>(null);
  const clipboard = useClipboard((state) => state.clipboard);
  const names = useMemo(() => new Set(present.map((entry) => entry.name)), [present]);
  const order = useMemo(() => rows.map((entry) => entry.name), [rows]);
  const selection = useMemo(() => keepPresent(stored, names), [stored, names]);
  const selected = useMemo(() => rows.filter((entry) => selection.names.has(entry.name)), [rows, selection]);
  const cut = useMemo(
    () => (clipboard?.cut && clipboard.vfolder === vfolder ? new Set(clipboard.paths) : null),
    [clipboard, vfolder],
  );

  // A folder just made is renamed as soon as the listing has it.
  useEffect(() => {
    if (awaited === null || !names.has(awaited)) return;
    setSelection(selectOne(awaited));
    setRenaming(awaited);
    setAwaited(null);
  }, [awaited, names]);

  const open = (entry: Entry): void => {
    if (entry.kind === 'directory') navigate(folder(vfolder, entry.path));
    else openDialog({ kind: 'properties', vfolder, entries: [entry] });
  };
  const toClipboard = (isCut: boolean, entries: readonly Entry[] = selected): void => {
    if (entries.length > 0) putClipboard({ vfolder, folder: path, paths: entries.map((entry) => entry.path), cut: isCut });
  };
  const startRename = (): void => setRenaming(selection.focus ?? selected[0]?.name ?? null);
  const trash = (): void => {
    if (selected.length > 0) void trashEntries(vfolder, selected);
  };
  const properties = (): void => {
    if (selected.length > 0) openDialog({ kind: 'properties', vfolder, entries: selected });
  };
  const pasteHere = (): void => void paste(vfolder, path);

  const handlers: Omit<RowHandlers, 'onDragOver' | 'onDrop'> = {
    onMouseDown: (event, entry) => {
      if (event.button !== 0 || event.shiftKey || event.ctrlKey || event.metaKey) return;
      if (!selection.names.has(entry.name)) setSelection(selectOne(entry.name));
    },
    onClick: (event, entry) => {
      if (event.shiftKey) setSelection(extend(selection, entry.name, order));
      else if (event.ctrlKey || event.metaKey) setSelection(toggle(selection, entry.name));
      else setSelection(selectOne(entry.name));
      handle.current?.focus();
    },
    onOpen: open,
    onMenu: (event, entry) => {
      const entries = selection.names.has(entry.name) ? selected : [entry];
      if (!selection.names.has(entry.name)) setSelection(selectOne(entry.name));
      openMenu(
        event,
        'Actions for the selection',
        entryChoices({ vfolder, entries, open, openTab, toClipboard, rename: () => setRenaming(entry.name) }),
      );
    },
    onDragStart: (event, entry) => {
      const entries = selection.names.has(entry.name) ? selected : [entry];
      startEntriesDrag(event, { vfolder, folder: path, paths: entries.map((one) => one.path), cut: true });
    },
    nameProblem: (entry, name) => {
      if (name === '.' || name === '..' || name.includes('/')) return 'A name cannot be “.” or “..” and has no “/”.';
      return name !== entry.name && names.has(name) ? `“${visible(name)}” exists here already.` : null;
    },
    onRenamed: (entry, name) => {
      setRenaming(null);
      handle.current?.focus();
      if (name === null) return;
      void renameEntry(vfolder, path, entry, name).then((done) => {
        if (done === null) return;
        reload();
        setSelection(selectOne(done));
      });
    },
  };

  const onKeyDown = (event: KeyPress, newFolder: () => void): void => {
    const first = selected[0];
    const up = parentLocation(folder(vfolder, path));
    if ((event.shiftKey && event.key === 'F10') || event.key === 'ContextMenu') {
      if (first)
        openMenu(
          event,
          'Actions for the selection',
          entryChoices({ vfolder, entries: selected, open, openTab, toClipboard, rename: startRename }),
        );
      else openBackgroundMenu(event, newFolder);
      return;
    }
    const taken = handleTableKey(event, {
      order,
      selection,
      pageSize: () => handle.current?.pageSize() ?? 10,
      select: setSelection,
      open: () => first && open(first),
      up: () => up && navigate(up),
      rename: startRename,
      trash,
      copy: () => toClipboard(false),
      cut: () => toClipboard(true),
      paste: pasteHere,
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
    clear: () => setSelection(noSelection),
    renameWhenThere: (name: string): void => {
      setAwaited(name);
      reload();
    },
  };
}
