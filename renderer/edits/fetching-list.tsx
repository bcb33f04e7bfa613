import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { visible } from '#shared/paths.ts';
import { formatBytes } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { useFetching } from './hand-over.ts';

const useStyles = makeStyles({
  root: {
    position: 'fixed',
    right: '16px',
    bottom: '40px',
    zIndex: 1000,
    display: 'flex',
    flexDirection: 'column',
    gap: '8px',
    width: '292px',
  },
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: '6px',
    padding: '10px 12px',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow8,
  },
  line: { display: 'flex', alignItems: 'center', gap: '8px' },
  label: { flexGrow: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  faint: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, fontVariantNumeric: 'tabular-nums' },
});

/** What is being fetched for another program, with its progress. */
export function FetchingList() {
  const styles = useStyles();
  const all = useFetching((state) => state.all);
  if (all.length === 0) return null;
  return (
    <div className={styles.root}>
      {all.map(({ id, label, done, total, cancel }) => (
        <div key={id} className={styles.card} role="status">
          <div className={styles.line}>
            <span className={styles.label} title={visible(label)}>
              {visible(label)}
            </span>
            <Button size="small" onClick={cancel}>
              Cancel
            </Button>
          </div>
          <ProgressBar value={total > 0 ? done / total : null} label={visible(label)} />
          <span className={styles.faint}>
            {formatBytes(done)} of {formatBytes(total)}
          </span>
        </div>
      ))}
    </div>
  );
}
