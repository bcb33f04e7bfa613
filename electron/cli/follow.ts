import type { Change } from '#shared/contract/app.ts';
import type { StowageClient } from '#shared/contract/index.ts';
import type { Job } from '#shared/contract/jobs.ts';
import type { Transfer } from '#shared/contract/transfers.ts';
import { StowageError } from '#shared/errors.ts';
import type { Context } from './act.ts';
import { interruptible } from './interrupt.ts';
import { count, print, size } from './output.ts';

const ended: readonly Transfer['state'][] = ['done', 'failed', 'cancelled'];

/**
 * Waits until a transfer has ended or is in one of the states `until`, showing its progress. Ctrl+C cancels it.
 * @throws StowageError of the transfer's problem, or of its first failed file
 */
export async function followTransfer(
  context: Context,
  first: Transfer,
  until: readonly Transfer['state'][] = [],
): Promise<Transfer> {
  await context.session.share();
  const cancel = (): void => void context.client.transfers.cancel({ id: first.id }).catch(() => {});
  const { result, stopped } = await interruptible(cancel, () => waitForTransfer(context, first, [...ended, ...until]));
  if (stopped !== null) process.exitCode = stopped;
  if (result.state !== 'done' && !until.includes(result.state)) throw await failure(context.client, result);
  return result;
}

async function waitForTransfer(
  { client, output }: Context,
  first: Transfer,
  until: readonly Transfer['state'][],
): Promise<Transfer> {
  return withChanges(client, async (changes) => {
    let transfer = await client.transfers.get({ id: first.id });
    while (!until.includes(transfer.state)) {
      if (transfer.state === 'waiting') throw await waitingError(client, transfer);
      if (transfer.state === 'paused' && transfer.problem) throw pausedError(transfer, transfer.problem);
      output.progress(progressLine(transfer));
      const next = await nextChange(changes, (change) => {
        if (change.type === 'transfer-cleared' && change.ids.includes(first.id)) return 'cleared';
        return change.type === 'transfer' && change.transfer.id === first.id ? change.transfer : null;
      });
      // A sync that is cancelled in its review is forgotten.
      transfer = next === 'cleared' ? { ...transfer, state: 'cancelled' } : next;
    }
    output.progress(null);
    return transfer;
  });
}

/** Hears of changes while `work` runs; the stream is ended before the connection is, so that nothing is sent after it. */
export async function withChanges<T>(client: StowageClient, work: (changes: AsyncIterator<Change>) => Promise<T>): Promise<T> {
  const changes = await client.app.changes();
  try {
    return await work(changes);
  } finally {
    // When the core went away, its stream has ended already.
    await changes.return?.(undefined).catch(() => {});
  }
}

/** It waits for a person, who may be told elsewhere too; what was sent is kept. */
const pausedError = ({ id, title }: Transfer, problem: NonNullable<Transfer['problem']>): StowageError =>
  new StowageError(problem.code, `“${title}” is paused: ${problem.message}`, {
    subject: problem.subject,
    detail: problem.detail,
    hint: `${problem.hint ?? 'When that is mended, go on.'} Go on with: stowage transfer resume ${id}`,
  });

async function waitingError(client: StowageClient, transfer: Transfer): Promise<StowageError> {
  const [conflict] = await client.transfers.files({ id: transfer.id, state: 'conflict', limit: 1 });
  await client.transfers.cancel({ id: transfer.id });
  return new StowageError('exists', `“${conflict?.path ?? transfer.destination}” is there already.`, {
    subject: conflict?.path,
    hint: 'Say what is to happen with: --conflict overwrite, skip, keep-both or newer',
  });
}

async function failure(client: StowageClient, transfer: Transfer): Promise<StowageError> {
  if (transfer.state === 'cancelled') return new StowageError('cancelled', `The ${transfer.kind} was cancelled.`);
  const failed = await client.transfers.files({ id: transfer.id, state: 'failed', limit: 10 });
  const problem = transfer.problem ?? failed[0]?.problem;
  const lines = failed.map((file) => `${file.path}: ${file.problem?.message ?? 'failed'}`).join('; ');
  const counts = `${transfer.files.failed} of ${count(transfer.files.total, 'file')} failed`;
  const one = transfer.files.total === 1 && problem;
  return new StowageError(problem?.code ?? 'io-error', one ? problem.message : `${problem?.message ?? ''} (${counts})`.trim(), {
    subject: problem?.subject,
    detail: one ? problem.detail : lines || problem?.detail,
    hint: problem?.hint,
  });
}

function progressLine(transfer: Transfer): string {
  const { files, bytes, sync } = transfer;
  if (sync && !transfer.scanned)
    return `Comparing …  ${sync.add} to add, ${sync.update} to update, ${sync.remove} to remove, ${sync.unchanged} unchanged`;
  const fraction = bytes.total > 0 ? bytes.done / bytes.total : 0;
  const filled = Math.round(fraction * 20);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`;
  const eta = transfer.etaSeconds === null ? '' : `  ${Math.ceil(transfer.etaSeconds)} s left`;
  return `${bar} ${Math.floor(fraction * 100)} %  ${size(bytes.done)} of ${size(bytes.total)}${transfer.scanned ? '' : '+'}  ${files.done}/${files.total} files  ${size(transfer.speed)}/s${eta}`;
}

/** The first change that `pick` makes something of. @throws StowageError `host-unreachable` when the core goes away */
export async function nextChange<T>(changes: AsyncIterator<Change>, pick: (change: Change) => T | null): Promise<T> {
  for (;;) {
    const next = await changes.next();
    if (next.done)
      throw new StowageError('host-unreachable', 'The running Stowage went away.', {
        hint: 'Start it again: what it did goes on.',
      });
    const picked = pick(next.value);
    if (picked !== null) return picked;
  }
}

/** Prints a job's output, and with `follow` what comes until the job has ended. */
export async function printLog(client: StowageClient, id: number, { follow }: { follow: boolean }): Promise<void> {
  if (!follow) {
    await printPages(client, id, 0);
    return;
  }
  await withChanges(client, async (changes) => {
    let printed = await printPages(client, id, 0);
    while (!printed.end) {
      const { next } = printed;
      await nextChange(changes, (change) =>
        (change.type === 'job-log' && change.id === id && change.size > next) || (change.type === 'job' && change.job.id === id)
          ? true
          : null,
      );
      printed = await printPages(client, id, next);
    }
  });
}

/** Prints what there is from byte `from` on; `end` when nothing will come after it. */
async function printPages(client: StowageClient, id: number, from: number): Promise<{ next: number; end: boolean }> {
  for (let at = from; ; ) {
    const page = await client.jobs.readLog({ id, from: at, limit: 262_144 });
    for (const chunk of page.chunks) await print(chunk.stream === 'stderr' ? process.stderr : process.stdout, chunk.text);
    if (page.end || page.next === at) return page;
    at = page.next;
  }
}

/** The job's own exit code, as a shell would give it; 1 when it failed without one. */
export function exitCodeOf(job: Job): number {
  if (job.exitCode !== null) return job.exitCode;
  return job.state === 'succeeded' ? 0 : 1;
}
