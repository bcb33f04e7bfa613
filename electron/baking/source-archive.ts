import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { padded, tarEndBytes, tarHeader } from '../packing/tar-header.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { SourceEntry } from './source-entries.ts';

/** Files up to this size are fetched ahead, so many at once: each costs a request on a remote host. */
const smallBytes = 256 * 1024;
const ahead = 16;

/**
 * A tar of a source as it lies below `target` (absolute), `parents` before it; owned by root, readable by all. Memory is
 * bounded, and nothing is read before it is asked for.
 * @throws `source-changed` when a file is not the one that was listed, what reading throws
 */
export async function* sourceArchive(
  provider: StorageProvider,
  entries: AsyncIterable<SourceEntry>,
  place: { readonly target: string; readonly parents: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const parent of place.parents) yield tarHeader({ name: `${relative(parent)}/`, size: 0, modified: Date.now() });
  for await (const { entry, small } of readAhead(provider, entries, signal)) {
    const name = relative(entry.name === '' ? place.target : `${place.target}/${entry.name}`);
    const { modified, size } = entry;
    if (entry.kind === 'directory') yield tarHeader({ name: `${name}/`, size: 0, modified });
    else if (entry.kind === 'symlink') yield tarHeader({ name, size: 0, modified, linkTarget: entry.linkTarget });
    else {
      yield tarHeader({ name, size, modified, mode: entry.executable ? 0o755 : 0o644 });
      if (size === 0) continue;
      if (small) yield await small;
      else yield* content(provider, entry, signal);
      if (padded(size) > size) yield new Uint8Array(padded(size) - size);
    }
  }
  yield new Uint8Array(tarEndBytes);
}

const relative = (path: string): string => path.replace(/^\/+/, '');

interface Item {
  readonly entry: SourceEntry;
  /** The content of a small file, on its way. */
  readonly small: Promise<Uint8Array> | null;
}

async function* readAhead(
  provider: StorageProvider,
  entries: AsyncIterable<SourceEntry>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const source = entries[Symbol.asyncIterator]();
  const queue: Item[] = [];
  let ended = false;
  try {
    for (;;) {
      while (!ended && queue.length < ahead) {
        const next = await source.next();
        ended = next.done === true;
        if (next.done) break;
        const entry = next.value;
        const small = entry.kind === 'file' && entry.size <= smallBytes ? whole(provider, entry, signal) : null;
        // It is told when its turn comes; until then a failure must not count as unhandled.
        small?.catch(() => undefined);
        queue.push({ entry, small });
      }
      const first = queue.shift();
      if (!first) return;
      yield first;
    }
  } finally {
    await Promise.allSettled(queue.map(({ small }) => small));
    await source.return?.(undefined);
  }
}

async function whole(provider: StorageProvider, entry: SourceEntry, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content(provider, entry, signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The bytes of a file, exactly as many as it had when it was listed. */
async function* content(provider: StorageProvider, entry: SourceEntry, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let left = entry.size;
  try {
    const { body } = await provider.read(entry.path, { signal, ...(entry.etag !== undefined && { etag: entry.etag }) });
    for await (const chunk of body) {
      left -= chunk.length;
      if (left < 0) throw changed(entry);
      yield chunk;
    }
  } catch (error) {
    throw isStowageError(error, 'precondition-failed', 'not-found') ? changed(entry) : error;
  }
  if (left > 0) throw changed(entry);
}

const changed = ({ path }: SourceEntry): StowageError =>
  new StowageError('source-changed', `“${visible(path)}” changed while it was put into an image.`, {
    subject: path,
    hint: 'Run the job again when nobody writes there, or share the folder instead.',
  });
