import { Button, makeStyles, Spinner } from '@fluentui/react-components';
import { FolderOpenRegular, SearchRegular } from '@fluentui/react-icons';
import { type KeyboardEvent, type MouseEvent, type Ref, useCallback, useEffect, useMemo, useState } from 'react';
import type { Entry } from '#shared/contract/files.ts';
import type { Match, SearchSort } from '#shared/contract/search.ts';
import { parentPath, parseInnerPath, visible } from '#shared/paths.ts';
import { opensFiles } from '../edits/open-file.ts';
import { PreviewBeside } from '../previews/preview-beside.tsx';
import { takePreviewKey, usePreviewOpen } from '../previews/preview-open.ts';
import { openMenu } from '../ui/context-menu.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { plural } from '../ui/format.ts';
import { renameEntry, trashEntries } from './actions.ts';
import { putClipboard } from './clipboard.ts';
import { openDialog } from './dialog-state.ts';
import { startEntriesDrag } from './drag.ts';
import { entryChoices } from './entry-menu.tsx';
import type { FileTableHandle } from './file-table.tsx';
import type { FolderRows } from './folder-rows.ts';
import { childPath, folder } from './location.ts';
import { compareTexts, nameKey } from './names.ts';
import { badName } from './rename-field.tsx';
import { SearchFooter } from './search-footer.tsx';
import { leaveSearch } from './search-scope.ts';
import { SearchTable } from './search-table.tsx';
import { clicked, isPlainPress, noSelection, type Selection, selectOne, shownSelection, toggle } from './selection.ts';
import { handleTableKey } from './table-keys.ts';
import { navigate, openTab } from './tabs.ts';
import { type ShownRows, useOrder } from './use-order.ts';
import { type Found, useSearch } from './use-search.ts';

const useStyles = makeStyles({
  content: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column', position: 'relative' },
  problem: { margin: '12px' },
});

/** The inner path of the folder that holds a match. */
const folderOf = (match: Match): string => parentPath(parseInnerPath(match.path));

/** Entries of more than one folder come from none. */
const noFolder = '//';
const sharedFolder = ([first, ...rest]: readonly Match[]): string =>
  first && rest.every((match) => folderOf(match) === folderOf(first)) ? folderOf(first) : noFolder;

interface SearchViewProps {
  readonly vfolder: string;
  readonly readOnly: boolean;
  /** Searched below this folder. */
  readonly path: string;
  readonly query: string;
  /** Back to the folder. */
  readonly onLeave: () => void;
  readonly ref?: Ref<FileTableHandle>;
  readonly handle: { readonly current: FileTableHandle | null };
}

/** What is found below a folder: a table of matches with what can be done to them, and of when the index is. */
export function SearchView({ vfolder, readOnly, path, query, onLeave, ref, handle }: SearchViewProps) {
  const styles = useStyles();
  const [sort, setSort] = useState<SearchSort>({ column: 'name', descending: false });
  const { found, index, problem, busy, refresh, stop } = useSearch(vfolder, path, query, sort);
  const shown = useMatchOrder(found, sort);
  const table = useMatchTable({ vfolder, path, query, found, shown, handle, onLeave, refresh });
  const place = path === '' ? vfolder : `${vfolder}/${path}`;
  const nothing = found.length === 0;
  return (
    <>
      <PreviewBeside
        vfolder={vfolder}
        readOnly={readOnly}
        rows={found.rows}
        ids={table.ids}
        entryOf={table.entryOf}
        onClosed={() => handle.current?.focus()}
      >
        <div className={styles.content}>
          {problem && problem.code !== 'cancelled' && (
            <ErrorMessage
              className={styles.problem}
              error={problem}
              actions={
                problem.code !== 'bad-request' && (
                  <Button size="small" onClick={refresh}>
                    Try again
                  </Button>
                )
              }
            />
          )}
          {nothing && problem?.code === 'cancelled' && (
            <EmptyState
              icon={<SearchRegular />}
              title="There is no index yet"
              actions={<Button onClick={refresh}>Take the index</Button>}
            >
              Taking it was stopped. A search looks into an index of names, which is taken once and kept on this machine.
            </EmptyState>
          )}
          {nothing && !problem && busy && (
            <EmptyState icon={<Spinner aria-hidden />} title={index?.taking ? 'Taking the index' : 'Searching'}>
              {index?.taking
                ? `${plural(index.taking.entries, 'item')} so far. What matches is shown as it is found.`
                : `Everything below “${visible(place)}”`}
            </EmptyState>
          )}
          {nothing && !problem && !busy && (
            <EmptyState
              icon={<SearchRegular />}
              title="Nothing matches"
              actions={<Button onClick={onLeave}>Back to the folder</Button>}
            >
              Nothing below “{visible(place)}” is called “{visible(query.trim())}”.
            </EmptyState>
          )}
          {!nothing && (
            <SearchTable
              ref={ref ?? null}
              label={`Matches below ${visible(place)}`}
              matches={found.matches}
              order={shown}
              folderOf={(match) => visible(relative(folderOf(match), path))}
              sort={sort}
              onSort={(column) =>
                setSort({
                  column,
                  descending: sort.column === column ? !sort.descending : column === 'size' || column === 'modified',
                })
              }
              {...table.handlers}
              selection={table.selection}
              renaming={table.renaming}
            />
          )}
        </div>
      </PreviewBeside>
      <SearchFooter found={found} index={index} busy={busy} selected={table.chosen} onRefresh={refresh} onStop={stop} />
    </>
  );
}

