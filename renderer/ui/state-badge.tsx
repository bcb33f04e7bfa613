import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleFilled,
  CircleHalfFillFilled,
  ClockRegular,
  DismissCircleFilled,
  ErrorCircleFilled,
  PauseCircleFilled,
  QuestionCircleFilled,
  StopFilled,
  TimerOffRegular,
  WarningFilled,
} from '@fluentui/react-icons';
import type { ComponentType } from 'react';
import type { JobState } from '#shared/contract/jobs.ts';
import type { TransferState } from '#shared/contract/transfers.ts';

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', gap: '5px', whiteSpace: 'nowrap', fontWeight: tokens.fontWeightMedium },
  icon: { fontSize: '16px', flexShrink: 0 },
  neutral: { color: tokens.colorNeutralForeground3 },
  active: { color: tokens.colorBrandForeground1 },
  good: { color: tokens.colorPaletteGreenForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  asks: { color: tokens.colorPaletteDarkOrangeForeground1 },
});

type Tone = 'neutral' | 'active' | 'good' | 'bad' | 'asks';
type Look = readonly [label: string, tone: Tone, icon: ComponentType<{ className?: string; 'aria-hidden'?: boolean }>];

const looks: Record<JobState | TransferState | 'stalled', Look> = {
  queued: ['Queued', 'neutral', ClockRegular],
  preparing: ['Preparing', 'active', CircleHalfFillFilled],
  starting: ['Starting', 'active', CircleHalfFillFilled],
  running: ['Running', 'active', CircleHalfFillFilled],
  finalizing: ['Finishing', 'active', CircleHalfFillFilled],
  succeeded: ['Succeeded', 'good', CheckmarkCircleFilled],
  done: ['Done', 'good', CheckmarkCircleFilled],
  failed: ['Failed', 'bad', ErrorCircleFilled],
  stopped: ['Stopped', 'neutral', StopFilled],
  cancelled: ['Cancelled', 'neutral', DismissCircleFilled],
  'timed-out': ['Timed out', 'bad', TimerOffRegular],
  paused: ['Paused', 'neutral', PauseCircleFilled],
  review: ['To be reviewed', 'asks', QuestionCircleFilled],
  stalled: ['Stalled', 'asks', WarningFilled],
  waiting: ['Needs an answer', 'asks', QuestionCircleFilled],
};

/** The word for a state. */
export const stateLabel = (state: keyof typeof looks): string => looks[state][0];

export interface StateBadgeProps {
  /** `stalled`: running, but nothing moves. */
  readonly state: JobState | TransferState | 'stalled';
  /** Another word than the state's own. */
  readonly label?: string;
  readonly className?: string;
}

/** The state of a job or transfer: a coloured icon and a word. */
export function StateBadge({ state, label, className }: StateBadgeProps) {
  const styles = useStyles();
  const [word, tone, Icon] = looks[state];
  return (
    <span className={mergeClasses(styles.root, styles[tone], className)}>
      <Icon className={styles.icon} aria-hidden />
      {label ?? word}
    </span>
  );
}
