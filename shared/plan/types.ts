import type { MountMode } from '../contract/base.ts';
import type { EngineId, EngineStatus } from '../contract/engines.ts';
import type { Approach, ApproachOption, ConflictCode, Fix, JobSpec, PlannedMount } from '../contract/plan.ts';

/** What lies at a path below a source, looked at without following symlinks. */
export type InsideKind = 'missing' | 'file' | 'directory' | 'symlink' | 'special';

/** What an image holds at a path. */
export type ImagePathKind = 'missing' | 'file' | 'empty-directory' | 'directory';

/** How much a source holds. */
export interface Contents {
  readonly files: number;
  readonly bytes: number;
  /** When the newest file was changed (milliseconds since the epoch); null: not known. */
  readonly newest: number | null;
  /** False: still being counted, or too large to be; the figures are a lower bound then. */
  readonly complete: boolean;
  /** More of it will be known soon. */
  readonly counting?: boolean;
  /** The largest folders directly below it, the largest first; only when it was counted whole. */
  readonly parts?: readonly { readonly name: string; readonly bytes: number }[];
}

/** How fast a host answers and sends. */
export interface HostLink {
  /** From asking for something small to its answer. */
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
}

/** What was found out about one source. Paths of this machine are absolute; on Windows as Windows writes them. */
export interface SourceFacts {
  /** As people read it: `name:/path`, or the absolute path of a folder outside all vfolders. */
  readonly display: string;
  /** Why the source cannot be looked at at all; the other fields then say nothing. */
  readonly problem: {
    readonly code: 'address-invalid' | 'vfolder-missing' | 'source-unreadable' | 'source-outside-roots';
    readonly message: string;
  } | null;
  readonly kind: 'managed' | 'linked' | 'host';
  readonly vfolder: {
    readonly id: string;
    readonly name: string;
    readonly permission: MountMode;
    readonly mountPath: string | null;
  } | null;
  /** The path inside the vfolder; `''` is the vfolder itself. */
  readonly inner: string;
  /** It lies on a host that has no folder on this machine. */
  readonly remote: boolean;
  /** Of a remote source: its host and the path there, `HOST/path`, to tell overlaps. null on this machine. */
  readonly remotePath: string | null;
  /** null: its host has no path on this machine, or it is not there yet. */
  readonly localPath: string | null;
  /** `localPath` with every symlink resolved; for a missing path, of its nearest existing parent with the rest added. */
  readonly realPath: string | null;
  /** The real path that `realPath` must not leave: the vfolder's own folder. null: no bound of its own. */
  readonly root: string | null;
  readonly stat: 'file' | 'directory' | 'special' | 'missing';
  readonly readable: boolean;
  /** Of a missing path: that it could be made. */
  readonly writable: boolean;
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Symlinks below the source that lead out of it. */
  readonly leavingLinks: {
    readonly count: number;
    readonly examples: readonly { readonly path: string; readonly target: string }[];
    /** False: the scan ended early, there may be more. */
    readonly complete: boolean;
  };
  /** Other file systems mounted below the source. */
  readonly submounts: readonly string[];
  /** null: not looked at. */
  readonly contents: Contents | null;
  /** What the cache of this machine holds of it, as it is on its host now. */
  readonly cached: { readonly files: number; readonly bytes: number };
  /** Of a remote source, measured or assumed; null: not known. */
  readonly link: HostLink | null;
  /** Of a remote source: why its host cannot be mounted, as a sentence; null or absent: it can. */
  readonly mountRefusal?: string | null;
  /** What lies at the paths that `probesFor` asked for, relative to the source. */
  readonly inside: Readonly<Record<string, InsideKind>>;
}

export interface ImageFactsForPlan {
  readonly workdir: string | null;
  readonly user: string | null;
  /** Entrypoint and command joined. */
  readonly command: readonly string[];
  /** What lies at the paths that `probesFor` asked for; a path that is not here is unknown. */
  readonly paths: Readonly<Record<string, ImagePathKind>>;
}

export interface MachineFacts {
  /** `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** null where users have no numbers (Windows). */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Stowage's own data directory, as written and with symlinks resolved. */
  readonly home: readonly string[];
  /** The engines' sockets, as written and with symlinks resolved. */
  readonly socketPaths: readonly string[];
  /** Where folders outside vfolders may lie; null: anywhere that is not dangerous. */
  readonly allowedRoots: readonly string[] | null;
  /** The time of the plan: what changed lately is told from it. */
  readonly now: number;
  /** The disk that holds copies, and the bounds of the cache on it; null: not known. */
  readonly disk: { readonly freeBytes: number; readonly cacheLimitBytes: number; readonly cacheUsedBytes: number } | null;
  /** Whether remote places can be mounted here with FUSE; `why` says why not, as a sentence. */
  readonly fuse: { readonly available: boolean; readonly why: string };
  /** Copies can be brought into volumes of an engine that does not see the disk of this machine. */
  readonly volumes: boolean;
}

