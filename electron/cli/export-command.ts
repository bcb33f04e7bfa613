import { type Command, Option } from 'commander';
import { StowageError } from '#shared/errors.ts';
import type { ExportFormat } from '#shared/export/export-job.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { parseId } from './output.ts';

/** As they are written on the command line. */
const formats = ['docker', 'compose', 'script', 'json'] as const satisfies readonly ExportFormat[];

/** `stowage job export`: the job in the words of another tool, on the standard output. */
export function addExportCommand(job: Command, act: Act): void {
  job
    .command('export <id>')
    .description('prints a job as docker run, a Compose file, a script, or JSON that imports again; without its secrets')
    .addOption(new Option('--as <format>', 'in which form').choices(formats).default('docker'))
    .action(
      act(async ({ client, output }, text: string, { as }: { as: ExportFormat }) => {
        const { exportJob } = await import('#shared/export/export-job.ts');
        const { spec, plan, name } = await client.jobs.get({ id: parseId(text, 'job') });
        const exported = exportJob(as, { ...spec, name: spec.name ?? name }, plan);
        if (exported === null)
          throw new StowageError('unsupported', `Job “${visible(name)}” has no container, so only Stowage can run it.`, {
            subject: name,
            hint: 'Export it as JSON: --as json',
          });
        output.result(exported, ({ text: lines }) => lines.trimEnd());
        if (!output.json) for (const note of exported.notes) process.stderr.write(`${visible(note)}\n`);
      }),
    );
}
