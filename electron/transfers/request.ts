import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { formatAddress } from '#shared/address.ts';
import type { Endpoint } from '#shared/contract/transfers.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { baseName, type InnerPath, rootPath, visible } from '#shared/paths.ts';
import { packedReader } from '../packing/packed-reader.ts';
import type { ResolvedPlace, VfolderLookup } from '../services.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import { hasLocalPath, type StorageProvider } from '../storage/provider.ts';

/** What was asked for, as it is stored with the transfer; `vfolderIds` are those that it reads or writes. */
export interface StoredRequest {
  readonly sources: readonly Endpoint[];
  readonly destination: Endpoint;
  readonly rename?: string;
  readonly move?: boolean;
  /** Source folders go as tar shards. */
  readonly pack?: { readonly shardBytes?: number | undefined };
  /** Packed folders give what is in them. */
  readonly unpack?: boolean;
  readonly vfolderIds: readonly string[];
  /** Of a push: true when the page has announced everything. */
  readonly sealed?: boolean;
}

/** An endpoint, resolved to a provider. */
export interface Place {
  readonly provider: StorageProvider;
  /** Nothing outside this is touched: the vfolder, or the given folder of this machine. */
  readonly boundary: InnerPath;
  readonly path: InnerPath;
  readonly vfolder: Vfolder | null;
  /** The path inside the vfolder. */
  readonly inner: string;
  /** What it is called at the destination. */
  readonly name: string;
  /** Its contents rather than itself. */
  readonly contents: boolean;
  /** The provider that holds the place, where `provider` shows packed folders as what is in them. */
  readonly holder?: StorageProvider;
}

export const labelOf = (endpoint: Endpoint): string =>
  endpoint.kind === 'local' ? endpoint.path : formatAddress(endpoint.vfolder, endpoint.path);

export const nameOf = (endpoint: Endpoint): string =>
  endpoint.kind === 'local'
    ? basename(resolve(endpoint.path)) || '/'
    : baseName(endpoint.path.replace(/\/$/, '')) || endpoint.vfolder;

function absolute(path: string): string {
  if (!/^([/\\]|[A-Za-z]:[/\\])/.test(path) || path.includes('\0')) {
    throw new StowageError('bad-request', `“${visible(path)}” is not an absolute path of this machine.`, { subject: path });
  }
  return resolve(path);
}

/** Files are copied by path where they have one, past the storage that would hold a link to its rules at every use. */
async function checkLink({ vfolder, provider, root }: ResolvedPlace): Promise<void> {
  if (vfolder.kind === 'linked' && hasLocalPath(provider)) await provider.stat(root);
}

export interface SourceOptions {
  /** A path of this machine need not exist any more: its file then fails by itself, or was moved by a former process. */
  readonly maybeGone?: boolean;
  /** Packed folders are what is in them. */
  readonly unpack?: boolean | undefined;
}

/**
 * Resolves a source; a path that lies in a packed folder gives what was packed.
 * @throws `not-found`, `bad-request`, `path-refused`
 */
export async function resolveSource(endpoint: Endpoint, lookup: VfolderLookup, options: SourceOptions = {}): Promise<Place> {
  if (endpoint.kind === 'vfolder') {
    const found = lookup.resolve(endpoint.vfolder, endpoint.path);
    await checkLink(found);
    // A vfolder itself has no name inside its host that a destination could take: its contents are meant.
    const contents = endpoint.path.endsWith('/') || found.inner === '';
    const { root: boundary, path, vfolder, inner } = found;
    const packed = options.unpack === true || (await liesInPack(found.provider, path));
    return { ...shownBy(found.provider, packed), boundary, path, vfolder, inner, name: baseName(path), contents };
  }
  const contents = /[/\\]$/.test(endpoint.path);
  let path = absolute(endpoint.path);
  const name = basename(path);
  try {
    // A link that was named by the person is followed: they asked for what it shows.
    if (contents || (await lstat(path)).isSymbolicLink()) path = await realpath(path);
  } catch (error) {
    if (!options.maybeGone)
      throw new StowageError(
        'not-found',
        `“${visible(path)}” does not exist or cannot be read.`,
        { subject: path, detail: error instanceof Error ? error.message : String(error) },
        { cause: error },
      );
  }
  const root = contents ? path : dirname(path);
  const inner = contents ? rootPath : (basename(path) as InnerPath);
  const shown = shownBy(createLocalProvider(root), options.unpack === true);
  return { ...shown, boundary: rootPath, path: inner, vfolder: null, inner, name, contents };
}

const shownBy = (holder: StorageProvider, packed: boolean): Pick<Place, 'provider' | 'holder'> =>
  packed ? { provider: packedReader(holder), holder } : { provider: holder };

/** Whether nothing lies at the path but what the index of a packed folder above it names. */
async function liesInPack(provider: StorageProvider, path: InnerPath): Promise<boolean> {
  const missing = await provider.stat(path).then(
    () => false,
    (error: unknown) => isStowageError(error, 'not-found', 'not-a-directory'),
  );
  return (
    missing &&
    packedReader(provider)
      .stat(path)
      .then(
        () => true,
        () => false,
      )
  );
}

/** Resolves the folder where everything goes; with `make`, a folder of this machine is made when only its last step is missing. */
export async function resolveDestination(endpoint: Endpoint, lookup: VfolderLookup, make = true): Promise<Place> {
  if (endpoint.kind === 'vfolder') {
    const found = lookup.resolve(endpoint.vfolder, endpoint.path);
    if (found.vfolder.permission === 'ro') {
      throw new StowageError('read-only', `The vfolder “${found.vfolder.name}” is read-only.`, {
        subject: found.vfolder.name,
        hint: 'Change its permission to read and write first.',
      });
    }
    await checkLink(found);
    return {
      provider: found.provider,
      boundary: found.root,
      path: found.path,
      vfolder: found.vfolder,
      inner: found.inner,
      name: '',
      contents: true,
    };
  }
  const path = absolute(endpoint.path);
  const stats = await stat(path).catch(() => null);
  if (stats && !stats.isDirectory()) {
    throw new StowageError('not-a-directory', `“${visible(path)}” is a file, not a folder.`, { subject: path });
  }
  if (!stats && make) {
    await mkdir(path).catch((error: unknown) => {
      throw new StowageError(
        'not-found',
        `The folder “${visible(path)}” does not exist and cannot be made.`,
        { subject: path, detail: error instanceof Error ? error.message : String(error) },
        { cause: error },
      );
    });
  }
  return {
    provider: createLocalProvider(path),
    boundary: rootPath,
    path: rootPath,
    vfolder: null,
    inner: '',
    name: '',
    contents: true,
  };
}

/** A text by which two places can be compared: the absolute path where there is one. */
export function identityOf(place: Place, path: InnerPath = place.path): string {
  const holder = place.holder ?? place.provider;
  if (hasLocalPath(holder)) return holder.localPath(path);
  return `${place.vfolder?.host.id ?? ''}:/${path}`;
}

/** By identity: a link of this machine has a provider of its own, though it is shown on the local host. */
export const sameProvider = (a: Place, b: Place): boolean => a.provider === b.provider;
