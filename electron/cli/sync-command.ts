import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Transfer, TransferFile } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { Act, Context } from './act.ts';
import { summary } from './copy-commands.ts';
import { followTransfer } from './follow.ts';
import { endpointOf, parseOperand } from './operands.ts';
import { count, size } from './output.ts';

interface SyncOptions {
  delete?: boolean;
  checksum?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** `stowage sync` */
export function addSyncCommand(program: Command, act: Act): void {
  program
    .command('sync <from> <to>')
    .description('makes a folder hold what another holds, after its plan was shown')
    .option('--delete', 'remove what only the destination has')
    .option('--checksum', 'compare content rather than modification times')
    .option('-n, --dry-run', 'only show the plan')
    .option('-y, --yes', 'do not ask')
    .action(act(sync));
}

/** Lines of the plan that are shown before a question; all of them are shown by --dry-run. */
const shownSteps = 100;

async function sync(context: Context, from: string, to: string, options: SyncOptions): Promise<void> {
  const { client, output } = context;
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true && !output.json;
  if (!terminal && !options.yes && !options.dryRun) {
    throw new StowageError('bad-request', 'Nobody can be asked whether the plan is right.', {
      hint: 'Look at it with --dry-run, then say --yes.',
    });
  }
  const destination = parseOperand(to);
  const started = await client.transfers.sync({
    source: endpointOf(parseOperand(from)),
    destination: endpointOf({ ...destination, contents: false }),
    ...(options.delete && { delete: true }),
    ...(options.checksum && { checksum: true }),
  });
  const planned = await followTransfer(context, started, ['review']);
  const nothing = isEmpty(planned);
  if (options.dryRun || nothing) {
    await printPlan(context, planned, options.dryRun === true);
    const problem = planned.files.failed > 0 ? await firstProblem(context, planned) : null;
    await client.transfers.cancel({ id: planned.id });
    if (problem) throw problem;
    return;
  }
  if (!output.json) await printSteps(context, planned, options.yes ? 0 : shownSteps);
  if (!options.yes && !(await confirm(`${planText(planned)}. Go on? [y/N] `))) {
    await client.transfers.cancel({ id: planned.id });
    throw new StowageError('cancelled', 'Nothing was changed.');
  }
  const done = await followTransfer(context, await client.transfers.resume({ id: planned.id }));
  output.result(done, () => `Synced: ${planText(planned)}; ${summary(done)}.`);
}

const isEmpty = ({ sync: plan }: Transfer): boolean => plan !== null && plan.add + plan.update + plan.remove === 0;

function planText({ sync: plan, bytes, files }: Transfer): string {
  if (!plan) return '';
  const failed = files.failed > 0 ? `, ${count(files.failed, 'file')} cannot be synced` : '';
  const sent = `${plan.add} to add, ${plan.update} to update (${size(bytes.total)})`;
  return `${sent}, ${plan.remove} to remove, ${plan.unchanged} unchanged${failed}`;
}

/** Every step of the plan, a page at a time. */
async function* stepsOf({ client }: Context, { id }: Transfer): AsyncGenerator<TransferFile> {
  for (let after = 0; ; ) {
    const page = await client.transfers.files({ id, after, limit: 1000 });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

const marks: Record<TransferFile['action'], string> = { copy: ' ', add: '+', update: '~', remove: '-' };

const stepLine = (step: TransferFile): string => {
  if (step.state === 'failed') return `! ${visible(step.path)}: ${step.problem?.message ?? 'cannot be synced'}`;
  return `${marks[step.action]} ${visible(step.path)}`;
};

async function printPlan(context: Context, planned: Transfer, everything: boolean): Promise<void> {
  const { output } = context;
  if (output.json) {
    const files: TransferFile[] = [];
    for await (const step of stepsOf(context, planned)) files.push(step);
    output.result({ transfer: planned, files }, () => '');
    return;
  }
  await printSteps(context, planned, everything ? Number.POSITIVE_INFINITY : shownSteps);
  output.result(planned, () => (isEmpty(planned) ? `Nothing to do: ${planText(planned)}.` : `${planText(planned)}.`));
}

async function printSteps(context: Context, planned: Transfer, limit: number): Promise<void> {
  let shown = 0;
  for await (const step of stepsOf(context, planned)) {
    if (step.state === 'skipped') continue;
    if (++shown > limit) {
      if (limit > 0) context.output.result(null, () => '… and more: see all of it with --dry-run');
      return;
    }
    context.output.result(step, stepLine);
  }
}

async function firstProblem({ client }: Context, { id }: Transfer): Promise<StowageError> {
  const [first] = await client.transfers.files({ id, state: 'failed', limit: 1 });
  return new StowageError(first?.problem?.code ?? 'io-error', first?.problem?.message ?? 'Not everything can be synced.');
}

/** Asks on the terminal; anything but yes, the end of the input and Ctrl+C too, means no. */
async function confirm(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  try {
    return /^y(es)?$/i.test((await Promise.race([asking.question(question), closed])).trim());
  } finally {
    asking.close();
  }
}
