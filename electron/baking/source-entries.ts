import { lstat } from 'node:fs/promises';
import { posix } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, visible } from '#shared/paths.ts';
import { hasLocalPath, type StorageEntry, type StorageProvider } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';

/** What of a source goes into an image. */
export interface SourceEntry {
  readonly kind: 'file' | 'directory' | 'symlink';
  /** In the provider. */
  readonly path: InnerPath;
  /** Below the source; `''` is the source itself. */
  readonly name: string;
  /** Bytes of a file; else 0. */
  readonly size: number;
  readonly modified: number | null;
  /** Of a file: as far as the host knows it, the content, else what changes with it. */
  readonly version: string;
  readonly etag: string | undefined;
  readonly executable: boolean;
  readonly linkTarget: string;
}

export interface SourceLimits {
  readonly bytes: number;
  readonly files: number;
}

/**
 * A file, or a folder with everything below, folders before what is in them. Links that lead out of the source, pipes and the
 * like are left out, as nothing could be found there in an image.
 * @throws `unsupported` beyond the limits, `path-refused` for a name that is not safe, what listing throws
 */
export async function* sourceEntries(
  { provider, path }: { readonly provider: StorageProvider; readonly path: InnerPath },
  limits: SourceLimits,
  signal: AbortSignal,
): AsyncGenerator<SourceEntry> {
  let bytes = 0;
  let files = 0;
  const top = await provider.stat(path, { signal });
  const entries = top.kind === 'directory' ? withTop(top, walk(provider, path, { signal })) : [top];
  for await (const entry of entries) {
    if (entry.problem !== undefined) throw new StowageError('path-refused', entry.problem, { subject: entry.path });
    const name = entry.path === path ? '' : entry.path.slice(path === '' ? 0 : path.length + 1);
    if (entry.kind === 'special') continue;
    if (entry.kind === 'symlink' && !staysInside(name, entry.linkTarget ?? '')) continue;
    bytes += entry.size;
    files += 1;
    if (bytes > limits.bytes || files > limits.files) throw tooLarge(path, limits, bytes > limits.bytes);
    yield {
      kind: entry.kind,
      path: entry.path,
      name,
      size: entry.kind === 'file' ? entry.size : 0,
      modified: entry.modified,
      version: entry.md5 ?? entry.etag ?? String(entry.modified),
      etag: entry.etag,
      executable: entry.kind === 'file' && (await isExecutable(provider, entry)),
      linkTarget: entry.linkTarget ?? '',
    };
  }
}

async function* withTop(top: StorageEntry, below: AsyncIterable<StorageEntry>): AsyncGenerator<StorageEntry> {
  yield top;
  yield* below;
}

/** Remote hosts keep no such thing. */
async function isExecutable(provider: StorageProvider, { path }: StorageEntry): Promise<boolean> {
  if (!hasLocalPath(provider)) return false;
  const stats = await lstat(provider.localPath(path)).catch(() => null);
  return stats !== null && (stats.mode & 0o111) !== 0;
}

function staysInside(name: string, target: string): boolean {
  if (name === '' || target === '' || target.startsWith('/')) return false;
  const place = posix.join(posix.dirname(name), target);
  return place !== '..' && !place.startsWith('../');
}

function tooLarge(path: InnerPath, limits: SourceLimits, inBytes: boolean): StowageError {
  const limit = inBytes
    ? `${(limits.bytes / 1e9).toLocaleString('en')} GB`
    : `${limits.files.toLocaleString('en')} files and folders`;
  return new StowageError('unsupported', `“/${visible(path)}” is too large for an image: at most ${limit} are put into one.`, {
    subject: path,
    hint: 'Share or copy the folder instead, or bake a smaller folder in it.',
  });
}
