import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import type { HostSettings } from '#shared/contract/hosts.ts';
import type { ProgressStep } from '#shared/contract/jobs.ts';
import type { EnvironmentVariable, JobSpec, Plan } from '#shared/contract/plan.ts';
import type { Vfolder } from '#shared/contract/vfolders.ts';
import type { HostSecret } from '#shared/hosts/host-secret.ts';
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
  /** Names of the live vfolders, sorted whatever their case. */
  names(): string[];
  /** Live vfolders whose name begins with `.`. */
  automounts(): Vfolder[];
  /** Makes it when it is missing: on the default host, or when that has no folders on this machine on the local one. */
  ensure(name: string, fields: { usage: Vfolder['usage']; note: string }): Promise<Vfolder>;
  /** Notes that it was used now. */
  touch(id: string): void;
}

/** Asked before a vfolder is deleted, purged or renamed: who uses it, e.g. "job 12 “train”". */
export type VfolderUsers = (vfolderId: string) => string[];

/** What a running job got besides plain binds; `prepare` of a job that has it already finds it again. */
export interface Staged {
  readonly binds: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  /** Volumes of the engine, by name. */
  readonly volumes: readonly { readonly name: string; readonly target: string; readonly readOnly: boolean }[];
  /** The image to run instead of the plan's; null: the plan's. */
  readonly image: string | null;
}

export type TellStep = (text: string, step?: { readonly at?: ProgressStep['at']; readonly part?: number }) => void;

export interface StagingOptions {
  readonly signal: AbortSignal;
  /** One line for people: what it does now, for which mount of the plan, and how far that is (0–1), where it is known. */
  tell: TellStep;
}

/** Carries out what a plan's steps `stage`, `mount-remote` and `bake` ask for, for one kind of them or for all. */
export interface Staging {
  /** @throws `disk-full`, `mount-failed`, `source-changed`, what reading the source throws; `cancelled` */
  prepare(jobId: number, plan: Plan, options: StagingOptions): Promise<Staged>;
  /** Fails when something that the job uses is lost while it runs. Never resolves; ends with the signal (`cancelled`). */
  watch(jobId: number, signal: AbortSignal): Promise<never>;
  /** Copies back what the job changed, whatever its end; can be repeated after a crash in between. */
  finish(jobId: number, plan: Plan, options: StagingOptions): Promise<readonly CopiedBack[]>;
  /** Lets go of everything that the job had. No error when there is nothing. */
  release(jobId: number): Promise<void>;
}

/** How to log in at a storage host: for a program that Stowage starts, never shown, logged or stored. */
export interface RemoteAccess {
  /** `readOnly`: nothing on it may be changed. @throws `not-found` */
  describe(hostId: string): { readonly settings: HostSettings; readonly readOnly: boolean };
  /** Null for kinds that need none. @throws `not-found`, `credentials-missing` */
  credentials(hostId: string): HostSecret | null;
}

/** Whether folders of remote hosts can be handed to jobs as they are, for the planner. Never fails, and answers at once. */
export interface RemoteSharing {
  /** Of this machine, and of an engine on it; `why` is a sentence where it is not available. */
  fuseStatus(
    engine?: Pick<EngineStatus, 'kind' | 'local' | 'os'>,
  ): Promise<{ readonly available: boolean; readonly why: string | null }>;
  /** Why what is on a host cannot be mounted, as a sentence; null when it can, as far as its settings tell. */
  mountRefusal(hostId: string): string | null;
}

/** What became of the changes that a job made to a copy. */
export interface CopiedBack {
  /** Index into `plan.mounts`. */
  readonly mount: number;
  readonly files: number;
  readonly bytes: number;
  readonly removed: number;
  /** Files that somebody else changed meanwhile: theirs stays, the job's is kept beside it. */
  readonly conflicts: readonly { readonly path: string; readonly keptAs: string }[];
  /** Some of what cannot be copied back: symlinks and special files that the job made. */
  readonly leftOut: readonly string[];
}

/** Notes what jobs get, for their records. Nothing of it but `verify` fails or holds a job up for long. */
export interface InputRecorder {
  /**
   * Begins to list the mounts, beside the job. `started`: the job has begun already, and what was listed before stays.
   * Twice is once.
   */
  begin(jobId: number, plan: Plan, started: boolean): void;
  /** Waits a moment for folders that the job may change in place. The image is on the engine now. */
  beforeStart(jobId: number): Promise<void>;
  /** The command has ended: waits a few seconds for what is not listed yet, then says so. */
  finish(jobId: number): Promise<void>;
  /** The job ended without having run, or waits again. */
  abandon(jobId: number): Promise<void>;
  /** Compares what a job got with what it would get now. @throws `precondition-failed` when it differs, or is not known */
  verify(jobId: number, signal: AbortSignal): Promise<void>;
  /** Lets go of what is kept for a job that is removed after that. */
  forget(jobId: number): void;
  /** Breaks off; what a job that runs on lacks is listed after the next start. */
  close(): Promise<void>;
}

