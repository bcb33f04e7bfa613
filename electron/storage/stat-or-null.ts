import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { CallOptions, StorageEntry, StorageProvider } from './provider.ts';

/** The entry at a path, or null when there is none. @throws what `stat` throws besides `not-found` */
export async function statOrNull(
  provider: StorageProvider,
  path: InnerPath,
  options?: CallOptions,
): Promise<StorageEntry | null> {
  try {
    return await provider.stat(path, options);
  } catch (error) {
    if (isStowageError(error, 'not-found')) return null;
    throw error;
  }
}
