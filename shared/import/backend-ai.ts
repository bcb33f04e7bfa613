import { formatAddress, parseAddress } from '../address.ts';
import { StowageError } from '../errors.ts';
import { resolveTarget, workHome } from '../plan/target.ts';
import { binaryBytes, positiveNumber } from './amounts.ts';
import type { FoundCommand } from './find-command.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { optionKinds, type ReadOption, readOptions } from './options.ts';

const backendOptions = optionKinds(
  '--rm, --enqueue-only, --no-reuse, --terminal, --stats, -s, --quiet, -q, --help, -h, --batch, --interactive',
  `--name -t --client-token, --type, --starts-at, --max-wait, --callback-url, --code -c, --clean, --build, --exec, --basedir -b,
  --env -e, --bootstrap-script, --tag, --env-range, --build-range, --exec-range, --max-parallel, --mount -m -v --volume,
  --scaling-group --sgroup, --resources -r --resource, --cluster-size, --cluster-mode, --resource-opts, --domain -d, --group -g
  --project, --preopen, --assign-agent, --startup-command, --depends, --owner -o, --architecture --arch, --timeout, --priority,
  --resource-group, --mount-options`,
);

/**
 * `backend.ai run …`, `session create …` and the older `start …`. vfolders are what they are here: mounted by name below
 * `/home/work`, or where a target that begins with `/` says.
 * @throws StowageError `bad-request` without an image
 */
