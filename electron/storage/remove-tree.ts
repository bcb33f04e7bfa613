import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { CallOptions, StorageEntry, StorageProvider } from './provider.ts';
import { walk } from './walk.ts';

const parallelRemovals = 16;

/**
 * Removes a file, a symlink (never its target) or a folder with everything below it, and counts what went. What
 * vanishes meanwhile is fine. Memory is bounded as in `walk`.
 * @throws what `list` and `remove` throw; what was removed until then stays removed
 */
export async function removeTree(
  provider: StorageProvider,
  path: InnerPath,
  options: CallOptions = {},
): Promise<{ files: number; bytes: number }> {
  const count = { files: 0, bytes: 0 };
  const remove = async (entry: StorageEntry): Promise<void> => {
    try {
      await provider.remove(entry.path, options);
    } catch (error) {
      if (!isStowageError(error, 'not-found')) throw error;
    }
    if (entry.kind === 'directory') return;
    count.files++;
    count.bytes += entry.size;
  };
  const top = await provider.stat(path, options);
  const pending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  if (top.kind === 'directory') {
    for await (const entry of walk(provider, path, { signal: options.signal, foldersLast: true })) {
      // A folder goes when all that was in it has gone.
      if (entry.kind === 'directory') await Promise.all(pending);
      if (failures.length > 0) break;
      const removal: Promise<void> = remove(entry)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => pending.delete(removal));
      pending.add(removal);
      if (entry.kind === 'directory') await removal;
      else if (pending.size >= parallelRemovals) await Promise.race(pending);
    }
    await Promise.all(pending);
  }
  if (failures.length > 0) throw failures[0];
  await remove(top);
  return count;
}
