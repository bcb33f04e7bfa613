import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobSpec } from '../contract/plan.ts';
import { type TemplateParameter, templateSchema } from '../contract/templates.ts';
import { fillTemplate, parametersIn } from './fill.ts';

const base: JobSpec = { command: ['run'], mounts: [], env: [], resources: {} };
const parameter = (name: string, value?: string): TemplateParameter => ({
  name,
  label: name,
  kind: 'text',
  ...(value !== undefined && { default: value }),
});
const template = (spec: Partial<JobSpec>, ...parameters: TemplateParameter[]) => ({ spec: { ...base, ...spec }, parameters });

it('puts values into every text, and finds the parameters there', () => {
  const given = template(
    {
      name: '{{run}}',
      image: 'python:{{ version }}',
      command: ['train', '--epochs={{epochs}}', '{{run}}'],
      code: { source: '{{code}}' },
      mounts: [{ source: '{{data}}', target: '/{{run}}' }],
      links: [{ path: '/{{run}}', target: '/x' }],
      output: 'outputs:/{{run}}',
      env: [{ name: 'RUN', value: '{{run}}' }],
    },
    ...['run', 'version', 'epochs', 'code'].map((name) => parameter(name, name)),
    parameter('data'),
  );
  expect(parametersIn(given.spec).sort()).toEqual(['code', 'data', 'epochs', 'run', 'version']);
  expect(fillTemplate(given, { data: 'set:/a', run: 'r 1' })).toMatchObject({
    name: 'r 1',
    image: 'python:version',
    command: ['train', '--epochs=epochs', 'r 1'],
    code: { source: 'code' },
    mounts: [{ source: 'set:/a', target: '/r 1' }],
    links: [{ path: '/r 1', target: '/x' }],
    output: 'outputs:/r 1',
    env: [{ name: 'RUN', value: 'r 1' }],
  });
});

it('leaves out mounts and the code folder whose address is left empty', () => {
  const given = template({ code: { source: '{{a}}' }, mounts: [{ source: '{{a}}' }, { source: 'b:/' }] }, parameter('a', ''));
  const filled = fillTemplate(given, {});
  expect(filled.mounts).toEqual([{ source: 'b:/' }]);
  expect(filled).not.toHaveProperty('code');
});

it('asks for what has no value, and refuses what it does not know', () => {
  const given = template({ command: ['{{a}}'] }, parameter('a'));
  expect(() => fillTemplate(given, {})).toThrow('“a” has to be filled in.');
  expect(() => fillTemplate(given, { a: '1', __proto__x: '2' })).toThrow('no parameter');
  expect(() => fillTemplate(given, { a: 'x'.repeat(200_000) })).toThrow('cannot be filled in');
});

it('takes another variable where the name has a meaning already', () => {
  const given = template(
    { command: ['sh', '-c', 'echo "{{path}}" "{{a}}"'], env: [{ name: 'A', value: 'mine' }] },
    parameter('path', 'p'),
    parameter('a', 'b'),
  );
  expect(fillTemplate(given, {})).toMatchObject({
    command: ['sh', '-c', 'echo "{}{TEMPLATE_PATH}" "{}{TEMPLATE_A}"'.replaceAll('{}', '$')],
    env: [
      { name: 'A', value: 'mine' },
      { name: 'TEMPLATE_PATH', value: 'p' },
      { name: 'TEMPLATE_A', value: 'b' },
    ],
  });
});

it('lets no value be read as syntax by the shell of a script', () => {
  const given = template({ command: ['sh', '-c', 'printf "%s\\0" "<{{value}}>" "{{value}}"'] }, parameter('value'));
  const values = [
    '$(id)',
    '`id`',
    '"; echo pwned; "',
    "' || true '",
    '\n',
    '$HOME',
    '\\',
    '*',
    ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 20 }), 20),
  ];
  for (const value of values.filter((each) => !each.includes('\0'))) {
    const { command, env } = fillTemplate(given, { value });
    const [program = '', ...words] = command;
    const out = execFileSync(program, words, {
      env: Object.fromEntries(env.map((one) => [one.name, one.value])),
      encoding: 'utf8',
    });
    expect(out).toBe(`<${value}>\0${value}\0`);
  }
});

describe('the templates that come with Stowage', () => {
  const folder = join(import.meta.dirname, '..', '..', 'resources', 'templates');
  it.each(readdirSync(folder))('%s is whole', (file) => {
    const content = templateSchema.omit({ id: true, shipped: true }).parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    expect(parametersIn(content.spec).sort()).toEqual(content.parameters.map(({ name }) => name).sort());
    const values = Object.fromEntries(
      content.parameters.filter((one) => one.default === undefined).map(({ name }) => [name, 'data:/']),
    );
    expect(JSON.stringify(fillTemplate(content, values))).not.toContain('{{');
  });
});
