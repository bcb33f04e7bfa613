import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseLink, parseMount } from '#shared/address.ts';
import { type EngineId, engineIdSchema } from '#shared/contract/engines.ts';
import type { EnvironmentVariable, GpuRequest, JobSpec, PortRequest } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { mostEnvFileBytes, parseEnvFile } from '#shared/jobs/env-file.ts';
import { parseDuration, parseGpus, parsePorts } from '#shared/jobs/resource-words.ts';
import { parseSize } from './output.ts';

/** What `run` and `plan` take about the job itself. */
export interface SpecOptions {
  mount?: string[];
  link?: string[];
  image?: string;
  engine?: EngineId;
  name?: string;
  code?: string;
  workdir?: string;
  output: string | boolean;
  env?: string[];
  cpus?: number;
  memory?: number;
  shmSize?: number;
  envFile?: string[];
  secret?: string[];
  secretFile?: string[];
  secretEnvFile?: string[];
  gpus?: GpuRequest;
  publish?: PortRequest[];
  maxTime?: number;
  dotfiles?: boolean;
  network: boolean;
  automount: boolean;
  user?: 'self' | 'image';
}

const collect = (value: string, all: string[] = []): string[] => [...all, value];

const bytes = (value: string): number => {
  const parsed = parseSize(value);
  if (parsed === null) throw new InvalidArgumentError('Write a size as 512m or 2g.');
  return parsed;
};

export const engineForms = 'docker, docker:CONTEXT, podman or process';

export const engineId = (value: string): EngineId => {
  const parsed = engineIdSchema.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError(`Write ${engineForms}.`);
  return parsed.data;
};

