import { z } from 'zod';
import { bytesSchema, method, timeSchema } from './base.ts';

export const hostKindSchema = z.enum(['local', 'azure-blob', 's3', 'memory']);
export type HostKind = z.infer<typeof hostKindSchema>;

const containerSchema = z.string().max(255);
/** A folder below which the host begins, `''` for none. */
const prefixSchema = z.string().max(1024);
const secretSchema = z.string().min(1).max(8192);

/** How a host is reached, as it is stored and shown: never a secret. */
export const hostSettingsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local'), root: z.string() }),
  z.object({
    kind: z.literal('azure-blob'),
    /** Of the account, without container: `https://ACCOUNT.blob.core.windows.net`, or with the account as its path. */
    endpoint: z.string(),
    account: z.string(),
    /** Null: the host is the account, its folders at the top are containers. */
    container: z.string().nullable(),
    prefix: z.string(),
    auth: z.enum(['key', 'sas']),
    /** When the SAS expires, where it says so. */
    expiresAt: timeSchema.nullable(),
  }),
  z.object({
    kind: z.literal('s3'),
    /** Null: Amazon's own. */
    endpoint: z.string().nullable(),
    region: z.string(),
    pathStyle: z.boolean(),
    /** Null: the host is the endpoint, its folders at the top are buckets. */
    bucket: z.string().nullable(),
    prefix: z.string(),
    accessKeyId: z.string(),
  }),
  z.object({ kind: z.literal('memory') }),
]);
export type HostSettings = z.infer<typeof hostSettingsSchema>;

const azurePlace = { container: containerSchema.optional(), prefix: prefixSchema.optional() };

/** What a person gives to attach a host; the secrets in it go to the secret store and never come back. */
export const hostAttachSchema = z.discriminatedUnion('form', [
  z.object({ form: z.literal('local'), root: z.string().min(1).max(4096) }),
  z.object({ form: z.literal('azure-connection-string'), connectionString: secretSchema, ...azurePlace }),
  z.object({
    form: z.literal('azure-key'),
    account: z.string().min(1).max(255),
    key: secretSchema,
    endpoint: z.string().max(2048).optional(),
    ...azurePlace,
  }),
  z.object({
    form: z.literal('azure-sas'),
    account: z.string().min(1).max(255),
    sas: secretSchema,
    endpoint: z.string().max(2048).optional(),
    ...azurePlace,
  }),
  /** `https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=…&sig=…` */
  z.object({ form: z.literal('azure-container-sas'), url: secretSchema, prefix: prefixSchema.optional() }),
  /** Azurite with its well-known account; `endpoint` default `http://127.0.0.1:10000/devstoreaccount1`. */
  z.object({ form: z.literal('azure-emulator'), endpoint: z.string().max(2048).optional(), ...azurePlace }),
  z.object({
    form: z.literal('s3'),
    endpoint: z.string().max(2048).optional(),
    region: z.string().max(64).optional(),
    accessKeyId: z.string().min(1).max(255),
    secretAccessKey: secretSchema,
    sessionToken: secretSchema.optional(),
    pathStyle: z.boolean().optional(),
    bucket: containerSchema.optional(),
    prefix: prefixSchema.optional(),
  }),
]);
export type HostAttach = z.infer<typeof hostAttachSchema>;

export const hostStatusSchema = z.object({
  /** `checking`: nothing is known yet. */
  state: z.enum(['checking', 'ok', 'warning', 'error']),
  message: z.string(),
  /** What to do. */
  hint: z.string().nullable(),
  checkedAt: timeSchema.nullable(),
});
export type HostStatus = z.infer<typeof hostStatusSchema>;

/** Where the secret of a host is kept; `missing`: it has to be given again. */
export const secretPlaceSchema = z.enum(['keychain', 'file', 'session', 'none', 'missing']);
export type SecretPlace = z.infer<typeof secretPlaceSchema>;

export const hostSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: hostKindSchema,
  /** What is on it, for people: a directory, an account, a bucket. */
  root: z.string(),
  settings: hostSettingsSchema,
  secret: secretPlaceSchema,
  readOnly: z.boolean(),
  isDefault: z.boolean(),
  /** As of the last check; a new one is begun when it is old, and told by the change `hosts`. */
  status: hostStatusSchema,
  freeBytes: bytesSchema.nullable(),
  totalBytes: bytesSchema.nullable(),
  vfolders: z.array(z.string()),
});
export type Host = z.infer<typeof hostSchema>;

/** One thing that was tried of a host. */
export const hostCheckSchema = z.object({
  id: z.enum(['reach', 'credentials', 'clock', 'list', 'write', 'expiry']),
  state: z.enum(['ok', 'warning', 'error', 'skipped']),
  message: z.string(),
  hint: z.string().nullable(),
});
export type HostCheck = z.infer<typeof hostCheckSchema>;

const hostNameSchema = z.string().min(1).max(64);
/** `session`: secrets are forgotten when Stowage ends. */
const keepSchema = z.enum(['saved', 'session']);

export const hostsContract = {
  list: method.output(z.array(hostSchema)),
  get: method.input(z.object({ id: z.string() })).output(hostSchema),
  /** Tries a host that is not added yet, or one that is. Never fails for what the checks find. */
  test: method
    .input(z.object({ attach: hostAttachSchema, readOnly: z.boolean().optional() }).or(z.object({ id: z.string() })))
    .output(z.object({ usable: z.boolean(), checks: z.array(hostCheckSchema) })),
  /** Stores it without a test; `name-taken`. */
  add: method
    .input(
      z.object({
        name: hostNameSchema,
        attach: hostAttachSchema,
        readOnly: z.boolean().optional(),
        isDefault: z.boolean().optional(),
        keep: keepSchema.optional(),
      }),
    )
    .output(hostSchema),
  /** New credentials keep the vfolders; `bad-request` when `attach` is another place than the vfolders are in. */
  update: method
    .input(
      z.object({
        id: z.string(),
        name: hostNameSchema.optional(),
        attach: hostAttachSchema.optional(),
        readOnly: z.boolean().optional(),
        isDefault: z.boolean().optional(),
        keep: keepSchema.optional(),
      }),
    )
    .output(hostSchema),
  /** Forgets the host and its secret; what is on it stays. `in-use` while vfolders (those in the trash too) are on it. */
  remove: method.input(z.object({ id: z.string() })).output(z.object({ id: z.string() })),
  /** How secrets are kept in this shell, in words for people; a warning where that is weak. */
  secretStorage: method.output(
    z.object({ place: z.enum(['keychain', 'file', 'session']), message: z.string(), warning: z.string().nullable() }),
  ),
};
