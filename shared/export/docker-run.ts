import { quoteWord } from '../command-line.ts';
import type { GpuRequest, PortRequest } from '../contract/plan.ts';
import { fileVariable } from '../jobs/secret-variables.ts';
import type { ContainerRun, ExportedBind, ExportedSecret } from './container-run.ts';

/** A word of a shell line: text that is quoted, or a line's own syntax that is not. */
type ShellWord = string | { readonly shell: string };

/** `docker run` as one command that a POSIX shell reads to the same words, whatever is in them. */
export function toDockerRun(run: ContainerRun): string {
  const before = [...run.made.map((path) => `mkdir -p ${quoteWord(path)}`), ...run.fetched.map(fetchLine)];
  return `${[...before, dockerLine(run, '')].join(' &&\n')}\n`;
}

/** Brings a folder of a storage host here, unless it is here already. */
export const fetchLine = ({ address, folder }: ContainerRun['fetched'][number]): string =>
  `{ [ -e ${quoteWord(`./${folder}`)} ] || stowage cp ${quoteWord(address)} ${quoteWord(`./${folder}`)}; }`;

/** The command itself, an option a line. `lead`: what stands before it. */
export function dockerLine(run: ContainerRun, lead: string): string {
  const limit = run.maxSeconds === null ? '' : `timeout ${run.maxSeconds} `;
  const lines = [`${lead}${limit}docker run --rm --init`, ...optionsOf(run).map((words) => words.map(written).join(' '))];
  return [...lines, [run.image, ...run.command].map(quoteWord).join(' ')].join(' \\\n  ');
}

const written = (word: ShellWord): string => (typeof word === 'string' ? quoteWord(word) : word.shell);

function optionsOf(run: ContainerRun): ShellWord[][] {
  return [
    ...(run.name === null ? [] : [['--name', run.name]]),
    ...(run.user === null ? [] : [['--user', run.user]]),
    ['--workdir', run.workdir],
    ...run.env.map(({ name, value }) => ['--env', `${name}=${value}`]),
    ...run.secrets.flatMap(secretOptions),
    ...run.scratch.map((path) => ['--tmpfs', scratchWord(run, path)]),
    ...run.binds.map(bindOption),
    ...(run.network ? [] : [['--network', 'none']]),
    ...(run.cpus === null ? [] : [['--cpus', String(run.cpus)]]),
    ...(run.memoryBytes === null ? [] : [['--memory', bytesWord(run.memoryBytes), '--memory-swap', bytesWord(run.memoryBytes)]]),
    ['--shm-size', bytesWord(run.shmBytes)],
    ...(run.gpus === null ? [] : [['--gpus', gpuWord(run.gpus)]]),
    ...run.ports.map((port) => ['--publish', portWord(port)]),
  ];
}

const secretOptions = (secret: ExportedSecret): ShellWord[][] => {
  if (secret.as === 'env') return [['--env', secret.name]];
  const variable = fileVariable(secret.name);
  return [
    ['--mount', { shell: `type=bind,source="\${${variable}:?}",target=${secret.path},readonly` }],
    ['--env', `${variable}=${secret.path}`],
  ];
};

/** `-v` reads well; `--mount` holds paths with a colon. A folder that was brought lies where the command is run. */
function bindOption({ source, brought, target, readOnly }: ExportedBind): ShellWord[] {
  if (!brought && !`${source}${target}`.includes(':')) return ['--volume', `${source}:${target}${readOnly ? ':ro' : ''}`];
  const rest = `${csv(`target=${target}`)}${readOnly ? ',readonly' : ''}`;
  if (brought) return ['--mount', { shell: `type=bind,source="$PWD"/${quoteWord(source)},${quoteWord(rest)}` }];
  return ['--mount', `type=bind,${csv(`source=${source}`)},${rest}`];
}

/** A field of the line of CSV that `--mount` takes. */
const csv = (field: string): string => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** A list of devices is a field with commas, so quotes are part of it. */
const gpuWord = (gpus: GpuRequest): string => (Array.isArray(gpus) ? `"device=${gpus.join(',')}"` : String(gpus));

/** A folder in memory that belongs to the user: a mode would be that of the folder which the engine makes for the working directory. */
export function scratchWord({ user }: ContainerRun, path: string): string {
  const [uid = '0', gid = '0'] = (user ?? '').split(':');
  return `${path}:exec,uid=${uid},gid=${gid}`;
}

/** In the largest unit of Docker's that divides them. */
function bytesWord(bytes: number): string {
  const unit = (['g', 'm', 'k'] as const).find((_, at) => bytes >= 1 && bytes % 2 ** (30 - 10 * at) === 0);
  return unit === undefined ? String(bytes) : `${bytes / 2 ** { g: 30, m: 20, k: 10 }[unit]}${unit}`;
}

export const portWord = ({ container, host }: PortRequest): string => `127.0.0.1:${host ?? ''}:${container}`;
