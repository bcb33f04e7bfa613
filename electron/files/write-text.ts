import { maxEditBytes, type TextEncoding } from '#shared/contract/previews.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { PackedEntryOf } from '../packing/packed-reader.ts';
import type { ResolvedPlace } from '../services.ts';
import type { StorageEntry } from '../storage/provider.ts';
import { encodeText } from '../text-encoding.ts';

interface WrittenText {
  readonly text: string;
  /** Null: a new file. */
  readonly etag: string | null;
  readonly encoding: TextEncoding;
  readonly bom: boolean;
}

/**
 * Writes a small text over the version of a file that was read, or as a new one. `folder` is where it lies, as it is
 * looked at: a packed folder takes no file.
 * @throws `precondition-failed`, `read-only`, `bad-request`, and as StorageProvider.write
 */
export async function writeText(
  { provider, path }: ResolvedPlace,
  folder: ResolvedPlace,
  { text, etag, encoding, bom }: WrittenText,
  signal: AbortSignal | undefined,
): Promise<StorageEntry> {
  const bytes = encodeText(text, encoding, bom);
  if (bytes.length > maxEditBytes) {
    throw new StowageError('bad-request', `“${visible(path)}” would have more than 1 MiB, the most that can be edited here.`, {
      subject: path,
    });
  }
  if (await isPacked(folder, signal)) {
    throw new StowageError('read-only', 'What is in a packed folder can only be read.', { subject: path });
  }
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  const expect = etag === null ? ({ absent: true } as const) : { etag };
  return provider.write(path, body(), { size: bytes.length, expect, ...(signal && { signal }) });
}

async function isPacked({ provider, path, inner }: ResolvedPlace, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return inner !== '' && ((await provider.stat(path, { signal })) as PackedEntryOf).packed === true;
  } catch (error) {
    // Folders that only keys tell of are not there until something is in them.
    if (isStowageError(error, 'not-found')) return false;
    throw error;
  }
}
