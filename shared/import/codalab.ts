import { workHome } from '../plan/target.ts';
import { binaryBytes, positiveNumber, secondsOf } from './amounts.ts';
import type { FoundCommand } from './find-command.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { optionKinds, type ReadOption, readOptions } from './options.ts';
import { mountNamed, vfolderName } from './places.ts';
import type { Word } from './shell.ts';

const codalabOptions = optionKinds(
  `--memoize, -m, --interactive, -i, --allow-failed-dependencies, --request-network, --edit, -e, --wait, -W, --tail, -t, --verbose, -v,
  --help, -h, --ignore-memory`,
  `--worksheet-spec -w, --after_sort_key -a, --name -n, --description -d, --tags, --request-docker-image, --request-time,
  --request-memory, --request-disk, --request-cpus, --request-gpus, --request-queue, --request-priority, --exclude-patterns, --store`,
);

/** The working directory of a run is its output: what is written there is kept. */
const workdir = `${workHome}/out`;

/**
 * `cl run [KEY]:BUNDLE … COMMAND`. Bundles are read-only folders beside each other in the working directory, and what the command
 * writes there is its result.
 */
export function importCodalab({ words }: FoundCommand, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { spec } = sheet;
  const cut = words.findIndex(({ text }) => text === '---');
  const { options, operands } = readOptions(cut < 0 ? words : words.slice(0, cut), codalabOptions, true);
  const isDependency = ({ text }: Word): boolean => /^[\w./-]*:[^\s]/.test(text) && !/\s/.test(text);
  const dependencies = operands.filter(isDependency);
  const command = cut < 0 ? operands.filter((word) => !isDependency(word)) : words.slice(cut + 1);
  if (command.length > 0) spec.command = ['sh', '-c', command.map(({ text }) => text).join(' ')];
  else sheet.lost('command', 'is missing');
  for (const dependency of dependencies) takeDependency(sheet, dependency, context);
  for (const option of options) takeOption(sheet, option);
  if (spec.image === undefined)
    sheet.changed(
      'image',
      'is not named: CodaLab’s default would be used',
      'codalab/default-cpu is filled in; choose another if you like.',
    );
  spec.image ??= spec.resources.gpus === undefined ? 'codalab/default-cpu:latest' : 'codalab/default-gpu:latest';
  spec.workdir = workdir;
  sheet.changed('outputs', `are what the command writes to its working directory, ${workdir}`);
  for (const name of new Set(command.flatMap(({ unknown }) => unknown)))
    sheet.changed(name, 'stands in the command as it is written: the job’s own shell reads it');
  return sheet;
}

/** `[KEY]:[INSTANCE::][WORKSHEET//]BUNDLE[/SUBPATH]` */
function takeDependency(sheet: Sheet, { text, unknown }: Word, context: ImportContext) {
  const at = text.indexOf(':');
  const target = text.slice(at + 1);
  const bundle = target.replace(/^.*::/, '').replace(/^.*?\/\//, '');
  const cut = bundle.indexOf('/');
  const name = cut < 0 ? bundle : bundle.slice(0, cut);
  const path = cut < 0 ? '' : bundle.slice(cut + 1).replace(/\/+$/, '');
  const key = text.slice(0, at) || (bundle.split('/').filter(Boolean).at(-1) ?? name);
  if (
    name === '' ||
    name.startsWith('^') ||
    unknown.length > 0 ||
    path.split('/').includes('..') ||
    key.split('/').includes('..')
  )
    return sheet.lost(
      text,
      name.startsWith('^') ? 'counts from the end of a worksheet, which is not here' : 'is not a bundle that can be read',
    );
  mountNamed(sheet, context, {
    name: vfolderName(name),
    path,
    target: `${workdir}/${key}`,
    mode: 'ro',
    what: text,
    was: 'it was a bundle of CodaLab',
  });
}

function takeOption(sheet: Sheet, { name, written, value, known }: ReadOption) {
  const { spec } = sheet;
  const text = value?.text ?? '';
  const unread = (): void => sheet.lost(written, 'is not an amount that can be read');
  if (!known) return sheet.lost(written, 'is no option of cl run that is known here');
  switch (name) {
    case '--name':
      spec.name = text;
      return;
    case '--request-docker-image':
      spec.image = text;
      return;
    case '--request-cpus': {
      const cpus = positiveNumber(text);
      if (cpus === null) unread();
      else spec.resources.cpus = cpus;
      return;
    }
    case '--request-gpus':
      if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) spec.resources.gpus = Number(text);
      else if (text !== '0') unread();
      return;
    case '--request-memory': {
      const bytes = binaryBytes(text);
      if (bytes === null) unread();
      else spec.resources.memoryBytes = bytes;
      return;
    }
    case '--request-time': {
      const seconds = secondsOf(text);
      if (seconds === null) unread();
      else spec.maxSeconds = seconds;
      return;
    }
    case '--request-network':
      spec.network = true;
      return;
    case '--request-disk':
      return sheet.lost(written, 'has no counterpart: the disk is not divided among jobs');
    case '--request-queue':
    case '--request-priority':
      return sheet.lost(written, 'chooses among workers, and this is one machine');
    case '--exclude-patterns':
      return sheet.lost(written, 'has no counterpart: all outputs are kept');
    case '--description':
    case '--tags':
      return sheet.lost(written, 'has no counterpart');
    case '--edit':
    case '-e':
    case '--interactive':
    case '-i':
      return sheet.needless(written, 'is what the form is for');
    default:
      return sheet.needless(written, 'is a matter of the worksheet, not of the job');
  }
}
