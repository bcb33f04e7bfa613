import { z } from 'zod';
import { bytesSchema, method, permissionModeSchema } from './base.ts';
import { engineIdSchema } from './engines.ts';

/** A mount as it is asked for. `source` is an address: `name:/path`, `name/path` or `name` (shared/address.ts). */
export const mountRequestSchema = z.object({
  source: z.string().min(1).max(9000),
  /** Absolute, or relative to the working directory; absent: the vfolder's own default. */
  target: z.string().max(4096).optional(),
  /** Absent: the vfolder's permission. */
  mode: permissionModeSchema.optional(),
});
export type MountRequest = z.infer<typeof mountRequestSchema>;

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
  /** Where `/home/work/out` goes: an address; absent: `outputs:/<job name>`; null: no output folder. */
  output: z.string().max(9000).nullable().optional(),
  /** Names of automount vfolders switched off for this job; true switches all off. */
  noAutomount: z.union([z.boolean(), z.array(z.string())]).optional(),
  env: z.array(z.object({ name: z.string().max(1000), value: z.string().max(131_072) })).max(2000),
  resources: z.object({
    cpus: z.number().positive().max(4096).optional(),
    memoryBytes: bytesSchema.optional(),
    /** Default 1 GiB. */
    shmBytes: bytesSchema.optional(),
  }),
  /** Default true. */
  network: z.boolean().optional(),
  /** `self` (default): this user's uid:gid; `image`: what the image says. */
  user: z.enum(['self', 'image']).optional(),
});
export type JobSpec = z.infer<typeof jobSpecSchema>;

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
  approach: z.enum(['share', 'copy', 'bake']),
  /** Why this approach, in words. */
  reason: z.string(),
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
  'read-only-not-kept',
  'image-needed',
  'image-missing',
  'image-unused',
  'command-needed',
  'env-invalid',
  'disk-full',
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
    z.object({ kind: z.literal('remove-mount') }),
    z.object({ kind: z.literal('set-engine'), engine: engineIdSchema }),
    z.object({ kind: z.literal('set-user'), user: z.enum(['self', 'image']) }),
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
]);
export type PlanStep = z.infer<typeof planStepSchema>;

/** A node of "what the container will see". */
export interface ContainerNode {
  name: string;
  path: string;
  kind: 'directory' | 'mount' | 'workdir';
  /** Index into `plan.mounts`, for a mount. */
  mount: number | null;
  /** Worst severity at this very node. */
  severity: 'error' | 'warning' | null;
  children: ContainerNode[];
}
export const containerNodeSchema: z.ZodType<ContainerNode> = z.lazy(() =>
  z.object({
    name: z.string(),
    path: z.string(),
    kind: z.enum(['directory', 'mount', 'workdir']),
    mount: z.number().nullable(),
    severity: z.enum(['error', 'warning']).nullable(),
    children: z.array(containerNodeSchema),
  }),
);

export const planSchema = z.object({
  engine: engineIdSchema,
  image: z.string().nullable(),
  command: z.array(z.string()),
  workdir: z.string(),
  user: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  network: z.boolean(),
  resources: z.object({ cpus: z.number().nullable(), memoryBytes: bytesSchema.nullable(), shmBytes: bytesSchema }),
  mounts: z.array(plannedMountSchema),
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
