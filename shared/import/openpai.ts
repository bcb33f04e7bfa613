import { StowageError } from '../errors.ts';
import { workHome } from '../plan/target.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { amountOf, type Fields, fieldsOf, isFields, listOf, textOf } from './loose-data.ts';
import { mountNamed, vfolderName } from './places.ts';

/** Ports that a service is usually found at, by the label that jobs give it. */
const usualPorts: Readonly<Record<string, number>> = { ssh: 22, http: 80, jupyter: 8888, tensorboard: 6006 };
const firstPort = 8080;

/** Where the data of a job lies for its command. */
const dataPlace = `${workHome}/data`;

/** What a task asks for, in the words of either version. */
export interface AskedResources {
  readonly cpu: number | undefined;
  readonly memoryMB: number | undefined;
  readonly shmMB: number | undefined;
  readonly gpu: number | undefined;
  /** Label to how many. */
  readonly ports: readonly (readonly [string, number])[];
}

/** CPUs, memory, GPUs; ports get numbers, which the command is told by the variables it reads them from. */
export function takeResources(sheet: Sheet, asked: AskedResources): void {
  const { resources } = sheet.spec;
  if (asked.cpu !== undefined && asked.cpu <= 4096) resources.cpus = asked.cpu;
  if (asked.memoryMB !== undefined) resources.memoryBytes = Math.round(asked.memoryMB * 2 ** 20);
  if (asked.shmMB !== undefined) resources.shmBytes = Math.round(asked.shmMB * 2 ** 20);
  if (asked.gpu !== undefined && asked.gpu <= 64) resources.gpus = Math.ceil(asked.gpu);
  let next = firstPort;
  for (const [label, count] of asked.ports) {
    const numbers: number[] = [];
    for (let index = 0; index < Math.min(count, 20); index += 1) {
      const usual = index === 0 ? usualPorts[label.toLowerCase()] : undefined;
      numbers.push(usual ?? next);
      if (usual === undefined) next += 1;
    }
    if (label.toLowerCase() === 'ssh') {
      sheet.needless(`port “${label}”`, 'is for a shell, which the Shell tab opens');
      continue;
    }
    sheet.spec.ports = [...(sheet.spec.ports ?? []), ...numbers.map((container) => ({ container }))].slice(0, 100);
    const name = label.replace(/\W/g, '_');
    sheet.setVariable(`PAI_CONTAINER_HOST_${name}_PORT_LIST`, numbers.join(','));
    sheet.setVariable(`PAI_PORT_LIST_taskrole_0_${name}`, numbers.join(','));
    sheet.changed(`port “${label}”`, `is ${numbers.join(', ')}, and is published for this machine`);
  }
}

/** Everything that only a cluster has. */
export function remarkCluster(sheet: Sheet, names: readonly string[], from: Fields): void {
  for (const name of names) {
    const value = textOf(from, name);
    if (value !== undefined && value !== '' && value !== '0' && value !== 'default')
      sheet.lost(`${name}: ${value}`, 'is a matter of the cluster, and this is one machine');
  }
}

/** What is always different from OpenPAI's containers. */
export function remarkSurroundings(sheet: Sheet): void {
  sheet.spec.user = 'image';
  sheet.changed('working directory', 'is /home/work, not the image’s own', 'Set it if the command counts on another.');
}

/** A job of more roles or instances than one is run once, as the first. */
export function remarkOthers(sheet: Sheet, others: readonly string[], instances: number | undefined): void {
  for (const name of others) sheet.lost(`task role “${name}”`, 'is a container of its own, and a job is one');
  if (instances !== undefined && instances > 1)
    sheet.lost(`${instances} instances`, 'would be several containers, and a job is one');
}

/** A job of the first protocol, as JSON. */
export function importOpenPaiJson(job: Fields, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { spec } = sheet;
  const roles = listOf(job, 'taskRoles').filter(isFields);
  const [role, ...others] = roles;
  if (role === undefined) throw new StowageError('bad-request', 'The job has no task role, so nothing says what to run.');
  const name = textOf(job, 'jobName') ?? '';
  if (name !== '') spec.name = name.slice(0, 100);
  const image = textOf(job, 'image');
  if (image !== undefined && image !== '') spec.image = image;
  const command = textOf(role, 'command') ?? '';
  if (command.trim() !== '') spec.command = ['sh', '-c', command];
  remarkSurroundings(sheet);
  takeResources(sheet, {
    cpu: amountOf(role, 'cpuNumber'),
    memoryMB: amountOf(role, 'memoryMB'),
    shmMB: amountOf(role, 'shmMB'),
    gpu: amountOf(role, 'gpuNumber'),
    ports: [...listOf(role, 'portList'), ...listOf(job, 'portList')]
      .filter(isFields)
      .map((port) => [textOf(port, 'label') ?? 'port', amountOf(port, 'portNumber') ?? 1] as const),
  });
  for (const [key, value] of Object.entries(fieldsOf(job, 'jobEnvs'))) {
    if (/^\w+$/.test(key) && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      sheet.setVariable(key, String(value));
  }
  takeDirectories(sheet, job, { name, context });
  sheet.setVariable('PAI_JOB_NAME', name);
  sheet.setVariable('PAI_CURRENT_TASK_ROLE_CURRENT_TASK_INDEX', '0');
  remarkOthers(
    sheet,
    others.map((other) => textOf(other, 'name') ?? ''),
    amountOf(role, 'taskNumber'),
  );
  remarkCluster(sheet, ['virtualCluster', 'gpuType', 'retryCount', 'killAllOnCompletedTaskNumber'], job);
  const auth = textOf(job, 'authFile');
  if (auth)
    sheet.lost(`authFile: ${auth}`, 'is for the image’s registry', {
      hint: 'Log in with docker login before the image is pulled.',
    });
  return sheet;
}

/** `dataDir`, `codeDir` and `outputDir` were folders of the cluster's HDFS. */
function takeDirectories(sheet: Sheet, job: Fields, { name, context }: { name: string; context: ImportContext }): void {
  const place = (text: string): string =>
    text.replaceAll(/\$\{?PAI_JOB_NAME\}?|\$\{?jobName\}?/g, name).replaceAll(/\$\{?PAI_\w+\}?\/?/g, '/');
  const take = (field: 'dataDir' | 'codeDir', variable: string, target: (vfolder: string) => string): void => {
    const written = textOf(job, field);
    if (!written) return;
    const vfolder = vfolderName(place(written));
    const at = target(vfolder);
    mountNamed(sheet, context, {
      name: vfolder,
      target: at,
      mode: 'ro',
      what: `${field}: ${written}`,
      was: 'it was a folder of the cluster',
    });
    sheet.setVariable(variable, at);
  };
  take('dataDir', 'PAI_DATA_DIR', () => dataPlace);
  take('codeDir', 'PAI_CODE_DIR', (vfolder) => `${workHome}/${vfolder === 'data' || vfolder === 'out' ? 'code' : vfolder}`);
  sheet.setVariable('PAI_OUTPUT_DIR', `${workHome}/out`);
  const output = textOf(job, 'outputDir');
  if (output) sheet.changed(`outputDir: ${output}`, 'is the job’s own folder among the outputs, at /home/work/out');
}
