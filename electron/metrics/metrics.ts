import { mkdirSync } from 'node:fs';
import type { metricsContract, UsageSample } from '#shared/contract/metrics.ts';
import { emptySeries, withAtMost } from '#shared/metrics/series.ts';
import { canMeter } from '../engines/engine.ts';
import type { Changes } from '../events.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, RunningJobs } from '../services.ts';
import { createGpuWatch, type GpuUse } from './gpu-watch.ts';
import { openKeeper, type UsageKeeper } from './keeper.ts';
import { record } from './recorder.ts';
import { readUsage, removeUsage, usagePath } from './usage-file.ts';

export interface MetricsOptions {
  readonly changes: Changes;
  readonly engines: Pick<EngineRegistry, 'get'>;
  readonly jobs: RunningJobs;
  /** Made when missing; a file for each job. */
  readonly directory: string;
  readonly onError: (what: string, error: unknown) => void;
}

interface Live {
  readonly ending: AbortController;
  /** null: what is kept is being read. */
  keeper: UsageKeeper | null;
  done: Promise<void>;
}

/** Records what jobs use while they run, and keeps it until they are removed. */
export function createMetrics({ changes, engines, jobs, directory, onError }: MetricsOptions): {
  readonly service: Service<typeof metricsContract>;
  /** Takes up the jobs that run already. */
  start(): void;
  close(): Promise<void>;
} {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const live = new Map<number, Live>();
  const gpuWatch = createGpuWatch();
  let closed = false;

  const begin = (id: number): void => {
    const place = jobs.running(id);
    if (closed || !place || live.has(id)) return;
    const engine = engines.get(place.engine);
    if (!canMeter(engine)) return;
    const ending = new AbortController();
    const entry: Live = { ending, keeper: null, done: Promise.resolve() };
    const onSample = (sample: UsageSample): void => changes.emit({ type: 'job-usage', id, sample });
    const run = async (): Promise<void> => {
      const keeper = await openKeeper(usagePath(directory, id), (error) => onError(`metrics of job ${id} were not kept`, error));
      entry.keeper = keeper;
      const gpus = (await engine.status()).local ? jobs.gpusGiven(id) : null;
      const letGo = gpus === null ? null : gpuWatch.want();
      const gpuUse = (): GpuUse | null => (gpus === null ? null : gpuWatch.use(gpus === 'all' ? null : gpus));
      try {
        await record(engine, keeper, { ...place, signal: ending.signal, onSample, gpuUse });
      } finally {
        letGo?.();
        await keeper.close();
      }
    };
    live.set(id, entry);
    entry.done = run()
      .catch((error: unknown) => onError(`metrics of job ${id} ended early`, error))
      .finally(() => live.delete(id));
  };
  const end = async (id: number): Promise<void> => {
    const entry = live.get(id);
    entry?.ending.abort();
    await entry?.done;
  };
  const forget = async (id: number): Promise<void> => {
    await end(id);
    await removeUsage(usagePath(directory, id));
  };
  const off = changes.on((change) => {
    if (change.type === 'job') {
      if (jobs.running(change.job.id)) begin(change.job.id);
      else void end(change.job.id);
    } else if (change.type === 'job-removed') {
      forget(change.id).catch((error: unknown) => onError(`metrics of job ${change.id} were not removed`, error));
    }
  });
  const seriesOf = async (id: number) => live.get(id)?.keeper?.series() ?? readUsage(usagePath(directory, id));

  return {
    service: {
      get: ({ id }) => seriesOf(id),
      overview: async ({ ids, points }) => {
        const all = await Promise.all(
          ids.map(async (id) => ({ id, samples: withAtMost(await seriesOf(id).catch(() => emptySeries), points).samples })),
        );
        return all.filter(({ samples }) => samples.length > 0);
      },
    },
    start: () => {
      for (const id of jobs.allRunning()) begin(id);
    },
    close: async () => {
      closed = true;
      off();
      await Promise.all([...live.keys()].map(end));
    },
  };
}
