import { Button, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { SubtractCircleRegular } from '@fluentui/react-icons';
import type { HostCheck } from '#shared/contract/hosts.ts';
import { visible } from '#shared/paths.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import { ToneIcon } from '../ui/tone-icon.tsx';
import type { HostTest } from './use-host-test.ts';

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: '8px 12px',
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: '6px',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorTransparentStroke}`,
  },
  check: { display: 'grid', gridTemplateColumns: '18px 92px minmax(0, 1fr)', columnGap: '8px', alignItems: 'start' },
  icon: { display: 'flex', paddingTop: '2px' },
  skipped: { fontSize: '14px', color: tokens.colorNeutralForeground3 },
  label: { fontWeight: tokens.fontWeightMedium },
  text: { overflowWrap: 'anywhere' },
  hint: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  busy: { display: 'flex', alignItems: 'center', gap: '12px', minHeight: '32px' },
});

const labels: Record<HostCheck['id'], string> = {
  reach: 'Reachable',
  credentials: 'Credentials',
  clock: 'Clock',
  list: 'Listing',
  write: 'Writing',
  expiry: 'Expiry',
};

/** What a test of a host found, check by check; while it runs, how to stop it. */
export function CheckList({ test, onStop }: { readonly test: HostTest; readonly onStop: () => void }) {
  const styles = useStyles();
  if (test.problem) return <ErrorMessage error={test.problem} />;
  if (test.busy)
    return (
      <div className={styles.busy} role="status">
        <Spinner size="extra-tiny" label="Testing the host…" />
        <Button size="small" appearance="subtle" onClick={onStop}>
          Stop
        </Button>
      </div>
    );
  if (!test.result) return null;
  return (
    <ul className={styles.list} aria-label="Checks">
      {test.result.checks.map((check) => (
        <li key={check.id} className={styles.check}>
          <span className={styles.icon}>
            {check.state === 'skipped' ? (
              <SubtractCircleRegular className={styles.skipped} aria-label="Left out" />
            ) : (
              <ToneIcon tone={check.state} small />
            )}
          </span>
          <span className={styles.label}>{labels[check.id]}</span>
          <span>
            <div className={styles.text}>{visible(check.message)}</div>
            {check.hint && <div className={styles.hint}>{visible(check.hint)}</div>}
          </span>
        </li>
      ))}
    </ul>
  );
}
