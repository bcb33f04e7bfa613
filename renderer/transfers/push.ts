import { browserHost } from '#shared/bridge.ts';
import type { ConflictPolicy, Endpoint, Transfer } from '#shared/contract/transfers.ts';
import { client, fromContract, sessionValue } from '../app/client.ts';
import { hasEnded, putTransfer, useTransfers } from '../app/stores/transfers.ts';
import { reportError } from '../ui/toasts.tsx';
import type { Upload } from './dropped.ts';

/** Bodies in flight at once. */
const parallel = 5;
/** Files asked for at once, so that small ones need few questions. */
const claimed = 32;

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
  sendUpload(transfer.id, upload);
  return transfer.id;
}

/** Sends the files of an upload; for a transfer that a former window began, the same files chosen once more. */
export function sendUpload(id: number, upload: Upload): void {
  const files = sources.get(id) ?? new Map<number, File>();
  const running = sources.has(id);
  sources.set(id, files);
  const announced = announce(id, upload, files).catch((error: unknown) => reportError(error, 'Not all files could be read.'));
  if (!running) void send(id, files, announced);
}

async function announce(id: number, upload: Upload, files: Map<number, File>): Promise<void> {
  try {
    for await (const batch of upload.items()) {
      const { seqs } = await client.transfers.pushAdd({
        id,
        sealed: false,
        files: batch.map(({ path, file, problem }) => ({
          path,
          size: file?.size ?? 0,
          modified: file?.lastModified ?? Date.now(),
          ...(problem !== undefined ? { unreadable: problem } : file === null && { directory: true }),
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

/** Waits until the transfer changed, a body ended, more files are known, or some time has gone by. */
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

const stateOf = (transfers: readonly Transfer[], id: number): string => {
  const transfer = transfers.find((one) => one.id === id);
  return transfer ? `${transfer.state} ${transfer.conflicts}` : 'gone';
};

/** A file that the core handed to this page: it is ours to send until the transfer is paused or over. */
interface Claim {
  readonly seq: number;
  readonly path: string;
  readonly offset: number;
}

/** Asks what to send next and sends it, until the transfer has ended. It asks ahead, so that no connection stands idle. */
async function send(id: number, files: Map<number, File>, announced: Promise<void>): Promise<void> {
  const active = new Map<number, AbortController>();
  let claims: Claim[] = [];
  let asking = false;
  let unknown = false;
  let sealed = false;
  void announced.finally(() => {
    sealed = true;
  });
  const ask = (): void => {
    asking = true;
    void nextFiles(id).then((more) => {
      asking = false;
      unknown = more === null;
      if (more) claims.push(...more);
      // With nothing to send, the next question waits for a change.
      if (more === null || more.length > 0) wake(id);
    });
  };
  while (!unknown) {
    const known = useTransfers.getState().transfers.find((one) => one.id === id);
    const state = known?.state ?? 'running';
    if (state === 'paused' || state === 'cancelled') {
      // The core takes back what it handed out.
      for (const body of active.values()) body.abort();
      claims = [];
    }
    // After a failure the files are kept: the person may have them sent once more.
    if (known && hasEnded(known) && state !== 'failed' && sealed) break;
    if (state !== 'paused' && state !== 'failed' && !asking && claims.length < claimed / 2) ask();
    const later: Claim[] = [];
    for (const claim of claims) {
      const file = files.get(claim.seq);
      // Its announcement may still be on the way back to us.
      if (!file || active.size >= parallel || active.has(claim.seq)) {
        later.push(claim);
        continue;
      }
      const abort = new AbortController();
      active.set(claim.seq, abort);
      void sendBody(id, claim, file, abort.signal).finally(() => {
        active.delete(claim.seq);
        wake(id);
      });
    }
    claims = later;
    await change(id);
  }
  sources.delete(id);
}

/** Files to send; empty while there are none or the connection is being made again, null when the transfer is unknown. */
async function nextFiles(id: number): Promise<Claim[] | null> {
  try {
    return (await client.transfers.pushNext({ id, limit: claimed })).files;
  } catch (error) {
    return fromContract(error).code === 'not-found' ? null : [];
  }
}

/** One body. A failure is not told here: the core knows how far it came, and offers the file again or fails it. */
async function sendBody(id: number, claim: Claim, file: File, signal: AbortSignal): Promise<void> {
  const { seq, path, offset } = claim;
  try {
    const response = await fetch(`${browserHost.bodyPath}/${id}/${seq}?offset=${offset}`, {
      method: 'PUT',
      headers: { [browserHost.sessionHeader]: sessionValue() ?? '', 'content-type': 'application/octet-stream' },
      body: offset === 0 ? file : file.slice(offset),
      signal,
    });
    if (response.ok) return;
  } catch {
    if (signal.aborted) return;
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  // A body that never arrived is still ours in the core's books: announcing the file again gives it back.
  await client.transfers
    .pushAdd({ id, sealed: false, files: [{ path, size: file.size, modified: file.lastModified }] })
    .catch(() => {});
}
