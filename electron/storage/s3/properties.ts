import {
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { type Editable, type HeaderName, headerNames, type Pair, type PropertyChange } from '#shared/contract/properties.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import { applyChange, checkEdited, type HostProperties, type Wanted } from '../properties.ts';
import type { StorageEntry } from '../provider.ts';
import { type Beside, type CopyTools, copyOntoItself } from './copying.ts';
import { entryOfHead, metadataFor, nanosecondsOf } from './entries.ts';
import type { Place } from './keys.ts';
import type { S3Service } from './service.ts';

/** How long a signed URL can be good for, the rule of S3: 7 days. */
export const maxShareSeconds = 7 * 86_400;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const metadataRules: Editable['metadata'] = { names: 'token', maxPairs: 100, maxName: 256, maxValue: 2048, maxBytes: 2048 };
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const tagRules: Editable['tags'] = { names: 'tag', maxPairs: 10, maxName: 128, maxValue: 256, maxBytes: null };
const amazonTiers = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'];

const fieldOf = {
  contentType: 'ContentType',
  contentEncoding: 'ContentEncoding',
  contentLanguage: 'ContentLanguage',
  contentDisposition: 'ContentDisposition',
  cacheControl: 'CacheControl',
} as const satisfies Record<HeaderName, keyof HeadObjectCommandOutput>;

export const folderProperties = (service: S3Service, entry: StorageEntry, place: Place | null): HostProperties => ({
  entry,
  ...(place && { urls: urlsOf(service, place) }),
  edit: { refusal: 'Folders have no properties of their own.' },
  share: { refusal: 'Only single files can be shared by a URL.' },
});

const urlsOf = (service: S3Service, place: Place): Pair[] => [
  { name: 'URL', value: service.addresses.url(place) },
  { name: 'S3', value: `s3://${place.bucket}/${place.key}` },
];

/** @throws `not-found` */
export async function objectProperties(
  service: S3Service,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<HostProperties> {
  const [head, tags] = await Promise.all([headObject(service, place, signal), readTags(service, place, signal)]);
  const headers = Object.fromEntries(
    headerNames.flatMap((name) => {
      const value = head[fieldOf[name]];
      return value ? [[name, value]] : [];
    }),
  );
  const entry = entryOfHead(place.path, head);
  return {
    entry,
    headers,
    metadata: Object.entries(head.Metadata ?? {}).map(([name, value]) => ({ name, value })),
    ...(tags && { tags }),
    versionId: head.VersionId ?? null,
    details: detailsOf(head),
    urls: urlsOf(service, place),
    edit: {
      headers: [...headerNames],
      metadata: metadataRules,
      tags: tags && tagRules,
      tiers: service.isAmazon ? amazonTiers : [...new Set(['STANDARD', entry.tier ?? 'STANDARD'])],
    },
    share: {
      permissions: ['r', 'w'],
      longestMs: maxShareSeconds * 1000,
      note: 'It ends earlier when the access key is withdrawn, or was given for a while only.',
    },
  };
}

const headObject = ({ send }: S3Service, place: Place, signal: AbortSignal | undefined): Promise<HeadObjectCommandOutput> =>
  send({ place, signal }, (client, options) =>
    client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }), options),
  );

/** Null where the service has no tags, or the credentials may not see them. */
async function readTags({ send }: S3Service, place: Place, signal: AbortSignal | undefined): Promise<Pair[] | null> {
  try {
    const { TagSet = [] } = await send({ place, signal }, (client, options) =>
      client.send(new GetObjectTaggingCommand({ Bucket: place.bucket, Key: place.key }), options),
    );
    return TagSet.map(({ Key: name = '', Value: value = '' }) => ({ name, value }));
  } catch (error) {
    // Of a missing object the head tells.
    if (isStowageError(error, 'permission-denied', 'unsupported', 'bad-request', 'not-found', 'io-error')) return null;
    throw error;
  }
}