export function importBackendAi({ words, subcommand }: FoundCommand, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { options, operands } = readOptions(words, backendOptions, true);
  const [image, ...files] = operands;
  if (image === undefined)
    throw new StowageError('bad-request', 'The command names no image.', {
      hint: 'backend.ai run takes an image: backend.ai run python:3.11-ubuntu22.04 ./main.py',
    });
  sheet.spec.image = image.text;
  if (!/[/.].*\//.test(image.text) && !image.text.startsWith('lablup/'))
    sheet.changed(
      image.text,
      'is a name of Backend.AI’s registry; here it is one of Docker’s',
      'Write the image’s whole name if it is not found.',
    );
  const last = new Map(options.map((option) => [option.name, option]));
  for (const option of options) takeOption(sheet, option, context);
  takeCommand(
    sheet,
    last,
    files.map(({ text }) => text),
    subcommand,
  );
  if (files.length > 0)
    takeFiles(
      sheet,
      last.get('--basedir')?.value?.text,
      files.map(({ text }) => text),
      context,
    );
  return sheet;
}

/** What runs: a line for the shell, a snippet for the interpreter that the image is named after, or the first file. */
function takeCommand(sheet: Sheet, options: ReadonlyMap<string, ReadOption>, files: readonly string[], subcommand: string): void {
  const { spec } = sheet;
  const line = options.get('--exec')?.value?.text ?? options.get('--startup-command')?.value?.text;
  const snippet = options.get('--code')?.value?.text;
  const build = options.get('--build')?.value?.text;
  const language = /(?:^|\/)(python|node|nodejs|ruby|r-base|php|lua|julia|gcc)[^/]*$/.exec(spec.image ?? '')?.[1];
  if (line !== undefined) spec.command = ['sh', '-c', build === undefined ? line : `${build} && ${line}`];
  else if (snippet !== undefined && language !== undefined && language !== 'gcc') spec.command = interpreted(language, snippet);
  else if (snippet !== undefined)
    sheet.lost('--code', 'is for an interpreter that is not known here', { hint: 'Write the whole command.' });
  else if (files[0]?.endsWith('.py')) {
    spec.command = ['python', files[0]];
    sheet.changed(files[0], 'is run by python, as Backend.AI does for such an image');
  } else if (subcommand !== 'run')
    sheet.lost('command', 'is not told: a session waits for someone to work in it', {
      hint: 'Write the command; the Shell tab opens a shell beside it while the job runs.',
    });
  else sheet.lost('command', 'is the image’s own default, which is not known here', { hint: 'Write the command.' });
}

function interpreted(language: string, snippet: string): string[] {
  switch (language) {
    case 'node':
    case 'nodejs':
    case 'ruby':
    case 'lua':
    case 'julia':
      return [language === 'nodejs' ? 'node' : language, '-e', snippet];
    case 'r-base':
      return ['Rscript', '-e', snippet];
    case 'php':
      return ['php', '-r', snippet];
    default:
      return ['python', '-c', snippet];
  }
}

/** Files of this machine were uploaded to the working directory: here their folder is the code folder. */
function takeFiles(sheet: Sheet, basedir: string | undefined, files: readonly string[], { folder }: ImportContext) {
  const what = files.join(' ').slice(0, 200);
  const base = basedir?.startsWith('/')
    ? basedir
    : folder === undefined
      ? undefined
      : `${folder}/${basedir ?? ''}`.replace(/\/+$/, '');
  if (base === undefined) {
    sheet.needsFolder = true;
    return sheet.lost(what, 'are uploaded from the folder the command is run in', {
      hint: 'Say above in which folder you would run it.',
    });
  }
  sheet.spec.code = { source: base, mode: 'rw' };
  sheet.changed(what, `are there as part of their whole folder, the code folder at ${workHome}/code`);
}

function takeOption(sheet: Sheet, option: ReadOption, context: ImportContext) {
  const { spec } = sheet;
  const { name, written, value, known } = option;
  const text = value?.text ?? '';
  if (!known) return sheet.lost(written, 'is no option of Backend.AI that is known here');
  switch (name) {
    case '--name':
      spec.name = text;
      return;
    case '--mount':
      return takeMount(sheet, option, context);
    case '--resources':
      for (const each of text.split(/[,\s]+(?=\w+[.\w-]*=)/)) takeResource(sheet, `-r ${each}`, each);
      return;
    case '--resource-opts': {
      const bytes = /^shmem=(.+)$/.exec(text)?.[1];
      const shm = bytes === undefined ? null : binaryBytes(bytes);
      if (shm === null) sheet.lost(written, 'has no counterpart');
      else spec.resources.shmBytes = shm;
      return;
    }
    case '--env': {
      const cut = text.indexOf('=');
      if (cut <= 0) return sheet.lost(written, 'is not a variable');
      return sheet.setVariable(text.slice(0, cut), text.slice(cut + 1));
    }
    case '--preopen':
      return takePorts(sheet, option);
    case '--cluster-size':
      if (text !== '1') sheet.lost(written, 'would be several containers, and a job is one');
      return;
    case '--env-range':
    case '--exec-range':
    case '--build-range':
      return sheet.lost(written, 'would be several jobs', {
        hint: 'Save a template with a parameter, and run it for each value.',
      });
    case '--exec':
    case '--startup-command':
    case '--code':
    case '--build':
    case '--basedir':
      return;
    case '--rm':
    case '--quiet':
    case '-q':
    case '--enqueue-only':
    case '--max-wait':
    case '--no-reuse':
    case '--stats':
    case '-s':
      return sheet.needless(written, 'makes no difference to a job here');
    case '--type':
      return sheet.needless(written, 'is how every job runs: its command, to its end');
    default:
      return sheet.lost(written, lostReasons[name] ?? 'has no counterpart');
  }
}

const cluster = 'chooses a place in a cluster, and this is one machine';
const lostReasons: Readonly<Record<string, string>> = {
  '--scaling-group': cluster,
  '--resource-group': cluster,
  '--domain': cluster,
  '--group': cluster,
  '--owner': cluster,
  '--assign-agent': cluster,
  '--cluster-mode': cluster,
  '--architecture': 'has no counterpart: the image is run as it is',
  '--bootstrap-script': 'is a file that cannot be read from here',
  '--starts-at': 'has no counterpart: a job starts when its turn comes',
  '--depends': 'has no counterpart: a job starts when its turn comes',
  '--terminal': 'has no counterpart here: the Shell tab opens a terminal while the job runs',
};

/** `NAME`, `NAME/sub`, `NAME=TARGET`, `NAME:TARGET[:MODE]`, and the long form `type=bind,source=…,target=…,permission=…`. */
function takeMount(sheet: Sheet, { written, value }: ReadOption, { vfolders }: ImportContext): void {
  const text = value?.text ?? '';
  const fields = /^type=/.test(text) ? new Map(text.split(',').map((field) => field.split(/=(.*)/s) as [string, string])) : null;
  const match = /^([^=:]+)(?:[=:]([^:]*))?(?::(ro|rw))?$/.exec(text);
  const source = fields ? (fields.get('source') ?? fields.get('src') ?? '') : (match?.[1] ?? '');
  const target = fields ? (fields.get('target') ?? fields.get('dst')) : match?.[2];
  const mode = fields ? fields.get('permission') : match?.[3];
  const resolved = target === undefined ? null : resolveTarget(target, workHome);
  try {
    const { vfolder, path } = parseAddress(source);
    if (resolved?.problem) throw new StowageError('bad-request', resolved.problem.why);
    sheet.spec.mounts.push({
      source: formatAddress(vfolder, path),
      ...(resolved && { target: resolved.path }),
      ...((mode === 'ro' || mode === 'rw') && { mode }),
    });
    if (vfolders && !vfolders.some(({ name }) => name === vfolder))
      sheet.changed(
        written,
        `needs a vfolder “${vfolder}”, which is not there yet`,
        'Create it, or choose another as the source of the mount.',
      );
  } catch {
    sheet.lost(written, 'is not a mount that can be read');
  }
}

/** `cpu=2`, `mem=4g` (MiB without a unit), `cuda.device=1`; parts of a GPU become a whole one. */
function takeResource(sheet: Sheet, written: string, text: string) {
  const { resources } = sheet.spec;
  const [, key = '', amount = ''] = /^([\w.-]+)=(.+)$/.exec(text.trim()) ?? [];
  if (key === 'cpu') {
    const cpus = positiveNumber(amount);
    if (cpus !== null) resources.cpus = cpus;
    else sheet.lost(written, 'is not an amount that can be read');
  } else if (key === 'mem') {
    const bytes = binaryBytes(amount, 2 ** 20);
    if (bytes !== null) resources.memoryBytes = bytes;
    else sheet.lost(written, 'is not an amount that can be read');
  } else if (/^(cuda|gpu|rocm)/.test(key)) {
    const count = Math.ceil(Number(amount));
    if (!(count >= 1 && count <= 64)) return sheet.lost(written, 'is not a number of GPUs that can be read');
    resources.gpus = count;
    if (key.endsWith('shares'))
      sheet.changed(written, `is ${count === 1 ? 'one whole GPU' : `${count} whole GPUs`}: they are not shared out in parts`);
  } else sheet.lost(written, 'is a resource that is not known here');
}

function takePorts(sheet: Sheet, { written, value }: ReadOption) {
  const ports = (value?.text ?? '').split(',').map(Number);
  if (ports.some((port) => !(Number.isInteger(port) && port >= 1 && port <= 65_535)) || ports.length > 100)
    return sheet.lost(written, 'is not a list of ports that can be read');
  sheet.spec.ports = ports.map((container) => ({ container }));
}
