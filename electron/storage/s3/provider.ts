import { CreateBucketCommand, DeleteBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import type { PropertyChange } from '#shared/contract/properties.ts';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, parentPath, visible } from '#shared/paths.ts';
import type { HostSecret } from '../../services.ts';
import { checkSignal, checkWriteKey } from '../bodies.ts';
import {
  checkEdited,
  checkShare,
  type EditOptions,
  type EditPropertiesCapable,
  type HostProperties,
  type Share,
  type ShareUrlCapable,
} from '../properties.ts';
import type {
  CallOptions,
  ContainerCapable,
  CopyCapable,
  CopyOptions,
  OpenWriteOptions,
  ProviderFeatures,
  ReadOptions,
  ReadResult,
  RemoveOptions,
  ResumableWrite,
  ResumableWriteCapable,
  StorageEntry,
  StorageProvider,
  WriteOptions,
} from '../provider.ts';
import type { HttpClientOptions } from '../remote/http.ts';
import { openPartedWrite, type PartedWriteOptions, partBytesFor, writeInParts } from '../remote/parted-write.ts';
import { rangedRead } from '../remote/ranged-read.ts';
import { ConditionalPuts, checkExpected } from './conditions.ts';
import { type CopyTools, copyObject, removeObject } from './copying.ts';
import { folderEntry } from './entries.ts';
import { bucketNameFor, createKeys, isBucketName, type Keys, type Place } from './keys.ts';
import { createLister, type Lister } from './listing.ts';
import { folderProperties, maxShareSeconds, objectProperties, setObjectProperties } from './properties.ts';
import { createReader, notFound, type Reader } from './reading.ts';
import { createService, type S3Service, type S3Settings } from './service.ts';
import { createUploadRecords, type UploadRecords } from './upload-records.ts';
import { createUpload, maxParts, type Writing, type WritingTools } from './writing.ts';

export type S3Provider = StorageProvider &
  ResumableWriteCapable &
  CopyCapable &
  ContainerCapable &
  EditPropertiesCapable &
  ShareUrlCapable;

export interface S3ProviderOptions {
  readonly readOnly?: boolean;
  readonly http?: HttpClientOptions;
  /** Bytes from which files are copied in parts; S3's limit, less in tests. */
  readonly wholeCopyBytes?: number;
}

/**
 * An S3 endpoint, a bucket, or a prefix in one. Folders are what keys imply, or an empty object whose key ends with `/`.
 * Where the endpoint is the root, its buckets are the folders at the top. Nothing is asked of the service before the
 * first call.
 * @throws `bad-request` for an endpoint that is no address, `credentials-missing`
 */
export function createS3Provider(settings: S3Settings, secret: HostSecret, options: S3ProviderOptions = {}): S3Provider {
  if (!('secretAccessKey' in secret)) {
    throw new StowageError('credentials-missing', `The secret access key of “${visible(settings.accessKeyId)}” is missing.`, {
      subject: settings.accessKeyId,
    });
  }
  return new S3Storage(settings, createService(settings, secret, options.http), options);
}

class S3Storage implements S3Provider {
  readonly kind = 's3';
  readonly caseSensitive = true;
  readonly nameRules: StorageProvider['nameRules'];
  readonly features: ProviderFeatures;
  readonly #settings: S3Settings;
  readonly #service: S3Service;
  readonly #keys: Keys;
  readonly #lister: Lister;
  readonly #reader: Reader;
  readonly #puts: ConditionalPuts;
  readonly #records: UploadRecords;
  readonly #options: S3ProviderOptions;

  constructor(settings: S3Settings, service: S3Service, options: S3ProviderOptions) {
    this.#settings = settings;
    this.#service = service;
    this.#options = options;
    this.#keys = createKeys(settings);
    this.#lister = createLister(service, this.#keys);
    this.#reader = createReader(service, this.#lister);
    this.#puts = new ConditionalPuts(service, this.#reader);
    this.#records = createUploadRecords(service, this.#keys);
    this.nameRules = this.#keys.nameRules;
    this.features = {
      rename: false,
      localPath: false,
      resumableWrite: true,
      space: false,
      emptyDirectories: true,
      modifiedTimes: true,
      // The time of writing is all that a listing tells.
      listedTimes: false,
      copy: true,
      impliedFolders: true,
      containers: settings.bucket === null,
      verifiedWrites: true,
      properties: true,
      editProperties: true,
      shareUrl: true,
    };
  }

