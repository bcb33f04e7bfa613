import { StowageError } from '../errors.ts';
import { workHome } from '../plan/target.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { amountOf, type Fields, fieldOf, fieldsOf, isFields, listOf, textOf } from './loose-data.ts';
import { remarkCluster, remarkOthers, remarkSurroundings, takeResources } from './openpai.ts';
import { mountNamed, vfolderName } from './places.ts';

/** What `<% $… %>` may speak of. */
interface Scope {
  readonly parameters: Fields;
  readonly secrets: Fields;
  /** The prerequisites that the role refers to, by their type. */
  readonly parts: ReadonlyMap<string, Fields>;
  /** Where data and outputs are, in the place of their address. */
  readonly places: ReadonlyMap<string, string>;
}

const componentTypes = ['dockerimage', 'data', 'script', 'output'] as const;

/** A job of protocol version 2, as YAML (or JSON) that was read. */
export function importOpenPaiProtocol(job: Fields, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { spec } = sheet;
  const roles = Object.entries(fieldsOf(job, 'taskRoles')).filter((entry): entry is [string, Fields] => isFields(entry[1]));
  const [first, ...others] = roles;
  if (first === undefined) throw new StowageError('bad-request', 'The job has no task role, so nothing says what to run.');
  const [roleName, role] = first;
  const name = textOf(job, 'name');
  if (name) spec.name = name.slice(0, 100);
  const parts = componentsOf(job, role);
  const image = textOf(parts.get('dockerimage'), 'uri');
  if (image) spec.image = image;
  if (isFields(fieldOf(parts.get('dockerimage'), 'auth')))
    sheet.lost('auth', 'is for the image’s registry', { hint: 'Log in with docker login before the image is pulled.' });
  remarkSurroundings(sheet);
  const places = takeComponents(sheet, parts, context);
  const scope = { parameters: fieldsOf(job, 'parameters'), secrets: fieldsOf(job, 'secrets'), parts, places };
  const lines = [
    ...deployed(job, roleName, 'preCommands'),
    ...listOf(role, 'commands'),
    ...deployed(job, roleName, 'postCommands'),
  ];
  const script = lines.map((line) => fillIn(sheet, String(line).replace(/\n+$/, ''), scope)).join('\n');
  if (script.trim() !== '') spec.command = ['sh', '-c', script];
  const asked = fieldsOf(role, 'resourcePerInstance');
  const extra = fieldsOf(role, 'extraContainerOptions');
  takeResources(sheet, {
    cpu: amountOf(asked, 'cpu'),
    memoryMB: amountOf(asked, 'memoryMB'),
    shmMB: amountOf(extra, 'shmMB'),
    gpu: amountOf(asked, 'gpu'),
    ports: Object.keys(fieldsOf(asked, 'ports')).map((label) => [label, amountOf(fieldsOf(asked, 'ports'), label) ?? 1] as const),
  });
  if (fieldOf(extra, 'infiniband') === true) sheet.lost('infiniband', 'is a device of the cluster’s machines');
  for (const key of ['PAI_JOB_NAME', 'PAI_CURRENT_TASK_ROLE_NAME', 'PAI_TASK_INDEX'])
    if (script.includes(key))
      sheet.setVariable(key, key === 'PAI_TASK_INDEX' ? '0' : key === 'PAI_JOB_NAME' ? (name ?? '') : roleName);
  remarkOthers(
    sheet,
    others.map(([other]) => other),
    amountOf(role, 'instances'),
  );
  remarkCluster(sheet, ['jobRetryCount'], job);
  remarkCluster(sheet, ['virtualCluster'], fieldsOf(job, 'defaults'));
  remarkPlugins(sheet, fieldsOf(job, 'extras'));
  return sheet;
}

/** The prerequisites that a role names, by type. */
function componentsOf(job: Fields, role: Fields): Map<string, Fields> {
  const known = listOf(job, 'prerequisites').filter(isFields);
  const parts = new Map<string, Fields>();
  for (const type of componentTypes) {
    const wanted = textOf(role, type === 'dockerimage' ? 'dockerImage' : type);
    const found = known.find((one) => textOf(one, 'type') === type && textOf(one, 'name') === wanted);
    if (found) parts.set(type, found);
  }
  return parts;
}

