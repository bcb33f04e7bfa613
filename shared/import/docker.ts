import { StowageError } from '../errors.ts';
import { workHome } from '../plan/target.ts';
import { binaryBytes } from './amounts.ts';
import { type AskedMount, placeMounts, readMount, readVolume } from './docker-mounts.ts';
import { dockerOptions, readGpus, remarkOption, takeAmount, takePorts } from './docker-options.ts';
import type { FoundCommand } from './find-command.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { type ReadOption, readOptions } from './options.ts';

interface Collected {
  readonly mounts: AskedMount[];
  entrypoint: string | null;
  userGiven: boolean;
  swap: ReadOption | null;
  readonly period: { quota?: number; period?: number };
}

/**
 * `docker run …`, as its reference has it; `podman run` and `nvidia-docker run` alike.
 * @throws StowageError `bad-request` without an image
 */
export function importDocker(command: FoundCommand, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { options, operands } = readOptions(command.words, dockerOptions, false);
  const [image, ...words] = operands;
  if (image === undefined || image.text === '')
    throw new StowageError('bad-request', 'The command names no image.', {
      hint: 'After its options docker run takes an image: docker run python:3.12 python train.py',
    });
  sheet.spec.image = image.text;
  if (image.unknown.length > 0) sheet.changed(image.text, 'stands as it is written: only the shell knows what it is');
  const collected: Collected = { mounts: [], entrypoint: null, userGiven: false, swap: null, period: {} };
  if (command.program === 'nvidia-docker') sheet.spec.resources.gpus = 'all';
  sheet.spec.command = words.map(({ text }) => text);
  for (const option of options) takeOption(sheet, option, { collected, command, context });
  if (collected.entrypoint !== null) takeEntrypoint(sheet, collected.entrypoint);
  takeQuota(sheet, collected);
  takeSwap(sheet, collected);
  placeMounts(sheet, collected.mounts, context);
  if (!collected.userGiven) sheet.spec.user = 'image';
  if (sheet.spec.workdir === undefined && sheet.spec.code === undefined)
    sheet.changed('working directory', 'is /home/work, not the image’s own', 'Set it if the command counts on another.');
  // Nothing of the command is kept but what it writes to its mounts.
  sheet.spec.output = null;
  const unknown = [...new Set(words.flatMap((word) => word.unknown))];
  for (const each of unknown) sheet.changed(each, 'stands in the command as it is written: only the shell knows what it is');
  return sheet;
}

interface Taking {
  readonly collected: Collected;
  readonly command: FoundCommand;
  readonly context: ImportContext;
}

function takeOption(sheet: Sheet, option: ReadOption, { collected, command, context }: Taking) {
  const { spec } = sheet;
  const { name, value, written } = option;
  if (value === null && dockerOptions.values.has(name)) return sheet.lost(written, 'has no value');
  const text = value?.text ?? '';
  switch (name) {
    case '--name':
      spec.name = text;
      return;
    case '--workdir':
      spec.workdir = text;
      return;
    case '--env':
      return takeVariable(sheet, option, { command, context });
    case '--env-file':
      return sheet.lost(written, 'is a file that cannot be read from here', {
        hint: 'Import it in the form, under Environment.',
      });
    case '--volume': {
      const mount = readVolume(sheet, option);
      if (mount) collected.mounts.push(mount);
      return;
    }
    case '--mount': {
      const mount = readMount(sheet, option);
      if (mount) collected.mounts.push(mount);
      return;
    }
    case '--publish':
      return takePorts(sheet, option);
    case '--cpus':
    case '--memory':
    case '--shm-size':
      return takeAmount(sheet, option);
    case '--cpu-quota':
      collected.period.quota = Number(text);
      return;
    case '--cpu-period':
      collected.period.period = Number(text);
      return;
    case '--memory-swap':
      collected.swap = option;
      return;
    case '--entrypoint':
      collected.entrypoint = text;
      return;
    case '--user':
      collected.userGiven = true;
      return takeUser(sheet, option);
    default:
      return takeSurroundings(sheet, option);
  }
}

