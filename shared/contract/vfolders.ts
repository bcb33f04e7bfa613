import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytesSchema, innerPathSchema, method, permissionModeSchema, timeSchema, vfolderNameSchema } from './base.ts';

export const usageSchema = z.enum(['general', 'data', 'model', 'output']);
export type Usage = z.infer<typeof usageSchema>;

export const vfolderSchema = z.object({
  id: z.string(),
  name: z.string(),
  host: z.object({ id: z.string(), name: z.string(), kind: z.string() }),
  kind: z.enum(['managed', 'linked']),
  usage: usageSchema,
  /** Default mode of a mount; `ro` also refuses changes by Stowage itself. */
  permission: permissionModeSchema,
  note: z.string(),
  /** Where it is mounted when a job names no target; null: under the working directory by its name. */
  mountPath: z.string().nullable(),
  /** True when the name begins with `.`: mounted into every job unless switched off for that job. */
  automount: z.boolean(),
  /** The directory on this machine, where there is one. */
  localPath: z.string().nullable(),
  /** Where it lies, for people: a directory, or `container/prefix`. */
  place: z.string(),
  /** Of a link: why what it points to cannot be used now; null when all is well. */
  broken: z.string().nullable(),
  createdAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
  trashedAt: timeSchema.nullable(),
});
export type Vfolder = z.infer<typeof vfolderSchema>;

export const vfolderInfoSchema = vfolderSchema.extend({
  files: z.number().int(),
  directories: z.number().int(),
  bytes: bytesSchema,
  /** Jobs that mounted it, newest first, at most 20. */
  jobs: z.array(z.object({ id: z.number(), name: z.string(), state: z.string() })),
});
export type VfolderInfo = z.infer<typeof vfolderInfoSchema>;

const fields = {
  usage: usageSchema.optional(),
  permission: permissionModeSchema.optional(),
  note: z.string().max(2000).optional(),
  mountPath: z.string().max(4096).nullable().optional(),
};

/** What a link points to: a directory of this machine inside an allowed link root, or a folder of a host. */
export const linkTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local'), path: z.string().min(1).max(4096) }),
  z.object({ kind: z.literal('host'), host: z.string(), path: innerPathSchema }),
]);
export type LinkTarget = z.infer<typeof linkTargetSchema>;

export const vfoldersContract = {
  /** Live vfolders by name, or with `trashed` those in the trash, newest first. */
  list: method.input(z.object({ trashed: z.boolean().optional() }).optional()).output(z.array(vfolderSchema)),
  get: method.input(z.object({ name: vfolderNameSchema })).output(vfolderSchema),
  create: method.input(z.object({ name: z.string().max(1000), host: z.string().optional(), ...fields })).output(vfolderSchema),
  update: method.input(z.object({ name: vfolderNameSchema, ...fields })).output(vfolderSchema),
  /**
   * Registers what is there already, in place: nothing is moved, copied or listed. Read-only unless `permission` says
   * otherwise. `path-refused` outside the allowed link roots of the settings. Deleting a link only forgets it.
   */
  link: method.input(z.object({ name: z.string().max(1000), target: linkTargetSchema, ...fields })).output(vfolderSchema),
  /** Points a link somewhere else, for one whose target moved. */
  relink: method.input(z.object({ name: vfolderNameSchema, target: linkTargetSchema })).output(vfolderSchema),
  rename: method.input(z.object({ name: vfolderNameSchema, to: z.string().max(1000) })).output(vfolderSchema),
  /** Starts a copy into a new vfolder; the copy is the returned transfer. */
  clone: method
    .input(z.object({ name: vfolderNameSchema, to: z.string().max(1000), host: z.string().optional() }))
    .output(z.object({ vfolder: vfolderSchema, transferId: z.number() })),
  /** Moves it to the trash; refused with `in-use` while a job or transfer uses it. */
  delete: method.input(z.object({ name: vfolderNameSchema })).output(vfolderSchema),
  /** By id, since names in the trash may repeat; `name` restores under another name. */
  restore: method.input(z.object({ id: z.string(), name: z.string().max(1000).optional() })).output(vfolderSchema),
  /** Destroys a vfolder that is in the trash. */
  purge: method.input(z.object({ id: z.string() })).output(z.object({ files: z.number(), bytes: bytesSchema })),
  /** Counts as it walks: the last event is the whole. */
  info: method.input(z.object({ name: vfolderNameSchema })).output(eventIterator(vfolderInfoSchema)),
};