const positive = (value: string): number => {
  const parsed = Number(value);
  if (!(parsed > 0 && parsed < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('Write a number greater than 0.');
  return parsed;
};

const gpus = (value: string): GpuRequest => {
  const parsed = parseGpus(value);
  if (parsed === null) throw new InvalidArgumentError('Write all, a number, or ids as 0,1.');
  return parsed;
};

const ports = (value: string, all: PortRequest[] = []): PortRequest[] => {
  const parsed = parsePorts(value);
  if (parsed === null || parsed.length === 0) throw new InvalidArgumentError('Write a port as 8888, or HERE:JOB as 8080:80.');
  return [...all, ...parsed];
};

const duration = (value: string): number => {
  const parsed = parseDuration(value);
  if (parsed === null) throw new InvalidArgumentError('Write a time as 90m, 2h or 1:30:00.');
  return parsed;
};

/** The options of a command that plans a job. */
export const withSpec = (command: Command): Command =>
  command
    .argument('[command...]', 'what to run, after --')
    .option('-m, --mount <mount>', 'name[/path][:target][:ro|rw[,share|copy|bake]], any number of times', collect)
    .option('--link <path=target>', 'a symlink in the container, both absolute, any number of times', collect)
    .option('--image <image>', 'image of the container')
    .option('--engine <engine>', `what runs it: ${engineForms}`, engineId)
    .option('--name <name>', 'name of the job')
    .option('--code <folder>', 'code folder: a path of this machine, or name:/path; mounted at /home/work/code')
    .option('-w, --workdir <path>', 'working directory in the container')
    .option('--output <address>', 'where /home/work/out goes (default: a new folder in the vfolder “outputs”)')
    .option('--no-output', 'no output folder')
    .option('-e, --env <NAME=VALUE>', 'environment; NAME alone takes the value of this shell', collect)
    .option('--env-file <file>', 'variables of a .env file, any number of times', collect)
    .option('--secret <NAME>', 'environment that is masked and kept sealed; its value is the one of this shell', collect)
    .option('--secret-file <NAME>', 'the same, as a file that only the job can read and NAME_FILE names', collect)
    .option('--secret-env-file <file>', 'variables of a .env file, all of them secret', collect)
    .option('--cpus <number>', 'CPUs', positive)
    .option('--memory <size>', 'memory, e.g. 2g', bytes)
    .option('--shm-size <size>', 'shared memory (default 1g)', bytes)
    .option('--gpus <gpus>', 'all, how many, or ids as 0,1', gpus)
    .option('-p, --publish <port>', 'port of the job, as 8888 or HERE:JOB, reached at this machine only', ports)
    .option('--max-time <time>', 'stop it after this time, e.g. 90m or 2h', duration)
    .option('--no-network', 'without a network')
    .option('--no-automount', 'without the vfolders whose name begins with “.”')
    .option('--no-dotfiles', 'without the dotfiles of every job')
    .addOption(new Option('--user <user>', 'run as yourself, or as the image says').choices(['self', 'image']));

/** The job's spec of the command line's options. A code folder that exists here is a path, else an address. */
export function toSpec(command: string[], options: SpecOptions): JobSpec {
  const { image, engine, name, workdir, code, cpus, memory, shmSize, user } = options;
  return {
    command,
    mounts: (options.mount ?? []).map(parseMount),
    ...(options.link && { links: options.link.map(parseLink) }),
    env: readEnvironment(options),
    resources: {
      ...(cpus && { cpus }),
      ...(memory && { memoryBytes: memory }),
      ...(shmSize && { shmBytes: shmSize }),
      ...(options.gpus !== undefined && { gpus: options.gpus }),
    },
    ...(options.publish && { ports: options.publish }),
    ...(options.maxTime !== undefined && { maxSeconds: options.maxTime }),
    ...(options.dotfiles === false && { noDotfiles: true }),
    network: options.network,
    noAutomount: !options.automount,
    ...(options.output === false ? { output: null } : typeof options.output === 'string' ? { output: options.output } : {}),
    ...(image !== undefined && { image }),
    ...(engine && { engine }),
    ...(name !== undefined && { name }),
    ...(workdir !== undefined && { workdir }),
    ...(code !== undefined && { code: { source: existsSync(code) ? resolve(code) : code } }),
    ...(user && { user }),
  };
}

/** Files first, so that what is written on the command line counts. */
function readEnvironment({ env, envFile, secret, secretFile, secretEnvFile }: SpecOptions): EnvironmentVariable[] {
  return [
    ...(envFile ?? []).flatMap(readEnvFile),
    ...(secretEnvFile ?? []).flatMap(readEnvFile).map((variable) => ({ ...variable, secret: 'env' as const })),
    ...(env ?? []).map(parseEnv),
    ...(secret ?? []).map((name) => ({ ...ofShell(plainName(name)), secret: 'env' as const })),
    ...(secretFile ?? []).map((name) => ({ ...ofShell(plainName(name)), secret: 'file' as const })),
  ];
}

/** Arguments are seen by everybody on the machine. */
function plainName(text: string): string {
  if (!text.includes('=')) return text;
  const name = text.slice(0, text.indexOf('='));
  throw new StowageError(
    'bad-request',
    `The value of the secret “${name}” may not be on the command line, where others see it.`,
    {
      subject: name,
      hint: `Set it in this shell (read -rs ${name}; export ${name}) and write the name alone, or use --secret-env-file.`,
    },
  );
}

function parseEnv(text: string): EnvironmentVariable {
  const cut = text.indexOf('=');
  return cut >= 0 ? { name: text.slice(0, cut), value: text.slice(cut + 1) } : ofShell(text);
}

function ofShell(name: string): EnvironmentVariable {
  const value = process.env[name];
  if (value === undefined)
    throw new StowageError('bad-request', `“${name}” is not set in this shell, so the job cannot have its value.`, {
      subject: name,
      hint: `Set it (export ${name}=…), or write ${name}= for an empty one that is no secret.`,
    });
  return { name, value };
}

/** @throws `not-found`, `bad-request` naming the lines that say nothing */
function readEnvFile(path: string): EnvironmentVariable[] {
  let text: string;
  try {
    if (statSync(path).size > mostEnvFileBytes)
      throw new StowageError('bad-request', `“${path}” is too large for an environment.`, { subject: path });
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof StowageError) throw error;
    throw new StowageError('not-found', `“${path}” cannot be read.`, { subject: path, detail: String(error) });
  }
  const { variables, refused } = parseEnvFile(text);
  const [first] = refused;
  if (first)
    throw new StowageError('bad-request', `Line ${first.line} of “${path}” cannot be read: ${first.why}.`, {
      subject: path,
      detail: refused.map(({ line, why }) => `line ${line}: ${why}`).join('\n'),
    });
  return variables.map(({ name, value }) => ({ name, value }));
}
