import { memo } from 'react';
import { formatDuration, formatSpeed } from '../ui/format.ts';
import { LineGraph } from '../ui/line-graph.tsx';

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
export const Sparkline = memo(function Sparkline({ speeds, of, ...graph }: SparklineProps) {
  const label = `Speed of ${of} over the last ${formatDuration(graph.span * 1000)}: now ${formatSpeed(speeds.at(-1) ?? 0)}, at most ${formatSpeed(Math.max(0, ...speeds))}`;
  return <LineGraph values={speeds} label={label} base {...graph} />;
});
