import { create } from 'zustand';
import { parseAddress } from '#shared/address.ts';
import type { Transfer, TransferFile } from '#shared/contract/transfers.ts';
import { visible } from '#shared/paths.ts';
import { client, desktop } from '../app/client.ts';
import { goFiles } from '../app/navigation.ts';
import { putTransfer, useTransfers } from '../app/stores/transfers.ts';
import { plural } from '../ui/format.ts';
import { reportError, showToast } from '../ui/toasts.tsx';
import { placeAfterMove, type QueueMove, queueOf } from './order.ts';

const tell = (error: unknown): void => reportError(error);

export const act = (what: 'pause' | 'resume' | 'cancel' | 'retry', id: number): void => {
  client.transfers[what]({ id }).catch(tell);
};

export const clear = (ids: number[]): void => {
  client.transfers.clear({ ids }).catch(tell);
};

export const actOnAll = (what: 'pauseAll' | 'resumeAll'): void => {
  client.transfers[what]().catch(tell);
};

export const runAgain = (id: number): void => {
  client.transfers.again({ id }).then(putTransfer, (error: unknown) => reportError(error, 'It could not be run again.'));
};

/** What was said last about the queue, for assistive technology. */
export const useAnnouncement = create<{ readonly words: string }>()(() => ({ words: '' }));

/** Puts a queued transfer before another (null: last), and says where it is now. */
export async function putBefore(id: number, before: number | null): Promise<void> {
  try {
    for (const transfer of await client.transfers.reorder({ id, before })) putTransfer(transfer);
    const queue = queueOf(useTransfers.getState().transfers);
    const at = queue.findIndex((transfer) => transfer.id === id);
    const title = queue[at]?.title;
    if (title !== undefined)
      useAnnouncement.setState({ words: `${visible(title)} is now number ${at + 1} of ${queue.length} waiting` });
  } catch (error) {
    reportError(error, 'The order was not changed.');
  }
}

export async function moveInQueue(id: number, move: QueueMove): Promise<void> {
  const before = placeAfterMove(queueOf(useTransfers.getState().transfers), id, move);
  if (before !== undefined) await putBefore(id, before);
}

/** Whether the place where a transfer leads can be shown from here: folders of this machine only by the desktop app. */
export const canShowDestination = ({ destinationVfolder }: Transfer): boolean =>
  destinationVfolder !== null || desktop !== undefined;

/** Shows where a transfer leads: in Files with what arrived selected, or in the system's file manager. */
export function showDestination({ destination, destinationVfolder, title }: Transfer): void {
  if (destinationVfolder === null) {
    desktop?.showInFolder(destination).catch(tell);
    return;
  }
  const { path } = parseAddress(destination);
  goFiles({ vfolder: destinationVfolder, path, select: title });
}

/** As many failed files as anybody pastes anywhere. */
const mostCopied = 10_000;
const page = 1000;

/** One failed file as a line of text: its path, what happened, what to do. */
export const failureLine = ({ path, problem }: Pick<TransferFile, 'path' | 'problem'>): string =>
  [visible(path), ...(problem ? [[visible(problem.message), problem.hint].filter(Boolean).join(' ')] : [])].join('\t');

/** Puts the failed files of a transfer with their reasons on the clipboard, one a line. */
export async function copyFailures(id: number): Promise<void> {
  try {
    const lines: string[] = [];
    for (let after = 0; lines.length < mostCopied; ) {
      const files = await client.transfers.files({ id, state: 'failed', after, limit: page });
      lines.push(...files.map(failureLine));
      after = files.at(-1)?.seq ?? after;
      if (files.length < page) break;
    }
    await navigator.clipboard.writeText(`${lines.join('\n')}\n`);
    showToast({ intent: 'info', title: `${plural(lines.length, 'failed file')} copied as text` });
  } catch (error) {
    reportError(error, 'The list could not be copied.');
  }
}
