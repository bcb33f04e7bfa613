import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  graph: { display: 'block', flexShrink: 0, overflow: 'visible' },
  area: { fill: tokens.colorBrandBackground2, stroke: 'none' },
  line: { fill: 'none', stroke: tokens.colorCompoundBrandStroke },
  base: { stroke: tokens.colorNeutralStroke2 },
});

export interface LineGraphProps {
  /** Oldest first, at equal distances. */
  readonly values: readonly number[];
  /** How many values the whole width holds; fewer stand at its right end. */
  readonly span: number;
  /** What it shows, in words. */
  readonly label: string;
  /** Draws the bottom line, also where there are no values. */
  readonly base?: boolean;
  readonly width: number;
  readonly height: number;
  readonly className?: string | undefined;
}

/** Values as a small picture without axes. */
export function LineGraph({ values, span, label, base = false, width, height, className }: LineGraphProps) {
  const styles = useStyles();
  const points = pointsOf(values, span, width, height);
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
      {base && <line className={styles.base} x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />}
      {points.length > 1 && (
        <>
          <path className={styles.area} d={`M${points[0]?.split(',')[0]},${height}L${points.join('L')}L${width},${height}Z`} />
          <path className={styles.line} d={`M${points.join('L')}`} strokeWidth="1.25" strokeLinejoin="round" />
        </>
      )}
    </svg>
  );
}

/** `x,y` of each value; the highest touches the top. */
function pointsOf(values: readonly number[], span: number, width: number, height: number): string[] {
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, span - 1);
  const first = width - (values.length - 1) * step;
  return values.map(
    (value, index) => `${(first + index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`,
  );
}
