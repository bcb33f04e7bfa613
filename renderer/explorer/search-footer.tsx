import { Button, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import type { IndexState } from '#shared/contract/search.ts';
import { formatAgo, formatBytes, formatCount, formatExactTime, plural } from '../ui/format.ts';
import { useNow } from '../ui/use-now.ts';
import type { Found } from './use-search.ts';

const useStyles = makeStyles({
  footer: {
    display: 'flex',
    alignItems: 'center',
    gap: '16px',
    flexShrink: 0,
    height: '26px',
    padding: '0 4px 0 12px',
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: 'tabular-nums',
    color: tokens.colorNeutralForeground3,
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    whiteSpace: 'nowrap',
  },
  space: { flexGrow: 1 },
  index: { display: 'flex', alignItems: 'center', gap: '4px', minWidth: 0 },
  told: { overflow: 'hidden', textOverflow: 'ellipsis' },
  warning: { color: tokens.colorStatusWarningForeground3 },
  action: { minWidth: 'auto', height: '22px', padding: '0 6px' },
});

interface SearchFooterProps {
  readonly found: Found;
  readonly index: IndexState | null;
  readonly busy: boolean;
  readonly selected: { readonly count: number; readonly bytes: number };
  readonly onRefresh: () => void;
  readonly onStop: () => void;
}

/** How much was found, what is selected, and of when the index is. */
export function SearchFooter({ found, index, busy, selected, onRefresh, onStop }: SearchFooterProps) {
  const styles = useStyles();
  const cut = found.total > found.length;
  return (
    <div className={styles.footer}>
      <span role="status" aria-label="Search summary">
        {plural(found.total, 'match', 'matches')}
        {cut && found.length > 0 && ` · ${formatCount(found.length)} shown`}
      </span>
      {busy && !index?.taking && <Spinner size="extra-tiny" label="Searching…" />}
      <span className={styles.space} />
      {selected.count > 0 && (
        <span>
          {formatCount(selected.count)} selected{selected.bytes > 0 && ` · ${formatBytes(selected.bytes)}`}
        </span>
      )}
      {index && <IndexLine index={index} onRefresh={onRefresh} onStop={onStop} />}
    </div>
  );
}

function IndexLine({
  index,
  onRefresh,
  onStop,
}: { readonly index: IndexState } & Pick<SearchFooterProps, 'onRefresh' | 'onStop'>) {
  const styles = useStyles();
  const now = useNow(true);
  const { taking, takenAt, skipped, problem, changedSince } = index;
  const taken = takenAt === null ? '' : `indexed ${formatAgo(takenAt, now)}`;
  if (taking) {
    const progress = `Indexing… ${plural(taking.entries, 'item')} in ${plural(taking.folders, 'folder')}`;
    return (
      <span className={styles.index}>
        <Spinner size="extra-tiny" label={takenAt === null ? progress : `${taken} · ${progress}`} />
        <Button size="small" appearance="transparent" className={styles.action} onClick={onStop}>
          Stop
        </Button>
      </span>
    );
  }
  return (
    <span className={styles.index}>
      {problem && (
        <span className={styles.warning} title={problem.message}>
          Could not be refreshed ·
        </span>
      )}
      {skipped > 0 && <span className={styles.warning}>{plural(skipped, 'folder')} unreadable ·</span>}
      {changedSince && <span>Changed since ·</span>}
      <span className={styles.told} title={takenAt === null ? undefined : formatExactTime(takenAt)}>
        {taken === '' ? 'No index' : taken}
      </span>
      <Button size="small" appearance="transparent" className={styles.action} onClick={onRefresh}>
        Refresh
      </Button>
    </span>
  );
}