/** Commands that the chosen deployment puts around those of a role. */
function deployed(job: Fields, role: string, field: 'preCommands' | 'postCommands'): readonly unknown[] {
  const wanted = textOf(fieldsOf(job, 'defaults'), 'deployment');
  const found = listOf(job, 'deployments').find((one) => wanted !== undefined && textOf(one, 'name') === wanted);
  return listOf(fieldsOf(fieldsOf(found, 'taskRoles'), role), field);
}

/** The addresses of a component: one, or a list. */
const addresses = (part: Fields | undefined): string[] =>
  [fieldOf(part, 'uri')].flat().filter((uri): uri is string => typeof uri === 'string');

/** Data of the cluster becomes a mount; what comes over http is fetched by the command itself, as there. */
function takeComponents(sheet: Sheet, parts: ReadonlyMap<string, Fields>, context: ImportContext): Map<string, string> {
  const places = new Map<string, string>();
  const [data] = addresses(parts.get('data'));
  const dataName = textOf(parts.get('data'), 'name') ?? '';
  if (data !== undefined && !/^(https?|ftp|git):/i.test(data)) {
    const target = `${workHome}/${vfolderName(dataName)}`;
    places.set('data', target);
    mountNamed(sheet, context, {
      name: vfolderName(dataName),
      target,
      mode: 'ro',
      what: `data ${dataName}`,
      was: `it lay at ${data.slice(0, 200)}`,
    });
  } else if (data !== undefined) sheet.needless(`data ${dataName}`, 'is fetched by the command itself');
  if (parts.has('script'))
    sheet.needless(`script ${textOf(parts.get('script'), 'name') ?? ''}`, 'is fetched by the command itself');
  if (parts.has('output')) {
    places.set('output', `${workHome}/out`);
    sheet.changed(
      `output ${textOf(parts.get('output'), 'name') ?? ''}`,
      'is the job’s own folder among the outputs, at /home/work/out',
    );
  }
  return places;
}

/** Fills in `<% $parameters.x %>` and its like. A secret becomes a variable, so that it stands in no command. */
function fillIn(sheet: Sheet, line: string, scope: Scope): string {
  return line.replace(/<%\s*\$([\w.[\]]+)\s*%>/g, (written, path: string) => {
    const [root = '', ...keys] = path.split(/[.[\]]+/).filter(Boolean);
    if (root === 'secrets') return secretVariable(sheet, keys[0] ?? '', scope.secrets) ?? written;
    const place = scope.places.get(root);
    if (place !== undefined && keys[0] === 'uri') return place;
    let value: unknown =
      root === 'parameters' ? scope.parameters : scope.parts.get(root === 'dockerImage' ? 'dockerimage' : root);
    for (const key of keys) value = Array.isArray(value) ? value[Number(key)] : fieldOf(value, key);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    sheet.changed(written, 'stands as it is written: the job does not say what it is');
    return written;
  });
}

function secretVariable(sheet: Sheet, key: string, secrets: Fields): string | null {
  const value = textOf(secrets, key);
  if (value === undefined || key === '') return null;
  const name = key.toUpperCase().replace(/\W/g, '_').replace(/^(\d)/, '_$1');
  if (!sheet.spec.env.some((one) => one.name === name)) {
    sheet.spec.env.push({ name, value, secret: 'env' });
    sheet.changed(`secret “${key}”`, `is the variable ${name}, which the command reads`);
  }
  return `\${${name}}`;
}

function remarkPlugins(sheet: Sheet, extras: Fields): void {
  for (const plugin of listOf(extras, 'com.microsoft.pai.runtimeplugin')) {
    const name = textOf(plugin, 'plugin') ?? '';
    if (name === 'ssh') sheet.needless('plugin ssh', 'is for a shell, which the Shell tab opens');
    else if (name === 'teamwise_storage')
      sheet.lost('plugin teamwise_storage', 'mounts storage of the cluster', {
        hint: 'Add the storage as a host, and mount a vfolder of it.',
      });
    else sheet.lost(`plugin ${name}`, 'belongs to the cluster');
  }
}
