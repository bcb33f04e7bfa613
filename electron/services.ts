import type { EngineId } from '#shared/contract/engines.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { Engine } from './engines/engine.ts';
import type { StorageProvider } from './storage/provider.ts';

/**
 * The narrow interfaces by which features of the core meet. core.ts hands them out; a feature never imports another's
 * insides.
 */

/** A place in a vfolder, resolved to the provider that holds it. */
export interface ResolvedPlace {
  readonly vfolder: Vfolder;
  readonly provider: StorageProvider;
  /** The vfolder's own folder in the provider. */
  readonly root: InnerPath;
  /** The place itself in the provider: `root` joined with the inner path. */
  readonly path: InnerPath;
  /** The path inside the vfolder. */
  readonly inner: InnerPath;
}

/** Finds vfolders for transfers, jobs and plans. */
export interface VfolderLookup {
  /** @throws `not-found` naming the vfolder, `path-refused` */
  resolve(name: string, path: string): ResolvedPlace;
  /** The vfolder of this name, or null. */
  find(name: string): Vfolder | null;
  /** Live vfolders whose name begins with `.`. */
  automounts(): Vfolder[];
  /** Makes it when it is missing, on the default host. */
  ensure(name: string, fields: { usage: Vfolder['usage']; note: string }): Promise<Vfolder>;
  /** Notes that it was used now. */
  touch(id: string): void;
}

/** Asked before a vfolder is deleted, purged or renamed: who uses it, e.g. "job 12 “train”". */
export type VfolderUsers = (vfolderId: string) => string[];

export interface EngineRegistry {
  get(id: EngineId): Engine;
  all(): readonly Engine[];
  /** The user's default engine; without one `docker` when it is ready, else `process`. */
  preferred(): Promise<EngineId>;
}

/** What is served for a download ticket: a file, a part of it, or a tar. */
export interface Download {
  readonly filename: string;
  readonly contentType: string;
  /** Bytes of the whole (not of the range); null for a tar, whose length is not known before it ends. */
  readonly size: number | null;
  /** The bytes that `body` gives, both ends included; null: everything. */
  readonly range: { readonly start: number; readonly end: number } | null;
  /** Must be consumed or returned. A failure in the middle is thrown: the connection has to be cut, never ended. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The bodies of files, which go past the contract (browser host). */
export interface FileBodies {
  /** Takes the bytes of a pushed file from `offset` on; how many the file now has. */
  receive(
    id: number,
    seq: number,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ done: number }>;
  openDownload(ticket: string, range?: { start: number; end?: number }): Promise<Download>;
}
