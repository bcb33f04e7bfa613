import { makeStyles, tokens } from '@fluentui/react-components';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { TablePart } from './table-part.tsx';

/** Browsers lay out no element that is much taller; beyond it the scroll bar stands for the whole in proportion. */
const maxPixels = 8_000_000;

const useStyles = makeStyles({
  scroller: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    position: 'relative',
    outline: 'none',
    ':focus-visible': { boxShadow: `inset 0 0 0 2px ${tokens.colorStrokeFocus2}` },
  },
  layer: { position: 'sticky', top: 0, overflow: 'clip' },
  row: { position: 'absolute', left: 0, right: 0 },
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
  const [room, setRoom] = useState(0);
  /** The row at the top, and how much of it is hidden. */
  const [top, setTop] = useState(0);
  const visibleRows = Math.max(1, (room - headerHeight) / rowHeight);
  const most = Math.max(0, count - visibleRows);
  const scaled = count * rowHeight > maxPixels;
  const pixels = Math.max(0, Math.min(count * rowHeight, maxPixels)) + headerHeight;
  const perRow = scaled ? (pixels - room) / Math.max(1, most) : rowHeight;
  const placed = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setRoom(element.clientHeight));
    observer.observe(element);
    setRoom(element.clientHeight);
    return () => observer.disconnect();
  }, []);

  const moveTo = (row: number): void => {
    const element = scroller.current;
    const next = Math.min(most, Math.max(0, row));
    setTop(next);
    if (!element) return;
    element.scrollTop = next * perRow;
    // What the browser makes of it is no new wish.
    placed.current = element.scrollTop;
  };
  const latest = useRef({ moveTo, top, scaled });
  latest.current = { moveTo, top, scaled };
  useImperativeHandle(ref, () => ({ toRow: (index) => latest.current.moveTo(index) }), []);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // Where a pixel of the scroll bar is many rows, the wheel moves by rows.
    const onWheel = (event: WheelEvent): void => {
      if (!latest.current.scaled || event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const step = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY / rowHeight : event.deltaY;
      latest.current.moveTo(latest.current.top + step);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [rowHeight]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    if (placed.current !== null && Math.abs(element.scrollTop - placed.current) < 1) return;
    placed.current = null;
    setTop(Math.min(most, element.scrollTop / perRow));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(visibleRows) - 1);
    const to: Readonly<Record<string, number>> = {
      ArrowDown: top + 1,
      ArrowUp: top - 1,
      PageDown: top + page,
      PageUp: top - page,
      Home: 0,
      End: most,
    };
    const row = to[event.key];
    if (row === undefined) return;
    event.preventDefault();
    moveTo(row);
  };

  const first = Math.max(0, Math.floor(Math.min(top, most)));
  const last = Math.min(count - 1, Math.ceil(Math.min(top, most) + visibleRows));
  const report = useRef(onRange);
  report.current = onRange;
  useEffect(() => {
    if (last >= first && room > 0) report.current?.(first, last);
  }, [first, last, room]);
  const rows: ReactNode[] = [];
  for (let index = first; index <= last; index += 1) {
    const offset = headerHeight + (index - Math.min(top, most)) * rowHeight;
    rows.push(
      <TablePart
        key={index}
        role="row"
        aria-rowindex={index + 2}
        className={styles.row}
        style={{ height: rowHeight, transform: `translateY(${offset}px)`, top: 0 }}
      >
        {renderRow(index)}
      </TablePart>,
    );
  }
  return (
    <TablePart
      ref={scroller}
      tabIndex={0}
      role="table"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columnCount}
      className={styles.scroller}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: pixels, width, minWidth: '100%' }}>
        <TablePart role="rowgroup" className={styles.layer} style={{ height: Math.min(room, pixels) }}>
          {/* The header hides the row that is half above it. */}
          {rows}
          {header}
        </TablePart>
      </div>
    </TablePart>
  );
}
