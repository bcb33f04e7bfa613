import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { client } from '../app/client.ts';
import { hasEnded, useTransfers } from '../app/stores/transfers.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { reportError } from '../ui/toasts.tsx';
import { BandwidthMenu } from './bandwidth-limit.tsx';
import { setTransfersPanel } from './panel-state.ts';
import { TransferItem } from './transfer-item.tsx';

const useStyles = makeStyles({
  panel: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  head: { display: 'flex', alignItems: 'center', gap: '8px', height: '34px', padding: '0 6px 0 14px', flexShrink: 0 },
  title: { margin: 0, fontSize: '13px', lineHeight: '19px', fontWeight: tokens.fontWeightSemibold },
  space: { flexGrow: 1 },
  list: { flexGrow: 1, minHeight: 0, overflowY: 'auto', margin: 0, padding: '0 6px 6px', listStyleType: 'none' },
});

/** All transfers, newest first. */
export function TransfersPanel() {
  const styles = useStyles();
  const transfers = useTransfers((state) => state.transfers);
  const ended = transfers.filter(hasEnded);
  const clear = (): void => {
    client.transfers.clear({}).catch(reportError);
  };
  return (
    <section className={styles.panel} aria-label="Transfers">
      <div className={styles.head}>
        <h2 className={styles.title}>Transfers</h2>
        <span className={styles.space} />
        <BandwidthMenu />
        <Button size="small" appearance="subtle" disabled={ended.length === 0} onClick={clear}>
          Clear ended
        </Button>
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label="Hide transfers"
          title="Hide transfers (Ctrl+J)"
          onClick={() => setTransfersPanel(false)}
        />
      </div>
      {transfers.length === 0 ? (
        <EmptyState title="No transfers">Uploads, downloads and copies are listed here with their progress.</EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <ul className={styles.list} tabIndex={0} aria-label="List of transfers">
          {transfers.map((transfer) => (
            <TransferItem key={transfer.id} transfer={transfer} />
          ))}
        </ul>
      )}
    </section>
  );
}
