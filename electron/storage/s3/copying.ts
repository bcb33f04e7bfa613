import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { CopyOptions, StorageEntry } from '../provider.ts';
import { runPool } from '../task-pool.ts';
import type { ConditionalPuts, Expect } from './conditions.ts';
import { entryOfHead, partMetadata, plainEtag, quotedEtag } from './entries.ts';
import type { Place } from './keys.ts';
import { notFound, type Reader } from './reading.ts';
import type { S3Service } from './service.ts';

/** What one request may copy, the rule of S3. */
const maxCopyBytes = 5 * 1024 ** 3;
/** Bytes of a part of larger copies; at least, so that a service answers in time. */
const copyPartBytes = 512 * 1024 ** 2;
const parallelParts = 4;
const maxParts = 10_000;

export interface CopyTools {
  readonly service: S3Service;
  readonly reader: Reader;
  readonly puts: ConditionalPuts;
  /** Bytes from which a file is copied in parts; for tests. */
  readonly wholeBytes?: number;
  inBucket<T>(place: Place, signal: AbortSignal | undefined, change: () => Promise<T>): Promise<T>;
}

/**
 * Copies a file inside the service with its metadata. The source is held to its ETag by the service; since some services
 * ignore that, it is looked at before and, unless the copy has the same ETag, after.
 */
export async function copyObject(tools: CopyTools, from: Place, to: Place, options: CopyOptions): Promise<StorageEntry> {
  const { signal, expect } = options;
  const source = await headSource(tools, from, options);
  const { etag = '', size } = entryOfHead(from.path, source);
  await tools.puts.check(to, expect, signal);
  const job: CopyJob = { ...tools, from, to, beside: keptBeside(source), etag, size, signal, expect };
  const whole = size <= (tools.wholeBytes ?? maxCopyBytes);
  const copied = await tools.inBucket(to, signal, () => (whole ? copyWhole(job) : copyInParts(job)));
  if (copied !== etag) await checkUnchanged(job);
  const entry = await tools.reader.head(to, signal);
  if (!entry) throw notFound(to);
  return entry;
}

interface CopyJob extends CopyTools {
  readonly from: Place;
  readonly to: Place;
  /** What is given to a copy that is made of parts. */
  readonly beside: Beside & { readonly Tagging?: string };
  readonly etag: string;
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  readonly expect: Expect | undefined;
}

async function headSource({ service, reader }: CopyTools, from: Place, options: CopyOptions): Promise<HeadObjectCommandOutput> {
  const { signal, etag } = options;
  const folder = (): StowageError =>
    new StowageError('is-a-directory', `“${visible(from.path) || '/'}” is a folder.`, { subject: from.path });
  if (from.key === '') throw folder();
  let head: HeadObjectCommandOutput;
  try {
    head = await service.send({ place: from, signal }, (client, send) =>
      client.send(new HeadObjectCommand({ Bucket: from.bucket, Key: from.key }), send),
    );
  } catch (error) {
    if (!isStowageError(error, 'not-found')) throw error;
    // Tells a folder from nothing.
    await reader.stat(from, signal);
    throw folder();
  }
  if (etag !== undefined && plainEtag(head.ETag) !== etag) throw changed(from);
  return head;
}

const changed = ({ path }: Place): StowageError =>
  new StowageError('precondition-failed', `“${visible(path)}” has changed since it was looked at.`, { subject: path });

