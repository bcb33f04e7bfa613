import { posix } from 'node:path';
import { pack as createPack, type Pack } from 'tar-stream';
import { isStowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';

/** A file or folder, and its relative name in the archive. */
export interface TarItem {
  readonly provider: StorageProvider;
  readonly path: InnerPath;
  readonly name: string;
}

/** Lists, at the end of the archive, what could not be packed. */
const skippedName = 'NOT-DOWNLOADED.txt';
const maxSkippedLines = 10_000;

/**
 * Files and folders as a tar stream, in flat memory. Links are packed as links when they stay inside the item that
 * holds them; other links, pipes and unreadable files are left out and named in a last entry `NOT-DOWNLOADED.txt`.
 * A file that shrinks while it is packed breaks the stream off with `source-changed`.
 */
export async function* packTar(items: readonly TarItem[]): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const pack = createPack();
  const flow = measureFlow(pack);
  pack.on('error', () => undefined);
  let failure: unknown = null;
  const filled = fill(pack, items, flow.slack, stop.signal).catch((error: unknown) => {
    failure = error;
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of pack as AsyncIterable<Uint8Array>) {
      yield chunk;
      flow.taken(chunk.length);
    }
    if (failure !== null) throw failure;
  } catch (error) {
    throw failure ?? error;
  } finally {
    stop.abort();
    pack.destroy();
    await filled;
  }
}

async function fill(pack: Pack, items: readonly TarItem[], slack: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const skipped: string[] = [];
  const skip = (name: string, why: string): void => {
    if (skipped.length < maxSkippedLines) skipped.push(`${visible(name)}: ${why}`);
  };
  for (const item of items) {
    await slack();
    const nameOf = (path: InnerPath): string => `${item.name}${path.slice(item.path.length)}`;
    const top = await item.provider.stat(item.path, { signal });
    await packEntry(pack, item, top, item.name, skip, signal);
    if (top.kind !== 'directory') continue;
    const onUnlistable = (entry: StorageEntry, error: unknown): void => skip(nameOf(entry.path), toStowageError(error).message);
    for await (const entry of walk(item.provider, item.path, { signal, onUnlistable })) {
      await slack();
      signal.throwIfAborted();
      await packEntry(pack, item, entry, nameOf(entry.path), skip, signal);
    }
  }
  if (skipped.length > 0) {
    const text = Buffer.from(`These were left out of the archive:\n${skipped.join('\n')}\n`);
    await send(pack, { name: skippedName, size: text.length, mode: 0o644, mtime: new Date() }, [text], signal);
  }
  pack.finalize();
}

const maxWaitingBytes = 1024 * 1024;

/**
 * The library applies back-pressure to the bodies of files only, so a tree of empty folders and files would pile up
 * as headers. `slack` waits until the reader has taken most of what was packed; a reader that leaves ends the wait.
 */
function measureFlow(pack: Pack): { taken(bytes: number): void; slack(): Promise<void> } {
  let waiting = 0;
  let wake = Promise.withResolvers<void>();
  const push = pack.push.bind(pack);
  pack.push = (chunk: Uint8Array | null): boolean => {
    waiting += chunk?.length ?? 0;
    return push(chunk);
  };
  pack.once('close', () => {
    waiting = Number.NEGATIVE_INFINITY;
    wake.resolve();
  });
  return {
    taken: (bytes) => {
      waiting -= bytes;
      wake.resolve();
    },
    slack: async () => {
      while (waiting > maxWaitingBytes) {
        wake = Promise.withResolvers<void>();
        await wake.promise;
      }
    },
  };
}

type Skip = (name: string, why: string) => void;

async function packEntry(
  pack: Pack,
  item: TarItem,
  entry: StorageEntry,
  name: string,
  skip: Skip,
  signal: AbortSignal,
): Promise<void> {
  const mtime = new Date(entry.modified ?? Date.now());
  switch (entry.kind) {
    case 'directory':
      return send(pack, { name: `${name}/`, type: 'directory', mode: 0o755, mtime, size: 0 }, [], signal);
    case 'symlink': {
      const target = entry.linkTarget ?? '';
      if (!staysInside(item.name, name, target)) return skip(name, `the link leads out of the folder, to ${visible(target)}`);
      return send(pack, { name, type: 'symlink', linkname: target, mtime, size: 0 }, [], signal);
    }
    case 'special':
      return skip(name, 'it is a pipe, socket or device, or cannot be looked at');
    case 'file': {
      let read: Awaited<ReturnType<StorageProvider['read']>>;
      try {
        read = await item.provider.read(entry.path, { signal });
      } catch (error) {
        if (isStowageError(error, 'not-found', 'permission-denied', 'path-refused', 'special-file'))
          return skip(name, error.message);
        throw error;
      }
      return send(pack, { name, size: read.entry.size, mode: 0o644, mtime }, read.body, signal);
    }
  }
}

/** Whether a relative link, at `name` in the archive, points to something within the item `top`. */
function staysInside(top: string, name: string, target: string): boolean {
  if (target === '' || target.startsWith('/')) return false;
  const place = posix.join(posix.dirname(name), target);
  return place === top || place.startsWith(`${top}/`);
}

/** Sends one entry; waits whenever the reader is slower. */
async function send(
  pack: Pack,
  header: Parameters<Pack['entry']>[0],
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  const abort = (): void => done.reject(new Error('the download was given up'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    const sink = pack.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
    // Destroying the archive destroys the open entry too, whose error would otherwise end the process.
    sink.on('error', (error) => done.reject(error));
    if (header.type === undefined || header.type === 'file') {
      for await (const chunk of body) {
        if (sink.write(chunk)) continue;
        const drained = Promise.withResolvers<void>();
        sink.once('drain', () => drained.resolve());
        await Promise.race([drained.promise, done.promise]);
      }
      sink.end(null);
    }
    await done.promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
