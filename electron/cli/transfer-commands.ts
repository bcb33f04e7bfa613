import type { Command } from 'commander';
import type { StowageClient } from '#shared/contract/index.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
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
  const steps: [name: string, about: string, step: (client: StowageClient, id: number) => Promise<Transfer>][] = [
    ['pause', 'holds a transfer', (client, id) => client.transfers.pause({ id })],
    ['resume', 'goes on with a paused transfer', (client, id) => client.transfers.resume({ id })],
    ['cancel', 'ends a transfer; files that arrived stay', (client, id) => client.transfers.cancel({ id })],
    ['retry', 'tries the failed files again', (client, id) => client.transfers.retry({ id })],
  ];
  for (const [name, about, step] of steps) {
    transfer
      .command(`${name} <id>`)
      .description(about)
      .action(
        act(async ({ client, output }, id: string) => {
          output.result(await step(client, transferId(id)), (changed) => `${changed.title}: ${changed.state}.`);
        }),
      );
  }
}

const transferId = (text: string): number => parseId(text, 'transfer');
