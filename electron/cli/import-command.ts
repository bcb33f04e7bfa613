import type { Command } from 'commander';
import { type Imported, importSourceNames, type Remark } from '#shared/import/imported.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { runJob } from './job-commands.ts';
import { readJob } from './read-job.ts';
import { saveTemplate } from './template-commands.ts';

interface ImportOptions {
  in?: string;
  run?: boolean;
  detach?: boolean;
  save?: string;
}

/** `stowage import`: a job out of what another system calls one. */
export function addImportCommand(program: Command, act: Act): void {
  program
    .command('import [words...]')
    .description('a job from docker run, floyd run, backend.ai run, cl run, OpenPAI’s JSON or YAML, or an exported job')
    .usage('[options] [FILE | -- COMMAND...]')
    .option('--in <folder>', 'the folder in which the command would be run (default: this one)')
    .option('--run', 'run it at once')
    .option('-d, --detach', 'with --run: do not wait for it')
    .option('--save <name>', 'keep it as a template')
    .addHelpText(
      'after',
      `
Without FILE and COMMAND it reads standard input. It prints the job as JSON, which imports again,
and on standard error what could not be carried over.`,
    )
    .action(
      act(async (context, words: string[], options: ImportOptions) => {
        const imported = await readJob(context, words, options);
        if (!context.output.json) process.stderr.write(remarkLines(imported));
        if (options.save !== undefined) await saveTemplate(context, options.save, imported.spec);
        if (options.run) return runJob(context, imported.spec, { detach: options.detach ?? false });
        if (options.save !== undefined) return;
        const { toJson } = await import('#shared/export/exported-job.ts');
        context.output.result(imported, ({ spec }) => toJson(spec).trimEnd());
      }),
    );
}

const titles: Readonly<Record<Remark['kind'], string>> = {
  lost: 'Not carried over',
  changed: 'Different here',
  needless: 'Not needed',
};

function remarkLines({ source, remarks }: Imported): string {
  const part = (kind: Remark['kind']): string[] => {
    const lines = remarks
      .filter((remark) => remark.kind === kind)
      .map(({ what, why, hint }) => `  ${visible(what)} ${visible(why)}.${hint === undefined ? '' : ` ${visible(hint)}`}`);
    return lines.length === 0 ? [] : [`${titles[kind]}:`, ...lines];
  };
  const lines = [`Read as ${importSourceNames[source]}.`, ...part('lost'), ...part('changed'), ...part('needless')];
  return `${lines.join('\n')}\n`;
}
