import { setTimeout as delay } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { StagingOptions } from '../services.ts';
import { mountFailure } from './log-words.ts';
import { type MountRecord, mountFiles } from './mount-record.ts';
import { hasFiles, isUnsent, unsentFiles } from './unsent.ts';

interface SendingTools extends StagingOptions {
  /** What rclone said last, cleaned. */
  log(): Promise<string>;
  /** rclone runs, and sends what is left by itself. True: it had ended and was started again, which may move its notes. */
  serve(): Promise<boolean>;
}

const lookMs = 100;
/** Between two sent files, once rclone has reported a failure; it tries again and again. */
const patienceMs = 120_000;
/** When trying again cannot help. */
const refusedPatienceMs = 15_000;

/**
 * Waits until everything that was written to a mount is at its service. The files are asked for by rclone's own notes, so
 * that this holds over restarts of this program and of rclone.
 * Tells how much was sent since rclone had to be started again for it; null when it had not.
 * @throws what keeps a file from being sent; it stays in the cache of the mount. `cancelled`
 */
export async function sendUnsent(directory: string, record: MountRecord, tools: SendingTools): Promise<Sent | null> {
  const { cache, kept } = mountFiles(directory);
  const progress: Progress = { at: performance.now(), again: null };
  // Once more after each round: only one that finds nothing says that nothing is left.
  while (await sendRound(record, cache, tools, progress)) checkCancelled(tools);
  if (!(await hasFiles(kept))) return progress.again;
  throw new StowageError('mount-failed', `Not everything that the job wrote reached “${visible(record.source)}”.`, {
    subject: kept,
    hint: `rclone was killed while it wrote some files; what it had of them is kept on this machine in “${kept}”.`,
  });
}

export interface Sent {
  readonly files: number;
  readonly bytes: number;
}

interface Progress {
  /** When a file was last sent. */
  at: number;
  again: Sent | null;
}

/** False when there was nothing to send. */
async function sendRound(record: MountRecord, cache: string, tools: SendingTools, progress: Progress): Promise<boolean> {
  let found = false;
  for await (const { meta, path, bytes } of unsentFiles(cache)) {
    found = true;
    tools.tell(`Sending to ${visible(record.source)}: ${visible(path.slice(path.lastIndexOf('/') + 1))}`);
    while (await isUnsent(meta)) {
      checkCancelled(tools);
      if (await tools.serve()) {
        progress.again ??= { files: 0, bytes: 0 };
        return true;
      }
      await checkProgress(record, cache, tools, performance.now() - progress.at);
      await delay(lookMs, undefined, { signal: tools.signal }).catch(() => undefined);
    }
    progress.at = performance.now();
    if (progress.again) progress.again = { files: progress.again.files + 1, bytes: progress.again.bytes + bytes };
  }
  return found;
}

function checkCancelled({ signal }: SendingTools): void {
  if (signal.aborted) throw new StowageError('cancelled', 'Sending what the job wrote was cancelled.');
}

async function checkProgress(record: MountRecord, cache: string, tools: SendingTools, waitedMs: number): Promise<void> {
  if (waitedMs < refusedPatienceMs) return;
  const log = await tools.log();
  if (!/failed to upload|Failed to copy/i.test(log)) return;
  const { code, message, data } = mountFailure(record.source, log, 'what the job wrote is not sent');
  if (waitedMs < patienceMs && code !== 'permission-denied' && code !== 'credentials-rejected') return;
  throw new StowageError(code, `Not everything that the job wrote reached “${visible(record.source)}”. ${message}`, {
    ...data,
    subject: cache,
    hint: `What is missing is kept on this machine in “${cache}”.`,
  });
}
