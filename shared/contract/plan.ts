import { z } from 'zod';
import { bytesSchema, method, permissionModeSchema } from './base.ts';
import { engineIdSchema } from './engines.ts';

/**
 * How the files of a source reach a job: `share` hands the place itself over (a bind, or a FUSE mount of a remote one),
 * `copy` brings the files to the engine first, through the cache, `bake` puts them into an image made from the job's.
 */
export const approachSchema = z.enum(['share', 'copy', 'bake']);
export type Approach = z.infer<typeof approachSchema>;

/** A mount as it is asked for. `source` is an address: `name:/path`, `name/path` or `name` (shared/address.ts). */
export const mountRequestSchema = z.object({
  source: z.string().min(1).max(9000),
  /** Absolute, or relative to the working directory; absent: the vfolder's own default. */
  target: z.string().max(4096).optional(),
  /** Absent: the vfolder's permission. */
  mode: permissionModeSchema.optional(),
  /** Absent: what the planner recommends. */
  approach: approachSchema.optional(),
});
export type MountRequest = z.infer<typeof mountRequestSchema>;

/** A symlink laid into the container: at `path` one that leads to `target`, both absolute. */
export const linkRequestSchema = z.object({ path: z.string().max(4096), target: z.string().max(4096) });
export type LinkRequest = z.infer<typeof linkRequestSchema>;

/**
 * A variable of the job's environment. `secret`: masked wherever it is shown and kept sealed; `env` hands it over as a
 * variable, `file` as a file that only the job's user can read, with its path in `NAME_FILE`.
 */
export const environmentVariableSchema = z.object({
  name: z.string().max(1000),
  value: z.string().max(131_072),
  secret: z.enum(['env', 'file']).optional(),
  /** Of a secret whose value Stowage keeps: where. `value` is then a marker that is not looked at (secret-variables.ts). */
  kept: z
    .string()
    .regex(/^[0-9a-f-]{36}\.\d{1,4}$/)
    .optional(),
});
export type EnvironmentVariable = z.infer<typeof environmentVariableSchema>;

/** All GPUs, so many of them, or those of these ids (indexes or UUIDs). */
const gpuIdSchema = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
export const gpuRequestSchema = z.union([z.literal('all'), z.number().int().min(1).max(64), z.array(gpuIdSchema).min(1).max(64)]);
export type GpuRequest = z.infer<typeof gpuRequestSchema>;

/** The GPUs that jobs may use: so many of them (the first ones), or those of these ids. */
export const gpuSlotsSchema = z.union([z.number().int().min(0).max(64), z.array(gpuIdSchema).max(64)]);
export type GpuSlots = z.infer<typeof gpuSlotsSchema>;

const portSchema = z.number().int().min(1).max(65_535);
/** A port of the job that is reached at this machine's loopback address. `host` absent: a free one. */
export const portRequestSchema = z.object({ container: portSchema, host: portSchema.optional() });
export type PortRequest = z.infer<typeof portRequestSchema>;

export const jobSpecSchema = z.object({
  name: z.string().max(100).optional(),
  /** Absent: docker when it answers, else process. */
  engine: engineIdSchema.optional(),
  image: z.string().max(512).optional(),
  command: z.array(z.string().max(131_072)).max(10_000),
  /** Code folder: an address of a vfolder or an absolute path of this machine; mounted at `/home/work/code` (read-only unless `mode`). */
  code: z.object({ source: z.string().min(1).max(9000), mode: permissionModeSchema.optional() }).optional(),
  workdir: z.string().max(4096).optional(),
  mounts: z.array(mountRequestSchema).max(1000),
  links: z.array(linkRequestSchema).max(1000).optional(),
  /** Where `/home/work/out` goes: an address; absent: `outputs:/<job name>`; null: no output folder. */
  output: z.string().max(9000).nullable().optional(),
  /** Names of automount vfolders switched off for this job; true switches all off. */
  noAutomount: z.union([z.boolean(), z.array(z.string())]).optional(),
  env: z.array(environmentVariableSchema).max(2000),
  /** Without the dotfiles that are set up for every job. */
  noDotfiles: z.boolean().optional(),
  resources: z.object({
    cpus: z.number().positive().max(4096).optional(),
    memoryBytes: bytesSchema.optional(),
    /** Default 1 GiB. */
    shmBytes: bytesSchema.optional(),
    gpus: gpuRequestSchema.optional(),
  }),
  ports: z.array(portRequestSchema).max(100).optional(),
  /** It is stopped when it has run so long. Absent: no limit. */
  maxSeconds: z.number().int().min(1).max(31_536_000).optional(),
  /** Default true. */
  network: z.boolean().optional(),
  /** `self` (default): this user's uid:gid; `image`: what the image says. */
  user: z.enum(['self', 'image']).optional(),
});
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** What an approach moves and needs before the job can start. Figures of sources that are not counted whole are a lower bound. */
export const mountCostSchema = z.object({
  /** Of the whole source. */
  files: z.number().int(),
  bytes: bytesSchema,
  /** What is not in the cache, or in an image, yet. */
  moveFiles: z.number().int(),
  moveBytes: bytesSchema,
  /** Until it is ready; null: not known. */
  seconds: z.number().nullable(),
  /** Disk of this machine (or of the engine's) that it takes more than now. */
  diskBytes: bytesSchema,
  /** False: the source is still being counted, or too large to be. */
  complete: z.boolean(),
  /** True: it is still being counted, and another plan will know more. */
  counting: z.boolean().optional(),
});
export type MountCost = z.infer<typeof mountCostSchema>;

