import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircleFilled,
  CircleHalfFillFilled,
  DismissCircleFilled,
  ErrorCircleFilled,
  WarningFilled,
} from '@fluentui/react-icons';

const useStyles = makeStyles({
  icon: { fontSize: '18px', flexShrink: 0 },
  small: { fontSize: '14px' },
  good: { color: tokens.colorPaletteGreenForeground1 },
  caution: { color: tokens.colorPaletteDarkOrangeForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

/** How well something is. */
export type Tone = 'ok' | 'warning' | 'error' | 'off' | 'checking';

const looks = {
  ok: [CheckmarkCircleFilled, 'good', 'All right'],
  warning: [WarningFilled, 'caution', 'Warning'],
  error: [ErrorCircleFilled, 'bad', 'Problem'],
  off: [DismissCircleFilled, 'quiet', 'Not there'],
  checking: [CircleHalfFillFilled, 'quiet', 'Not known yet'],
} as const;

export interface ToneIconProps {
  readonly tone: Tone;
  readonly small?: boolean;
  /** Instead of the tone's own words; null when the words stand beside it. */
  readonly label?: string | null;
}

export function ToneIcon({ tone, small = false, label }: ToneIconProps) {
  const styles = useStyles();
  const [Icon, look, words] = looks[tone];
  const className = mergeClasses(styles.icon, small && styles.small, styles[look]);
  return label === null ? <Icon className={className} aria-hidden /> : <Icon className={className} aria-label={label ?? words} />;
}