/** A folder as it is called from the searched one; itself is `.`. */
const relative = (inner: string, from: string): string => {
  const rest = from === '' ? inner : inner.slice(from.length + 1);
  return rest === '' ? '.' : rest;
};

/** As a folder's rows are ordered; by folder, and in each by name, on request. */
function useMatchOrder(found: Found, sort: SearchSort): ShownRows {
  const { column } = sort;
  const byRows = useOrder(
    found.rows as FolderRows,
    found.length,
    column === 'folder' ? { column: 'name', descending: false } : { column, descending: sort.descending },
    '',
  );
  return useMemo(() => {
    if (column !== 'folder') return byRows;
    const places = found.matches.map((match) => nameKey(folderOf(match)));
    const sign = sort.descending ? -1 : 1;
    const ids = byRows.ids.slice().sort((a, b) => {
      const order = compareTexts(places[a] ?? '', places[b] ?? '');
      return sign * order || (byRows.positions[a] ?? 0) - (byRows.positions[b] ?? 0);
    });
    const positions = byRows.positions.slice();
    ids.forEach((id, at) => {
      positions[id] = at;
    });
    return { ...byRows, ids, positions };
  }, [byRows, column, sort.descending, found.matches]);
}

interface MatchTableInput {
  readonly vfolder: string;
  readonly path: string;
  readonly query: string;
  readonly found: Found;
  readonly shown: ShownRows;
  readonly handle: SearchViewProps['handle'];
  readonly onLeave: () => void;
  readonly refresh: () => void;
}

