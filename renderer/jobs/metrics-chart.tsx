import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useSettings } from '../app/stores/settings.ts';
import { useThemeName } from '../app/theme.ts';
import { formatDuration } from '../ui/format.ts';
import type { Line } from './metrics-lines.ts';
import { createPlot, type Plot } from './metrics-plot.ts';

const height = 196;

const useStyles = makeStyles({
  card: {
    margin: 0,
    minWidth: 0,
    padding: '10px 12px 8px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  head: { display: 'flex', alignItems: 'center', gap: '12px', minHeight: '24px', marginBottom: '2px' },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold, whiteSpace: 'nowrap' },
  aside: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  values: {
    marginLeft: 'auto',
    display: 'flex',
    gap: '14px',
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
    fontSize: tokens.fontSizeBase200,
  },
  value: { display: 'flex', alignItems: 'center', gap: '6px' },
  key: { width: '14px', height: 0, borderTop: `2px solid ${tokens.colorCompoundBrandStroke}` },
  secondKey: { borderTop: `2px dashed ${tokens.colorPaletteMarigoldBorderActive}` },
  plot: { height: `${height}px`, overflow: 'hidden' },
  nothing: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    padding: '0 24px',
    color: tokens.colorNeutralForeground3,
  },
});

export interface UsageChartProps {
  readonly title: string;
  /** Beside the title: what there is at most, or what was used in all. */
  readonly aside?: string | null;
  /** Seconds since the start. */
  readonly times: number[];
  readonly lines: readonly { readonly label: string; readonly values: Line }[];
  readonly format: (value: number) => string;
  /** Shorter, for the axis. */
  readonly formatAxis?: (value: number) => string;
  readonly atLeast: number;
  readonly limit?: number | null;
  /** In the place of the chart. */
  readonly nothing?: string | null;
}

/** A chart over the time of a job that tells in words too what it shows. */
export function UsageChart({
  title,
  aside = null,
  times,
  lines,
  format,
  formatAxis = format,
  atLeast,
  limit = null,
  nothing = null,
}: UsageChartProps) {
  const styles = useStyles();
  const titleId = useId();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [point, setPoint] = useState<number | null>(null);
  const theme = useThemeName(useSettings((state) => state.settings.theme));
  const labels = lines.map(({ label }) => label).join('\n');
  const look = useMemo(
    () => ({ height, labels: labels.split('\n'), format: formatAxis, atLeast, limit }),
    [labels, formatAxis, atLeast, limit],
  );
  const drawn = nothing === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const element = place.current;
    if (!element || !drawn) return;
    const made = createPlot(element, look, setPoint);
    plot.current = made;
    const observer = new ResizeObserver(() => made.resize(element.clientWidth));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [look, drawn, theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot is given the data too
  useEffect(() => {
    plot.current?.show(
      times,
      lines.map(({ values }) => values),
    );
  }, [times, lines, look, drawn, theme]);
  const at = point !== null && point < times.length ? point : times.length - 1;
  const shown = (values: Line): string => {
    const value = values[at];
    return value === null || value === undefined ? '—' : format(value);
  };
  return (
    <figure className={styles.card} aria-labelledby={titleId}>
      <figcaption className={styles.head}>
        <h3 className={styles.title} id={titleId}>
          {title}
        </h3>
        {aside && <span className={styles.aside}>{aside}</span>}
        {drawn && (
          <span className={styles.values}>
            {point !== null && <span className={styles.aside}>at {formatDuration((times[at] ?? 0) * 1000)}</span>}
            {lines.map(({ label, values }, index) => (
              <span key={label} className={styles.value}>
                <span className={mergeClasses(styles.key, index > 0 && styles.secondKey)} aria-hidden />
                {lines.length > 1 && <span className={styles.aside}>{label}</span>}
                {shown(values)}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      {drawn ? (
        <div ref={place} className={styles.plot} role="img" aria-label={inWords(title, times, lines, format)} />
      ) : (
        <div className={mergeClasses(styles.plot, styles.nothing)}>{nothing}</div>
      )}
    </figure>
  );
}

function inWords(title: string, times: number[], lines: UsageChartProps['lines'], format: (value: number) => string): string {
  const span = formatDuration(((times.at(-1) ?? 0) - (times[0] ?? 0)) * 1000);
  const parts = lines.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    const most = known.reduce((high, value) => Math.max(high, value), 0);
    return `${label}: last ${format(known.at(-1) ?? 0)}, at most ${format(most)}`;
  });
  return `${title} over ${span}. ${parts.join('; ')}`;
}