/** Every segment is encoded by itself. */
const sourceName = ({ bucket, key }: Place): string => `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

/** Conditions on the target of a copy are only known to be kept by Amazon; elsewhere it was looked at before. */
function targetCondition({ service, expect }: CopyJob): { IfNoneMatch?: string; IfMatch?: string } {
  if (!service.isAmazon || !expect) return {};
  return 'absent' in expect ? { IfNoneMatch: '*' } : { IfMatch: quotedEtag(expect.etag) };
}

/** @returns the ETag of the copy */
async function copyWhole(job: CopyJob): Promise<string> {
  const { service, from, to, etag, signal } = job;
  const output = await service.send({ place: to, signal }, (client, options) =>
    client.send(
      new CopyObjectCommand({
        Bucket: to.bucket,
        Key: to.key,
        CopySource: sourceName(from),
        CopySourceIfMatch: quotedEtag(etag),
        MetadataDirective: 'COPY',
        ...targetCondition(job),
      }),
      options,
    ),
  );
  return plainEtag(output.CopyObjectResult?.ETag);
}

/** @returns the ETag of the copy */
async function copyInParts(job: CopyJob): Promise<string> {
  const { service, puts, to, beside, size, signal, expect } = job;
  const partBytes = copyPartSize(size, job.wholeBytes);
  const { UploadId } = await service.send({ place: to, signal }, (client, options) =>
    client.send(
      new CreateMultipartUploadCommand({
        Bucket: to.bucket,
        Key: to.key,
        ...beside,
        Metadata: { ...beside.Metadata, ...partMetadata(partBytes) },
      }),
      options,
    ),
  );
  try {
    const Parts = await copyParts(job, partBytes, UploadId);
    await puts.check(to, expect, signal);
    const output = await service.send({ place: to, signal }, (client, options) =>
      client.send(
        new CompleteMultipartUploadCommand({
          Bucket: to.bucket,
          Key: to.key,
          UploadId,
          MultipartUpload: { Parts },
          ...targetCondition(job),
        }),
        options,
      ),
    );
    return plainEtag(output.ETag);
  } catch (error) {
    await service
      .send({ place: to }, (client, options) =>
        client.send(new AbortMultipartUploadCommand({ Bucket: to.bucket, Key: to.key, UploadId }), options),
      )
      .catch(() => undefined);
    throw error;
  }
}

/** A copy in parts is a new object: what stands beside the content has to be given again. */
function keptBeside(source: HeadObjectCommandOutput): Beside {
  const { Metadata, ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl } = source;
  return { Metadata, ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl };
}

async function copyParts(
  job: CopyJob,
  partBytes: number,
  UploadId: string | undefined,
): Promise<{ PartNumber: number; ETag: string }[]> {
  const { service, from, to, size, etag, signal } = job;
  const count = Math.ceil(size / partBytes);
  const parts: { PartNumber: number; ETag: string }[] = [];
  const copyPart = async (index: number): Promise<void> => {
    const end = Math.min(size, (index + 1) * partBytes) - 1;
    const { CopyPartResult } = await service.send({ place: to, signal }, (client, options) =>
      client.send(
        new UploadPartCopyCommand({
          Bucket: to.bucket,
          Key: to.key,
          UploadId,
          PartNumber: index + 1,
          CopySource: sourceName(from),
          CopySourceIfMatch: quotedEtag(etag),
          CopySourceRange: `bytes=${index * partBytes}-${end}`,
        }),
        options,
      ),
    );
    parts[index] = { PartNumber: index + 1, ETag: quotedEtag(plainEtag(CopyPartResult?.ETag)) };
  };
  function* tasks(): Generator<() => Promise<void>> {
    for (let index = 0; index < count; index++) yield () => copyPart(index);
  }
  await runPool(tasks(), parallelParts);
  return parts;
}

/** What stands beside the content, as requests of the SDK have it. */
export type Beside = Pick<
  CopyObjectCommandInput,
  | 'Metadata'
  | 'ContentType'
  | 'ContentEncoding'
  | 'ContentDisposition'
  | 'ContentLanguage'
  | 'CacheControl'
  | 'Expires'
  | 'WebsiteRedirectLocation'
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'BucketKeyEnabled'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ObjectLockLegalHoldStatus'
>;

/**
 * Puts an object in its own place with other things beside its content, while it is still the one of `etag`: S3 can change
 * what stands beside content in no other way. Tags stay.
 */
export async function copyOntoItself(tools: CopyTools, place: Place, source: ObjectNow, beside: Beside): Promise<void> {
  const { etag, size, tagging, signal } = source;
  if (size <= (tools.wholeBytes ?? maxCopyBytes)) {
    await tools.service.send({ place, signal }, (client, options) =>
      client.send(
        new CopyObjectCommand({
          Bucket: place.bucket,
          Key: place.key,
          CopySource: sourceName(place),
          CopySourceIfMatch: quotedEtag(etag),
          MetadataDirective: 'REPLACE',
          ...beside,
        }),
        options,
      ),
    );
    return;
  }
  // A copy in parts is a new object, without the tags of the old one.
  const job = { ...tools, from: place, to: place, etag, size, signal, expect: { etag } };
  await copyInParts({ ...job, beside: { ...beside, ...(tagging !== '' && { Tagging: tagging }) } });
}

/** The object that `copyOntoItself` is about, as it was looked at. */
export interface ObjectNow {
  readonly etag: string;
  readonly size: number;
  /** Its tags as a query. */
  readonly tagging: string;
  readonly signal: AbortSignal | undefined;
}

/** Bytes of a part for a copy of this size: no more parts than S3 takes. */
export function copyPartSize(size: number, wholeBytes = maxCopyBytes): number {
  const mebibyte = 1024 ** 2;
  return Math.max(Math.min(copyPartBytes, wholeBytes), Math.ceil(size / maxParts / mebibyte) * mebibyte);
}

/** Holds a finished copy against a source that may have changed while a service that ignores conditions copied it. */
async function checkUnchanged({ service, reader, from, to, etag, signal, expect }: CopyJob): Promise<void> {
  const now = await reader.head(from, signal);
  if (now?.etag === etag) return;
  // What was copied may be a mixture, and is nothing that was asked for; where nothing was before, nothing stays.
  if (expect && 'absent' in expect) await removeObject(service, to, undefined).catch(() => undefined);
  throw changed(from);
}

export async function removeObject(service: S3Service, place: Place, signal: AbortSignal | undefined): Promise<void> {
  await service.send({ place, signal }, (client, options) =>
    client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: place.key }), options),
  );
}
