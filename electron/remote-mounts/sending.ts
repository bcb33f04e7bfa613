import { setTimeout as delay } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { StagingOptions } from '../services.ts';
import { mountFailure } from './log-words.ts';
import { type MountRecord, mountFiles } from './mount-record.ts';
import { isUnsent, unsentFiles } from './unsent.ts';

interface SendingTools extends StagingOptions {
  /** What rclone said last, cleaned. */
  log(): Promise<string>;
  /** rclone runs, started again if it had ended: it sends what is left by itself. */
  serve(): Promise<void>;
}

const lookMs = 100;
/** Between two sent files, once rclone has reported a failure; it tries again and again. */
const patienceMs = 120_000;
/** When trying again cannot help. */
const refusedPatienceMs = 15_000;

/**
 * Waits until everything that was written to a mount is at its service. The files are asked for by rclone's own notes, so
 * that this holds over restarts of this program and of rclone.
 * @throws what keeps a file from being sent; it stays in the cache of the mount. `cancelled`
 */
export async function sendUnsent(directory: string, record: MountRecord, tools: SendingTools): Promise<void> {
  const { cache } = mountFiles(directory);
  let progressAt = performance.now();
  let sent = 0;
  for await (const { meta, path } of unsentFiles(cache)) {
    if (sent === 0) await tools.serve();
    tools.tell(`Sending to ${visible(record.source)}: ${visible(path.slice(path.lastIndexOf('/') + 1))}`);
    while (await isUnsent(meta)) {
      if (tools.signal.aborted) throw new StowageError('cancelled', 'Sending what the job wrote was cancelled.');
      await checkProgress(record, cache, tools, performance.now() - progressAt);
      await delay(lookMs, undefined, { signal: tools.signal }).catch(() => undefined);
    }
    sent += 1;
    progressAt = performance.now();
  }
}

async function checkProgress(record: MountRecord, cache: string, tools: SendingTools, waitedMs: number): Promise<void> {
  if (waitedMs < refusedPatienceMs) return;
  const log = await tools.log();
  if (!/failed to upload|Failed to copy/i.test(log)) return tools.serve();
  const { code, message, data } = mountFailure(record.source, log, 'what the job wrote is not sent');
  if (waitedMs < patienceMs && code !== 'permission-denied' && code !== 'credentials-rejected') return tools.serve();
  throw new StowageError(code, `Not everything that the job wrote reached “${visible(record.source)}”. ${message}`, {
    ...data,
    subject: cache,
    hint: `What is missing is kept on this machine in “${cache}”.`,
  });
}
