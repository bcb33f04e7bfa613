import { type JobSpec, jobSpecSchema } from '../contract/plan.ts';
import type { Template, TemplateParameter } from '../contract/templates.ts';
import { StowageError } from '../errors.ts';
import { visible } from '../paths.ts';

const placeholder = /\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}/g;

/** The parameters that a spec speaks of, in the order in which they are met. */
export function parametersIn(spec: JobSpec): string[] {
  const found = new Set<string>();
  mapTexts(spec, (text) => {
    for (const [, name] of text.matchAll(placeholder)) if (name !== undefined) found.add(name);
    return text;
  });
  return [...found];
}

/**
 * The job of a template with its parameters filled in. A value is put in as data: a word of the command stays one word, and in
 * the script of a shell it becomes a variable, so that no shell reads it as syntax. A mount, code folder or output whose address
 * is left empty is left out.
 * @throws StowageError `bad-request` for a parameter without a value, an unknown one, and a spec that a value makes too long
 */
export function fillTemplate(template: Pick<Template, 'spec' | 'parameters'>, given: Readonly<Record<string, string>>): JobSpec {
  const values = valuesOf(template.parameters, given);
  const { spec, parameters } = template;
  const script = scriptAt(spec.command);
  const variables = variablesFor(spec, script === null ? '' : (spec.command[script] ?? ''), parameters);
  const put = (text: string): string => text.replace(placeholder, (whole, name: string) => values.get(name) ?? whole);
  const putVariable = (text: string): string =>
    text.replace(placeholder, (whole, name: string) => (variables.has(name) ? `\${${variables.get(name)}}` : whole));
  const filled = mapTexts(spec, put, (text, index) => (index === script ? putVariable(text) : put(text)));
  const env = [...filled.env];
  for (const [name, variable] of variables) {
    if (!env.some((one) => one.name === variable)) env.push({ name: variable, value: values.get(name) ?? '' });
  }
  const parsed = jobSpecSchema.safeParse(withoutEmptyPlaces({ ...filled, env }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StowageError('bad-request', 'The template cannot be filled in with these values.', {
    detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  });
}

function valuesOf(parameters: readonly TemplateParameter[], given: Readonly<Record<string, string>>): Map<string, string> {
  const unknown = Object.keys(given).find((name) => !parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined)
    throw new StowageError('bad-request', `The template has no parameter “${visible(unknown)}”.`, {
      subject: unknown,
      hint: parameters.length > 0 ? `It has: ${parameters.map(({ name }) => name).join(', ')}.` : undefined,
    });
  return new Map(
    parameters.map((parameter) => {
      const value = Object.hasOwn(given, parameter.name) ? given[parameter.name] : parameter.default;
      if (value !== undefined) return [parameter.name, value];
      throw new StowageError('bad-request', `“${visible(parameter.label)}” has to be filled in.`, { subject: parameter.name });
    }),
  );
}

/** Where the script of `sh -c SCRIPT` stands, or null. */
function scriptAt([program, flag, script]: readonly string[]): number | null {
  const shell = /^(?:.*\/)?(?:sh|bash|dash|ash|zsh|ksh)$/.test(program ?? '');
  return shell && /^-[a-z]*c$/.test(flag ?? '') && script !== undefined ? 2 : null;
}

/** The variables that carry parameters into a script: named after them, or with a prefix where that name is taken. */
function variablesFor(spec: JobSpec, script: string, parameters: readonly TemplateParameter[]): Map<string, string> {
  const used = new Set([...script.matchAll(placeholder)].map(([, name]) => name));
  const taken = (variable: string, name: string): boolean =>
    spec.env.some((one) => one.name === variable && one.value !== `{{${name}}}`);
  return new Map(
    parameters
      .filter(({ name }) => used.has(name))
      .map(({ name }) => {
        const plain = name.toUpperCase();
        return [name, taken(plain, name) || isOfTheSystem(plain) ? `TEMPLATE_${plain}` : plain];
      }),
  );
}

/** Variables that mean something to programs already. */
const isOfTheSystem = (name: string): boolean =>
  /^(PATH|HOME|USER|SHELL|PWD|IFS|ENV|LANG|LC_\w+|LD_\w+|TMPDIR|HOSTNAME|TERM|PS\d|PYTHON\w+|NODE_OPTIONS)$/.test(name);

/** The spec with all its texts changed, words of the command by `word`. */
function mapTexts(
  spec: JobSpec,
  change: (text: string) => string,
  word: (text: string, index: number) => string = change,
): JobSpec {
  const optional = <K extends string>(key: K, text: string | undefined): Partial<Record<K, string>> =>
    text === undefined ? {} : ({ [key]: change(text) } as Record<K, string>);
  return {
    ...spec,
    ...optional('name', spec.name),
    ...optional('image', spec.image),
    ...optional('workdir', spec.workdir),
    command: spec.command.map(word),
    ...(spec.code && { code: { ...spec.code, source: change(spec.code.source) } }),
    mounts: spec.mounts.map((mount) => ({ ...mount, source: change(mount.source), ...optional('target', mount.target) })),
    ...(spec.links && { links: spec.links.map(({ path, target }) => ({ path: change(path), target: change(target) })) }),
    ...(spec.output != null && { output: change(spec.output) }),
    env: spec.env.map((variable) => ({ ...variable, value: change(variable.value) })),
  };
}

function withoutEmptyPlaces(spec: JobSpec): JobSpec {
  const { code, output, ...rest } = spec;
  return {
    ...rest,
    ...(code && code.source.trim() !== '' && { code }),
    ...(output !== undefined && output?.trim() !== '' && { output }),
    mounts: spec.mounts.filter(({ source }) => source.trim() !== ''),
  };
}