/** One of the three approaches, judged for one mount. */
export const approachOptionSchema = z.object({
  approach: approachSchema,
  /** False: it cannot work; `reason` says why. */
  possible: z.boolean(),
  /** Why it is the best, or what speaks against it; one line with the figures that decide. */
  reason: z.string(),
  cost: mountCostSchema.nullable(),
});
export type ApproachOption = z.infer<typeof approachOptionSchema>;

/** Plans are kept with their jobs: what a version added has a default, for those of earlier ones. */
export const plannedMountSchema = z.object({
  /** Index into the requested mounts; null for code, output and automounts. */
  request: z.number().nullable(),
  role: z.enum(['mount', 'code', 'output', 'automount']),
  vfolder: z.string().nullable(),
  /** As people read it: `name:/path`. */
  source: z.string(),
  /** The directory or file on this machine that is bound. */
  localPath: z.string().nullable(),
  target: z.string(),
  mode: permissionModeSchema,
  approach: approachSchema,
  /** Why this approach, in words. */
  reason: z.string(),
  /** What the planner would choose. */
  recommended: approachSchema.default('share'),
  /** All three, the recommended one first. */
  options: z.array(approachOptionSchema).default([]),
  /** Of the chosen approach; null: nothing is known of the source. */
  cost: mountCostSchema.nullable().default(null),
});
export type PlannedMount = z.infer<typeof plannedMountSchema>;

export const conflictCodeSchema = z.enum([
  'target-twice',
  'target-root',
  'target-system',
  'target-invalid',
  'target-hides-workdir',
  'target-hides-image',
  'nested-writable-parent',
  'nested-read-only-parent',
  'file-onto-folder',
  'folder-onto-file',
  'single-file',
  'source-missing',
  'source-unreadable',
  'source-outside-roots',
  'source-dangerous',
  'source-symlinks-leave',
  'source-remote',
  'address-invalid',
  'vfolder-missing',
  'output-as-root',
  'selinux',
  'remote-engine',
  'file-sharing',
  'submounts-writable',
  'rw-on-read-only',
  'overlap-both-writable',
  'overlap-mixed',
  'other-job-writes',
  'engine-not-ready',
  'target-needs-container',
  'limits-not-kept',
  'gpus-missing',
  'ports-elsewhere',
  'read-only-not-kept',
  'image-needed',
  'image-missing',
  'image-unused',
  'command-needed',
  'env-invalid',
  'port-twice',
  'port-without-network',
  'file-on-mount',
  'file-in-mount',
  'file-on-link',
  'file-on-folder',
  'disk-full',
  'approach-impossible',
  'approach-unwise',
  'link-invalid',
  'link-twice',
  'link-on-mount',
  'link-in-read-only',
  'link-cycle',
  'link-exists',
  'link-dangling',
]);
export type ConflictCode = z.infer<typeof conflictCodeSchema>;

/** A one-click change of the request that removes a conflict. */
export const fixSchema = z.object({
  label: z.string(),
  /** Which requested mount it changes; null: the spec as a whole. */
  request: z.number().nullable(),
  change: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('set-target'), target: z.string() }),
    /** `target`: a new target as well; null: the default one. Absent: left as it is. */
    z.object({ kind: z.literal('set-source'), source: z.string(), target: z.string().nullable().optional() }),
    z.object({ kind: z.literal('set-mode'), mode: permissionModeSchema }),
    z.object({ kind: z.literal('set-approach'), approach: approachSchema }),
    z.object({ kind: z.literal('remove-mount') }),
    /** Indexes are those of `spec.links`. */
    z.object({ kind: z.literal('set-link'), link: z.number().int(), path: z.string() }),
    z.object({ kind: z.literal('remove-link'), link: z.number().int() }),
    z.object({ kind: z.literal('set-engine'), engine: engineIdSchema }),
    z.object({ kind: z.literal('remove-gpus') }),
    z.object({ kind: z.literal('set-user'), user: z.enum(['self', 'image']) }),
    z.object({ kind: z.literal('no-dotfiles') }),
  ]),
});
export type Fix = z.infer<typeof fixSchema>;

export const planConflictSchema = z.object({
  code: conflictCodeSchema,
  severity: z.enum(['error', 'warning']),
  /** A whole sentence naming what clashes with what. */
  message: z.string(),
  /** Indexes into `plan.mounts` it concerns. */
  mounts: z.array(z.number()),
  targets: z.array(z.string()),
  fixes: z.array(fixSchema),
});
export type PlanConflict = z.infer<typeof planConflictSchema>;

