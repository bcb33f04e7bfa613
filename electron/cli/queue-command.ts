import { type Command, InvalidArgumentError } from 'commander';
import type { Settings } from '#shared/contract/app.ts';
import type { GpuSlots } from '#shared/contract/plan.ts';
import { parseGpuSlots, writeGpuSlots } from '#shared/jobs/gpu-slots.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { table } from './output.ts';

interface QueueOptions {
  readonly atOnce?: number;
  readonly gpus?: { readonly slots: GpuSlots | null };
}

const mostAtOnce = 64;

function atOnce(value: string): number {
  const count = Number(value);
  if (!/^\d+$/.test(value) || count < 1 || count > mostAtOnce)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${mostAtOnce}.`);
  return count;
}

function gpus(value: string): { readonly slots: GpuSlots | null } {
  const parsed = value === 'none' ? { slots: null } : parseGpuSlots(value);
  if (parsed === 'wrong' || value.trim() === '') throw new InvalidArgumentError('Write how many, ids such as 0,2, or none.');
  return parsed;
}

/** `stowage job queue` */
export function addQueueCommand(job: Command, act: Act): void {
  job
    .command('queue')
    .description('jobs that wait and why; changes how many run at once, and which GPUs they may use')
    .option('--at-once <count>', 'so many jobs run at once', atOnce)
    .option('--gpus <gpus>', 'GPUs for jobs: how many, their ids (0,2), or none to count them no longer', gpus)
    .action(
      act(async ({ client, output }, options: QueueOptions) => {
        const change: Partial<Pick<Settings, 'jobsAtOnce' | 'gpuSlots'>> = {
          ...(options.atOnce !== undefined && { jobsAtOnce: options.atOnce }),
          ...(options.gpus && { gpuSlots: options.gpus.slots }),
        };
        const changed = Object.keys(change).length > 0;
        const { jobsAtOnce, gpuSlots } = changed ? await client.app.updateSettings(change) : await client.app.settings();
        const waiting = await client.jobs.list({ states: ['queued'], limit: 1000 });
        const rows = waiting.toReversed();
        output.result({ jobsAtOnce, gpuSlots, waiting: rows }, () =>
          [
            `Jobs at once: ${jobsAtOnce}. GPUs for jobs: ${gpuSlots === null ? 'not counted' : writeGpuSlots(gpuSlots)}.`,
            rows.length === 0
              ? 'No job waits.'
              : table(
                  ['ID', 'NAME', 'WHY'],
                  rows.map(({ id, name, progress }) => [id, visible(name), visible(progress ?? '')]),
                ),
          ].join('\n'),
        );
      }),
    );
}
