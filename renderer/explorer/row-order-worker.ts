import type { RowColumns } from './folder-rows.ts';
import { type CacheShares, type Order, RowOrder, type Sort } from './row-order.ts';

/** Sorts and filters a large folder beside the page (see use-order.ts). */
export type OrderRequest =
  | { readonly add: RowColumns }
  | {
      readonly ticket: number;
      readonly sort: Sort;
      readonly filter: string;
      readonly shares: CacheShares | null;
    };
export type OrderAnswer = Order & { readonly ticket: number };

type Question = Exclude<OrderRequest, { add: RowColumns }>;

const rows = new RowOrder();
let question: Question | null = null;

addEventListener('message', ({ data }: MessageEvent<OrderRequest>) => {
  if ('add' in data) {
    rows.add(data.add);
    return;
  }
  // Questions that came meanwhile, as of one who types, are taken together: only the last is answered.
  if (question === null) setTimeout(answer, 0);
  question = data;
});

function answer(): void {
  if (question === null) return;
  const { sort, filter, shares, ticket } = question;
  question = null;
  const order = rows.order(sort, filter, shares);
  const told: OrderAnswer = { ...order, ticket };
  postMessage(told, { transfer: [order.ids.buffer, order.positions.buffer] });
}
