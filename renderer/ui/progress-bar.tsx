import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  track: {
    height: '4px',
    borderRadius: '2px',
    backgroundColor: tokens.colorNeutralBackground5,
    overflow: 'hidden',
    position: 'relative',
  },
  bar: { height: '100%', borderRadius: '2px', backgroundColor: tokens.colorCompoundBrandBackground },
  paused: { backgroundColor: tokens.colorNeutralForeground4 },
  error: { backgroundColor: tokens.colorPaletteRedForeground3 },
  success: { backgroundColor: tokens.colorPaletteGreenForeground3 },
  unknown: {
    width: '30%',
    position: 'absolute',
    animationName: { from: { left: '-30%' }, to: { left: '100%' } },
    animationDuration: '1.4s',
    animationIterationCount: 'infinite',
    animationTimingFunction: 'ease-in-out',
    '@media (prefers-reduced-motion: reduce)': { animationName: 'none', width: '100%', opacity: 0.4 },
  },
});

export interface ProgressBarProps {
  /** 0–1; null: it is not known how far. */
  readonly value: number | null;
  readonly tone?: 'normal' | 'paused' | 'error' | 'success';
  readonly label: string;
  readonly className?: string;
}

export function ProgressBar({ value, tone = 'normal', label, className }: ProgressBarProps) {
  const styles = useStyles();
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== undefined && { 'aria-valuenow': Math.round(percent) })}
      className={mergeClasses(styles.track, className)}
    >
      <div
        className={mergeClasses(styles.bar, tone !== 'normal' && styles[tone], percent === undefined && styles.unknown)}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
