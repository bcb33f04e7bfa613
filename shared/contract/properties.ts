import { z } from 'zod';
import { innerPathSchema, method, timeSchema, vfolderNameSchema } from './base.ts';
import { entrySchema } from './files.ts';

/** What is sent beside a file's content to whoever reads it over HTTP. */
export const headerNames = ['contentType', 'contentEncoding', 'contentLanguage', 'contentDisposition', 'cacheControl'] as const;
export type HeaderName = (typeof headerNames)[number];

const pairSchema = z.object({ name: z.string(), value: z.string() });
/** A name and its value: metadata, a tag, a fact. */
export type Pair = Readonly<z.infer<typeof pairSchema>>;

const pairRulesSchema = z.object({
  /** `identifier`: a letter or `_`, then letters, digits and `_`; `token`: what a header name may hold; `tag`: words. */
  names: z.enum(['identifier', 'token', 'tag']),
  maxPairs: z.number().int(),
  /** Characters. */
  maxName: z.number().int(),
  maxValue: z.number().int(),
  /** Of all names and values together; null: no limit of its own. */
  maxBytes: z.number().int().nullable(),
});
/** Which names and values a host takes; held to by shared/properties/rules.ts. */
export type PairRules = Readonly<z.infer<typeof pairRulesSchema>>;

const editableSchema = z.object({
  headers: z.array(z.enum(headerNames)),
  metadata: pairRulesSchema.nullable(),
  tags: pairRulesSchema.nullable(),
  /** Those that can be asked for; none where the host has no tiers. */
  tiers: z.array(z.string()),
});
/** What of a file's properties can be changed. */
export type Editable = Readonly<z.infer<typeof editableSchema>>;

/** What whoever has the URL may do with the file: read, write, read and write, or that and delete. */
export const sharePermissionSchema = z.enum(['r', 'w', 'rw', 'rwd']);
export type SharePermission = z.infer<typeof sharePermissionSchema>;

const sharingSchema = z.object({
  permissions: z.array(sharePermissionSchema),
  /** How long a URL can be good for, in milliseconds; null: as long as one likes. */
  longestMs: z.number().nullable(),
  /** What else a person has to know, as a sentence. */
  note: z.string().nullable(),
});
export type Sharing = Readonly<z.infer<typeof sharingSchema>>;

/** Why something is not offered, as a sentence. */
const refusalSchema = z.object({ refusal: z.string() });

export const filePropertiesSchema = z.object({
  entry: entrySchema,
  /** MD5 of the content, 32 hex digits. */
  md5: z.string().nullable(),
  /** Where the host knows that instead: the MD5 of the MD5s of the parts of so many bytes. */
  md5OfParts: z.object({ md5: z.string(), partBytes: z.number() }).nullable(),
  headers: z.partialRecord(z.enum(headerNames), z.string()),
  metadata: z.array(pairSchema),
  /** Metadata in which programs keep what belongs to the file, as its modification time: never changed by hand. */
  kept: z.array(pairSchema),
  /** Null where the host has none, or does not tell. */
  tags: z.array(pairSchema).nullable(),
  created: timeSchema.nullable(),
  accessed: timeSchema.nullable(),
  versionId: z.string().nullable(),
  /** Of a file of this machine. */
  local: z
    .object({
      mode: z.number().int(),
      uid: z.number().int(),
      gid: z.number().int(),
      /** Name of the owner, where it is the user who runs Stowage. */
      owner: z.string().nullable(),
      /** Names that the file has. */
      links: z.number().int(),
    })
    .nullable(),
  /** Whatever else the host tells, in its words. */
  details: z.array(pairSchema),
  /** Where it is found, without any authorisation: `URL`, `S3`, `Path`. */
  urls: z.array(pairSchema),
  edit: z.union([editableSchema, refusalSchema]),
  share: z.union([sharingSchema, refusalSchema]),
});
export type FileProperties = Readonly<z.infer<typeof filePropertiesSchema>>;

const pairChangeSchema = z.object({ name: z.string().min(1).max(1024), value: z.string().max(16_384).nullable() });
/** A value to be set; null takes the name away. */
export type PairChange = Readonly<z.infer<typeof pairChangeSchema>>;

export const propertyChangeSchema = z.object({
  /** Null takes a header away. */
  headers: z.partialRecord(z.enum(headerNames), z.string().max(4096).nullable()).optional(),
  metadata: z.array(pairChangeSchema).max(500).optional(),
  tags: z.array(pairChangeSchema).max(100).optional(),
  tier: z.string().min(1).max(64).optional(),
});
/** What is to be changed; whatever is not named stays as it is. */
export type PropertyChange = Readonly<z.infer<typeof propertyChangeSchema>>;

const at = z.object({ vfolder: vfolderNameSchema, path: innerPathSchema });

/** Part of `files`: what the host knows of a file beside its content. */
export const propertiesContract = {
  properties: method.input(at).output(filePropertiesSchema),
  /**
   * Changes properties of the file that has this etag, and gives them as they are now. The modification time and the
   * content stay. @throws `precondition-failed` when the file has another etag by now, `bad-request`, `unsupported`
   */
  setProperties: method
    .input(at.extend({ etag: z.string().max(1024), change: propertyChangeSchema }))
    .output(filePropertiesSchema),
  /**
   * A URL by which anybody can use a file until it expires. It is made on this machine, kept nowhere, and cannot be
   * taken back. @throws `unsupported` where the host cannot sign, `bad-request` for a time that it cannot promise
   */
  shareUrl: method
    .input(at.extend({ expiresAt: timeSchema, permission: sharePermissionSchema }))
    .output(z.object({ url: z.string(), expiresAt: timeSchema })),
};