/** What is done before the start, in order. Every step names the one path it writes or mounts. */
export const planStepSchema = z.discriminatedUnion('kind', [
  /** Made on this machine, as the user, so that the engine does not make it as root. */
  z.object({ kind: z.literal('make-host-directory'), path: z.string(), reason: z.string() }),
  /** Laid into the created container before it starts. */
  z.object({ kind: z.literal('make-container-directory'), path: z.string(), mode: z.number() }),
  z.object({ kind: z.literal('bind'), source: z.string(), target: z.string(), readOnly: z.boolean() }),
  /**
   * The files of `plan.mounts[mount]` are brought through the cache into a folder of this machine that is then bound, or
   * into a volume of an engine that does not see this machine. `packed`: as one stream. Without `readOnly` what the job
   * changes is copied back when it has ended.
   */
  z.object({
    kind: z.literal('stage'),
    mount: z.number().int(),
    target: z.string(),
    readOnly: z.boolean(),
    packed: z.boolean(),
    into: z.enum(['directory', 'volume']),
    /** What was listed a moment ago, for the plan that the user saw, will do. Else the place is listed for the job. */
    asShown: z.literal(true).optional(),
  }),
  /** The remote source is mounted on this machine with FUSE, watched while the job runs, and bound. */
  z.object({ kind: z.literal('mount-remote'), mount: z.number().int(), target: z.string(), readOnly: z.boolean() }),
  /** The image of the job is replaced by one that has the files at `target`. */
  z.object({ kind: z.literal('bake'), mount: z.number().int(), target: z.string() }),
  /** Laid into the created container before it starts. */
  z.object({ kind: z.literal('make-link'), path: z.string(), target: z.string() }),
  /** Laid into the created container before it starts: the dotfile or the secret variable `name`. The plan knows no contents. */
  z.object({
    kind: z.literal('lay-file'),
    path: z.string(),
    mode: z.number(),
    origin: z.enum(['dotfile', 'secret']),
    name: z.string(),
  }),
]);
export type PlanStep = z.infer<typeof planStepSchema>;

/** A node of "what the container will see". */
export interface ContainerNode {
  name: string;
  path: string;
  kind: 'directory' | 'mount' | 'workdir' | 'link' | 'file';
  /** Index into `plan.mounts`, for a mount. */
  mount: number | null;
  /** Index into `plan.links`, for a link. */
  link: number | null;
  /** Worst severity at this very node. */
  severity: 'error' | 'warning' | null;
  children: ContainerNode[];
}
export const containerNodeSchema: z.ZodType<ContainerNode> = z.lazy(() =>
  z.object({
    name: z.string(),
    path: z.string(),
    kind: z.enum(['directory', 'mount', 'workdir', 'link', 'file']),
    mount: z.number().nullable(),
    link: z.number().nullable().default(null),
    severity: z.enum(['error', 'warning']).nullable(),
    children: z.array(containerNodeSchema),
  }),
);

/** What all mounts together move and need before the job can start. */
export const planCostSchema = z.object({
  moveFiles: z.number().int(),
  moveBytes: bytesSchema,
  /** Of what copies and images need: there already. */
  cachedBytes: bytesSchema,
  seconds: z.number().nullable(),
  diskBytes: bytesSchema,
  /** Free on the disk of the cache now; null: not known. */
  diskFreeBytes: bytesSchema.nullable(),
  complete: z.boolean(),
  counting: z.boolean().optional(),
});
export type PlanCost = z.infer<typeof planCostSchema>;

const noCost: PlanCost = {
  moveFiles: 0,
  moveBytes: 0,
  cachedBytes: 0,
  seconds: null,
  diskBytes: 0,
  diskFreeBytes: null,
  complete: true,
};

export const planSchema = z.object({
  engine: engineIdSchema,
  image: z.string().nullable(),
  command: z.array(z.string()),
  workdir: z.string(),
  user: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  env: z.array(environmentVariableSchema),
  network: z.boolean(),
  resources: z.object({
    cpus: z.number().nullable(),
    memoryBytes: bytesSchema.nullable(),
    shmBytes: bytesSchema,
    gpus: gpuRequestSchema.nullable().default(null),
  }),
  ports: z.array(portRequestSchema).default([]),
  maxSeconds: z.number().nullable().default(null),
  mounts: z.array(plannedMountSchema),
  /** `path` and `target` normalised; in the order of the request. */
  links: z.array(linkRequestSchema).default([]),
  cost: planCostSchema.default(noCost),
  steps: z.array(planStepSchema),
  tree: containerNodeSchema,
  conflicts: z.array(planConflictSchema),
  /** False when any conflict is an error. */
  runnable: z.boolean(),
});
export type Plan = z.infer<typeof planSchema>;

export const planContract = {
  /** Plans without running; never changes anything. */
  preview: method.input(z.object({ spec: jobSpecSchema })).output(planSchema),
};
