import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseAddress } from '#shared/address.ts';
import type { PlannedMount } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { baseName, isWithin, parseInnerPath } from '#shared/paths.ts';
import type { Listed, Listing } from '../listings/listing.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { hasLocalPath, type StorageEntry, type StorageProvider } from '../storage/provider.ts';
import { walk } from '../storage/walk.ts';

/** A file or folder whose state is noted: of this machine, or in a vfolder. */
export type InputSource = Pick<ResolvedPlace, 'provider' | 'path'> & Partial<Pick<ResolvedPlace, 'vfolder'>>;

/** What lies on a host, and is listed together with those who want it for something else. */
export const isOnHost = (source: InputSource): source is ResolvedPlace =>
  source.vfolder !== undefined && !hasLocalPath(source.provider);

/** A file or link of a source. */
export interface InputEntry {
  /** Below the source; of a source that is one file its name. */
  readonly path: string;
  readonly size: number;
  /** How its state is known: `md5:`, `sha256:`, `etag:`, `mtime:` (ns) or `link:` (where it leads), with what follows. */
  readonly version: string;
}

/** Where the files of a mount are. @throws `not-found`, `path-refused`, what the system says of a path of this machine */
export async function sourceOfMount(mount: PlannedMount, lookup: VfolderLookup): Promise<InputSource> {
  if (mount.vfolder !== null) return lookup.resolve(mount.vfolder, parseAddress(mount.source).path);
  if (mount.localPath === null)
    throw new StowageError('not-found', `“${mount.source}” is no folder of this machine.`, { subject: mount.source });
  const real = await realpath(mount.localPath);
  return { provider: createLocalProvider(dirname(real), { readOnly: true }), path: parseInnerPath(basename(real)) };
}

/** The folder or file on this machine; null for what is on another. */
export const localPathOf = ({ provider, path }: InputSource): string | null =>
  hasLocalPath(provider) ? provider.localPath(path) : null;

export interface ListOptions {
  readonly signal: AbortSignal;
  /** Hears of what is there and cannot be listed. */
  readonly onMissed: () => void;
}

/**
 * The files and links of a source, in no order; folders, pipes and the like are no inputs, and what Git keeps for itself in a
 * working copy of this machine is not either: its commit is noted instead. Memory does not grow with it.
 * @throws what listing the source throws, `special-file` when it is neither a folder nor a file
 */
export async function* listEntries(source: InputSource, { signal, onMissed }: ListOptions): AsyncGenerator<InputEntry> {
  const { provider, path } = source;
  const top = await provider.stat(path, { signal });
  if (top.kind === 'file') {
    yield toEntry(top, baseName(top.path), provider);
    return;
  }
  if (top.kind !== 'directory')
    throw new StowageError('special-file', `“${path}” is neither a folder nor a file.`, { subject: path });
  const skip = path === '' ? 0 : path.length + 1;
  for await (const entry of walk(provider, path, { signal, onUnlistable: onMissed })) {
    if (entry.problem !== undefined) onMissed();
    else if (hasLocalPath(provider) && isWithin(entry.path.slice(skip), '.git')) continue;
    else if (entry.kind === 'file' || entry.kind === 'symlink') yield toEntry(entry, entry.path.slice(skip), provider);
  }
}

/** The same of what lies on a host, as it was listed. */
export async function* entriesOf(listing: Listing): AsyncGenerator<InputEntry> {
  for await (const batch of listing.read()) {
    for (const entry of batch) if (entry.kind !== 'folder') yield entryOf(entry);
  }
}

function entryOf(entry: Exclude<Listed, { kind: 'folder' }>): InputEntry {
  if (entry.kind === 'link')
    return { path: entry.rel, size: 0, version: versionOf({ kind: 'symlink', linkTarget: entry.target }, false) };
  const { rel, size, etag, md5, modified } = entry;
  return {
    path: rel,
    size,
    version: versionOf({ kind: 'file', modified, ...(etag !== null && { etag }), ...(md5 !== null && { md5 }) }, false),
  };
}

function toEntry(entry: StorageEntry, path: string, provider: StorageProvider): InputEntry {
  const { kind, size } = entry;
  return { path, size: kind === 'file' ? size : 0, version: versionOf(entry, hasLocalPath(provider)) };
}

/** The etag of a file of this machine tells of permissions and a move to another disk too: its time is better. */
function versionOf(
  { kind, linkTarget, md5, etag, modified = null, modifiedNs }: Pick<StorageEntry, 'kind'> & Partial<StorageEntry>,
  local: boolean,
): string {
  if (kind === 'symlink') return `link:${linkTarget ?? ''}`;
  if (md5 !== undefined) return `md5:${md5.toLowerCase()}`;
  if (!local && etag !== undefined) return `etag:${etag}`;
  return `mtime:${modifiedNs ?? (modified === null ? '' : BigInt(Math.round(modified)) * 1_000_000n)}`;
}

/** `md5` of `md5:…`. */
export const kindOfVersion = (version: string): string => version.slice(0, version.indexOf(':'));
