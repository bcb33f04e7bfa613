import { makeStyles, tokens } from '@fluentui/react-components';
import { useRef } from 'react';
import { hasEnded, useTransfers } from '../app/stores/transfers.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { HistoryList } from './history-list.tsx';
import { LiveList } from './live-list.tsx';
import { liveInOrder } from './order.ts';
import { PanelHead } from './panel-head.tsx';
import { useAnnouncement } from './transfer-acts.ts';

const useStyles = makeStyles({
  panel: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  scroll: { position: 'relative', flexGrow: 1, minHeight: 0, overflowY: 'auto' },
  said: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)', whiteSpace: 'nowrap' },
});

/** All transfers: what goes on, then the history. */
export function TransfersPanel() {
  const styles = useStyles();
  const transfers = useTransfers((state) => state.transfers);
  const said = useAnnouncement((state) => state.words);
  const scroller = useRef<HTMLDivElement>(null);
  const live = liveInOrder(transfers);
  return (
    <section className={styles.panel} aria-label="Transfers">
      <PanelHead />
      {transfers.length === 0 ? (
        <EmptyState title="No transfers">Uploads, downloads and copies are listed here with their progress.</EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <div className={styles.scroll} ref={scroller} tabIndex={0}>
          {live.length > 0 && <LiveList transfers={live} />}
          {transfers.some(hasEnded) && <HistoryList transfers={transfers} scroller={scroller} />}
        </div>
      )}
      <div className={styles.said} role="status">
        {said}
      </div>
    </section>
  );
}
