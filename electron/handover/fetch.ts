import { StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, joinPath, visible } from '#shared/paths.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import { runPool } from '../storage/task-pool.ts';
import { walk } from '../storage/walk.ts';

/** Bytes that may still come, and those that came. */
export interface Fetched {
  readonly most: number;
  total: number;
  done: number;
}

/** Files that are fetched at once. */
const parallel = 8;

/** @throws `bad-request` when it would be more than `most` */
function reserve(fetched: Fetched, { path, size }: StorageEntry): void {
  fetched.total += size;
  if (fetched.total <= fetched.most) return;
  const gigabytes = (fetched.most / 1e9).toFixed(1);
  throw new StowageError('bad-request', `“${visible(baseName(path))}” is not fetched: that is more than ${gigabytes} GB.`, {
    subject: path,
    hint: 'Download it into a folder instead.',
  });
}

/** Copies one file; the result has its modification time. @throws what `read` and `write` of the providers throw */
export async function fetchFile(
  from: StorageProvider,
  file: StorageEntry,
  to: StorageProvider,
  target: InnerPath,
  fetched: Fetched,
  signal?: AbortSignal,
): Promise<StorageEntry> {
  reserve(fetched, file);
  const { entry, body } = await from.read(file.path, { signal, ...(file.etag !== undefined && { etag: file.etag }) });
  await to
    .write(target, counted(body, fetched), {
      signal,
      size: entry.size,
      ...(entry.modified !== null && { modified: entry.modified }),
    })
    // A write that was refused at once has not read it.
    .finally(() => body[Symbol.asyncIterator]().return?.());
  return entry;
}

async function* counted(body: AsyncIterable<Uint8Array>, fetched: Fetched): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    fetched.done += chunk.length;
    yield chunk;
  }
}

/**
 * Copies a file or a folder with everything in it into a folder of this machine, under its name. Links and special files
 * are left out. @throws `bad-request` beyond the bytes allowed, `name-invalid` for a name that this disk cannot hold
 */
export async function fetchTree(
  from: StorageProvider,
  entry: StorageEntry,
  to: StorageProvider,
  folder: InnerPath,
  fetched: Fetched,
  signal?: AbortSignal,
): Promise<InnerPath> {
  const target = joinPath(folder, baseName(entry.path));
  if (entry.kind !== 'directory') {
    await fetchFile(from, entry, to, target, fetched, signal);
    return target;
  }
  await to.makeDirectory(target, { signal });
  const place = (path: InnerPath): InnerPath => joinPath(target, path.slice(entry.path.length));
  async function* tasks(): AsyncGenerator<() => Promise<void>> {
    for await (const found of walk(from, entry.path, { signal })) {
      if (found.problem !== undefined) continue;
      if (found.kind === 'directory') await to.makeDirectory(place(found.path), { signal });
      else if (found.kind === 'file') {
        yield async () => void (await fetchFile(from, found, to, place(found.path), fetched, signal));
      }
    }
  }
  await runPool(tasks(), parallel);
  return target;
}