/** A place that a running job writes. */
export interface Writer {
  readonly jobId: number;
  readonly jobName: string;
  readonly vfolderId: string;
  readonly path: string;
}

/** Everything that a plan depends on. The same request always gives the same plan. */
export interface PlanRequest {
  readonly spec: JobSpec;
  /** Names the folder under `outputs`. */
  readonly jobName: string;
  readonly engine: EngineStatus;
  /** Other engines that are ready. */
  readonly otherEngines: readonly EngineId[];
  /** `missing`: not on the engine; `unknown`: could not be asked, or no image is named. */
  readonly image: ImageFactsForPlan | 'missing' | 'unknown';
  readonly sources: {
    /** One per requested mount, in order. */
    readonly mounts: readonly SourceFacts[];
    readonly code: SourceFacts | null;
    readonly output: SourceFacts | null;
    /** Live automount vfolders, whether switched off or not. */
    readonly automounts: readonly SourceFacts[];
  };
  readonly machine: MachineFacts;
  readonly writers: readonly Writer[];
  /** What is placed in the home directory of every job. Absent: nothing. */
  readonly dotfiles?: readonly { readonly path: string; readonly mode: number }[];
}

/** A file that is laid into the job before its start. */
export interface LaidFile {
  readonly origin: 'dotfile' | 'secret';
  /** The dotfile's path below the home directory, or the name of the secret variable. */
  readonly name: string;
  readonly path: string;
  readonly mode: number;
}

/** A mount with its target resolved. */
export interface LaidMount {
  readonly index: number;
  readonly request: number | null;
  readonly role: PlannedMount['role'];
  readonly facts: SourceFacts;
  readonly mode: MountMode;
  /** Normalised and absolute when `targetProblem` is null, else as it was written. */
  readonly target: string;
  readonly targetProblem: TargetProblem | null;
  /** The target was named in the request, not given by default. */
  readonly explicitTarget: boolean;
}

/** One of the approaches, judged for a mount. */
export interface JudgedOption extends ApproachOption {
  /** Why it cannot work: the disk (or the cache) is too small, or something else. null: it can. */
  readonly obstacle: 'disk' | 'other' | null;
  /** What speaks against choosing it, as a sentence; null: nothing. */
  readonly drawback: string | null;
  /** One stream for many small files. */
  readonly packed: boolean;
}

/** How a mount reaches the job. */
export interface Choice {
  readonly approach: Approach;
  readonly recommended: Approach;
  /** The request names it. */
  readonly asked: boolean;
  /** The recommended one first, then in the order share, copy, bake. */
  readonly options: readonly JudgedOption[];
  readonly chosen: JudgedOption;
}

/** By the index of the mount. */
export type Choices = readonly Choice[];

/** A symlink with its paths resolved. */
export interface LaidLink {
  /** Index into `spec.links`. */
  readonly index: number;
  /** Both normalised when `problem` is null, else as they were written. */
  readonly path: string;
  readonly target: string;
  readonly problem: { readonly message: string; readonly suggestion: string | null } | null;
}

export interface TargetProblem {
  /** End of a sentence that begins with the target. */
  readonly why: string;
  /** What was probably meant. */
  readonly suggestion: string | null;
}

/** Where every mount goes, before conflicts are looked for. */
export interface Layout {
  readonly request: PlanRequest;
  readonly mounts: readonly LaidMount[];
  /** What relative targets are resolved against. */
  readonly base: string;
  /** Where the command starts. */
  readonly workdir: string;
  readonly workdirProblem: TargetProblem | null;
  /** The mounts that have a place in the container: valid targets, the first of equal ones. By target. */
  readonly placed: ReadonlyMap<string, LaidMount>;
  /** In the order of the request. */
  readonly links: readonly LaidLink[];
  readonly files: readonly LaidFile[];
}

/** A conflict before it is numbered into the plan. */
export interface Finding {
  readonly code: ConflictCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly mounts: readonly LaidMount[];
  /** Further paths in the container that it concerns. */
  readonly targets?: readonly string[];
  readonly fixes?: readonly Fix[];
}
