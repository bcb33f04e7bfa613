import { Button, makeStyles, SearchBox, Select, tokens } from '@fluentui/react-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { Transfer } from '#shared/contract/transfers.ts';
import { plural } from '../ui/format.ts';
import { type EndedState, endedInOrder } from './order.ts';
import { clear } from './transfer-acts.ts';
import { TransferItem } from './transfer-item.tsx';

const rowHeight = 38;

const useStyles = makeStyles({
  head: {
    display: 'flex',
    alignItems: 'center',
    gap: '8px',
    height: '34px',
    padding: '0 6px 0 14px',
    color: tokens.colorNeutralForeground2,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase200, lineHeight: '16px', fontWeight: tokens.fontWeightSemibold },
  space: { flexGrow: 1 },
  filter: { width: '180px', minWidth: '80px' },
  button: { flexShrink: 0, whiteSpace: 'nowrap' },
  list: { position: 'relative', margin: '0 6px 6px', padding: 0, listStyleType: 'none' },
  item: { position: 'absolute', top: 0, left: 0, right: 0 },
  none: { margin: 0, padding: '6px 14px', color: tokens.colorNeutralForeground3 },
});

const states: ReadonlyArray<readonly [EndedState, string]> = [
  ['all', 'All'],
  ['done', 'Done'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
];

interface HistoryListProps {
  readonly transfers: readonly Transfer[];
  /** What scrolls the list. */
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** Ended transfers, the last first, with a filter; only the rows in view are drawn. */
export function HistoryList({ transfers, scroller }: HistoryListProps) {
  const styles = useStyles();
  const [state, setState] = useState<EndedState>('all');
  const [text, setText] = useState('');
  const shown = endedInOrder(transfers, state, text);
  const filtered = state !== 'all' || text.trim() !== '';
  return (
    <section aria-label="History">
      <div className={styles.head}>
        <h3 className={styles.title}>History</h3>
        <span className={styles.space} />
        <SearchBox
          size="small"
          className={styles.filter}
          placeholder="Filter"
          aria-label="Filter the history"
          value={text}
          onChange={(_, data) => setText(data.value)}
        />
        <Select
          size="small"
          aria-label="State in the history"
          value={state}
          onChange={(_, data) => setState(states.find(([one]) => one === data.value)?.[0] ?? 'all')}
        >
          {states.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        <Button
          size="small"
          appearance="subtle"
          className={styles.button}
          disabled={shown.length === 0}
          onClick={() => clear(shown.map(({ id }) => id))}
        >
          {filtered ? `Clear these ${shown.length}` : 'Clear ended'}
        </Button>
      </div>
      {shown.length === 0 ? (
        <p className={styles.none}>No ended transfer matches.</p>
      ) : (
        <Rows transfers={shown} scroller={scroller} />
      )}
    </section>
  );
}

function Rows({ transfers, scroller }: HistoryListProps) {
  const styles = useStyles();
  const list = useRef<HTMLUListElement>(null);
  const [margin, setMargin] = useState(0);
  // What stands above the list moves it.
  useLayoutEffect(() => setMargin(list.current?.offsetTop ?? 0));
  const virtual = useVirtualizer({
    count: transfers.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => transfers[index]?.id ?? index,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: margin,
  });
  return (
    <ul
      ref={list}
      className={styles.list}
      aria-label={`History, ${plural(transfers.length, 'transfer')}`}
      style={{ height: virtual.getTotalSize() }}
    >
      {virtual.getVirtualItems().map((item) => {
        const transfer = transfers[item.index];
        return transfer ? (
          <TransferItem
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            aria-setsize={transfers.length}
            aria-posinset={item.index + 1}
            className={styles.item}
            style={{ transform: `translateY(${item.start - margin}px)` }}
            transfer={transfer}
          />
        ) : null;
      })}
    </ul>
  );
}
