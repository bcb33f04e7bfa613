import type { HostKind } from '#shared/contract/hosts.ts';
import type { NameRules } from '#shared/names.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { EditPropertiesCapable, PropertiesCapable, ShareUrlCapable } from './properties.ts';

/**
 * The interface of a storage host. The core is small; what only some can do is a capability with a type guard.
 * Callers ask for a capability, never for a kind. The contract suite (contract.suite.ts) holds every provider to these
 * comments, with the memory provider as the reference.
 *
 * All paths are relative to the provider's root. All failures are StowageErrors of the codes named here; besides them
 * any method may fail with `host-unreachable`, `permission-denied`, `io-error` or, when its signal fires, `cancelled`.
 */
export interface StorageProvider {
  readonly kind: HostKind;
  readonly nameRules: NameRules;
  /** False when `A` and `a` are one name here. */
  readonly caseSensitive: boolean;
  readonly features: ProviderFeatures;

  /**
   * The direct children of a folder, in pages as they come, in no order. Symlinks are given as such, never followed.
   * `.stowage` (Stowage's own: trash, what is being purged) is left out at the root, and with `containers` at the top of
   * every container; asked for by its path it is there.
   * @throws `not-found`, `not-a-directory`
   */
  list(folder: InnerPath, options?: CallOptions): AsyncIterable<readonly StorageEntry[]>;

  /** One entry; a symlink as such. @throws `not-found` */
  stat(path: InnerPath, options?: CallOptions): Promise<StorageEntry>;

  /**
   * Bytes of a file from `offset`, at most `length`; an offset at or past the end gives none. A symlink is followed
   * only while it stays inside the root (`path-refused`).
   * @throws `not-found`, `is-a-directory`, `special-file`, `precondition-failed` when `etag` is given and differs
   */
  read(path: InnerPath, options?: ReadOptions): Promise<ReadResult>;

