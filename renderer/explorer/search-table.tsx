// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and placed by transform, which <table> cannot hold
// biome-ignore-all lint/a11y/useFocusableInteractive: the body has the focus for all rows (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the body takes the keys for all rows
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: see aria-activedescendant above
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: the body scrolls and takes the keys
import { makeStyles, mergeClasses } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { type DragEvent, type KeyboardEvent, type MouseEvent, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { Match, SearchSort } from '#shared/contract/search.ts';
import { visible } from '#shared/paths.ts';
import { formatBytes, formatExactTime, formatTime } from '../ui/format.ts';
import { useRowWindow } from '../ui/use-row-window.ts';
import { EntryIcon } from './entry-icon.tsx';
import type { FileTableHandle } from './file-table.tsx';
import { describeKind } from './kinds.ts';
import { RenameField, type Renaming } from './rename-field.tsx';
import type { Selection } from './selection.ts';
import { headerHeight, rowHeight, useTableStyles } from './table-styles.ts';

const useStyles = makeStyles({
  columns: { gridTemplateColumns: 'minmax(160px, 5fr) minmax(120px, 4fr) 92px 132px 124px' },
});

type Column = SearchSort['column'];

const columns: ReadonlyArray<{ readonly id: Column; readonly label: string; readonly right?: boolean }> = [
  { id: 'name', label: 'Name' },
  { id: 'folder', label: 'Folder' },
  { id: 'size', label: 'Size', right: true },
  { id: 'modified', label: 'Modified', right: true },
  { id: 'kind', label: 'Kind' },
];

export interface SearchTableProps extends Renaming<Match> {
  readonly label: string;
  readonly matches: readonly Match[];
  /** The rows in the order shown, by their numbers, and where each stands. */
  readonly order: { readonly ids: Uint32Array; readonly positions: Int32Array };
  /** The folder of a match, as it is shown. */
  readonly folderOf: (match: Match) => string;
  readonly sort: SearchSort;
  readonly onSort: (column: Column) => void;
  readonly selection: Selection;
  /** Path of the match that is being renamed. */
  readonly renaming: string | null;
  readonly onMouseDown: (event: MouseEvent, id: number) => void;
  readonly onClick: (event: MouseEvent, id: number) => void;
  readonly onOpen: (match: Match) => void;
  readonly onMenu: (event: MouseEvent, id: number) => void;
  readonly onDragStart: (event: DragEvent, id: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBackgroundClick: () => void;
  readonly ref?: Ref<FileTableHandle>;
}

/** Matches from many folders, with virtual rows. The grid has the focus; `aria-activedescendant` tells which row. */
export function SearchTable(props: SearchTableProps) {
  const { label, matches, order, sort, onSort, selection, ref } = props;
  const table = useTableStyles();
  const styles = useStyles();
  const body = useRef<HTMLDivElement>(null);
  const virtual = useRowWindow(body, { count: order.ids.length, rowHeight, headerHeight });
  const focusIndex = selection.focus === null ? -1 : (order.positions[selection.focus] ?? -1);
  useImperativeHandle(ref, () => ({
    focus: () => body.current?.focus({ preventScroll: true }),
    toTop: () => virtual.scrollTo(0),
    pageSize: virtual.pageSize,
  }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: follow the focus, not every new answer
  useEffect(() => {
    if (focusIndex >= 0) virtual.scrollTo(focusIndex);
  }, [selection.focus, props.renaming]);
  return (
    <div
      ref={body}
      className={table.grid}
      role="grid"
      aria-label={label}
      aria-rowcount={order.ids.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable
      tabIndex={0}
      aria-activedescendant={focusIndex >= 0 ? `match-${focusIndex}` : undefined}
      onKeyDown={(event) => event.target === event.currentTarget && props.onKeyDown(event)}
      onClick={(event) => event.target === event.currentTarget && props.onBackgroundClick()}
    >
      <div role="rowgroup" className={table.sticky}>
        <div className={mergeClasses(table.header, styles.columns)} role="row" aria-rowindex={1}>
          {columns.map(({ id, label: title, right }) => (
            <div
              key={id}
              role="columnheader"
              aria-sort={sort.column === id ? (sort.descending ? 'descending' : 'ascending') : 'none'}
              className={table.headerCell}
            >
              <button type="button" className={mergeClasses(table.headerButton, right && table.right)} onClick={() => onSort(id)}>
                {title}
                {sort.column === id && (sort.descending ? <ArrowDownRegular aria-hidden /> : <ArrowUpRegular aria-hidden />)}
              </button>
            </div>
          ))}
        </div>
      </div>
      <div className={table.rows} role="rowgroup" style={{ height: virtual.height }}>
        {Array.from(order.ids.subarray(virtual.first, virtual.end), (id, at) => {
          const match = matches[id];
          const index = virtual.first + at;
          return match ? <Row key={match.path} {...props} match={match} id={id} index={index} top={virtual.top(index)} /> : null;
        })}
      </div>
    </div>
  );
}

interface RowProps extends SearchTableProps {
  readonly match: Match;
  readonly id: number;
  readonly index: number;
  readonly top: number;
}

function Row(props: RowProps) {
  const { match, id, index, top, selection, folderOf, nameProblem, onRenamed } = props;
  const { onMouseDown, onClick, onOpen, onMenu, onDragStart } = props;
  const renaming = props.renaming === match.path;
  const table = useTableStyles();
  const styles = useStyles();
  const selected = selection.ids.has(id);
  const place = folderOf(match);
  return (
    <div
      id={`match-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={mergeClasses(table.row, styles.columns, selected && table.selected, selection.focus === id && table.focused)}
      style={{ transform: `translateY(${top}px)` }}
      draggable={!renaming}
      onMouseDown={(event) => onMouseDown(event, id)}
      onClick={(event) => onClick(event, id)}
      onDoubleClick={() => onOpen(match)}
      onContextMenu={(event) => onMenu(event, id)}
      onDragStart={(event) => onDragStart(event, id)}
    >
      <div role="gridcell" className={table.name}>
        <EntryIcon entry={match} />
        {renaming ? (
          <RenameField entry={match} nameProblem={nameProblem} onRenamed={onRenamed} />
        ) : (
          <span className={table.nameText} title={visible(match.name)}>
            {visible(match.name)}
          </span>
        )}
      </div>
      <div role="gridcell" className={table.cell} title={place}>
        {place}
      </div>
      <div role="gridcell" className={mergeClasses(table.cell, table.right)}>
        {match.kind === 'file' ? formatBytes(match.size) : ''}
      </div>
      <div
        role="gridcell"
        className={mergeClasses(table.cell, table.right)}
        title={match.modified === null ? undefined : formatExactTime(match.modified)}
      >
        {formatTime(match.modified)}
      </div>
      <div role="gridcell" className={table.cell}>
        {describeKind(match)}
      </div>
    </div>
  );
}
