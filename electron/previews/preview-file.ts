import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { ResolvedPlace } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { headBytes, maxRangeBytes, readBudget } from './limits.ts';

/** A file on its host, read by ranges of one version of it. */
export interface PreviewFile extends ByteSource {
  readonly entry: StorageEntry;
  readonly etag: string;
  /** Its first bytes. */
  readonly head: Uint8Array;
}

/**
 * Opens a file by reading its beginning. All later reads are of the same version (`precondition-failed`).
 * @throws StowageError as StorageProvider.read
 */
export async function openPreviewFile({ provider, path }: ResolvedPlace, signal?: AbortSignal): Promise<PreviewFile> {
  const { entry, body } = await provider.read(path, { offset: 0, length: headBytes, ahead: false, ...(signal && { signal }) });
  const head = await collect(body, headBytes);
  const etag = entry.etag ?? '';
  const rest = rangesOf({ provider, path }, etag, entry.size, signal);
  return {
    entry,
    etag,
    size: entry.size,
    head,
    read: async (offset, length) => {
      const end = Math.min(entry.size, offset + length);
      if (end <= head.length) return head.subarray(Math.min(offset, end), end);
      return rest.read(offset, length);
    },
  };
}

/** Ranges of a known version of a file, within the budget. */
export function rangesOf(
  { provider, path }: Pick<ResolvedPlace, 'provider' | 'path'>,
  etag: string,
  size: number,
  signal?: AbortSignal,
): ByteSource {
  let left = readBudget;
  return {
    size,
    read: async (offset, length) => {
      const wanted = Math.min(length, size - offset);
      if (wanted <= 0) return new Uint8Array();
      if (wanted > left) throw new NotShown('More of this file would have to be read than a preview may cost.');
      left -= wanted;
      const parts: Uint8Array[] = [];
      for (let at = offset; at < offset + wanted; at += maxRangeBytes) {
        const part = Math.min(maxRangeBytes, offset + wanted - at);
        const options = { offset: at, length: part, ahead: false, ...(etag && { etag }), ...(signal && { signal }) };
        const bytes = await collect((await provider.read(path, options)).body, part);
        if (bytes.length < part) {
          throw new StowageError('source-changed', `“${visible(path)}” became shorter while it was read.`, { subject: path });
        }
        parts.push(bytes);
      }
      const [only] = parts;
      return parts.length === 1 && only ? only : Buffer.concat(parts);
    },
  };
}

/** At most `most` bytes. Read to its end, so that the connection is kept; a provider that gives more is not believed. */
async function collect(body: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    parts.push(chunk);
    length += chunk.length;
    if (length > most) break;
  }
  const [only] = parts;
  const all = parts.length === 1 && only ? only : Buffer.concat(parts);
  return all.length > most ? all.subarray(0, most) : all;
}
