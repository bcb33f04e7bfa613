import { memo } from 'react';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { formatBytes } from '../ui/format.ts';
import { LineGraph } from '../ui/line-graph.tsx';

export interface UsageSparklineProps {
  /** Oldest first. */
  readonly samples: readonly UsageSample[];
  readonly of: string;
  readonly width: number;
  readonly height: number;
  readonly className?: string;
}

/** The CPUs that a job kept busy, as a small picture that says in words what it shows, with its memory. */
export const UsageSparkline = memo(function UsageSparkline({ samples, of, ...graph }: UsageSparklineProps) {
  const cpus = samples.map((sample) => sample.cpus);
  const last = samples.at(-1);
  if (!last) return null;
  const label = `CPU of ${of}: last ${last.cpus.toFixed(1)}, at most ${Math.max(...cpus).toFixed(1)}; memory ${formatBytes(last.memoryBytes)}`;
  return <LineGraph values={cpus} span={cpus.length} label={label} {...graph} />;
});
