// biome-ignore-all lint/a11y/useSemanticElements: the header of a grid of virtual rows, which <table> cannot hold
// biome-ignore-all lint/a11y/useFocusableInteractive: the button in each header has the focus
import { mergeClasses } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { openMenu } from '../ui/context-menu.tsx';
import type { Column, Sort } from './row-order.ts';
import type { TableColumn, TableColumns } from './table-columns.ts';
import { useTableStyles } from './table-styles.ts';

/** Pixels by which a key changes the width of a column. */
const keyStep = 16;

interface TableHeaderProps {
  readonly columns: TableColumns;
  readonly sort: Sort;
  readonly onSort: (column: Column) => void;
}

/** The headers: a click sorts, the grip at the left of each (or Shift+arrows) changes its width, a menu hides and shows. */
export function TableHeader({ columns, sort, onSort }: TableHeaderProps) {
  const styles = useTableStyles();
  return (
    <div
      role="rowgroup"
      className={styles.sticky}
      onContextMenu={(event) => openMenu(event, 'Columns of the table', columns.choices())}
    >
      <div className={styles.header} role="row" aria-rowindex={1} style={{ gridTemplateColumns: columns.template }}>
        {columns.shown.map((column) => (
          <HeaderCell key={column.id} column={column} columns={columns} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  );
}

function HeaderCell({ column, columns, sort, onSort }: TableHeaderProps & { readonly column: TableColumn }) {
  const styles = useTableStyles();
  const { id, label, title, right } = column;
  const active = sort.column === id;
  const sized = id !== 'name';
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: keyStep, ArrowRight: -keyStep }[event.key];
    if (!sized || !event.shiftKey || step === undefined) return;
    event.preventDefault();
    columns.resize(id, columns.widthOf(id) + step);
  };
  return (
    <div
      role="columnheader"
      aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : 'none'}
      className={styles.headerCell}
    >
      {sized && <Grip width={columns.widthOf(id)} onWidth={(width) => columns.resize(id, width)} />}
      <button
        type="button"
        className={mergeClasses(styles.headerButton, right && styles.right)}
        title={title}
        onClick={() => onSort(id)}
        onKeyDown={onKeyDown}
      >
        {label}
        {active && (sort.descending ? <ArrowDownRegular aria-hidden /> : <ArrowUpRegular aria-hidden />)}
      </button>
    </div>
  );
}

/** The edge between two columns: pulled to the left, the column at its right grows. */
function Grip({ width, onWidth }: { readonly width: number; readonly onWidth: (width: number) => void }) {
  const styles = useTableStyles();
  const [held, setHeld] = useState<{ readonly x: number; readonly width: number } | null>(null);
  const onPointerMove = (event: PointerEvent): void => {
    if (held) onWidth(held.width + held.x - event.clientX);
  };
  return (
    <div
      aria-hidden
      className={styles.grip}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setHeld({ x: event.clientX, width });
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => setHeld(null)}
    />
  );
}