/** Selection, keys, menus and drags of the matches. */
function useMatchTable({ vfolder, path, query, found, shown, handle, onLeave, refresh }: MatchTableInput) {
  const [stored, setStored] = useState({ rows: found.rows, paths: found.matches, selection: noSelection });
  const selection = useMemo(
    () => (stored.rows === found.rows ? stored.selection : carriedOver(stored.selection, stored.paths, found.matches)),
    [stored, found.rows, found.matches],
  );
  const select = (next: Selection): void => setStored({ rows: found.rows, paths: found.matches, selection: next });
  const matchOf = (id: number | undefined): Match | undefined => (id === undefined ? undefined : found.matches[id]);
  const ids = useMemo(() => shownSelection(selection, shown), [selection, shown]);
  const selected = useMemo(() => ids.flatMap((id) => found.matches[id] ?? []), [ids, found.matches]);
  const entryOf = useCallback((id: number): Entry => found.matches[id] ?? found.rows.entry(id), [found.matches, found.rows]);
  const [previewOpen, setPreviewOpen] = usePreviewOpen();
  /** What is done with a row is done with all that are selected when it is one of them. */
  const chosenWith = (id: number): readonly Match[] => {
    const match = matchOf(id);
    return selection.ids.has(id) ? selected : match ? [match] : [];
  };
  const go = (to: string, name: string | null): void => {
    leaveSearch(vfolder, path, query);
    if (to === path) onLeave();
    navigate(folder(vfolder, to), name);
  };
  const reveal = (match: Match): void => go(folderOf(match), match.name);
  const open = (match: Match): void => (match.kind === 'directory' ? go(match.path, null) : reveal(match));
  const toClipboard = (cut: boolean, matches: readonly (Match | Entry)[] = selected): void => {
    if (matches.length > 0)
      putClipboard({ vfolder, folder: sharedFolder(matches), paths: matches.map((match) => match.path), cut });
  };
  const [renaming, setRenaming] = useState<string | null>(null);
  const [awaited, setAwaited] = useState<string | null>(null);
  // What was just renamed is selected as soon as it is found under its new name.
  useEffect(() => {
    const id = awaited === null ? -1 : found.matches.findIndex((match) => match.path === awaited);
    if (id < 0) return;
    setStored({ rows: found.rows, paths: found.matches, selection: selectOne(id) });
    setAwaited(null);
  }, [awaited, found]);
  const choices = (entries: readonly Match[]) => {
    const [first] = entries;
    const actions = entryChoices({
      vfolder,
      entries,
      open,
      openTab,
      toClipboard,
      rename: () => setRenaming(first?.path ?? null),
    });
    if (!first || entries.length > 1) return actions;
    const show = { label: 'Show in its folder', icon: <FolderOpenRegular />, run: () => reveal(first) };
    return [show, ...(first.kind === 'directory' || opensFiles ? [] : (['divider'] as const)), ...actions];
  };
  const openChoices = (event: Parameters<typeof openMenu>[0], entries: readonly Match[]): void =>
    openMenu(event, 'Actions for the selection', choices(entries));
  useEffect(() => {
    setStored((before) => (before.rows === found.rows ? before : { rows: found.rows, paths: found.matches, selection }));
  }, [found, selection]);
  const handlers = {
    onMouseDown: (event: MouseEvent, id: number): void => {
      if (isPlainPress(event) && !selection.ids.has(id)) select(selectOne(id));
    },
    onClick: (event: MouseEvent, id: number): void => {
      select(clicked(selection, id, event, shown));
      handle.current?.focus();
    },
    onOpen: open,
    onMenu: (event: MouseEvent, id: number): void => {
      const matches = chosenWith(id);
      if (!selection.ids.has(id)) select(selectOne(id));
      openChoices(event, matches);
    },
    onDragStart: (event: React.DragEvent, id: number): void => {
      const matches = chosenWith(id);
      startEntriesDrag(event, {
        vfolder,
        folder: sharedFolder(matches),
        paths: matches.map((match) => match.path),
        cut: true,
      });
    },
    nameProblem: (_match: Match, name: string) => badName(name),
    onRenamed: (match: Match, name: string | null): void => {
      setRenaming(null);
      handle.current?.focus();
      if (name === null) return;
      const place = folderOf(match);
      void renameEntry(vfolder, place, match, name).then((done) => setAwaited(done === null ? null : childPath(place, done)));
    },
    onBackgroundClick: () => select(noSelection),
    onKeyDown: (event: KeyboardEvent): void => {
      const [first] = selected;
      if (takePreviewKey(event, previewOpen, setPreviewOpen)) return;
      if ((event.shiftKey && event.key === 'F10') || event.key === 'ContextMenu') {
        if (first) openChoices(event, selected);
        return;
      }
      const nothing = (): void => undefined;
      const taken = handleTableKey(event, {
        shown,
        selection,
        pageSize: () => handle.current?.pageSize() ?? 10,
        select,
        open: () => first && open(first),
        up: onLeave,
        rename: () => setRenaming((matchOf(selection.focus ?? undefined) ?? first)?.path ?? null),
        trash: () => first && void trashEntries(vfolder, selected),
        copy: () => toClipboard(false),
        cut: () => toClipboard(true),
        properties: () => first && openDialog({ kind: 'properties', vfolder, entries: selected }),
        newFolder: nothing,
        reload: refresh,
        escape: onLeave,
      });
      if (taken) event.preventDefault();
    },
  };
  const chosen = { count: selected.length, bytes: selected.reduce((sum, { size }) => sum + size, 0) };
  return { selection, ids, entryOf, handlers, chosen, renaming };
}

/** The same files in another answer; those that are not in it are forgotten. */
function carriedOver({ ids, focus, anchor }: Selection, from: readonly Match[], to: readonly Match[]): Selection {
  if (ids.size === 0 && focus === null) return noSelection;
  const now = new Map(to.map(({ path }, id) => [path, id]));
  const moved = (id: number): number | undefined => now.get(from[id]?.path ?? '');
  let selection = noSelection;
  for (const id of ids) {
    const found = moved(id);
    if (found !== undefined) selection = toggle(selection, found);
  }
  return {
    ids: selection.ids,
    focus: focus === null ? null : (moved(focus) ?? null),
    anchor: anchor === null ? null : (moved(anchor) ?? null),
  };
}
