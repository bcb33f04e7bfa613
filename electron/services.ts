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
