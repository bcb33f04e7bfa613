import { setTimeout as delay } from 'node:timers/promises';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { cancelled } from '../bodies.ts';
import type { CopyOptions, StorageEntry } from '../provider.ts';
import { conditions } from './blob-entry.ts';
import { inContainer } from './block-store.ts';
import type { Answer, BlobService } from './service.ts';
import { blobSas } from './signing.ts';

export interface BlobCopy {
  readonly service: BlobService;
  readonly source: { readonly container: string; readonly blob: string; readonly entry: StorageEntry };
  readonly target: { readonly container: string; readonly blob: string; readonly path: InnerPath };
  readonly options: CopyOptions;
  readonly makeContainer: ((signal: AbortSignal | undefined) => Promise<void>) | null;
}

/** Azure copies up to this in one step that shows the target only when it is whole. */
export const oneStepBytes = 256 * 1024 * 1024;
const sasLifetimeMs = 60 * 60_000;
const firstPollMs = 100;
const lastPollMs = 5_000;

/**
 * Copies a blob inside the account: small ones in one step, large ones as a copy that Azure makes by itself and that is
 * watched to its end. Cancelling ends the copy at Azure too.
 * @throws as CopyCapable.copy
 */
export async function copyBlob(copy: BlobCopy, limit = oneStepBytes): Promise<void> {
  const { service, source, target, options } = copy;
  const oneStep = source.entry.size <= limit;
  const answer = await inContainer(copy, options.signal, () =>
    service.call({
      method: 'PUT',
      container: target.container,
      blob: target.blob,
      subject: target.path,
      headers: {
        'x-ms-copy-source': oneStep ? readableUrl(copy) : service.sourceUrl(source.container, source.blob),
        ...(oneStep && { 'x-ms-requires-sync': 'true' }),
        // What was looked at is what is copied, also without a wish of the caller's.
        'x-ms-source-if-match': `"${options.etag ?? source.entry.etag}"`,
        ...conditions(options.expect),
      },
      signal: options.signal,
    }),
  );
  answer.http.discard();
  if (answer.http.headers['x-ms-copy-status'] !== 'success') await watch(copy, String(answer.http.headers['x-ms-copy-id'] ?? ''));
}

/** In one step Azure reads the source as anybody would, so it needs a signature even within the account. */
function readableUrl({ service, source }: BlobCopy): string {
  const url = service.sourceUrl(source.container, source.blob);
  if (!service.credential) return url;
  const sas = blobSas(service.credential, {
    container: source.container,
    blob: source.blob,
    permissions: 'r',
    // Begins in the past: the clocks of this machine and of Azure differ.
    startsAt: Date.now() - 15 * 60_000,
    expiresAt: Date.now() + sasLifetimeMs,
    httpsOnly: false,
  });
  return `${url}?${sas}`;
}

async function watch(copy: BlobCopy, id: string): Promise<void> {
  const { service, target, options } = copy;
  const { signal } = options;
  const at = { container: target.container, blob: target.blob, subject: target.path } as const;
  try {
    for (let pause = firstPollMs; ; pause = Math.min(lastPollMs, pause * 2)) {
      const answer: Answer = await service.call({ ...at, method: 'HEAD', signal });
      answer.http.discard();
      const { headers } = answer.http;
      if (headers['x-ms-copy-id'] !== id) {
        const message = `“${visible(target.path)}” was written by someone else while it was copied.`;
        throw new StowageError('precondition-failed', message, { subject: target.path });
      }
      const status = headers['x-ms-copy-status'];
      if (status === 'success') return;
      if (status !== 'pending') {
        const detail = String(headers['x-ms-copy-status-description'] ?? status);
        throw new StowageError('io-error', `Azure could not copy “${visible(target.path)}” to its end.`, {
          subject: target.path,
          detail,
        });
      }
      await delay(pause, undefined, signal && { signal }).catch(() => {
        throw cancelled();
      });
    }
  } catch (error) {
    if (signal?.aborted) await endCopy(copy, id);
    throw error;
  }
}

async function endCopy({ service, target }: BlobCopy, id: string): Promise<void> {
  const query = [
    ['comp', 'copy'],
    ['copyid', id],
  ] as const;
  // It may have come to its end in this moment; then there is nothing to end.
  const answer = await service
    .call({
      method: 'PUT',
      container: target.container,
      blob: target.blob,
      subject: target.path,
      query,
      headers: { 'x-ms-copy-action': 'abort' },
    })
    .catch(() => null);
  answer?.http.discard();
}
