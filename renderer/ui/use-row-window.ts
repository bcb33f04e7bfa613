import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Chromium cuts an element at 33,554,428 px: above this, the bar's way stands for a longer one. */
const tallest = 32_000_000;
/** Rows drawn beyond each edge, so that scrolling does not show their absence. */
const overscan = 12;

interface RowWindowOptions {
  readonly count: number;
  readonly rowHeight: number;
  /** Of the header, which scrolls with the rows and sticks to the top. */
  readonly headerHeight: number;
}

export interface RowWindow {
  /** Of the element that holds the rows. */
  readonly height: number;
  /** The rows to draw: from `first` up to, not including, `end`. */
  readonly first: number;
  readonly end: number;
  /** The rows on screen, both included; those at the edges may be cut off. */
  readonly onScreen: { readonly first: number; readonly last: number };
  /** Where a row stands in that element. */
  top(index: number): number;
  /** Brings a row into view, moving as little as possible. */
  scrollTo(index: number): void;
  /** Brings a row to the top, or as near as it goes. */
  toTop(index: number): void;
  /** Rows that fit, for Page Up and Page Down. */
  pageSize(): number;
}

/** Where the view stands: at `bar` in the element, and at `rows` in the rows as if they had their whole height. */
interface Place {
  readonly bar: number;
  readonly rows: number;
  readonly view: number;
}

const start: Place = { bar: 0, rows: 0, view: 0 };

/**
 * Virtual rows of one height, of any number. While they fit into an element they stand where they are; above that, a
 * small step of the bar is the same step in the rows, a large one goes to the same share of the whole.
 */
export function useRowWindow(body: RefObject<HTMLElement | null>, options: RowWindowOptions): RowWindow {
  const { count, rowHeight, headerHeight } = options;
  const whole = count * rowHeight;
  const height = Math.min(whole, tallest);
  const [place, setPlace] = useState(start);
  const latest = useRef(place);
  const scaled = whole > height;

  const follow = useCallback((): void => {
    const element = body.current;
    if (!element) return;
    const view = element.clientHeight - headerHeight;
    const next = step(latest.current, element.scrollTop, view, height, whole);
    // Only what changes the rows that are drawn is worth drawing.
    const before = latest.current;
    const same = (row: number): number => Math.floor(row / rowHeight);
    if (next.view === before.view && same(next.rows) === same(before.rows) && next.rows - next.bar === before.rows - before.bar) {
      latest.current = next;
      return;
    }
    latest.current = next;
    setPlace(next);
  }, [body, headerHeight, height, whole, rowHeight]);

  useLayoutEffect(follow, [follow]);
  useEffect(() => {
    const element = body.current;
    if (!element) return;
    // At rest the bar goes where the rows are, so that its ends are theirs.
    const settle = (): void => {
      const { rows, view } = latest.current;
      const bar = Math.round((rows * (height - view)) / (whole - view));
      if (!scaled || bar === latest.current.bar) return;
      latest.current = { bar, rows, view };
      element.scrollTop = bar;
      setPlace(latest.current);
    };
    const observer = new ResizeObserver(follow);
    observer.observe(element);
    element.addEventListener('scroll', follow, { passive: true });
    element.addEventListener('scrollend', settle);
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', follow);
      element.removeEventListener('scrollend', settle);
    };
  }, [body, follow, scaled, height, whole]);

  const moveTo = (choose: (view: number) => number): void => {
    const element = body.current;
    if (!element) return;
    const view = element.clientHeight - headerHeight;
    const wanted = Math.min(Math.max(0, choose(view)), Math.max(0, whole - view));
    if (wanted === latest.current.rows && view === latest.current.view) return;
    const bar = scaled ? Math.round((wanted * (height - view)) / (whole - view)) : wanted;
    latest.current = { bar, rows: wanted, view };
    element.scrollTop = bar;
    setPlace(latest.current);
  };
  const first = Math.floor(place.rows / rowHeight);
  const end = Math.ceil((place.rows + place.view) / rowHeight);
  return {
    height,
    first: Math.min(Math.max(0, first - overscan), count),
    end: Math.min(count, end + overscan),
    onScreen: { first: Math.min(first, Math.max(0, count - 1)), last: Math.min(count, end) - 1 },
    top: (index) => index * rowHeight - place.rows + place.bar,
    scrollTo: (index) =>
      moveTo((view) => {
        const top = index * rowHeight;
        const { rows } = latest.current;
        return top < rows ? top : top + rowHeight > rows + view ? top + rowHeight - view : rows;
      }),
    toTop: (index) => moveTo(() => index * rowHeight),
    pageSize: () => Math.max(1, Math.floor(((body.current?.clientHeight ?? 0) - headerHeight) / rowHeight) - 1),
  };
}

/** Where the rows stand after the bar moved to `bar`. */
function step(before: Place, bar: number, view: number, height: number, whole: number): Place {
  if (whole <= height) return { bar, rows: bar, view };
  const end = height - view;
  if (bar <= 0) return { bar: 0, rows: 0, view };
  if (bar >= end - 1) return { bar, rows: whole - view, view };
  const moved = bar - before.bar;
  if (moved === 0) return { bar, rows: Math.min(before.rows, whole - view), view };
  const near = Math.abs(moved) < 4 * view;
  const rows = near ? before.rows + moved : (bar / end) * (whole - view);
  return { bar, rows: Math.min(Math.max(rows, 0), whole - view), view };
}