  async *list(folder: InnerPath, options: CallOptions = {}): AsyncGenerator<readonly StorageEntry[]> {
    checkSignal(options.signal);
    const place = this.#keys.place(folder);
    if (!place) {
      yield* this.#lister.buckets(options);
      return;
    }
    this.#checkBucketName(place);
    yield* this.#lister.list(place, options.signal, async () => {
      // A bucket, and where the host begins, are there without anything in them.
      if (place.key === '') return;
      if (!(await this.#reader.head(place, options.signal))) throw notFound(place);
      throw new StowageError('not-a-directory', `“${visible(folder)}” is a file.`, { subject: folder });
    });
  }

  async stat(path: InnerPath, { signal }: CallOptions = {}): Promise<StorageEntry> {
    checkSignal(signal);
    const place = this.#keys.place(path);
    if (place) {
      this.#checkBucketName(place);
      return this.#reader.stat(place, signal);
    }
    await this.#service.send({ place, signal }, (client, options) => client.send(new ListBucketsCommand(), options));
    return folderEntry(path);
  }

  async read(path: InnerPath, options: ReadOptions = {}): Promise<ReadResult> {
    checkSignal(options.signal);
    const place = this.#keys.place(path);
    if (!place) throw new StowageError('is-a-directory', '“/” is a folder.', { subject: path });
    this.#checkBucketName(place);
    return rangedRead(this.#reader.source(place), path, options, { pace: this.#service.downloads });
  }

  async write(path: InnerPath, body: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<StorageEntry> {
    const place = this.#target(path, options.signal);
    const parts = this.#partOptions(path, options);
    const store = createUpload(this.#writingTools(), { place, key: null, partBytes: parts.partBytes, ...timesOf(options) });
    return writeInParts(store, parts, body, options);
  }

  async openWrite(path: InnerPath, key: string, options: OpenWriteOptions = {}): Promise<ResumableWrite> {
    checkWriteKey(key);
    const parts = this.#partOptions(path, options);
    const place = this.#target(path, options.signal);
    const writing: Writing = { place, key, partBytes: parts.partBytes, ...timesOf(options) };
    return openPartedWrite(createUpload(this.#writingTools(), writing), parts);
  }

  #partOptions(path: InnerPath, { size, signal }: OpenWriteOptions): PartedWriteOptions {
    const partBytes = partBytesFor(size, maxParts);
    return { path, size, signal, partBytes, pace: this.#service.uploads, wholeMd5: false };
  }

  #writingTools(): WritingTools {
    return {
      service: this.#service,
      reader: this.#reader,
      puts: this.#puts,
      records: this.#records,
      inBucket: (place, signal, change) => this.#inBucket(place, signal, change),
    };
  }

  async makeDirectory(path: InnerPath, { signal }: CallOptions = {}): Promise<void> {
    if (path === '') {
      this.#checkWritable(path);
      return;
    }
    const place = this.#target(path, signal);
    if (place.key === '') return this.#makeBucket(place, signal);
    await this.#checkNoFileAbove(path, signal);
    // The marker's key ends with a slash.
    const marker = this.#keys.target(path, '/');
    await createUpload(this.#writingTools(), { place: marker, key: null, partBytes: 0 }).whole(new Uint8Array(), {
      size: 0,
      md5: null,
      modified: undefined,
      expect: undefined,
      signal,
    });
  }

  /** @throws `not-a-directory` when the folder or one above it is a file */
  async #checkNoFileAbove(path: InnerPath, signal: AbortSignal | undefined): Promise<void> {
    const places: Place[] = [];
    for (let at = path; at !== ''; at = parentPath(at)) {
      const place = this.#keys.place(at);
      if (place && place.key !== '') places.push(place);
    }
    const files = await Promise.all(places.map((place) => this.#reader.head(place, signal)));
    const file = files.find((entry) => entry !== null);
    if (!file) return;
    const what = `“${visible(path)}” cannot be made: “${visible(file.path)}” is a file`;
    throw new StowageError('not-a-directory', `${what}.`, { subject: path });
  }

  async remove(path: InnerPath, { signal, etag }: RemoveOptions = {}): Promise<void> {
    const place = this.#target(path, signal);
    const there = place.key === '' ? null : await this.#reader.head(place, signal);
    if (there && etag !== undefined) checkExpected(place, there, { etag });
    if (there) return removeObject(this.#service, place, signal);
    if (etag !== undefined) throw notFound(place);
    const below = await this.#lister.peek(place, 2, signal);
    const marker = this.#keys.folderPrefix(place);
    if (below.some((key) => key !== marker)) {
      throw new StowageError('not-empty', `The folder “${visible(path)}” is not empty.`, { subject: path });
    }
    if (place.key === '') {
      await this.#service.send({ place, signal }, (client, options) =>
        client.send(new DeleteBucketCommand({ Bucket: place.bucket }), options),
      );
      return;
    }
    if (below.length === 0) throw notFound(place);
    await removeObject(this.#service, { ...place, key: marker }, signal);
  }

  async copy(from: InnerPath, to: InnerPath, options: CopyOptions = {}): Promise<StorageEntry> {
    const target = this.#target(to, options.signal);
    const source = this.#keys.place(from);
    if (!source) throw new StowageError('is-a-directory', '“/” is a folder.', { subject: from });
    this.#checkBucketName(source);
    return copyObject(this.#copyTools(), source, target, options);
  }

  #copyTools(): CopyTools {
    const { wholeCopyBytes } = this.#options;
    return { ...this.#writingTools(), ...(wholeCopyBytes !== undefined && { wholeBytes: wholeCopyBytes }) };
  }

  async properties(path: InnerPath, { signal }: CallOptions = {}): Promise<HostProperties> {
    const entry = await this.stat(path, { signal });
    const place = this.#keys.place(path);
    if (!place || entry.kind !== 'file') return folderProperties(this.#service, entry, place);
    return objectProperties(this.#service, place, signal);
  }

  async setProperties(path: InnerPath, change: PropertyChange, options: EditOptions): Promise<HostProperties> {
    const place = this.#target(path, options.signal);
    const before = await this.properties(path, options);
    checkEdited(before.entry, options.etag);
    await setObjectProperties(this.#copyTools(), place, before, change, options.signal);
    return objectProperties(this.#service, place, options.signal);
  }

  async shareUrl(path: InnerPath, share: Share, { signal }: CallOptions = {}): Promise<string> {
    const { entry, share: offer } = await this.properties(path, { signal });
    const place = this.#keys.place(path);
    if (!place || entry.kind !== 'file')
      throw new StowageError('is-a-directory', `“${visible(path) || '/'}” is a folder.`, { subject: path });
    checkShare(path, share, offer);
    // From a whole second on; never longer than asked.
    // Counted from the second in which it is signed: never shorter than was promised, and less than one longer.
    const seconds = Math.ceil(share.expiresAt / 1000) - Math.floor(Date.now() / 1000);
    return this.#service.addresses.presigned(share.permission === 'w' ? 'PUT' : 'GET', place, Math.min(seconds, maxShareSeconds));
  }

  containerName(name: string): string {
    return bucketNameFor(name);
  }

  async close(): Promise<void> {
    this.#service.close();
  }

  async #makeBucket(place: Place, signal: AbortSignal | undefined): Promise<void> {
    const { region } = this.#settings;
    const where =
      this.#service.isAmazon && region !== 'us-east-1'
        ? { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }
        : {};
    try {
      await this.#service.send({ place, signal }, (client, options) =>
        client.send(new CreateBucketCommand({ Bucket: place.bucket, ...where }), options),
      );
    } catch (error) {
      if (!isStowageError(error, 'exists') || !error.data.detail?.startsWith('BucketAlreadyOwnedByYou')) throw error;
    }
  }

  /** Buckets are folders only where the endpoint is the host; elsewhere one that is missing is a mistake to be told. */
  async #inBucket<T>(place: Place, signal: AbortSignal | undefined, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      const missing = isStowageError(error, 'not-found') && error.data.detail?.startsWith('NoSuchBucket');
      if (!missing || this.#settings.bucket !== null) throw error;
      await this.#makeBucket(place, signal);
      return change();
    }
  }

  /** Where something may be changed. */
  #target(path: InnerPath, signal: AbortSignal | undefined): Place {
    checkSignal(signal);
    this.#checkWritable(path);
    return this.#keys.target(path);
  }

  #checkWritable(path: InnerPath): void {
    if (this.#options.readOnly)
      throw new StowageError('read-only', 'This storage host is read-only for Stowage.', { subject: path });
  }

  #checkBucketName(place: Place): void {
    if (!isBucketName(place.bucket)) throw notFound(place);
  }
}

const timesOf = ({
  modified,
  modifiedNs,
}: Pick<OpenWriteOptions, 'modified' | 'modifiedNs'>): Pick<Writing, 'modified' | 'modifiedNs'> => ({
  modified,
  modifiedNs,
});
