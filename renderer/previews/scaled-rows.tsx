import { makeStyles, tokens } from '@fluentui/react-components';
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { useRowWindow } from '../ui/use-row-window.ts';
import { TablePart } from './table-part.tsx';

const useStyles = makeStyles({
  scroller: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    position: 'relative',
    outline: 'none',
    ':focus-visible': { boxShadow: `inset 0 0 0 2px ${tokens.colorStrokeFocus2}` },
  },
  header: { position: 'sticky', top: 0, zIndex: 1 },
  rows: { position: 'relative' },
  row: { position: 'absolute', left: 0, right: 0, top: 0 },
});

export interface ScaledRowsHandle {
  /** Brings a row to the top. */
  toRow(index: number): void;
}

export interface ScaledRowsProps {
  readonly ref?: Ref<ScaledRowsHandle>;
  /** What it is, for assistive technology. */
  readonly label: string;
  readonly count: number;
  readonly columnCount: number;
  readonly rowHeight: number;
  /** Pixels that the rows need; less than there is room for is stretched. */
  readonly width: number;
  readonly header: ReactNode;
  readonly headerHeight: number;
  readonly renderRow: (index: number) => ReactNode;
  /** Tells which rows are on screen whenever they change. */
  readonly onRange?: (first: number, last: number) => void;
}

/** A table of any number of rows, billions included, of which only those on screen exist. Arrows, Page, Home and End move it. */
export function ScaledRows({
  ref,
  label,
  count,
  columnCount,
  rowHeight,
  width,
  header,
  headerHeight,
  renderRow,
  onRange,
}: ScaledRowsProps) {
  const styles = useStyles();
  const scroller = useRef<HTMLDivElement>(null);
  const { height, first, end, onScreen, top, toTop, pageSize } = useRowWindow(scroller, { count, rowHeight, headerHeight });
  useImperativeHandle(ref, () => ({ toRow: toTop }));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: onScreen.first + 1,
      ArrowUp: onScreen.first - 1,
      PageDown: onScreen.first + pageSize(),
      PageUp: onScreen.first - pageSize(),
      Home: 0,
      End: count,
    };
    const row = to[event.key];
    if (row === undefined) return;
    event.preventDefault();
    toTop(row);
  };
  const report = useRef(onRange);
  report.current = onRange;
  useEffect(() => {
    if (onScreen.last >= onScreen.first) report.current?.(onScreen.first, onScreen.last);
  }, [onScreen.first, onScreen.last]);
  return (
    <TablePart
      ref={scroller}
      tabIndex={0}
      role="table"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columnCount}
      className={styles.scroller}
      onKeyDown={onKeyDown}
    >
      <TablePart role="rowgroup" className={styles.header} style={{ height: headerHeight, width, minWidth: '100%' }}>
        {header}
      </TablePart>
      <TablePart role="rowgroup" className={styles.rows} style={{ height, width, minWidth: '100%' }}>
        {Array.from({ length: end - first }, (_, at) => first + at).map((index) => (
          <TablePart
            key={index}
            role="row"
            aria-rowindex={index + 2}
            className={styles.row}
            style={{ height: rowHeight, transform: `translateY(${top(index)}px)` }}
          >
            {renderRow(index)}
          </TablePart>
        ))}
      </TablePart>
    </TablePart>
  );
}
