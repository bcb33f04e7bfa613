import type { Command } from 'commander';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import type { Act } from './act.ts';
import { table } from './output.ts';
import { engineForms, engineId } from './run-options.ts';

/** `stowage engine …`: what runs jobs. */
export function addEngineCommands(program: Command, act: Act): void {
  const engine = program.command('engine').description('what runs jobs: Docker and its contexts, Podman, this machine');
  engine
    .command('list')
    .alias('ls')
    .description('all engines that are found, and how they stand')
    .action(
      act(async ({ client, output }) => {
        const [engines, { defaultEngine }] = await Promise.all([client.engines.list({ wait: true }), client.app.settings()]);
        output.result(
          engines.map((each) => ({ ...each, default: each.id === defaultEngine })),
          () =>
            table(
              ['ENGINE', 'STATE', 'CPUS', 'MEMORY', 'GPUS', 'FOUND'],
              engines.map((each) => [
                each.id === defaultEngine ? `${each.id} (default)` : each.id,
                each.state,
                each.cpus === null ? '' : String(each.cpus),
                { bytes: each.memoryBytes },
                gpuCell(each),
                each.message,
              ]),
            ),
        );
      }),
    );
  engine
    .command('default')
    .description('says which engine is taken when a job names none, or sets it')
    .argument('[engine]', engineForms, engineId)
    .option('--auto', 'Docker when it answers, else this machine')
    .action(
      act(async ({ client, output }, id: EngineId | undefined, { auto }: { auto?: boolean }) => {
        if (id !== undefined || auto) await client.app.updateSettings({ defaultEngine: auto ? null : (id ?? null) });
        const { defaultEngine } = await client.app.settings();
        output.result({ defaultEngine }, () => defaultEngine ?? 'Docker when it answers, else this machine (process)');
      }),
    );
  engine
    .command('images')
    .description('the images that an engine has')
    .argument('<engine>', engineForms, engineId)
    .action(
      act(async ({ client, output }, id: EngineId) => {
        output.result(await client.engines.images({ engine: id }), (images) =>
          images.length === 0
            ? 'There are none.'
            : table(
                ['IMAGE', 'SIZE'],
                images.map(({ reference, bytes }) => [reference, { bytes }]),
              ),
        );
      }),
    );
}

function gpuCell({ state, gpus }: EngineStatus): string {
  if (state !== 'ready' || gpus.state === 'unknown') return '?';
  return gpus.state === 'absent' ? '0' : String(gpus.count ?? 'yes');
}
