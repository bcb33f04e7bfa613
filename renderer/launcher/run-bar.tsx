import { Button, makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { CheckmarkCircleFilled, ErrorCircleFilled, InfoRegular, PlayFilled, WarningFilled } from '@fluentui/react-icons';
import type { StowageError } from '#shared/errors.ts';
import { estimate } from '../planner/cost-words.ts';
import type { PlanPreview } from '../planner/plan-preview.ts';
import { countConflicts, describeCount, isMerelyEmpty } from '../planner/plan-words.ts';
import { ErrorMessage } from '../ui/error-message.tsx';
import type { DraftProblem } from './draft.ts';

const useStyles = makeStyles({
  root: { flexShrink: 0, borderTop: `1px solid ${tokens.colorNeutralStroke2}`, backgroundColor: tokens.colorNeutralBackground2 },
  error: { margin: '10px 16px 0' },
  line: { display: 'flex', alignItems: 'center', gap: '12px', padding: '10px 16px 10px 20px', minHeight: '32px' },
  words: { display: 'flex', alignItems: 'center', gap: '8px', minWidth: 0, flexGrow: 1 },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  counts: { color: tokens.colorNeutralForeground3, whiteSpace: 'nowrap' },
  icon: { fontSize: '18px', flexShrink: 0 },
  good: { color: tokens.colorPaletteGreenForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  caution: { color: tokens.colorPaletteDarkOrangeForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  keys: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
});

export const isMac = navigator.userAgent.includes('Mac');

/** Why the job cannot be run as it stands; null when it can. */
export function reasonNotToRun(preview: PlanPreview, problems: readonly DraftProblem[]): string | null {
  const first = problems[0];
  if (first) return first.message;
  if (preview.error) return preview.error.message;
  if (!preview.plan) return 'Planning…';
  if (preview.plan.runnable) return null;
  const errors = preview.plan.conflicts.filter((conflict) => conflict.severity === 'error');
  return (errors.find((conflict) => !isMerelyEmpty(conflict)) ?? errors[0])?.message ?? 'The plan cannot be run.';
}

export interface RunBarProps {
  readonly preview: PlanPreview;
  readonly problems: readonly DraftProblem[];
  readonly running: boolean;
  /** Why the last Run failed. */
  readonly error: StowageError | null;
  readonly onDismiss: () => void;
  readonly onRun: () => void;
}

/** Red for what is wrong, plain while something is still to be filled in. */
function useLook(wrong: boolean, doubtful: boolean, waiting: boolean) {
  const styles = useStyles();
  if (wrong) return [ErrorCircleFilled, styles.bad] as const;
  if (waiting) return [InfoRegular, styles.quiet] as const;
  return doubtful ? ([WarningFilled, styles.caution] as const) : ([CheckmarkCircleFilled, styles.good] as const);
}

/** The estimate, what stands against it, and Run. */
export function RunBar({ preview, problems, running, error, onDismiss, onRun }: RunBarProps) {
  const styles = useStyles();
  const { plan } = preview;
  const reason = reasonNotToRun(preview, problems);
  const counts = countConflicts((plan?.conflicts ?? []).filter((conflict) => !isMerelyEmpty(conflict)));
  const errors = counts.errors + problems.length;
  const [Icon, tone] = useLook(errors > 0 || preview.error !== null, counts.warnings > 0, reason !== null);
  const others = describeCount({ ...counts, errors });
  const text = reason ?? (plan ? estimate(plan) : '');
  return (
    <div className={styles.root}>
      {error && (
        <ErrorMessage
          className={styles.error}
          error={error}
          actions={
            <Button size="small" appearance="transparent" onClick={onDismiss}>
              Dismiss
            </Button>
          }
        />
      )}
      <div className={styles.line}>
        <div className={styles.words} role="status">
          {plan || preview.error ? (
            <Icon className={mergeClasses(styles.icon, tone)} aria-hidden />
          ) : (
            <Spinner size="extra-tiny" aria-hidden />
          )}
          <span className={styles.text} title={text}>
            {text}
          </span>
          {others && <span className={styles.counts}>· {others}</span>}
        </div>
        <span className={styles.keys} aria-hidden>
          {isMac ? 'Cmd' : 'Ctrl'}+Enter
        </span>
        <Button
          appearance="primary"
          icon={running ? <Spinner size="extra-tiny" aria-hidden /> : <PlayFilled />}
          disabledFocusable={reason !== null || running}
          title={reason ?? 'Run this job'}
          onClick={onRun}
        >
          Run
        </Button>
      </div>
    </div>
  );
}
