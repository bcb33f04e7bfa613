// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and placed by transform, which <table> cannot hold
// biome-ignore-all lint/a11y/useFocusableInteractive: the body has the focus for all rows (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the body takes the keys for all rows
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: see aria-activedescendant above
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: the body scrolls and takes the keys
import { mergeClasses } from '@fluentui/react-components';
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type Ref,
  useEffect,
  useImperativeHandle,
  useRef,
} from 'react';
import type { Entry } from '#shared/contract/files.ts';
import { visible } from '#shared/paths.ts';
import { shareWords } from '../planner/cost-words.ts';
import { formatBytes, formatExactTime, formatTime } from '../ui/format.ts';
import { useRowWindow } from '../ui/use-row-window.ts';
import { EntryIcon } from './entry-icon.tsx';
import { describeKind } from './kinds.ts';
import { RenameField, type Renaming } from './rename-field.tsx';
import type { CacheShares, Column, Sort } from './row-order.ts';
import type { Selection } from './selection.ts';
import { type TableColumn, useTableColumns } from './table-columns.ts';
import { TableHeader } from './table-header.tsx';
import { headerHeight, rowHeight, useTableStyles } from './table-styles.ts';
import type { ShownRows } from './use-order.ts';

/** What is done to rows, each told by its id or its entry. */
export interface RowHandlers extends Renaming<Entry> {
  readonly onMouseDown: (event: MouseEvent, id: number) => void;
  readonly onClick: (event: MouseEvent, id: number) => void;
  readonly onOpen: (entry: Entry) => void;
  readonly onMenu: (event: MouseEvent, id: number) => void;
  readonly onDragStart: (event: DragEvent, id: number) => void;
  readonly onDragOver: (event: DragEvent, entry: Entry) => void;
  readonly onDrop: (event: DragEvent, entry: Entry) => void;
}

export interface FileTableHandle {
  focus(): void;
  toTop(): void;
  /** Rows that fit, for Page Up and Page Down. */
  pageSize(): number;
}

export interface FileTableProps {
  readonly label: string;
  readonly shown: ShownRows;
  readonly sort: Sort;
  readonly onSort: (column: Column) => void;
  readonly selection: Selection;
  readonly cut: ReadonlySet<string> | null;
  /** Of entries that are somewhere else: how much is in the cache. */
  readonly cached: CacheShares | null;
  /** Name of the row that is being renamed. */
  readonly renaming: string | null;
  /** Name of the folder row under a drag. */
  readonly dropRow: string | null;
  readonly handlers: RowHandlers;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBackgroundClick: () => void;
  readonly onBackgroundMenu: (event: MouseEvent) => void;
  readonly ref?: Ref<FileTableHandle>;
}

/** A table of entries with virtual rows. The grid has the focus; `aria-activedescendant` tells which row. */
export function FileTable(props: FileTableProps) {
  const { label, shown, sort, onSort, selection, renaming, dropRow, cut, cached, handlers, ref } = props;
  const { rows, ids, positions } = shown;
  const styles = useTableStyles();
  const body = useRef<HTMLDivElement>(null);
  const virtual = useRowWindow(body, { count: ids.length, rowHeight, headerHeight });
  const focusIndex = selection.focus === null ? -1 : (positions[selection.focus] ?? -1);
  const columns = useTableColumns({ tiers: rows.hasTiers, cached: cached !== null });
  useImperativeHandle(ref, () => ({
    focus: () => body.current?.focus({ preventScroll: true }),
    toTop: () => virtual.scrollTo(0),
    pageSize: virtual.pageSize,
  }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: follow the focus, not every new listing
  useEffect(() => {
    if (focusIndex >= 0) virtual.scrollTo(focusIndex);
  }, [selection.focus, renaming]);
  return (
    <div
      ref={body}
      className={styles.grid}
      role="grid"
      aria-label={label}
      aria-rowcount={ids.length + 1}
      aria-colcount={columns.shown.length}
      aria-multiselectable
      tabIndex={0}
      aria-activedescendant={focusIndex >= 0 ? `entry-${focusIndex}` : undefined}
      onKeyDown={(event) => event.target === event.currentTarget && props.onKeyDown(event)}
      onClick={(event) => event.target === event.currentTarget && props.onBackgroundClick()}
      onContextMenu={props.onBackgroundMenu}
    >
      <TableHeader columns={columns} sort={sort} onSort={onSort} />
      <div className={styles.rows} role="rowgroup" style={{ height: virtual.height }}>
        {Array.from(ids.subarray(virtual.first, virtual.end), (id, at) => {
          const entry = rows.entry(id);
          return (
            <Row
              key={id}
              id={id}
              entry={entry}
              index={virtual.first + at}
              top={virtual.top(virtual.first + at)}
              columns={columns.shown}
              template={columns.template}
              selected={selection.ids.has(id)}
              focused={selection.focus === id}
              cut={cut?.has(entry.path) ?? false}
              cached={cached?.get(entry.name)}
              renaming={renaming === entry.name}
              dropTarget={dropRow === entry.name}
              handlers={handlers}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  readonly id: number;
  readonly entry: Entry;
  readonly index: number;
  readonly top: number;
  readonly columns: readonly TableColumn[];
  readonly template: string;
  readonly selected: boolean;
  readonly focused: boolean;
  readonly cut: boolean;
  readonly cached: number | undefined;
  readonly renaming: boolean;
  readonly dropTarget: boolean;
  readonly handlers: RowHandlers;
}

const cellTexts: Record<Exclude<Column, 'name' | 'cached'>, (entry: Entry) => string> = {
  size: (entry) => (entry.kind === 'file' ? formatBytes(entry.size) : ''),
  modified: (entry) => formatTime(entry.modified),
  kind: describeKind,
  tier: (entry) => entry.tier ?? '',
};

const Row = memo(function Row({ id, entry, index, top, columns, template, handlers, ...state }: RowProps) {
  const { selected, focused, cut, cached, renaming, dropTarget } = state;
  const styles = useTableStyles();
  return (
    <div
      id={`entry-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={mergeClasses(
        styles.row,
        selected && styles.selected,
        focused && styles.focused,
        cut && styles.cut,
        dropTarget && styles.drop,
      )}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
      draggable={!renaming}
      onMouseDown={(event) => handlers.onMouseDown(event, id)}
      onClick={(event) => handlers.onClick(event, id)}
      onDoubleClick={() => handlers.onOpen(entry)}
      onContextMenu={(event) => handlers.onMenu(event, id)}
      onDragStart={(event) => handlers.onDragStart(event, id)}
      onDragOver={(event) => handlers.onDragOver(event, entry)}
      onDrop={(event) => handlers.onDrop(event, entry)}
    >
      {columns.map(({ id: column, right }) =>
        column === 'name' ? (
          <div key={column} role="gridcell" className={styles.name}>
            <EntryIcon entry={entry} />
            {renaming ? (
              <RenameField entry={entry} nameProblem={handlers.nameProblem} onRenamed={handlers.onRenamed} />
            ) : (
              <span className={styles.nameText} title={visible(entry.name)}>
                {visible(entry.name)}
                {entry.linkTarget !== undefined && <span className={styles.faint}> → {visible(entry.linkTarget)}</span>}
              </span>
            )}
          </div>
        ) : (
          <div
            key={column}
            role="gridcell"
            className={mergeClasses(styles.cell, right && styles.right)}
            title={column === 'modified' && entry.modified !== null ? formatExactTime(entry.modified) : undefined}
          >
            {column === 'cached' ? shareWords(cached) : cellTexts[column](entry)}
          </div>
        ),
      )}
    </div>
  );
});
