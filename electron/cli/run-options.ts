import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseLink, parseMount } from '#shared/address.ts';
import { type EngineId, engineIdSchema } from '#shared/contract/engines.ts';
import type { JobSpec } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
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
    .option('--cpus <number>', 'CPUs', positive)
    .option('--memory <size>', 'memory, e.g. 2g', bytes)
    .option('--shm-size <size>', 'shared memory (default 1g)', bytes)
    .option('--no-network', 'without a network')
    .option('--no-automount', 'without the vfolders whose name begins with “.”')
    .addOption(new Option('--user <user>', 'run as yourself, or as the image says').choices(['self', 'image']));

/** The job's spec of the command line's options. A code folder that exists here is a path, else an address. */
export function toSpec(command: string[], options: SpecOptions): JobSpec {
  const { image, engine, name, workdir, code, cpus, memory, shmSize, user } = options;
  return {
    command,
    mounts: (options.mount ?? []).map(parseMount),
    ...(options.link && { links: options.link.map(parseLink) }),
    env: (options.env ?? []).map(parseEnv),
    resources: { ...(cpus && { cpus }), ...(memory && { memoryBytes: memory }), ...(shmSize && { shmBytes: shmSize }) },
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

function parseEnv(text: string): { name: string; value: string } {
  const cut = text.indexOf('=');
  if (cut >= 0) return { name: text.slice(0, cut), value: text.slice(cut + 1) };
  const value = process.env[text];
  if (value === undefined)
    throw new StowageError('bad-request', `“${text}” is not set in this shell, so the job cannot have its value.`, {
      subject: text,
      hint: `Write ${text}=VALUE, or ${text}= for an empty one.`,
    });
  return { name: text, value };
}
