import { workHome } from '../plan/target.ts';
import { secondsOf } from './amounts.ts';
import type { FoundCommand } from './find-command.ts';
import { createSheet, type ImportContext, type Sheet } from './imported.ts';
import { optionKinds, type ReadOption, readOptions } from './options.ts';
import { mountNamed, vfolderName } from './places.ts';

const floydOptions = optionKinds(
  '--gpu, --gpu2, --cpu, --cpu2, --follow, -f, --tensorboard, --no-tensorboard, --open, --no-open, --help',
  '--env -e, --data, --message -m, --mode, --max-runtime -r, --task, --instance-type',
);

/**
 * `floyd run … "COMMAND"`. FloydHub took the folder it was called in as the code, mounted data below `/floyd/input` (older jobs:
 * below `/`), and kept what was written to `/output` (older jobs) or to the working directory.
 */
export function importFloyd({ words }: FoundCommand, context: ImportContext): Sheet {
  const sheet = createSheet();
  const { spec } = sheet;
  const { options, operands } = readOptions(words, floydOptions, true);
  const command = operands
    .map(({ text }) => text)
    .join(' ')
    .trim();
  if (command !== '') spec.command = ['sh', '-c', command];
  const given = new Set(options.map(({ name }) => name));
  for (const option of options) takeOption(sheet, option, context);
  if (given.has('--gpu') || given.has('--gpu2')) spec.resources.gpus = 1;
  if (!given.has('--env'))
    sheet.lost('environment', 'is not named; it would have been FloydHub’s own', { hint: 'Choose an image.' });
  if (command === '' && !given.has('--mode') && !given.has('--task')) sheet.lost('command', 'is missing');
  takeCode(sheet, context);
  if (/\/output\b/.test(command)) spec.links = [...(spec.links ?? []), { path: '/output', target: `${workHome}/out` }];
  sheet.changed('outputs', 'are what the job writes to out, as /home/work/out', 'Write there what is to be kept.');
  for (const name of new Set(operands.flatMap(({ unknown }) => unknown)))
    sheet.changed(name, 'stands in the command as it is written: the job’s own shell reads it');
  return sheet;
}

/** FloydHub uploaded the folder in which the command was called. */
function takeCode(sheet: Sheet, { folder }: ImportContext): void {
  if (folder === undefined) {
    sheet.needsFolder = true;
    sheet.lost('code', 'is the folder the command is run in', { hint: 'Say above in which folder you would run it.' });
  } else {
    sheet.spec.code = { source: folder, mode: 'rw' };
    sheet.changed('code', 'is the folder itself, not a copy of it: what the job changes there is changed');
  }
}

function takeOption(sheet: Sheet, option: ReadOption, context: ImportContext) {
  const { name, written, value, known } = option;
  const text = value?.text ?? '';
  if (!known) return sheet.lost(written, 'is no option of floyd run that is known here');
  switch (name) {
    case '--data':
      return takeData(sheet, option, context);
    case '--env':
      return sheet.lost(written, 'is an environment of FloydHub, not an image', {
        hint: `Choose an image that has ${text.replace(/[-:].*/, '')}.`,
      });
    case '--max-runtime': {
      const seconds = secondsOf(text);
      if (seconds === null) sheet.lost(written, 'is not a time that can be read');
      else sheet.spec.maxSeconds = seconds;
      return;
    }
    case '--message':
      sheet.spec.name = text.slice(0, 100);
      return sheet.changed(written, 'is the name of the job');
    case '--mode':
      if (text === 'job') sheet.needless(written, 'is how every job runs');
      else if (text === 'jupyter') return takeServer(sheet, option, 8888);
      else if (text === 'serve') return takeServer(sheet, option, 5000);
      else sheet.lost(written, 'is no mode that is known here');
      return;
    case '--task':
      return sheet.lost(written, 'names a task of a file that cannot be read from here', {
        hint: 'Write its command into the form.',
      });
    case '--gpu':
    case '--gpu2':
    case '--cpu':
    case '--cpu2':
      return sheet.changed(written, name.startsWith('--gpu') ? 'is one GPU of this machine' : 'is all CPUs of this machine');
    case '--tensorboard':
      return sheet.lost(written, 'has no counterpart', { hint: 'Run TensorBoard as a job of its own: there is a template.' });
    default:
      return sheet.needless(written, 'is a matter of the screen, not of the job');
  }
}

function takeServer(sheet: Sheet, { written }: ReadOption, port: number): void {
  sheet.spec.ports = [{ container: port }];
  if (port === 8888 && sheet.spec.command.length === 0)
    sheet.spec.command = ['sh', '-c', 'jupyter notebook --ip=0.0.0.0 --port=8888 --no-browser'];
  else if (sheet.spec.command.length === 0) sheet.spec.command = ['sh', '-c', 'python app.py'];
  sheet.changed(written, `is the command that serves, with port ${port} published`);
}

/** `[NAMESPACE/datasets/]NAME[/VERSION][/output][:MOUNT]` */
function takeData(sheet: Sheet, { written, value }: ReadOption, context: ImportContext) {
  const [place = '', mount] = (value?.text ?? '').split(':');
  const parts = place.split('/').filter(Boolean);
  const isOutput = parts.at(-1) === 'output';
  const named = isOutput ? parts.slice(0, -1) : parts;
  const hasVersion = named.length > 1 && /^\d+$/.test(named.at(-1) ?? '');
  const name = vfolderName((hasVersion ? named.slice(0, -1) : named).join('/'));
  if (place === '') return sheet.lost(written, 'names no data');
  const folder = (mount ?? '').replace(/^\/+|\/+$/g, '');
  const target = folder === '' ? '/input' : folder === 'input' ? '/input' : `/floyd/input/${folder}`;
  mountNamed(sheet, context, { name, target, mode: 'ro', what: written, was: 'it was data of FloydHub' });
  const link = folder === '' || folder === 'input' ? '/floyd/input/input' : `/${folder}`;
  if (folder !== '' && !sheet.spec.links?.some(({ path }) => path === link))
    sheet.spec.links = [...(sheet.spec.links ?? []), { path: link, target }];
}
