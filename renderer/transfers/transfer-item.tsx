import { Button, makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  ArrowDownloadRegular,
  ArrowSyncRegular,
  ArrowUploadRegular,
  ChevronDownRegular,
  ChevronRightRegular,
  CopyRegular,
  DismissRegular,
  FolderArrowRightRegular,
  PauseRegular,
  PlayRegular,
} from '@fluentui/react-icons';
import { useState } from 'react';
import type { Transfer } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { client } from '../app/client.ts';
import { hasEnded } from '../app/stores/transfers.ts';
import { formatBytes, formatCount, formatDuration, formatSpeed, plural } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { reportError } from '../ui/toasts.tsx';
import { useNow } from '../ui/use-now.ts';
import { ChooseAgain } from './choose-again.tsx';
import { canSend } from './push.ts';
import { openReview } from './review-state.ts';
import { ConflictBar, TransferFiles } from './transfer-files.tsx';
import { isTrouble } from './trouble.ts';
import { TroubleActions } from './trouble-actions.tsx';

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: '22px 20px minmax(140px, 1.4fr) minmax(120px, 1fr) 126px 200px 92px',
    alignItems: 'center',
    columnGap: '10px',
    minHeight: '38px',
    padding: '0 4px',
  },
  icon: { fontSize: '18px', color: tokens.colorNeutralForeground3 },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  faint: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: '15px',
  },
  progress: { display: 'flex', flexDirection: 'column', gap: '5px', minWidth: 0, fontVariantNumeric: 'tabular-nums' },
  figures: {
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'right',
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  actions: { display: 'flex', justifyContent: 'flex-end' },
  detail: { padding: '0 8px 8px 36px' },
  trouble: { display: 'flex', alignItems: 'center', gap: '12px' },
  problem: {
    minWidth: 0,
    overflowWrap: 'anywhere',
    color: tokens.colorStatusDangerForeground1,
    fontSize: tokens.fontSizeBase200,
  },
});

const icons = {
  upload: ArrowUploadRegular,
  push: ArrowUploadRegular,
  download: ArrowDownloadRegular,
  copy: CopyRegular,
  move: FolderArrowRightRegular,
  sync: ArrowSyncRegular,
} as const;

