import type { Command } from 'commander';
import type { JobSpec } from '#shared/contract/plan.ts';
import type { Template } from '#shared/contract/templates.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { fillTemplate, parametersIn } from '#shared/templates/fill.ts';
import { labelOf } from '#shared/templates/label.ts';
import type { Act, Context } from './act.ts';
import { type RunOptions, runJob } from './job-commands.ts';
import { parseId, table } from './output.ts';
import { readJob } from './read-job.ts';

const collect = (value: string, all: string[] = []): string[] => [...all, value];

/** `stowage template …` */
export function addTemplateCommands(program: Command, act: Act): void {
  const template = program.command('template').description('jobs to run again and again, with parameters');
  template
    .command('list')
    .description('your templates, and those that come with Stowage')
    .action(
      act(async ({ client, output }) => {
        output.result(await client.templates.list(), (templates) =>
          table(
            ['NAME', 'PARAMETERS', 'FROM'],
            templates.map(({ name, parameters, shipped }) => [
              name,
              parameters.map(parameterText).join(' '),
              shipped ? 'Stowage' : 'you',
            ]),
          ),
        );
      }),
    );
  template
    .command('show <name>')
    .description('what a template runs, and what it asks for')
    .action(
      act(async (context, name: string) => {
        context.output.result(await findTemplate(context, name), details);
      }),
    );
  template
    .command('run <name>')
    .description('runs a job of a template; ends with its exit code')
    .option('--set <parameter=value>', 'the value of a parameter, any number of times', collect)
    .option('--rm', 'forget the job when it has ended; its outputs stay')
    .option('-d, --detach', 'do not wait for it')
    .action(
      act(async (context, name: string, options: RunOptions & { set?: string[] }) => {
        const values = Object.fromEntries((options.set ?? []).map(parseValue));
        await runJob(context, fillTemplate(await findTemplate(context, name), values), options);
      }),
    );
  template
    .command('save <name> [file]')
    .description('keeps the job of a file, or a past one, as a template; {{word}} in it becomes a parameter')
    .option('--job <id>', 'a past job')
    .option('--description <text>', 'what it is for')
    .action(
      act(async (context, name: string, file: string | undefined, options: { job?: string; description?: string }) => {
        const spec =
          options.job === undefined
            ? (await readJob(context, file === undefined ? [] : [file], {})).spec
            : (await context.client.jobs.get({ id: parseId(options.job, 'job') })).spec;
        await saveTemplate(context, name, spec, options.description);
      }),
    );
  template
    .command('remove <name>')
    .description('forgets a template of yours')
    .action(
      act(async (context, name: string) => {
        const { id } = await findTemplate(context, name);
        context.output.result(await context.client.templates.remove({ id }), () => `Removed “${visible(name)}”.`);
      }),
    );
}

/** Keeps a job as a template, in the place of one of the person's own of that name. */
export async function saveTemplate({ client, output }: Context, name: string, spec: JobSpec, description = ''): Promise<void> {
  const parameters = parametersIn(spec).map((parameter) => ({
    name: parameter,
    label: labelOf(parameter),
    kind: 'text' as const,
  }));
  const earlier = (await client.templates.list()).find((one) => !one.shipped && sameName(one.name, name));
  const saved = await client.templates.save({ ...(earlier && { id: earlier.id }), name, description, spec, parameters });
  output.result(
    saved,
    () => `Saved “${visible(saved.name)}”${parameters.length > 0 ? ` with ${parameters.map(parameterText).join(' ')}` : ''}.`,
  );
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const parameterText = ({ name, default: value }: Template['parameters'][number] & { default?: string | undefined }): string =>
  value === undefined ? name : `[${name}]`;

async function findTemplate({ client }: Context, name: string): Promise<Template> {
  const templates = await client.templates.list();
  const found = templates.find((one) => sameName(one.name, name) || one.id === name);
  if (found) return found;
  throw new StowageError('not-found', `There is no template “${visible(name)}”.`, {
    subject: name,
    hint: `There are: ${templates.map((one) => visible(one.name)).join(', ')}.`,
  });
}

function parseValue(text: string): [name: string, value: string] {
  const cut = text.indexOf('=');
  if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
  throw new StowageError('bad-request', `“${visible(text)}” is not a value: write --set parameter=value.`, { subject: text });
}

function details({ name, description, parameters, spec }: Template): string {
  const rows = parameters.map((parameter) => [
    parameter.name,
    parameter.label,
    parameter.default ?? 'has to be given',
    parameter.hint ?? '',
  ]);
  const facts = [
    ...(spec.image === undefined ? [] : [`  Image    ${visible(spec.image)}`]),
    `  Command  ${visible(spec.command.join(' '))}`,
    ...spec.mounts.map(
      ({ source, target, mode }) => `  Mount    ${visible(source)} → ${visible(target ?? '')} (${mode ?? 'default'})`,
    ),
  ];
  return [
    visible(name),
    ...(description === '' ? [] : [visible(description)]),
    ...facts,
    ...(rows.length > 0 ? ['', table(['PARAMETER', 'WHAT', 'DEFAULT', 'NOTE'], rows)] : []),
  ].join('\n');
}