function detailsOf(head: HeadObjectCommandOutput): Pair[] {
  const { ServerSideEncryption, SSEKMSKeyId, Restore, ObjectLockMode, ObjectLockRetainUntilDate, ReplicationStatus } = head;
  const facts: [string, string | undefined][] = [
    ['Encryption', ServerSideEncryption],
    ['Encryption key', SSEKMSKeyId],
    ['Restore', Restore],
    ['Object lock', ObjectLockMode],
    ['Locked until', ObjectLockRetainUntilDate?.toISOString()],
    ['Legal hold', head.ObjectLockLegalHoldStatus],
    ['Replication', ReplicationStatus],
    ['Expires by rule', head.Expiration],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/**
 * Changes what is asked for. What stands beside content is changed by copying the object onto itself, on the condition
 * that it is still the one that was looked at, with everything that such a copy would lose given again.
 */
export async function setObjectProperties(
  tools: CopyTools,
  place: Place,
  before: HostProperties,
  change: PropertyChange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wanted = applyChange(before, change);
  const { service } = tools;
  const { etag = '', size } = before.entry;
  if (wanted.headers || wanted.metadata || wanted.tier !== null) {
    const head = await headObject(service, place, signal);
    // Not every service holds a copy to the etag of its source.
    checkEdited(entryOfHead(place.path, head), etag);
    checkCopied(place, head);
    await checkOwnAcl(service, place, signal);
    const tagging = new URLSearchParams((before.tags ?? []).map(({ name, value }): [string, string] => [name, value])).toString();
    await copyOntoItself(tools, place, { etag, size, tagging, signal }, besideOf(head, before, wanted));
  }
  // Other services than Amazon's may leave the tags behind when they copy.
  const tags = wanted.tags ?? (service.isAmazon ? [] : (before.tags ?? []));
  if (!wanted.tags && tags.length === 0) return;
  const TagSet = tags.map(({ name, value }) => ({ Key: name, Value: value }));
  await service.send({ place, signal }, (client, options) =>
    client.send(new PutObjectTaggingCommand({ Bucket: place.bucket, Key: place.key, Tagging: { TagSet } }), options),
  );
}

function besideOf(head: HeadObjectCommandOutput, before: HostProperties, wanted: Wanted): Beside {
  const { StorageClass, ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, WebsiteRedirectLocation } = head;
  const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = head;
  const expires = head.ExpiresString === undefined ? Number.NaN : Date.parse(head.ExpiresString);
  const headers = wanted.headers ?? before.headers ?? {};
  const metadata = Object.fromEntries((wanted.metadata ?? before.metadata ?? []).map(({ name, value }) => [name, value]));
  // The object's own time becomes that of the copy.
  const time = head.LastModified && metadataFor(nanosecondsOf({ modified: head.LastModified.getTime() }));
  const fields = {
    ...Object.fromEntries(headerNames.map((name) => [fieldOf[name], headers[name]])),
    Metadata: { ...time, ...metadata },
    StorageClass: wanted.tier ?? StorageClass,
    ...{ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, WebsiteRedirectLocation },
    ...{ ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus },
    Expires: Number.isNaN(expires) ? undefined : new Date(expires),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as Beside;
}

/** @throws `unsupported` for an object that cannot be read now, or only with a key from outside */
function checkCopied({ path }: Place, head: HeadObjectCommandOutput): void {
  const archived = head.StorageClass === 'GLACIER' || head.StorageClass === 'DEEP_ARCHIVE';
  const restored = head.Restore?.includes('ongoing-request="false"') ?? false;
  if (archived && !restored)
    throw new StowageError('unsupported', `“${visible(path)}” is archived: its properties cannot be changed.`, {
      subject: path,
      hint: 'Have it restored first. Its tags can be changed all the same.',
    });
  if (head.SSECustomerAlgorithm !== undefined)
    throw new StowageError('unsupported', `“${visible(path)}” is encrypted with a key that only its writer has.`, {
      subject: path,
    });
}

/**
 * A copy loses the access list of the object. Where there is one that says more than “its owner has it”, nothing is changed.
 * @throws `unsupported`
 */
async function checkOwnAcl({ send }: S3Service, place: Place, signal: AbortSignal | undefined): Promise<void> {
  const acl = await send({ place, signal }, (client, options) =>
    client.send(new GetObjectAclCommand({ Bucket: place.bucket, Key: place.key }), options),
  ).catch((error: unknown) => {
    // Not everybody may see it, and not every service has it.
    if (isStowageError(error, 'permission-denied', 'unsupported', 'bad-request', 'io-error')) return null;
    throw error;
  });
  const others = acl?.Grants?.filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== acl.Owner?.ID) ?? [];
  if (others.length === 0) return;
  throw new StowageError('unsupported', `“${visible(place.path)}” has an access list of its own, which would be lost.`, {
    subject: place.path,
    hint: 'S3 changes these properties by copying the file, without its access list. Remove that list first, or change only the tags.',
  });
}
