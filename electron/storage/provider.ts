import type { HostKind } from '#shared/contract/hosts.ts';
import type { NameRules } from '#shared/names.ts';
import type { InnerPath } from '#shared/paths.ts';

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
   * made. The parts of a failed write are removed.
   * @throws `precondition-failed` (see WriteOptions.expect), `is-a-directory`, `disk-full`,
   * `source-changed` when `size` is given and the body has another length
   */
  write(path: InnerPath, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<StorageEntry>;

  /** Makes a folder and its parents; no error when it is there. @throws `not-a-directory` when a file is in the way */
  makeDirectory(path: InnerPath, options?: CallOptions): Promise<void>;

  /** Removes a file, a symlink (never its target) or an empty folder. @throws `not-found`, `not-empty` */
  remove(path: InnerPath, options?: CallOptions): Promise<void>;

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
  /** Changes whenever the content does; opaque. Present on files. */
  readonly etag?: string;
  readonly linkTarget?: string;
}

export interface ReadOptions extends CallOptions {
  offset?: number;
  length?: number;
  /** Fails with `precondition-failed` unless the file still has this etag. */
  etag?: string;
}

export interface ReadResult {
  readonly entry: StorageEntry;
  /** Chunks of at most 1 MiB; must be consumed or returned. Fails with `source-changed` when the file shrinks meanwhile. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface WriteOptions extends CallOptions {
  /** Bytes that must come, when known. */
  size?: number;
  /** Kept as the modification time. */
  modified?: number;
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
   * this process. `key` is `[A-Za-z0-9-]{1,64}` and belongs to one writer.
   */
  openWrite(path: InnerPath, key: string): Promise<ResumableWrite>;
}
export interface ResumableWrite {
  /** Bytes kept so far. */
  readonly committed: number;
  /** Drops what is beyond `length` (0: begin anew). */
  truncate(length: number): Promise<void>;
  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<number>;
  /** Reads back what is kept, for verification. */
  readBack(options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Makes it the content of `path`, durably and atomically; conditions and errors as in `write`. */
  finish(options?: WriteOptions): Promise<StorageEntry>;
  abort(): Promise<void>;
  /** Lets go of handles, keeping what was appended. */
  close(): Promise<void>;
}

export const canRename = (provider: StorageProvider): provider is StorageProvider & RenameCapable => provider.features.rename;
export const hasLocalPath = (provider: StorageProvider): provider is StorageProvider & LocalPathCapable =>
  provider.features.localPath;
export const canReportSpace = (provider: StorageProvider): provider is StorageProvider & SpaceCapable => provider.features.space;
export const canResumeWrite = (provider: StorageProvider): provider is StorageProvider & ResumableWriteCapable =>
  provider.features.resumableWrite;
