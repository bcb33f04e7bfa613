import { createWriteStream } from 'node:fs';
import { lstat, mkdir, open, opendir, readlink, rename, rm, symlink, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { padded, tarEndBytes, tarHeader } from '../packing/tar-header.ts';
import { checkSignal } from '../storage/bodies.ts';

/** Who the files of a volume belong to: the user of the job, or where only its image knows that anybody. */
export type VolumeOwner = { readonly uid: number; readonly gid: number } | null;

const chunkBytes = 1024 * 1024;

/** A tar of a folder of this machine, names relative to it, folders before what is in them. Memory is bounded. */
export async function* packFolder(folder: string, owner: VolumeOwner, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const open = owner === null;
  yield* packEntries(folder, './', {
    owner: owner ?? undefined,
    folderMode: open ? 0o777 : 0o755,
    fileMode: open ? 0o666 : 0o644,
    signal,
  });
  yield new Uint8Array(tarEndBytes);
}

interface Packing {
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly folderMode: number;
  readonly fileMode: number;
  readonly signal: AbortSignal;
}

async function* packEntries(folder: string, name: string, packing: Packing): AsyncGenerator<Uint8Array> {
  const { owner, folderMode, fileMode, signal } = packing;
  yield tarHeader({ name, size: 0, modified: (await lstat(folder)).mtimeMs, mode: folderMode, owner });
  for await (const entry of await opendir(folder)) {
    checkSignal(signal);
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* packEntries(path, `${name}${entry.name}/`, packing);
    else if (entry.isSymbolicLink()) {
      yield tarHeader({ name: `${name}${entry.name}`, size: 0, modified: null, owner, linkTarget: await readlink(path) });
    } else if (entry.isFile()) yield* packFile(path, `${name}${entry.name}`, { owner, mode: fileMode });
  }
}

async function* packFile(
  path: string,
  name: string,
  facts: { owner: Packing['owner']; mode: number },
): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs, mode } = await file.stat();
    yield tarHeader({ name, size, modified: mtimeMs, owner: facts.owner, mode: facts.mode | (mode & 0o111) });
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(chunkBytes, size - at)), 0, undefined, at);
      if (bytesRead === 0)
        throw new StowageError('source-changed', `“${visible(name)}” became shorter while it was read.`, { subject: name });
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
    if (padded(size) > size) yield new Uint8Array(padded(size) - size);
  } finally {
    await file.close();
  }
}

/**
 * Brings a folder of this machine to what is in a tar of a volume (below one folder): what is the same by size and time is
 * kept, the rest written anew, what is not in the tar is gone. Nothing that a job laid there is followed.
 * `packedAt` (ms) is when the volume was filled: what bears a time near it or later is never taken for the same.
 */
export async function unpackVolume(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  packedAt: number,
  signal: AbortSignal,
): Promise<void> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  const links: { path: string; target: string }[] = [];
  const entries = extract();
  const feeding = pipeline(Readable.from(archive, { objectMode: false }), entries, { signal });
  feeding.catch(() => {});
  for await (const entry of entries) {
    const { header } = entry;
    const rel = relativeName(header.name);
    if (rel === null) throw new StowageError('io-error', `The engine gave a name that is not safe: “${visible(header.name)}”.`);
    const to = join(fresh, rel);
    if (header.type === 'directory') await mkdir(to, { recursive: true, mode: 0o755 });
    else if (header.type === 'symlink' && rel !== '') links.push({ path: to, target: header.linkname ?? '' });
    else if (header.type === 'file' || header.type === 'link')
      await place(entry as AsyncIterable<Uint8Array>, header, { from: join(folder, rel), to, fresh, packedAt });
    entry.resume();
  }
  await feeding;
  // Last, so that no file was written through one.
  for (const { path, target } of links) await symlink(target, path);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}

async function place(
  body: AsyncIterable<Uint8Array>,
  header: Header,
  { from, to, fresh, packedAt }: { from: string; to: string; fresh: string; packedAt: number },
): Promise<void> {
  const modified = header.mtime?.getTime() ?? 0;
  await mkdir(join(to, '..'), { recursive: true });
  if (header.type === 'link') {
    // A second name of a file that came before.
    const first = relativeName(header.linkname ?? '');
    if (first !== null) await pipeline((await open(join(fresh, first), 'r')).createReadStream(), createWriteStream(to));
    return;
  }
  const known = await lstat(from).catch(() => null);
  const same =
    known?.isFile() === true &&
    known.size === (header.size ?? 0) &&
    Math.floor(known.mtimeMs / 1000) === Math.floor(modified / 1000) &&
    modified < packedAt - 2000;
  if (same) await rename(from, to);
  else {
    await pipeline(body, createWriteStream(to, { mode: 0o644 }));
    await utimes(to, modified / 1000, modified / 1000);
  }
}

/** Below the tar's one folder; null for a name that would climb out. */
function relativeName(name: string): string | null {
  const path = posix.normalize(name.replace(/^\/+/, ''));
  const [, ...rest] = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return path.split('/').includes('..') || path.includes('\0') ? null : rest.join('/');
}
