import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import type { StorageProvider } from '../storage/provider.ts';

/** One file of a provider, as it was when it was opened. */
export interface BlockSource {
  readonly provider: StorageProvider;
  readonly path: InnerPath;
  readonly size: number;
  readonly etag: string | undefined;
  /** What tells one content of the file from another, where its etag is not known. */
  readonly version: string;
}

/** Reads parts of files by whole blocks, which are kept for a while: what lies together is fetched at once. */
export interface Blocks {
  readonly blockBytes: number;
  /** The block of this number; the last one of a file is shorter. @throws what `read` throws, `source-changed` */
  block(source: BlockSource, number: number, signal?: AbortSignal): Promise<Buffer>;
  /** Bytes of the file from `offset`, exactly `length`. @throws `data-damaged` when the file is shorter */
  bytes(source: BlockSource, offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
}

/** Keeps at most `maxBlocks` blocks of `blockBytes`, those used last. */
export function createBlocks(blockBytes: number, maxBlocks: number): Blocks {
  const kept = new Map<string, Promise<Buffer>>();
  const ids = new WeakMap<StorageProvider, number>();
  let providers = 0;
  const keyOf = ({ provider, path, version }: BlockSource, number: number): string => {
    let id = ids.get(provider);
    if (id === undefined) {
      id = ++providers;
      ids.set(provider, id);
    }
    return `${id}\0${version}\0${number}\0${path}`;
  };
  const block = async (source: BlockSource, number: number, signal?: AbortSignal): Promise<Buffer> => {
    const key = keyOf(source, number);
    let fetched = kept.get(key);
    if (fetched) kept.delete(key);
    else {
      fetched = fetchBlock(source, number * blockBytes, blockBytes);
      // A failure is not remembered.
      fetched.catch(() => kept.delete(key));
    }
    kept.set(key, fetched);
    if (kept.size > maxBlocks) kept.delete(kept.keys().next().value ?? key);
    // Others may wait for the same block, so that one who gives up does not end its fetching.
    return signal ? untilAborted(fetched, signal) : fetched;
  };
  return {
    blockBytes,
    block,
    bytes: async (source, offset, length, signal) => {
      const parts: Buffer[] = [];
      for (let at = offset; at < offset + length; ) {
        const number = Math.floor(at / blockBytes);
        const from = at - number * blockBytes;
        const part = (await block(source, number, signal)).subarray(from, from + offset + length - at);
        if (part.length === 0) throw shorter(source.path);
        parts.push(part);
        at += part.length;
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
  };
}

export const shorter = (path: string): StowageError =>
  new StowageError('data-damaged', `“${visible(path)}” is shorter than the index of its packed folder says.`, {
    subject: path,
    hint: 'Pack the folder again from its source.',
  });

async function fetchBlock({ provider, path, etag }: BlockSource, offset: number, length: number): Promise<Buffer> {
  const { body } = await provider.read(path, { offset, length, ...(etag !== undefined && { etag }) });
  const parts: Buffer[] = [];
  // A chunk is valid until the next is asked for.
  for await (const chunk of body) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  const abort = (): void => reject(new StowageError('cancelled', 'Cancelled.'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
