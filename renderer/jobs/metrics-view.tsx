import { Button, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import type { Job, JobDetail } from '#shared/contract/jobs.ts';
import type { UsageSample } from '#shared/contract/metrics.ts';
import { engineKind } from '#shared/engines.ts';
import { totalsOf } from '#shared/metrics/series.ts';
import { writeBytes } from '#shared/sizes.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorMessage } from '../ui/error-message.tsx';
import { formatBytes, formatDuration, formatSpeed } from '../ui/format.ts';
import { hasEnded } from './job-words.ts';
import { UsageChart } from './metrics-chart.tsx';
import { linesOf, toCsv } from './metrics-lines.ts';
import { useUsageSeries } from './metrics-series.ts';
import { saveBlob } from './save-log.ts';

const useStyles = makeStyles({
  root: { height: '100%', overflow: 'auto', padding: '12px 20px 20px', boxSizing: 'border-box' },
  bar: { display: 'flex', alignItems: 'center', gap: '24px', minHeight: '32px', marginBottom: '10px', flexWrap: 'wrap' },
  fact: { display: 'flex', gap: '6px', margin: 0, fontVariantNumeric: 'tabular-nums' },
  facts: { display: 'flex', flexWrap: 'wrap', columnGap: '24px', rowGap: '2px', margin: 0 },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0 },
  save: { marginLeft: 'auto' },
  charts: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(max(420px, 40%), 1fr))', gap: '12px' },
  message: { margin: '16px 20px' },
});

const cpus: readonly ((sample: UsageSample) => number | null)[] = [({ cpus }) => cpus];
const memory: typeof cpus = [({ memoryBytes }) => memoryBytes];
const network: typeof cpus = [({ networkIn }) => networkIn, ({ networkOut }) => networkOut];
const disk: typeof cpus = [({ diskRead }) => diskRead, ({ diskWritten }) => diskWritten];

const gpus: typeof cpus = [({ gpus }) => gpus];
const gpuMemory: typeof cpus = [({ gpuMemoryBytes }) => gpuMemoryBytes];

const formatGpus = (value: number): string => formatCpus(value).replace('CPU', 'GPU');
const formatCpus = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1).replace(/\.0+$/, '')} CPU`;
const formatCount = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
const mebibyte = 2 ** 20;

/** What a job used over its time: live while it runs, kept afterwards. */
export function MetricsView({ job, detail }: { readonly job: Job; readonly detail: JobDetail | null }) {
  const styles = useStyles();
  const { series, error } = useUsageSeries(job);
  const start = job.startedAt ?? series?.samples[0]?.at ?? job.createdAt;
  const drawn = useMemo(() => {
    if (!series) return null;
    const chart = (of: typeof cpus, labels: readonly string[]) => {
      const { times, lines } = linesOf(series, start, of);
      return { times, lines: labels.map((label, index) => ({ label, values: lines[index] ?? [] })) };
    };
    return {
      cpus: chart(cpus, ['CPUs busy']),
      memory: chart(memory, ['In use']),
      network: chart(network, ['In', 'Out']),
      disk: chart(disk, ['Read', 'Written']),
      gpus: chart(gpus, ['GPUs busy']),
      gpuMemory: chart(gpuMemory, ['In use']),
      hasGpus: series.samples.some((sample) => sample.gpus !== null),
      totals: totalsOf(series.samples),
    };
  }, [series, start]);
  if (!series || !drawn)
    return error ? (
      <ErrorMessage className={styles.message} error={error} />
    ) : (
      <Spinner className={styles.message} size="tiny" label="Loading the metrics" />
    );
  if (series.samples.length === 0)
    return (
      <EmptyState title={hasEnded(job) ? 'Nothing was measured' : 'Nothing measured yet'}>
        {hasEnded(job)
          ? 'The job ended before it could be looked at: what a job uses is measured once a second.'
          : 'CPU, memory, network and disk of the job are shown here from its first second on, and are kept with it.'}
      </EmptyState>
    );
  const { totals } = drawn;
  const limits = detail?.plan.resources;
  const cpuLimit = limits?.cpus ?? null;
  const memoryLimit = limits?.memoryBytes ?? null;
  const facts: readonly (readonly [string, string])[] = [
    ['CPU time', formatDuration(totals.cpuSeconds * 1000)],
    ['Most memory', formatBytes(totals.memoryBytes)],
    ...(totals.networkIn === null ? [] : ([['Received', formatBytes(totals.networkIn)]] as const)),
    ...(totals.networkOut === null ? [] : ([['Sent', formatBytes(totals.networkOut)]] as const)),
    ...(totals.diskRead === null ? [] : ([['Read', formatBytes(totals.diskRead)]] as const)),
    ...(totals.diskWritten === null ? [] : ([['Written', formatBytes(totals.diskWritten)]] as const)),
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.root} aria-label="Metrics of the job" tabIndex={0}>
      <div className={styles.bar}>
        <dl className={styles.facts} aria-label="In all">
          {facts.map(([term, value]) => (
            <div key={term} className={styles.fact}>
              <dt className={styles.term}>{term}</dt>
              <dd className={styles.value}>{value}</dd>
            </div>
          ))}
        </dl>
        <Button
          className={styles.save}
          size="small"
          icon={<ArrowDownloadRegular />}
          onClick={() => saveBlob(new Blob([toCsv(series)], { type: 'text/csv;charset=utf-8' }), `${job.name}-metrics.csv`)}
        >
          Save as CSV
        </Button>
      </div>
      <div className={styles.charts}>
        <UsageChart
          title="CPU"
          aside={cpuLimit === null ? null : `limit ${formatCpus(cpuLimit)}`}
          {...drawn.cpus}
          format={formatCpus}
          formatAxis={formatCount}
          atLeast={1}
          limit={cpuLimit}
        />
        <UsageChart
          title="Memory"
          aside={memoryLimit === null ? null : `limit ${writeBytes(memoryLimit)}`}
          {...drawn.memory}
          format={formatBytes}
          // A limit far above what is used would press the line flat; the aside names it.
          atLeast={memoryLimit !== null && totals.memoryBytes > memoryLimit / 4 ? memoryLimit * 1.05 : mebibyte}
          limit={memoryLimit}
        />
        <UsageChart
          title="Network"
          {...drawn.network}
          format={formatSpeed}
          atLeast={1000}
          nothing={totals.networkIn === null ? noNetwork(job, detail) : null}
        />
        <UsageChart
          title="Disk"
          {...drawn.disk}
          format={formatSpeed}
          atLeast={1000}
          nothing={totals.diskRead === null ? 'This engine does not tell what a job reads and writes.' : null}
        />
        {drawn.hasGpus && (
          <>
            <UsageChart title="GPU" {...drawn.gpus} format={formatGpus} formatAxis={formatCount} atLeast={1} />
            <UsageChart title="GPU memory" {...drawn.gpuMemory} format={formatBytes} atLeast={mebibyte} />
          </>
        )}
      </div>
    </section>
  );
}

const noNetwork = (job: Job, detail: JobDetail | null): string =>
  detail?.plan.network === false
    ? 'The job has no network.'
    : engineKind(job.engine) === 'process'
      ? 'A job on this machine shares its network: what is the job’s cannot be told apart.'
      : 'This engine does not tell what a job sends and receives.';
