import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { Transfer } from '#shared/contract/transfers.ts';
import { hasEnded } from '../app/stores/transfers.ts';
import { formatCount, formatDuration, formatExactTime, formatSpeed, formatTime, plural } from '../ui/format.ts';
import { useNow } from '../ui/use-now.ts';

const useStyles = makeStyles({
  figures: {
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'right',
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: '15px',
  },
  line: { overflow: 'hidden', textOverflow: 'ellipsis' },
});

export const isStalled = ({ state, stalledSince }: Transfer): boolean => state === 'running' && stalledSince !== null;

/** How fast it is and how long it takes; of an ended one when it ended, how long it took and how fast it was. */
export function Figures({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const stalled = isStalled(transfer);
  const now = useNow(stalled);
  if (hasEnded(transfer)) return <EndedFigures transfer={transfer} />;
  const words =
    stalled && transfer.stalledSince !== null
      ? `nothing moved for ${formatDuration(now - transfer.stalledSince)}`
      : figures(transfer);
  return (
    <span className={styles.figures} title={words}>
      {words}
    </span>
  );
}

function EndedFigures({ transfer }: { readonly transfer: Transfer }) {
  const styles = useStyles();
  const { endedAt, createdAt } = transfer;
  const [first, second] = [endedWords(transfer), formatTime(endedAt)];
  const title = endedAt === null ? first : `${first}\nFrom ${formatExactTime(createdAt)}\nto ${formatExactTime(endedAt)}`;
  return (
    <div className={styles.figures} title={title}>
      <div className={mergeClasses(styles.line)}>{first}</div>
      <div className={styles.line}>{second}</div>
    </div>
  );
}

/** Of less, the speed says how long beginning takes. */
const fewBytes = 100_000;

/** `in 12 s · 40.0 MB/s`, after what did not arrive. The mean speed is that of the time for which it ran. */
export function endedWords({ files, bytes, ranMs, state }: Pick<Transfer, 'files' | 'bytes' | 'ranMs' | 'state'>): string {
  const words: string[] = [];
  if (files.failed > 0) words.push(`${plural(files.failed, 'file')} failed`);
  else if (files.skipped > 0) words.push(`${formatCount(files.skipped)} skipped`);
  if (ranMs > 0 && state !== 'cancelled') words.push(`in ${formatDuration(ranMs)}`);
  if (ranMs >= 100 && bytes.done >= fewBytes && state !== 'cancelled') words.push(formatSpeed((bytes.done * 1000) / ranMs));
  return words.join(' · ');
}

function figures(transfer: Transfer): string {
  const { sync, state, files } = transfer;
  if (sync && (state === 'review' || !transfer.scanned))
    return `${formatCount(sync.add)} add, ${formatCount(sync.update)} update, ${formatCount(sync.remove)} delete`;
  if (state === 'running') {
    const eta = transfer.etaSeconds === null ? '' : ` · ${formatDuration(transfer.etaSeconds * 1000)} left`;
    return transfer.speed > 0 ? `${formatSpeed(transfer.speed)}${eta}` : '';
  }
  if (files.failed > 0) return `${plural(files.failed, 'file')} failed`;
  if (files.skipped > 0) return `${formatCount(files.skipped)} skipped`;
  return '';
}
