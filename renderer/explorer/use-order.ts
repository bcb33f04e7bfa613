import { useEffect, useMemo, useRef, useState } from 'react';
import type { FolderRows } from './folder-rows.ts';
import { type CacheShares, type Order, RowOrder, type Sort } from './row-order.ts';
import type { OrderAnswer, OrderRequest } from './row-order-worker.ts';

/** Up to so many rows are put in order at once, before the next frame; more in a thread. */
const mostAtOnce = 10_000;

/** What is shown of which rows: an order belongs to the rows that it was made of. */
export interface ShownRows extends Order {
  readonly rows: FolderRows;
  /** It is being put in order anew. */
  readonly busy: boolean;
}

const nothing: Order = { ids: new Uint32Array(0), positions: new Int32Array(0), bytes: 0 };

/**
 * The order of rows that grow; `length` is how many of them there are now. The former order stays until the next is made.
 * `cached`: what the order by that column goes by.
 */
export function useOrder(
  rows: FolderRows,
  length: number,
  { column, descending }: Sort,
  filter: string,
  cached: CacheShares | null = null,
): ShownRows {
  const shares = column === 'cached' ? cached : null;
  const wanted = useMemo(() => ({ sort: { column, descending }, filter, shares }), [column, descending, filter, shares]);
  const few = length <= mostAtOnce;
  const atOnce = useMemo(() => (few ? orderNow(rows, length, wanted) : null), [few, rows, length, wanted]);
  const inThread = useThreadOrder(few ? null : rows, length, wanted);
  const former = useRef<ShownRows | null>(null);
  if (atOnce) former.current = atOnce;
  // A folder that has just outgrown the frame: what was shown of it stays until the thread has answered.
  const meanwhile = useMemo(
    () => ({ ...(!few && former.current?.rows === rows ? former.current : { ...nothing, rows }), busy: true }),
    [few, rows],
  );
  return atOnce ?? inThread ?? meanwhile;
}

type Wanted = Omit<Extract<OrderRequest, { ticket: number }>, 'ticket'>;

function orderNow(rows: FolderRows, length: number, { sort, filter, shares }: Wanted): ShownRows {
  const order = new RowOrder();
  if (length > 0) order.add(rows.columns(0));
  return { ...order.order(sort, filter, shares), rows, busy: false };
}

/** Nothing while `rows` is null; else the last order that the thread gave, also while it makes the next. */
function useThreadOrder(rows: FolderRows | null, length: number, wanted: Wanted): ShownRows | null {
  const [shown, setShown] = useState<{ readonly of: OrderThread; readonly order: Order; readonly ticket: number } | null>(null);
  const [thread, setThread] = useState<OrderThread | null>(null);
  useEffect(() => {
    if (rows === null) return;
    const started = new OrderThread(rows, (order, ticket) => setShown({ of: started, order, ticket }));
    setThread(started);
    return () => started.end();
  }, [rows]);
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more rows are an order anew
  useEffect(() => {
    if (thread) setAsked(thread.ask(wanted));
  }, [thread, length, wanted]);
  return useMemo(
    () => (shown ? { ...shown.order, rows: shown.of.rows, busy: shown.of !== thread || shown.ticket !== asked } : null),
    [shown, thread, asked],
  );
}

/** A thread that holds the sorting columns of one folder. */
class OrderThread {
  readonly rows: FolderRows;
  readonly #worker = new Worker(new URL('./row-order-worker.ts', import.meta.url), { type: 'module' });
  #sent = 0;
  #tickets = 0;

  constructor(rows: FolderRows, onOrder: (order: Order, ticket: number) => void) {
    this.rows = rows;
    this.#worker.addEventListener('message', ({ data: { ticket, ...order } }: MessageEvent<OrderAnswer>) => {
      // Of several questions in a row only the last is of interest.
      if (ticket === this.#tickets) onOrder(order, ticket);
    });
  }

  /** Asks for an order over all rows that are there now; gives its ticket. */
  ask(wanted: Wanted): number {
    if (this.rows.length > this.#sent) {
      this.#post({ add: this.rows.columns(this.#sent) });
      this.#sent = this.rows.length;
    }
    this.#tickets += 1;
    this.#post({ ticket: this.#tickets, ...wanted });
    return this.#tickets;
  }

  end(): void {
    this.#worker.terminate();
  }

  #post(request: OrderRequest): void {
    this.#worker.postMessage(request);
  }
}
