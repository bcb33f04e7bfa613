import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  ArrowDownloadRegular,
  ArrowSyncRegular,
  ArrowUploadRegular,
  ChevronDownRegular,
  ChevronRightRegular,
  CopyRegular,
  FolderArrowRightRegular,
} from '@fluentui/react-icons';
import { type HTMLAttributes, useState } from 'react';
import type { Transfer } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { hasEnded } from '../app/stores/transfers.ts';
import { openMenu } from '../ui/context-menu.tsx';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { ChooseAgain } from './choose-again.tsx';
import { canSend } from './push.ts';
import { Sparkline } from './sparkline.tsx';
import { useSpeeds } from './speed-history.ts';
import { transferSpan } from './speed-samples.ts';
import { TransferActions, transferChoices } from './transfer-actions.tsx';
import { Figures, isStalled } from './transfer-figures.tsx';
import { ConflictBar, TransferFiles } from './transfer-files.tsx';
import { isTrouble } from './trouble.ts';
import { TroubleActions } from './trouble-actions.tsx';

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: '22px 20px minmax(100px, 1.4fr) minmax(100px, 1fr) 126px 64px 164px 92px',
    alignItems: 'center',
    columnGap: '10px',
    minHeight: '38px',
    padding: '0 4px',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    '@media (max-width: 1000px)': {
      gridTemplateColumns: '22px 20px minmax(100px, 1.4fr) minmax(90px, 1fr) 112px 120px 92px',
      columnGap: '8px',
    },
  },
  graph: { '@media (max-width: 1000px)': { display: 'none' } },
  icon: { fontSize: '18px', color: tokens.colorNeutralForeground3 },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  faint: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: '15px',
  },
  progress: { display: 'flex', flexDirection: 'column', gap: '5px', minWidth: 0, fontVariantNumeric: 'tabular-nums' },
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

export interface TransferItemProps extends HTMLAttributes<HTMLLIElement> {
  readonly transfer: Transfer;
  readonly ref?: React.Ref<HTMLLIElement>;
}

/** One transfer: what, how far, how it does, and what can be done about it. */
export function TransferItem({ transfer, ...rest }: TransferItemProps) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const Icon = icons[transfer.kind];
  const title = visible(transfer.title);
  const lost = transfer.kind === 'push' && !hasEnded(transfer) && transfer.state !== 'paused' && !canSend(transfer.id);
  return (
    <li data-testid={`transfer-${transfer.id}`} {...rest}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the menu has a button, "More" */}
      <div className={styles.row} onContextMenu={(event) => openMenu(event, `Actions for ${title}`, transferChoices(transfer))}>
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
          <div className={styles.text} title={title} data-title>
            {title}
          </div>
          <div className={mergeClasses(styles.text, styles.faint)} title={visible(transfer.destination)}>
            to {visible(transfer.destination)}
          </div>
        </div>
        <div className={styles.progress}>
          <ProgressBar value={fraction(transfer)} tone={toneOf(transfer)} label={`Progress of ${title}`} />
          <span className={mergeClasses(styles.text, styles.faint)}>{progressWords(transfer)}</span>
        </div>
        {lost ? <ChooseAgain transfer={transfer} /> : <StateBadge state={isStalled(transfer) ? 'stalled' : transfer.state} />}
        <span className={styles.graph}>{transfer.state === 'running' && <Graph id={transfer.id} title={title} />}</span>
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

function progressWords({ state, scanned, bytes, files }: Transfer): string {
  if (state === 'queued' && files.total === 0) return 'Not begun yet';
  const sizes = `${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}${scanned ? '' : '…'}`;
  return `${sizes} · ${formatCount(files.done)}/${plural(files.total, 'file')}`;
}

const nothing: readonly number[] = [];

function Graph({ id, title }: { readonly id: number; readonly title: string }) {
  const speeds = useSpeeds((state) => state.byTransfer[id] ?? nothing);
  return <Sparkline speeds={speeds} span={transferSpan} of={title} width={64} height={20} />;
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
