import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { memo } from 'react';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { pointsOf } from '../transfers/sparkline.tsx';
import { formatBytes } from '../ui/format.ts';

const useStyles = makeStyles({
  graph: { display: 'block', flexShrink: 0, overflow: 'visible' },
  area: { fill: tokens.colorBrandBackground2, stroke: 'none' },
  line: { fill: 'none', stroke: tokens.colorCompoundBrandStroke },
});

export interface UsageSparklineProps {
  /** Oldest first. */
  readonly samples: readonly UsageSample[];
  readonly of: string;
  readonly width: number;
  readonly height: number;
  readonly className?: string;
}

/** The CPUs that a job kept busy, as a small picture that says in words what it shows, with its memory. */
export const UsageSparkline = memo(function UsageSparkline({ samples, of, width, height, className }: UsageSparklineProps) {
  const styles = useStyles();
  const cpus = samples.map((sample) => sample.cpus);
  const last = samples.at(-1);
  if (!last) return null;
  const label = `CPU of ${of}: last ${last.cpus.toFixed(1)}, at most ${Math.max(...cpus).toFixed(1)}; memory ${formatBytes(last.memoryBytes)}`;
  const points = pointsOf(cpus, cpus.length, width, height);
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
      {points.length > 1 && (
        <>
          <path className={styles.area} d={`M0,${height}L${points.join('L')}L${width},${height}Z`} />
          <path className={styles.line} d={`M${points.join('L')}`} strokeWidth="1.25" strokeLinejoin="round" />
        </>
      )}
    </svg>
  );
});