/** GPUs, network, shared memory of the machine; what is left has no field. */
function takeSurroundings(sheet: Sheet, option: ReadOption): void {
  const { spec } = sheet;
  const { name, written } = option;
  const text = option.value?.text ?? '';
  if (name === '--gpus' || (name === '--device' && text.startsWith('nvidia.com/gpu='))) {
    const gpus = readGpus(name === '--gpus' ? text : `device=${text.slice('nvidia.com/gpu='.length)}`);
    if (gpus === null) sheet.lost(written, 'does not say which GPUs');
    else spec.resources.gpus = gpus;
  } else if (name === '--runtime' && text === 'nvidia') {
    spec.resources.gpus ??= 'all';
  } else if (name === '--network') {
    if (text === 'none') spec.network = false;
    else if (text === 'host')
      sheet.lost(written, 'would share the network of the machine, which jobs do not', {
        hint: 'Publish the ports that are needed.',
      });
    else if (text !== 'bridge' && text !== 'default')
      sheet.lost(written, 'belongs to a network among containers, and a job is alone in its own');
  } else if (name === '--ipc') {
    if (text === 'private' || text === 'shareable' || text === '') return;
    sheet.lost(written, 'would share the memory of the machine, which jobs do not', {
      hint: 'Give the job more shared memory: 1 GiB is the default.',
    });
  } else remarkOption(sheet, option);
}

/** `NAME=VALUE`; `NAME` alone takes the value of the shell, where that is known. */
function takeVariable(sheet: Sheet, { value, written }: ReadOption, { command, context }: Pick<Taking, 'command' | 'context'>) {
  const text = value?.text ?? '';
  const cut = text.indexOf('=');
  const name = cut < 0 ? text : text.slice(0, cut);
  if (name === '') return sheet.lost(written, 'is not a variable');
  const own = cut < 0 ? (command.assignments.get(name) ?? context.environment?.[name]) : text.slice(cut + 1);
  // As for every job.
  if (name === 'HOME' && own === workHome) return;
  sheet.setVariable(name, own ?? '');
  if (own === undefined)
    sheet.changed(written, 'takes the value of the shell, which is not known here', `Fill in ${name} under Environment.`);
  else if (cut >= 0 && value && value.unknown.length > 0)
    sheet.changed(written, 'stands as it is written: only the shell knows its value', `Fill in ${name} under Environment.`);
}

/** Whoever starts the job is `self`; root is what most images say; a job runs as nobody else. */
function takeUser(sheet: Sheet, { value, written }: ReadOption): void {
  const text = value?.text ?? '';
  const own = /\$\(id -u\)|`id -u`|\$\{?(UID|USER)\}?/.test(text);
  if (own) sheet.spec.user = 'self';
  else if (/^(root|0)(:|$)/.test(text)) {
    sheet.spec.user = 'image';
    sheet.changed(written, 'is whoever the image says, which is root for most');
  } else {
    sheet.spec.user = 'self';
    sheet.changed(written, 'is you: what the job writes belongs to you');
  }
}

function takeEntrypoint(sheet: Sheet, entrypoint: string) {
  if (entrypoint === '') return sheet.changed('--entrypoint', 'is not taken away: one that the image has still runs first');
  sheet.spec.command = [entrypoint, ...sheet.spec.command];
  sheet.changed(
    `--entrypoint ${entrypoint}`,
    'is the first word of the command: an entrypoint that the image has still runs before',
  );
}

function takeQuota(sheet: Sheet, { period: { quota, period } }: Collected): void {
  if (quota === undefined && period === undefined) return;
  const cpus = (quota ?? Number.NaN) / (period ?? 100_000);
  if (cpus > 0 && cpus <= 4096) sheet.spec.resources.cpus ??= cpus;
  else sheet.lost('--cpu-quota', 'does not come to a number of CPUs');
}

/** A memory limit is one without swap. */
function takeSwap(sheet: Sheet, { swap }: Collected) {
  if (swap === null) return;
  const same = binaryBytes(swap.value?.text ?? '') === sheet.spec.resources.memoryBytes;
  if (same) sheet.needless(swap.written, 'is what every memory limit means');
  else sheet.lost(swap.written, 'has no counterpart: the memory limit is the limit, without swap');
}
