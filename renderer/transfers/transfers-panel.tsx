import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Tooltip,
  tokens,
} from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  ArrowDownloadRegular,
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
import { hasEnded, useTransfers } from '../app/stores/transfers.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { formatBytes, formatCount, formatDuration, formatSpeed, plural } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { reportError } from '../ui/toasts.tsx';
import { chooseUpload } from './choose.ts';
import { contentsOf, type Upload } from './dropped.ts';
import { setTransfersPanel } from './panel-state.ts';
import { canSend, sendUpload } from './push.ts';
import { ConflictBar, TransferFiles } from './transfer-files.tsx';

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
  row: {
    display: 'grid',
    gridTemplateColumns: '22px 20px minmax(140px, 1.4fr) minmax(120px, 1fr) 150px 190px 88px',
    alignItems: 'center',
    columnGap: '10px',
    minHeight: '38px',
    padding: '0 4px',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
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
  problem: { color: tokens.colorStatusDangerForeground1, fontSize: tokens.fontSizeBase200 },
});

const icons = {
  upload: ArrowUploadRegular,
  push: ArrowUploadRegular,
  download: ArrowDownloadRegular,
  copy: CopyRegular,
  move: FolderArrowRightRegular,
} as const;

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

function TransferItem({ transfer }: { readonly transfer: Transfer }) {
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
        {lost ? <ChooseAgain transfer={transfer} /> : <StateBadge state={transfer.state} />}
        <span className={mergeClasses(styles.figures, styles.faint)}>{figures(transfer)}</span>
        <TransferActions transfer={transfer} />
      </div>
      {transfer.conflicts > 0 && !hasEnded(transfer) && (
        <div className={styles.detail}>
          <ConflictBar transfer={transfer} />
        </div>
      )}
      {transfer.state === 'failed' && transfer.problem && !open && (
        <div className={mergeClasses(styles.detail, styles.problem)}>
          {visible(transfer.problem.message)}
          {transfer.problem.hint ? ` ${visible(transfer.problem.hint)}` : ''}
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

/** A push whose page was closed: what is missing has to be chosen once more; what arrived is kept. */
function ChooseAgain({ transfer }: { readonly transfer: Transfer }) {
  const again = (upload: Upload): void => sendUpload(transfer.id, upload);
  const target = visible(transfer.destination);
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          title={`The window that sent these files to ${target} was closed. Choose the same files to go on.`}
        >
          Choose again
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => chooseUpload('folder', (upload) => again(upload))}>The same folder…</MenuItem>
          <MenuItem onClick={() => chooseUpload('folder', (upload) => again(contentsOf(upload)))}>
            The same folder, as a vfolder of its own…
          </MenuItem>
          <MenuItem onClick={() => chooseUpload('files', again)}>The same files…</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
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
      return 'paused';
    default:
      return 'normal';
  }
}

function figures(transfer: Transfer): string {
  if (transfer.state === 'running') {
    const eta = transfer.etaSeconds === null ? '' : ` · ${formatDuration(transfer.etaSeconds * 1000)} left`;
    return transfer.speed > 0 ? `${formatSpeed(transfer.speed)}${eta}` : '';
  }
  if (transfer.files.failed > 0) return `${plural(transfer.files.failed, 'file')} failed`;
  if (transfer.files.skipped > 0) return `${formatCount(transfer.files.skipped)} skipped`;
  if (transfer.endedAt !== null) return `in ${formatDuration(transfer.endedAt - transfer.createdAt)}`;
  return '';
}
