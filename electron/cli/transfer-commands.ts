import type { Command } from 'commander';
import { Option } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import { type Transfer, type TransferFile, transferActionSchema, transferFileStateSchema } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import type { Act } from './act.ts';
import { followTransfer } from './follow.ts';
import { count, parseId, size, table } from './output.ts';

/** `stowage transfer …`: the queue that the app shows too. */
export function addTransferCommands(program: Command, act: Act): void {
  const transfer = program.command('transfer').description('uploads, downloads and copies, with their files');
  transfer
    .command('list')
    .description('transfers that run, wait or have ended')
    .action(
      act(async ({ client, output }) => {
        output.result(await client.transfers.list(), (transfers) =>
          table(
            ['ID', 'STATE', 'TITLE', 'FILES', 'FAILED', 'DONE', 'SIZE'],
            transfers.map((each) => [
              each.id,
              each.state,
              each.title,
              each.files.total,
              each.files.failed,
              { bytes: each.bytes.done },
              { bytes: each.bytes.total },
            ]),
          ),
        );
      }),
    );
  transfer
    .command('wait <id>')
    .description('shows the progress of a transfer until it has ended')
    .action(
      act(async (context, id: string) => {
        const found = await context.client.transfers.get({ id: transferId(id) });
        context.output.result(
          await followTransfer(context, found),
          (done) => `${done.title}: ${count(done.files.done, 'file')}, ${size(done.bytes.done)}.`,
        );
      }),
    );
  addLooking(transfer, act);
  addSteps(transfer, act);
}

function addLooking(transfer: Command, act: Act): void {
  transfer
    .command('show <id>')
    .description('what a transfer does and how far it is')
    .action(
      act(async ({ client, output }, id: string) => {
        output.result(await client.transfers.get({ id: transferId(id) }), describe);
      }),
    );
  transfer
    .command('files <id>')
    .description('the files of a transfer, or the steps of a sync')
    .addOption(new Option('--state <state>', 'only those in this state').choices(transferFileStateSchema.options))
    .addOption(new Option('--action <action>', 'only these steps').choices(transferActionSchema.options))
    .action(
      act(async ({ client, output }, id: string, filter: Filter) => {
        const files = filesOf(client, transferId(id), filter);
        await output.list(files, (file) => file, fileLine);
      }),
    );
  transfer
    .command('clear [ids...]')
    .description('forgets transfers that have ended; their files stay')
    .action(
      act(async ({ client, output }, ids: string[]) => {
        const which = ids.length > 0 ? { ids: ids.map(transferId) } : {};
        output.result(await client.transfers.clear(which), ({ cleared }) => `Forgot ${count(cleared, 'transfer')}.`);
      }),
    );
}

interface Filter {
  state?: TransferFile['state'];
  action?: TransferFile['action'];
}

async function* filesOf(client: StowageClient, id: number, filter: Filter): AsyncGenerator<TransferFile> {
  for (let after = 0; ; ) {
    const page = await client.transfers.files({ id, ...filter, after, limit: 1000 });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

const fileLine = (file: TransferFile): string =>
  [
    file.state.padEnd(8),
    file.action.padEnd(6),
    size(file.size).padStart(9),
    visible(file.path) + (file.problem ? `: ${file.problem.message}` : ''),
  ].join('  ');

function describe(transfer: Transfer): string {
  const { files, bytes, sync, problem } = transfer;
  const speed = transfer.state === 'running' ? `, ${size(transfer.speed)}/s` : '';
  const eta = transfer.etaSeconds === null ? '' : `, ${transfer.etaSeconds} s left`;
  const more = transfer.scanned ? '' : ' so far';
  const state = `${transfer.kind} ${transfer.id} “${visible(transfer.title)}”: ${transfer.state}${speed}${eta}`;
  const counts = `${files.done} of ${count(files.total, 'file')}${more}, ${size(bytes.done)} of ${size(bytes.total)}`;
  return [
    state,
    `${visible(transfer.source)} → ${visible(transfer.destination)}`,
    `${counts}, ${files.skipped} skipped, ${files.failed} failed, ${transfer.conflicts} waiting for an answer`,
    ...(sync ? [`${sync.add} to add, ${sync.update} to update, ${sync.remove} to remove, ${sync.unchanged} unchanged`] : []),
    ...(problem ? [problem.message, ...(problem.hint ? [problem.hint] : [])] : []),
  ].join('\n');
}

function addSteps(transfer: Command, act: Act): void {
  const steps: [name: string, about: string, step: (client: StowageClient, id: number) => Promise<Transfer>][] = [
    ['pause', 'holds a transfer', (client, id) => client.transfers.pause({ id })],
    [
      'resume',
      'goes on with a paused transfer, or with the reviewed plan of a sync',
      (client, id) => client.transfers.resume({ id }),
    ],
    ['cancel', 'ends a transfer; files that arrived stay', (client, id) => client.transfers.cancel({ id })],
    ['retry', 'tries the failed files again', (client, id) => client.transfers.retry({ id })],
  ];
  for (const [name, about, step] of steps) {
    transfer
      .command(`${name} <id>`)
      .description(about)
      .action(
        act(async (context, id: string) => {
          const { client, output, session } = context;
          const changed = await step(client, transferId(id));
          // Without a running app it goes on for as long as this command.
          const goesOn = session.own && (name === 'resume' || name === 'retry');
          output.result(
            goesOn ? await followTransfer(context, changed, ['review']) : changed,
            (shown) => `${shown.title}: ${shown.state}.`,
          );
        }),
      );
  }
}

const transferId = (text: string): number => parseId(text, 'transfer');
