import type { EngineId, EngineImage, EngineStatus, PullProgress } from '#shared/contract/engines.ts';
import type { GpuRequest, PortRequest } from '#shared/contract/plan.ts';

/**
 * What runs jobs. One interface, one contract suite (contract.suite.ts), run on every engine.
 * Failures are StowageErrors: `engine-absent`, `engine-permission`, `engine-error` everywhere, and those named here.
 */
export interface Engine {
  readonly id: EngineId;

  /** Never fails: an engine that does not answer says so. Answers within 3 s. */
  status(): Promise<EngineStatus>;

  /** Local images; none on an engine without images. */
  images(): Promise<EngineImage[]>;

  /** @throws `image-missing` when it is not on the engine */
  inspectImage(reference: string): Promise<ImageFacts>;

  /** What an image holds at absolute paths, without running anything. Keys as given. @throws `image-missing` */
  probeImage(reference: string, paths: readonly string[]): Promise<Record<string, ImagePathFact>>;

  /** @throws `pull-failed` with the registry's words; `cancelled` */
  pull(reference: string, options: { signal: AbortSignal }): AsyncIterable<PullProgress>;

  /**
   * Prepares a run, not started: lays out directories, binds mounts. Idempotent by `jobId`: a second call finds the
   * first one's. Returns the reference by which the run is found for ever.
   * @throws `image-missing`, `mount-failed`
   */
  create(run: RunRequest): Promise<string>;

  /**
   * Starts it, and gives its output from the first byte. Resolves when it has started (it may have ended already).
   * Calling it on a run that was started is `wrong-state`.
   * @throws `command-not-found`, `command-not-executable`, `mount-failed`
   */
  start(reference: string, output: OutputSink): Promise<void>;

  /** After a restart of the app: gives the output beyond what is already kept, then goes on live. No hole, no repeat. */
  follow(reference: string, output: OutputSink, kept: OutputPosition): Promise<void>;

  /** Resolves when the run has ended and its output was given whole. Never loses the exit code of one that ended before. */
  wait(reference: string, options?: { signal?: AbortSignal }): Promise<RunExit>;

  /** SIGTERM, after the grace SIGKILL. Resolves when it has ended; no error when it has ended before. */
  stop(reference: string, options: { graceSeconds: number }): Promise<void>;

  /** Removes what the engine keeps of an ended run. No error when it is gone. */
  remove(reference: string): Promise<void>;

  /** All runs of this data directory that the engine knows. */
  find(): Promise<FoundRun[]>;

  /** Lets go of connections; runs go on. */
  close(): Promise<void>;
}

export interface RunRequest {
  readonly jobId: number;
  readonly image: string | null;
  readonly command: readonly string[];
  readonly workdir: string;
  /** `secret`: not kept by the engine for longer than it must be. */
  readonly env: readonly { name: string; value: string; secret?: boolean }[];
  readonly binds: readonly { source: string; target: string; readOnly: boolean }[];
  /** Volumes that `fillVolume` made. */
  readonly volumes: readonly { name: string; target: string; readOnly: boolean }[];
  /** Made in the container before the start, owned by `user`; parents first. */
  readonly directories: readonly { path: string; mode: number }[];
  /** Symlinks made in the container before the start, after `directories`; both paths absolute. */
  readonly links: readonly { path: string; target: string }[];
  /**
   * Laid into the container before the start, after `directories`, owned by `user`, or by the image's; their contents are never
   * logged. What is there already is replaced. An engine without containers lays them into `directories` only.
   */
  readonly files: readonly { path: string; mode: number; content: Uint8Array }[];
  /** null: what the image says. */
  readonly user: { uid: number; gid: number } | null;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly shmBytes: number;
  readonly gpus: GpuRequest | null;
  /** Published at this machine's loopback address; a port without `host` at a free one. */
  readonly ports: readonly PortRequest[];
  readonly network: boolean;
}

export interface ImageFacts {
  readonly id: string;
  /** `name@sha256:…`, under which registries gave it. */
  readonly digests: readonly string[];
  readonly workdir: string | null;
  readonly user: string | null;
  readonly env: readonly { name: string; value: string }[];
  /** Entrypoint and command joined: what runs when no command is given. */
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
}

export type ImagePathFact = 'missing' | 'file' | 'empty-directory' | 'directory';

export interface OutputSink {
  /** Takes the bytes over. The engine waits for the promise before it reads more (backpressure). */
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>;
}

/** Bytes per stream that are kept already. An engine that has one joint stream counts it as stdout. */
export interface OutputPosition {
  readonly stdout: number;
  readonly stderr: number;
}

export interface RunExit {
  /** null when it was killed and no code is known. 128+n for a signal n. */
  readonly code: number | null;
  readonly oomKilled: boolean;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** The engine's own words when it could not run it. */
  readonly message: string | null;
}

export interface FoundRun {
  readonly jobId: number;
  readonly reference: string;
  readonly state: 'created' | 'running' | 'ended';
}

