import { memo } from 'react';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { formatBytes } from '../ui/format.ts';
import { LineGraph } from '../ui/line-graph.tsx';

interface Measure {
  readonly name: string;
  /** Null: it has none, or nobody tells. */
  readonly read: (sample: UsageSample) => number | null;
  readonly format: (value: number) => string;
}

const formatUnits = (value: number): string => value.toFixed(1);

/** What a small picture can show: CPUs and GPUs kept busy, and memory in use. */
export const measures = {
  cpu: { name: 'CPU', read: ({ cpus }) => cpus, format: formatUnits },
  memory: { name: 'Memory', read: ({ memoryBytes }) => memoryBytes, format: formatBytes },
  gpu: { name: 'GPU', read: ({ gpus }) => gpus, format: formatUnits },
} satisfies Record<string, Measure>;

export type UsageMeasure = keyof typeof measures;

export interface UsageSparklineProps {
  readonly measure: UsageMeasure;
  /** Oldest first. */
  readonly samples: readonly UsageSample[];
  readonly of: string;
  readonly width: number;
  readonly height: number;
  readonly className?: string;
}

/** What a job used of one thing, as a small picture that says in words what it shows. */
export const UsageSparkline = memo(function UsageSparkline({ measure, samples, of, ...graph }: UsageSparklineProps) {
  const { name, read, format }: Measure = measures[measure];
  const values = samples.map(read).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return null;
  const label = `${name} of ${of}: last ${format(last)}, at most ${format(Math.max(...values))}`;
  return <LineGraph values={values} span={values.length} label={label} {...graph} />;
});
