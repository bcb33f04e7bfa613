import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Spinner,
  Tab,
  TabList,
  tokens,
} from '@fluentui/react-components';
import { ArrowRightRegular, WarningRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { Transfer, TransferAction } from '#shared/contract/transfers.ts';
import type { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { client, fromContract } from '../app/client.ts';
import { useTransfers } from '../app/stores/transfers.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { setTransfersPanel } from './panel-state.ts';
import { PlanList } from './plan-list.tsx';
import { closeReview, useReview } from './review-state.ts';
import { usePlanRows } from './use-plan-rows.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '820px', width: 'calc(100vw - 48px)' },
  content: { display: 'flex', flexDirection: 'column', gap: '8px' },
  places: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, auto) 16px minmax(0, auto) 1fr',
    alignItems: 'center',
    gap: '8px',
    color: tokens.colorNeutralForeground2,
  },
  place: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  head: { display: 'flex', alignItems: 'center', gap: '12px', marginLeft: '-10px' },
  unchanged: { marginLeft: 'auto', color: tokens.colorNeutralForeground2, fontVariantNumeric: 'tabular-nums' },
  warning: { display: 'flex', alignItems: 'center', gap: '8px' },
  warningIcon: { flexShrink: 0, fontSize: '16px', color: tokens.colorPaletteDarkOrangeForeground1 },
});

/** The plan of the sync that is looked at, if any; put once at the top of the app. */
export function SyncReview() {
  const id = useReview((state) => state.id);
  const transfer = useTransfers((state) => state.transfers.find((one) => one.id === id));
  return transfer?.sync ? <Review key={transfer.id} transfer={transfer} sync={transfer.sync} /> : null;
}

type Counts = NonNullable<Transfer['sync']>;
type Shown = Exclude<TransferAction, 'copy'> | 'all';

function Review({ transfer, sync }: { readonly transfer: Transfer; readonly sync: Counts }) {
  const styles = useStyles();
  const [shown, setShown] = useState<Shown>('all');
  const [error, setError] = useState<StowageError | null>(null);
  const { add, update, remove, unchanged } = sync;
  const changes = add + update + remove;
  // The contents of the top of a vfolder are `name:/` and one more `/`.
  const source = visible(transfer.source).replace(/:\/\/$/, ':/');
  const growth = `${add} ${update} ${remove} ${transfer.scanned}`;
  const plan = usePlanRows(transfer.id, shown === 'all' ? null : shown, growth);
  const growing = !transfer.scanned && transfer.state !== 'failed';
  const act = async (what: 'resume' | 'cancel'): Promise<void> => {
    try {
      await client.transfers[what]({ id: transfer.id });
      closeReview();
      if (what === 'resume') setTransfersPanel(true);
    } catch (failure) {
      setError(fromContract(failure));
    }
  };
  const tabs: ReadonlyArray<readonly [Shown, string, number]> = [
    ['all', 'All', changes],
    ['add', 'Add', add],
    ['update', 'Update', update],
    ['remove', 'Delete', remove],
  ];
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && closeReview()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Review the sync</DialogTitle>
          <DialogContent className={styles.content}>
            <div className={styles.places}>
              <span className={styles.place} title={source}>
                {source}
              </span>
              <ArrowRightRegular aria-label="to" />
              <span className={styles.place} title={visible(transfer.destination)}>
                {visible(transfer.destination)}
              </span>
            </div>
            <div className={styles.head}>
              <TabList
                size="small"
                aria-label="Which changes"
                selectedValue={shown}
                onTabSelect={(_, data) => setShown(tabs.find(([value]) => value === data.value)?.[0] ?? 'all')}
              >
                {tabs.map(([value, label, count]) => (
                  <Tab key={value} value={value}>
                    {label} {formatCount(count)}
                  </Tab>
                ))}
              </TabList>
              <span className={styles.unchanged}>
                {growing && <Spinner size="extra-tiny" label="Comparing…" />}
                {!growing && `${formatCount(unchanged)} unchanged · ${formatBytes(transfer.bytes.total)} to send`}
              </span>
            </div>
            <PlanList
              plan={plan}
              growing={growing}
              empty={changes === 0 ? 'Both sides are the same already.' : 'Nothing of this kind.'}
            />
            {remove > 0 && (
              <div className={styles.warning}>
                <WarningRegular className={styles.warningIcon} aria-hidden />
                {plural(remove, 'file')} will be deleted in {visible(transfer.destination)}.
              </div>
            )}
            {transfer.problem && <ErrorMessage error={transfer.problem} />}
            {error && <ErrorMessage error={error} />}
          </DialogContent>
          {(transfer.state === 'review' || growing) && (
            <DialogActions position="start">
              <Button onClick={() => void act('cancel')}>Cancel the sync</Button>
            </DialogActions>
          )}
          <DialogActions position="end">
            <Button onClick={closeReview}>{transfer.state === 'review' || growing ? 'Decide later' : 'Close'}</Button>
            {(transfer.state === 'review' || growing) && (
              <Button appearance="primary" disabled={transfer.state !== 'review'} onClick={() => void act('resume')}>
                Approve
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