/** An engine with images that can make new ones: an image as it is, with files laid into it. */
export interface BakeCapable {
  /** The images that were made for this data directory. */
  bakedImages(): Promise<BakedImageFacts[]>;
  /**
   * Makes an image from `base` and a tar, or finds the one that was made under this digest. Nothing of it runs. What is left
   * of one that is broken off is removed, at the latest when the engine is next used. Returns its reference.
   * @throws `image-missing`, `mount-failed` where the image cannot take files at the target, `disk-full`, what the archive
   * throws, `cancelled`
   */
  bakeImage(request: BakeRequest): Promise<string>;
  /** The image of a digest, or null. */
  findBaked(digest: string): Promise<string | null>;
  /** False when it is gone already. @throws `in-use` */
  removeBaked(id: string): Promise<boolean>;
}

export interface BakeRequest {
  readonly base: string;
  /** 64 hex digits. */
  readonly digest: string;
  /** Kept with the image, for people. */
  readonly facts: Pick<BakedImageFacts, 'base' | 'source' | 'target' | 'bytes'>;
  /**
   * The files, their names from the root of the image on, without the leading `/`. `missing`: folders above the target that
   * the image lacks, the outermost first.
   */
  archive(missing: readonly string[]): AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

export interface BakedImageFacts {
  readonly id: string;
  readonly reference: string;
  readonly digest: string;
  /** What it was made from. */
  readonly base: string;
  readonly source: string;
  readonly target: string;
  readonly bytes: number;
  readonly createdAt: number;
}

export const canBake = (engine: Engine): engine is Engine & BakeCapable => 'bakeImage' in engine;

/** An engine that may run on another machine, which files reach in volumes of its own. */
export interface VolumeCapable {
  /**
   * Makes the volume, in the place of one of this name, and fills it. The names in the tar are relative to the volume. Nothing
   * of the image runs; it only has to be there.
   * @throws `image-missing`, `disk-full`, what the archive throws, `cancelled`
   */
  fillVolume(volume: VolumeRequest & { readonly archive: AsyncIterable<Uint8Array> }): Promise<void>;
  /** A tar of what is in it, below one folder of any name; must be consumed or returned. @throws `image-missing`, `not-found` */
  readVolume(volume: VolumeRequest): Promise<AsyncIterable<Uint8Array>>;
  /** No error when it is gone. @throws `in-use` */
  removeVolume(name: string): Promise<void>;
}

export interface VolumeRequest {
  readonly name: string;
  readonly image: string;
  readonly signal: AbortSignal;
}

export const canHoldVolumes = (engine: Engine): engine is Engine & VolumeCapable => 'fillVolume' in engine;

/** An engine that tells what its runs use. */
export interface MeterCapable {
  /**
   * Readings of a run about once a second, from now until the signal fires or the run has ended; none of one that does not
   * run. @throws `not-found`
   */
  meter(reference: string, options: { readonly signal: AbortSignal }): AsyncIterable<UsageReading>;
}

/** What a run uses, as counters that grow from its start on. */
export interface UsageReading {
  /** When it was read, by the clock of the engine's machine; milliseconds since the epoch. */
  readonly at: number;
  /** Of all CPUs together. */
  readonly cpuSeconds: number;
  /** Now in use, without file cache that can be given up at once. */
  readonly memoryBytes: number;
  /** null: not told apart from the rest of the machine. */
  readonly network: { readonly received: number; readonly sent: number } | null;
  readonly disk: { readonly read: number; readonly written: number } | null;
}

export const canMeter = (engine: Engine): engine is Engine & MeterCapable => 'meter' in engine;

/** An engine that opens shells inside of its running runs. */
export interface ShellCapable {
  /**
   * A shell on a terminal of its own, as the run's user, with its environment, working directory and limits.
   * @throws `wrong-state` when it does not run, `command-not-found` where there is no shell, `unsupported`
   */
  openShell(reference: string, size: TerminalSize): Promise<EngineShell>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface EngineShell {
  /** What it prints, until it has ended; read by one. A reader that waits makes the shell wait. */
  readonly output: AsyncIterable<Uint8Array>;
  /** What is typed. @throws `stalled` when nothing of it was taken for too long, so that more is refused */
  write(text: string): void;
  resize(size: TerminalSize): Promise<void>;
  /** Once the output has ended; null: not known. */
  exitCode(): Promise<number | null>;
  /** Hangs up: the shell and what runs in it in the foreground end, as when a terminal's window is closed. Never fails. */
  close(): Promise<void>;
}

export const canOpenShells = (engine: Engine): engine is Engine & ShellCapable => 'openShell' in engine;

/** An engine that tells where the published ports of a run are reached. */
export interface PortCapable {
  /** None of a run that does not run. */
  publishedPorts(reference: string): Promise<PublishedPort[]>;
}

/** `port` of the loopback address of the engine's machine leads to the port `container` of the run. */
export interface PublishedPort {
  readonly container: number;
  readonly port: number;
}

export const canTellPorts = (engine: Engine): engine is Engine & PortCapable => 'publishedPorts' in engine;