export interface EngineRegistry {
  /** Also one that is not found now: its status says so. @throws `not-found` for what is no engine's id */
  get(id: EngineId): Engine;
  /** Those that are always there, and those that were asked for by `get`. One that is only found is left in peace. */
  used(): readonly Engine[];
  /** How it stands, asked at most every 2 s. An engine that is slow to answer is waited for once, then told as it was last seen. */
  status(id: EngineId): Promise<EngineStatus>;
  /** Of those that are found now, the ones that can run jobs; nobody waits long for one that is slow. */
  ready(): Promise<EngineId[]>;
  /** The user's default engine; without one `docker` when it is ready, else `process`. */
  preferred(): Promise<EngineId>;
}

/** Where jobs run now. */
export interface RunningJobs {
  /** Null when it does not run. */
  running(id: number): { readonly engine: EngineId; readonly reference: string; readonly startedAt: number | null } | null;
  /** The GPUs that a job was given, by number or UUID; null: none. */
  gpusGiven(id: number): readonly string[] | 'all' | null;
  /** Their numbers. */
  allRunning(): number[];
}

export type { HostSecret } from '#shared/hosts/host-secret.ts';

/** Keeps the secrets of storage hosts: sealed beside the database, in the system's keychain, or for this session only. */
export interface Secrets {
  /** Where the secret of a host is; `missing` when it has to be given again. */
  place(hostId: string): 'keychain' | 'file' | 'session' | 'missing';
  /** @throws StowageError `credentials-missing` that says why it cannot be read, and what to do */
  read(host: { id: string; name: string }): HostSecret;
  /** Replaces it. Without `keep` it is saved where this shell can do so safely, else kept for the session. */
  save(hostId: string, secret: HostSecret, keep?: 'saved' | 'session'): Promise<void>;
  remove(hostId: string): void;
  /** How secrets are kept in this shell, in words for people. */
  describe(): { place: 'keychain' | 'file' | 'session'; message: string; warning: string | null };
}

/**
 * The keychain of the system, as a shell offers it. It keeps one key for the data directory; what is sealed with that is
 * stored by Stowage.
 */
export interface Keychain {
  /** What it is called, for people. */
  readonly name: string;
  /** Why it keeps nothing from others on this machine, as a sentence; null when it does. */
  readonly weakness: string | null;
  /** 32 bytes; null when there is no key yet, or the keychain does not give it. */
  readonly key: Buffer | null;
  /** The key, made where there is none. @throws StowageError `permission-denied`, `io-error` */
  makeKey(): Promise<Buffer>;
}

/** Seals texts that a feature stores by itself, with the keychain, key file or passphrase of this shell. */
export interface Vault {
  /** False: nothing secret is to be written unless the user asks for it, since there is no sound keychain here. */
  readonly lasts: boolean;
  /** `context` is bound to it: what was sealed for one thing opens for no other. */
  seal(text: string, context: string): Promise<string>;
  /** `what` begins the sentence of the error. @throws StowageError `credentials-missing` */
  open(sealed: string, context: string, what: string): string;
}

/** `list`: where its new secrets are kept; null when it brings none. */
export interface NamedSpec {
  readonly spec: JobSpec;
  readonly list: string | null;
}

/** Keeps the values of the secret variables of jobs, sealed and apart from the specs and plans that name them. */
export interface JobSecrets {
  /** The spec in which each new secret has a name to be kept under (`kept`); its values stay in it. */
  name(spec: JobSpec): NamedSpec;
  /**
   * Seals the new values for the job that is about to be written down, and keeps the others for it too.
   * @throws StowageError `credentials-missing` naming one that is no longer kept
   */
  keep(jobId: number, named: NamedSpec): Promise<void>;
  /** The values of the secret variables, by name. @throws StowageError `credentials-missing` naming the variable */
  read(env: readonly EnvironmentVariable[]): ReadonlyMap<string, string>;
  /** Forgets what only this job needed. */
  release(jobId: number): void;
}

/** The files that are placed in the home directory of every job. */
export interface Dotfiles {
  /** For plans: where they are to be, without their contents. */
  places(): readonly { readonly path: string; readonly mode: number }[];
  /** All contents by path. @throws StowageError `credentials-missing` */
  contents(): ReadonlyMap<string, Uint8Array>;
}

/** Takes secrets out of texts: what is logged, stored with a transfer, or shown. */
export interface Redactor {
  /** Texts that are never to be seen from now on, in no usual encoding. */
  protect(secrets: readonly string[]): void;
  text(text: string): string;
  /** The error without its cause, which may hold a request, and with its texts cleaned; itself when they were clean. */
  error(error: unknown): unknown;
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
  /** The same for the ticket of a preview, which can be opened again and again; see previews/media.ts. */
  openPreview(ticket: string, range?: { start: number; end?: number }): Promise<Download>;
}