/** One transfer: what, how far, how it does, and what can be done about it. */
export function TransferItem({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const Icon = icons[transfer.kind];
  const title = visible(transfer.title);
  const lost = transfer.kind === 'push' && !hasEnded(transfer) && transfer.state !== 'paused' && !canSend(transfer.id);
  return (
    <li data-testid={`transfer-${transfer.id}`}>
      <div className={styles.row}>
        <Button
          size="small"
          appearance="transparent"
          icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
          aria-expanded={open}
          aria-label={`Files of ${title}`}
          onClick={() => setOpen(!open)}
        />
        <Icon className={styles.icon} aria-hidden />
        <div className={styles.text}>
          <div className={styles.text} title={title}>
            {title}
          </div>
          <div className={mergeClasses(styles.text, styles.faint)} title={visible(transfer.destination)}>
            to {visible(transfer.destination)}
          </div>
        </div>
        <div className={styles.progress}>
          <ProgressBar value={fraction(transfer)} tone={toneOf(transfer)} label={`Progress of ${title}`} />
          <span className={mergeClasses(styles.text, styles.faint)}>
            {formatBytes(transfer.bytes.done)} of {formatBytes(transfer.bytes.total)}
            {transfer.scanned ? '' : '…'} · {formatCount(transfer.files.done)}/{plural(transfer.files.total, 'file')}
          </span>
        </div>
        {lost ? <ChooseAgain transfer={transfer} /> : <StateBadge state={isStalled(transfer) ? 'stalled' : transfer.state} />}
        <Figures transfer={transfer} />
        <TransferActions transfer={transfer} />
      </div>
      {transfer.conflicts > 0 && !hasEnded(transfer) && (
        <div className={styles.detail}>
          <ConflictBar transfer={transfer} />
        </div>
      )}
      {transfer.problem && isTrouble(transfer) && !open && (
        <div className={mergeClasses(styles.detail, styles.trouble)}>
          <span className={styles.problem}>
            {visible(transfer.problem.message)}
            {transfer.problem.hint ? ` ${visible(transfer.problem.hint)}` : ''}
          </span>
          <TroubleActions transfer={transfer} />
        </div>
      )}
      {open && (
        <div className={styles.detail}>
          <TransferFiles transfer={transfer} />
        </div>
      )}
    </li>
  );
}

function TransferActions({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const act = (what: 'pause' | 'resume' | 'cancel' | 'retry') => (): void => {
    client.transfers[what]({ id: transfer.id }).catch((error: unknown) => reportError(error));
  };
  const clear = (): void => {
    client.transfers.clear({ ids: [transfer.id] }).catch((error: unknown) => reportError(error));
  };
  const running = transfer.state === 'running' || transfer.state === 'queued' || transfer.state === 'waiting';
  return (
    <span className={styles.actions}>
      {transfer.sync && transfer.state === 'review' && (
        <Button size="small" appearance="primary" onClick={() => openReview(transfer.id)}>
          Review
        </Button>
      )}
      {running && <Act label="Pause" icon={<PauseRegular />} run={act('pause')} />}
      {transfer.state === 'paused' && <Act label="Resume" icon={<PlayRegular />} run={act('resume')} />}
      {transfer.state === 'failed' && <Act label="Retry the failed files" icon={<ArrowClockwiseRegular />} run={act('retry')} />}
      {hasEnded(transfer) ? (
        <Act label="Remove from the list" icon={<DismissRegular />} run={clear} />
      ) : (
        <Act label="Cancel" icon={<DismissRegular />} run={act('cancel')} />
      )}
    </span>
  );
}

function Act({ label, icon, run }: { readonly label: string; readonly icon: React.ReactElement; readonly run: () => void }) {
  return (
    <Tooltip content={label} relationship="label" positioning="before">
      <Button size="small" appearance="subtle" icon={icon} onClick={run} />
    </Tooltip>
  );
}

/** By bytes; by files where there are only empty ones. Unknown before anything was found. */
function fraction({ state, bytes, files }: Transfer): number | null {
  if (state === 'done') return 1;
  if (bytes.total > 0) return bytes.done / bytes.total;
  if (files.total > 0) return (files.done + files.skipped) / files.total;
  return state === 'running' ? null : 0;
}

function toneOf(transfer: Transfer): 'normal' | 'paused' | 'error' | 'success' {
  switch (transfer.state) {
    case 'failed':
      return 'error';
    case 'done':
      return 'success';
    case 'paused':
    case 'cancelled':
    case 'waiting':
    case 'review':
      return 'paused';
    default:
      return 'normal';
  }
}

const isStalled = ({ state, stalledSince }: Transfer): boolean => state === 'running' && stalledSince !== null;

function Figures({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const stalled = isStalled(transfer);
  const now = useNow(stalled);
  const words =
    stalled && transfer.stalledSince !== null
      ? `nothing moved for ${formatDuration(now - transfer.stalledSince)}`
      : figures(transfer);
  return (
    <span className={mergeClasses(styles.figures, styles.faint)} title={words}>
      {words}
    </span>
  );
}

function figures(transfer: Transfer): string {
  const { sync } = transfer;
  if (sync && (transfer.state === 'review' || !transfer.scanned))
    return `${formatCount(sync.add)} add, ${formatCount(sync.update)} update, ${formatCount(sync.remove)} delete`;
  if (transfer.state === 'running') {
    const eta = transfer.etaSeconds === null ? '' : ` · ${formatDuration(transfer.etaSeconds * 1000)} left`;
    return transfer.speed > 0 ? `${formatSpeed(transfer.speed)}${eta}` : '';
  }
  if (transfer.files.failed > 0) return `${plural(transfer.files.failed, 'file')} failed`;
  if (transfer.files.skipped > 0) return `${formatCount(transfer.files.skipped)} skipped`;
  if (transfer.endedAt !== null) return `in ${formatDuration(transfer.endedAt - transfer.createdAt)}`;
  return '';
}
