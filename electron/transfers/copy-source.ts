import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { hasLocalPath, type ReadOptions, type ReadResult, type StorageEntry, type StorageProvider } from '../storage/provider.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Checkpoint } from './copy-protocol.ts';
import { fileError } from './problems.ts';

/** The source of a copy, and where its bytes go. */
export interface Reading {
  readonly from: StorageProvider;
  readonly source: InnerPath;
  readonly to: StorageProvider;
  readonly size: number;
  /** As the scan saw it; what `read` tells goes before. */
  readonly modified: number | null;
  readonly etag: string | null;
  readonly signal: AbortSignal;
  readonly bandwidth: Bandwidth;
  /** Bytes that went, and from time to time what can be gone on with; null leaves what was told before. */
  onProgress(done: number, checkpoint: Checkpoint | null): void;
}

/** Holds the source to what the scan saw. Where listings tell other times than `read`, times say nothing. */
export function checkSource(copy: Reading, entry: StorageEntry): void {
  const { from } = copy;
  const sameTime = !from.features.listedTimes || entry.modified === copy.modified;
  const same = copy.etag !== null && entry.etag !== undefined ? entry.etag === copy.etag : sameTime;
  if (entry.kind !== 'file' || entry.size !== copy.size || !same) throw fileError('source-changed', copy.source);
}

/** A file that can be written in place is looked at again; an object can only be replaced, which `read` tells by itself. */
export async function checkStill(copy: Reading): Promise<void> {
  if (copy.etag !== null && !hasLocalPath(copy.from)) return;
  checkSource(copy, await copy.from.stat(copy.source, { signal: copy.signal }));
}

/** Opens the source, or a part of it, as the scan saw it. @throws `source-changed` */
export async function openSource(copy: Reading, part: Pick<ReadOptions, 'offset' | 'length' | 'ahead'>): Promise<ReadResult> {
  const { signal, etag } = copy;
  const opened = await copy.from
    .read(copy.source, { ...part, reuse: true, signal, ...(etag !== null && { etag }) })
    .catch((error: unknown) => {
      throw sourceError(copy, error);
    });
  try {
    checkSource(copy, opened.entry);
    return opened;
  } catch (error) {
    await letGo(opened.body);
    throw error;
  }
}

export const sourceError = (copy: Reading, error: unknown): unknown =>
  isStowageError(error, 'precondition-failed') ? fileError('source-changed', copy.source) : error;

export const letGo = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
  await body[Symbol.asyncIterator]().return?.();
};

export class CutShort extends StowageError {
  constructor(copy: Reading, got: number) {
    super('io-error', `“${visible(copy.source)}” arrived cut short: ${got} of ${copy.size} bytes came.`, {
      subject: copy.source,
      hint: 'Retry the transfer.',
    });
  }
}
