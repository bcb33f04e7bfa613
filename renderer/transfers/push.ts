import { browserHost } from '#shared/bridge.ts';
import type { ConflictPolicy, Endpoint } from '#shared/contract/transfers.ts';
import { assertNever, StowageError } from '#shared/errors.ts';
import { client, sessionValue } from '../app/client.ts';
import { hasEnded, putTransfer, useTransfers } from '../app/stores/transfers.ts';
import type { Upload } from './dropped.ts';

/** Bodies in flight at once. */
const parallel = 5;

/** The files of this window's uploads, by number; gone when the transfer ends. A file is a handle, not its bytes. */
const sources = new Map<number, Map<number, File>>();

/** True when this window can still send the files of the transfer. */
export const canSend = (id: number): boolean => sources.has(id);

/**
 * Uploads from a browser: opens the transfer, announces files while they are found and sends bodies meanwhile.
 * Returns the transfer's id as soon as it is open; what fails later is told by the transfer itself.
 */
export async function pushUpload(
  upload: Upload,
  destination: Endpoint,
  title: string,
  conflict: ConflictPolicy,
): Promise<number> {
  const transfer = await client.transfers.pushOpen({ destination, title, conflict });
  putTransfer(transfer);
  const files = new Map<number, File>();
  sources.set(transfer.id, files);
  const announced = announce(transfer.id, upload, files);
  void send(transfer.id, files, announced);
  return transfer.id;
}

async function announce(id: number, upload: Upload, files: Map<number, File>): Promise<void> {
  try {
    for await (const batch of upload.items()) {
      const { seqs } = await client.transfers.pushAdd({
        id,
        sealed: false,
        files: batch.map(({ path, file }) => ({
          path,
          size: file?.size ?? 0,
          modified: file?.lastModified ?? Date.now(),
          ...(file === null && { directory: true }),
        })),
      });
      batch.forEach(({ file }, index) => {
        const seq = seqs[index];
        if (file && seq !== undefined) files.set(seq, file);
      });
      wake(id);
    }
  } finally {
    await client.transfers.pushAdd({ id, sealed: true, files: [] }).catch(() => {});
    wake(id);
  }
}

const wakers = new Map<number, () => void>();
const wake = (id: number): void => wakers.get(id)?.();

/** Waits until the transfer changed, more files are known, or some time has gone by. */
function change(id: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = useTransfers.subscribe((state, before) => {
      if (stateOf(state.transfers, id) !== stateOf(before.transfers, id)) done();
    });
    const timer = setTimeout(() => done(), 1000);
    const done = (): void => {
      clearTimeout(timer);
      stop();
      wakers.delete(id);
      resolve();
    };
    wakers.set(id, done);
  });
}

const stateOf = (transfers: ReturnType<typeof useTransfers.getState>['transfers'], id: number): string => {
  const transfer = transfers.find((one) => one.id === id);
  return transfer ? `${transfer.state} ${transfer.conflicts}` : 'gone';
};

/** Asks what to send next and sends it, until the transfer has ended. */
async function send(id: number, files: Map<number, File>, announced: Promise<void>): Promise<void> {
  const active = new Map<number, AbortController>();
  let sealed = false;
  announced
    .catch(() => {})
    .finally(() => {
      sealed = true;
    });
  for (;;) {
    const known = useTransfers.getState().transfers.find((one) => one.id === id);
    if (known && (known.state === 'paused' || known.state === 'cancelled')) for (const body of active.values()) body.abort();
    if (known && hasEnded(known) && sealed) break;
    const wanted = parallel - active.size;
    const next = wanted > 0 ? await nextFiles(id, parallel) : [];
    if (next === null) break;
    let begun = 0;
    for (const { seq, offset } of next) {
      const file = files.get(seq);
      if (!file || active.has(seq) || active.size >= parallel) continue;
      begun += 1;
      const abort = new AbortController();
      active.set(seq, abort);
      void sendBody(id, seq, file, offset, abort.signal).finally(() => {
        active.delete(seq);
        wake(id);
      });
    }
    if (begun === 0 || active.size >= parallel) await change(id);
  }
  sources.delete(id);
}

/** Null when the transfer is over or unknown. */
async function nextFiles(id: number, limit: number): Promise<Array<{ seq: number; offset: number }> | null> {
  try {
    const { state, files } = await client.transfers.pushNext({ id, limit: limit * 2 });
    switch (state) {
      case 'queued':
      case 'running':
      case 'paused':
      case 'waiting':
        return files;
      case 'done':
      case 'failed':
      case 'cancelled':
        return files.length > 0 ? files : [];
      default:
        return assertNever(state);
    }
  } catch (error) {
    // A broken connection comes back; a transfer that nobody knows does not.
    return error instanceof StowageError && error.code === 'host-unreachable' ? [] : null;
  }
}

/** One body. A failure is not told here: the server knows how far it came and offers the file again, or fails it. */
async function sendBody(id: number, seq: number, file: File, offset: number, signal: AbortSignal): Promise<void> {
  try {
    await fetch(`${browserHost.bodyPath}/${id}/${seq}?offset=${offset}`, {
      method: 'PUT',
      headers: { [browserHost.sessionHeader]: sessionValue() ?? '', 'content-type': 'application/octet-stream' },
      body: offset === 0 ? file : file.slice(offset),
      signal,
    });
  } catch {
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
