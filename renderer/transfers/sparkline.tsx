import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { memo } from 'react';
import { formatDuration, formatSpeed } from '../ui/format.ts';

const useStyles = makeStyles({
  graph: { display: 'block', flexShrink: 0, overflow: 'visible' },
  area: { fill: tokens.colorBrandBackground2, stroke: 'none' },
  line: { fill: 'none', stroke: tokens.colorCompoundBrandStroke },
  base: { stroke: tokens.colorNeutralStroke2 },
});

export interface SparklineProps {
  /** Bytes per second, a second apart, oldest first. */
  readonly speeds: readonly number[];
  /** Seconds of the whole width; fewer samples stand at its right end. */
  readonly span: number;
  /** Whose speed it is, for assistive technology. */
  readonly of: string;
  readonly width: number;
  readonly height: number;
  readonly className?: string;
}

/** The last minutes' speed as a small picture that says in words what it shows. */
export const Sparkline = memo(function Sparkline({ speeds, span, of, width, height, className }: SparklineProps) {
  const styles = useStyles();
  const points = pointsOf(speeds, span, width, height);
  const label = `Speed of ${of} over the last ${formatDuration(span * 1000)}: now ${formatSpeed(speeds.at(-1) ?? 0)}, at most ${formatSpeed(Math.max(0, ...speeds))}`;
  return (
    <svg
      role="img"
      aria-label={label}
      className={mergeClasses(styles.graph, className)}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
    >
      <title>{label}</title>
      <line className={styles.base} x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {points.length > 1 && (
        <>
          <path className={styles.area} d={`M${points[0]?.split(',')[0]},${height}L${points.join('L')}L${width},${height}Z`} />
          <path className={styles.line} d={`M${points.join('L')}`} strokeWidth="1.25" strokeLinejoin="round" />
        </>
      )}
    </svg>
  );
});

/** `x,y` of each sample; the highest touches the top. */
export function pointsOf(speeds: readonly number[], span: number, width: number, height: number): string[] {
  const top = Math.max(1, ...speeds);
  const step = width / Math.max(1, span - 1);
  const first = width - (speeds.length - 1) * step;
  return speeds.map(
    (speed, index) => `${(first + index * step).toFixed(1)},${(height - 1 - (speed / top) * (height - 2)).toFixed(1)}`,
  );
}