  /**
   * Writes a whole file atomically: until it returns, nothing or the old content is seen under `path`; parents are
   * made. The parts of a failed write are removed. It is done with a chunk when it asks for the next.
   * @throws `precondition-failed` (see WriteOptions.expect), `is-a-directory`, `disk-full`,
   * `source-changed` when `size` is given and the body has another length
   */
  write(path: InnerPath, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<StorageEntry>;

  /** Makes a folder and its parents; no error when it is there. @throws `not-a-directory` when a file is in the way */
  makeDirectory(path: InnerPath, options?: CallOptions): Promise<void>;

  /**
   * Removes a file, a symlink (never its target) or an empty folder. @throws `not-found`, `not-empty`,
   * `precondition-failed` (see RemoveOptions)
   */
  remove(path: InnerPath, options?: RemoveOptions): Promise<void>;

  /** Releases connections and handles. */
  close(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface StorageEntry {
  readonly path: InnerPath;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  /** Bytes; 0 for anything but a file. */
  readonly size: number;
  /** Milliseconds since the epoch, where the host keeps them. */
  readonly modified: number | null;
  /** `modified` in nanoseconds, where the host keeps it finer than in milliseconds. */
  readonly modifiedNs?: bigint;
  /** Changes whenever the content does; opaque. Present on files. */
  readonly etag?: string;
  /** MD5 of the content, 32 hex digits, where the host knows it. */
  readonly md5?: string;
  /** Where the host knows that instead: the MD5 (hex) of the MD5s of the parts of so many bytes, the last may be shorter. */
  readonly md5OfParts?: { readonly md5: string; readonly partBytes: number };
  readonly linkTarget?: string;
  /** A file that its owner may run, where the host knows. */
  readonly executable?: true;
  /** Tier or storage class, where the host has them; told by `list` and `stat`, not always by a write. */
  readonly tier?: string;
  /**
   * Only on something that must not be touched because its name on the host is not safe (`..`, an empty segment, NUL,
   * `\..\`): why, as a whole sentence. `kind` is `special`, and `path` a spelling for people under which nothing is
   * found. A listing never leaves such a thing out; a transfer fails it by name.
   */
  readonly problem?: string;
}

export interface RemoveOptions extends CallOptions {
  /**
   * Fails with `precondition-failed` unless the file still has this etag. Where a host cannot remove under a condition it is
   * looked at just before, and another writer has some milliseconds to be overlooked.
   */
  etag?: string;
}

export interface ReadOptions extends CallOptions {
  offset?: number;
  length?: number;
  /** Fails with `precondition-failed` unless the file still has this etag. */
  etag?: string;
  /**
   * False: nothing is fetched ahead or held in memory, and nothing compared with the file's MD5. For a caller that reads
   * several parts of a file at once and compares by itself.
   */
  ahead?: boolean;
  /** True: a chunk may be overwritten once the next is asked for, which spares memory. */
  reuse?: boolean;
}

export interface ReadResult {
  readonly entry: StorageEntry;
  /**
   * Chunks of at most 1 MiB; must be consumed or returned. Fails with `source-changed`
   * when the file shrinks meanwhile, and with `checksum-mismatch` where the host knows the file's MD5, the whole file was
   * read, and it is another.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface WriteOptions extends CallOptions {
  /** Bytes that must come, when known. */
  size?: number;
  /** Kept as the modification time. */
  modified?: number;
  /** `modified` in nanoseconds, when known; kept as finely as the host can. */
  modifiedNs?: bigint;
  /** `absent`: fails with `precondition-failed` when something is there; an etag: fails unless it is still that. */
  expect?: { absent: true } | { etag: string };
}

export interface ProviderFeatures {
  /** `rename` moves files and folders without copying. */
  readonly rename: boolean;
  /** Content has a path on this machine. */
  readonly localPath: boolean;
  /** A broken-off write can go on where it stopped. */
  readonly resumableWrite: boolean;
  readonly space: boolean;
  /** Keeps empty folders. */
  readonly emptyDirectories: boolean;
  /** Keeps modification times given to `write`. */
  readonly modifiedTimes: boolean;
  /** `list` tells the same `modified` as `stat`; false: it tells the time of writing, and `stat` has to be asked. */
  readonly listedTimes: boolean;
  /** `copy` copies files inside the service. */
  readonly copy: boolean;
  /**
   * A folder is there because something is below it: it may vanish with its last file unless `makeDirectory` made it,
   * it need not be made before a file is written, and nothing keeps a file `p` from lying beside a folder `p`.
   */
  readonly impliedFolders: boolean;
  /** The first segment of every path is a container (a bucket) with name rules of its own; see ContainerCapable. */
  readonly containers: boolean;
  /** The service checks every byte that it receives against a digest, so that reading back would add nothing. */
  readonly verifiedWrites: boolean;
  /** `properties` tells what is known of a file beside its content; see properties.ts. */
  readonly properties: boolean;
  readonly editProperties: boolean;
  readonly shareUrl: boolean;
}

/** Moves a file or folder; parents are made. @throws `not-found`, `exists` when something is at `to` */
export interface RenameCapable {
  rename(from: InnerPath, to: InnerPath, options?: CallOptions): Promise<void>;
}
export interface LocalPathCapable {
  /** The absolute path on this machine; resolves no symlink and checks no existence. */
  localPath(path: InnerPath): string;
}
export interface SpaceCapable {
  space(): Promise<{ freeBytes: number; totalBytes: number }>;
}
export interface ResumableWriteCapable {
  /**
   * Opens, or finds again under the same `key`, the unfinished write of `path`. Chunks appended survive `kill -9` of
   * this process up to a multiple of `granularity`. `key` is `[A-Za-z0-9-]{1,64}` and belongs to one writer; `size` is
   * that of the whole file, when known, and the same when the write is found again. `modified` is that which `finish` will
   * get, where it is known: some hosts take it at the beginning only.
   */
  openWrite(path: InnerPath, key: string, options?: OpenWriteOptions): Promise<ResumableWrite>;
}
export interface OpenWriteOptions extends CallOptions {
  size?: number | undefined;
  modified?: number | undefined;
  modifiedNs?: bigint | undefined;
}
export interface ResumableWrite {
  /** Bytes that survive `kill -9`: what a later `openWrite` under the key finds. Grows while `append` runs. */
  readonly committed: number;
  /** Bytes of a part; 1 where every byte is kept at once. */
  readonly granularity: number;
  /** Drops what is beyond `length`, a multiple of `granularity` (0: begin anew). */
  truncate(length: number): Promise<void>;
  /**
   * Adds the bytes of a body, whose chunks it is done with when it asks for the next; parts may be sent several at a time, and all that are full are kept when it returns. How many
   * bytes the write now has, the rest that fills no part included; that rest is lost with `close`. When it fails, the write
   * stands at `committed`.
   */
  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<number>;
  /** Reads back what is kept, for verification; null with `verifiedWrites`. */
  readonly readBack: ((options?: CallOptions) => AsyncIterable<Uint8Array>) | null;
  /** Where bytes may come in any order; null where they are appended only. */
  readonly scattered: ScatteredWrite | null;
  /** Makes it the content of `path`, durably and atomically; conditions and errors as in `write`. */
  finish(options?: WriteOptions): Promise<StorageEntry>;
  abort(): Promise<void>;
  /** Lets go of handles, keeping what was appended. */
  close(): Promise<void>;
}

/** An unfinished write that is a file of this machine. `committed` tells the end of what was put, holes included. */
export interface ScatteredWrite {
  /** Absolute, for reading back; nothing else is done with it. */
  readonly file: string;
  /** Puts chunks, one after the other, from `offset` on. Calls may overlap in time, not in bytes. */
  put(chunks: readonly Uint8Array[], offset: number): Promise<void>;
}

export interface CopyCapable {
  /**
   * Copies a file inside the service, with its modification time; no byte passes this machine.
   * @throws `not-found`, `precondition-failed` for `etag` (of the source) and `expect` (of the target), `path-refused`
   */
  copy(from: InnerPath, to: InnerPath, options?: CopyOptions): Promise<StorageEntry>;
}
export interface CopyOptions extends CallOptions {
  /** Fails with `precondition-failed` unless the source still has this etag. */
  etag?: string;
  expect?: WriteOptions['expect'];
}
export interface ContainerCapable {
  /** A name that the service takes for a container, made of `name`; two names may give the same. */
  containerName(name: string): string;
}

export const canCopy = (provider: StorageProvider): provider is StorageProvider & CopyCapable => provider.features.copy;
export const hasContainers = (provider: StorageProvider): provider is StorageProvider & ContainerCapable =>
  provider.features.containers;
export const canRename = (provider: StorageProvider): provider is StorageProvider & RenameCapable => provider.features.rename;
export const hasLocalPath = (provider: StorageProvider): provider is StorageProvider & LocalPathCapable =>
  provider.features.localPath;
export const canReportSpace = (provider: StorageProvider): provider is StorageProvider & SpaceCapable => provider.features.space;
export const canResumeWrite = (provider: StorageProvider): provider is StorageProvider & ResumableWriteCapable =>
  provider.features.resumableWrite;
export const canTellProperties = (provider: StorageProvider): provider is StorageProvider & PropertiesCapable =>
  provider.features.properties;
export const canEditProperties = (provider: StorageProvider): provider is StorageProvider & EditPropertiesCapable =>
  provider.features.editProperties;
export const canShareUrl = (provider: StorageProvider): provider is StorageProvider & ShareUrlCapable =>
  provider.features.shareUrl;
