import { crc32 } from 'node:zlib';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { canResumeWrite, type StorageProvider } from '../storage/provider.ts';

/**
 * Writes a file of unknown length and holds what is kept against what was sent, before it gets its name where the host
 * allows. What is at `path` is replaced; a write that fails leaves it as it was. `key` names the unfinished write.
 * @throws `checksum-mismatch`, and what the provider and the body throw
 */
export async function writeVerified(
  to: StorageProvider,
  path: InnerPath,
  key: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const sent = { crc: 0, length: 0 };
  const needsCrc = !to.features.verifiedWrites;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (needsCrc) sent.crc = crc32(chunk, sent.crc);
      sent.length += chunk.length;
      yield chunk;
    }
  };
  if (!canResumeWrite(to)) {
    const { etag } = await to.write(path, counted(), { signal });
    if (!needsCrc) return;
    const kept = await to.read(path, { signal, ...(etag !== undefined && { etag }) });
    try {
      await compare(kept.body, sent, path);
    } catch (error) {
      await to.remove(path).catch(() => undefined);
      throw error;
    }
    return;
  }
  const write = await to.openWrite(path, key, { signal });
  try {
    await write.truncate(0);
    await write.append(counted(), { signal });
    if (write.readBack) await compare(write.readBack({ signal }), sent, path);
    await write.finish({ signal });
  } catch (error) {
    await write.abort().catch(() => undefined);
    throw error;
  }
}

async function compare(kept: AsyncIterable<Uint8Array>, sent: { crc: number; length: number }, path: InnerPath): Promise<void> {
  const got = { crc: 0, length: 0 };
  for await (const chunk of kept) {
    got.crc = crc32(chunk, got.crc);
    got.length += chunk.length;
  }
  if (got.crc === sent.crc && got.length === sent.length) return;
  throw new StowageError('checksum-mismatch', `“${visible(path)}” did not arrive as it was sent: its checksum differs.`, {
    subject: path,
    hint: 'Retry; if it happens again, check the disk.',
  });
}
