import type { InnerPath } from '#shared/paths.ts';
import type { StorageProvider } from './provider.ts';
import { walk } from './walk.ts';

export interface TreeCount {
  /** Everything but folders; symlinks count as one each. */
  files: number;
  directories: number;
  bytes: number;
}

const reportEveryMs = 200;

/**
 * Counts what is below a folder, or a single file, giving the count so far about five times a second and the whole at
 * the end. Folders that may not be listed are passed over.
 * @throws `not-found`, `cancelled`, and what listing the folder itself throws
 */
export async function* countTree(
  provider: StorageProvider,
  path: InnerPath,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeCount> {
  const count: TreeCount = { files: 0, directories: 0, bytes: 0 };
  const top = await provider.stat(path, { signal });
  if (top.kind !== 'directory') {
    yield { files: 1, directories: 0, bytes: top.size };
    return;
  }
  let reported = performance.now();
  for await (const entry of walk(provider, path, { signal, onUnlistable: () => undefined })) {
    if (entry.kind === 'directory') count.directories++;
    else count.files++;
    count.bytes += entry.size;
    if (performance.now() - reported < reportEveryMs) continue;
    reported = performance.now();
    yield { ...count };
  }
  yield { ...count };
}
