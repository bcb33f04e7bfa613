import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
} from '@aws-sdk/client-s3';
import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';
import { type FinishOptions, type PartStore, partsLost, type StoredPart } from '../remote/parted-write.ts';
import { type ConditionalPuts, checkExpected } from './conditions.ts';
import {
  base64Of,
  headOf,
  hidesMd5,
  md5OfEtag,
  metadataFor,
  metadataHeaders,
  nanosecondsOf,
  partMetadata,
  plainEtag,
  quotedEtag,
  timeFields,
} from './entries.ts';
import type { Place } from './keys.ts';
import type { Reader } from './reading.ts';
import type { S3Service } from './service.ts';
import type { UploadRecords } from './upload-records.ts';

/** Parts of one upload, the rule of S3. */
export const maxParts = 10_000;
const contentType = 'application/octet-stream';

export interface WritingTools {
  readonly service: S3Service;
  readonly reader: Reader;
  readonly puts: ConditionalPuts;
  readonly records: UploadRecords;
  /** Runs a change; where buckets are folders, makes one that is missing and runs it again. */
  inBucket<T>(place: Place, signal: AbortSignal | undefined, change: () => Promise<T>): Promise<T>;
}

export interface Writing {
  readonly place: Place;
  /** Null for a write that is never found again. */
  readonly key: string | null;
  /** Kept as the modification time; S3 takes it when an upload begins, not when it ends. */
  readonly modified?: number | undefined;
  readonly modifiedNs?: bigint | undefined;
  /** Of all parts but the last. */
  readonly partBytes: number;
}

/** The parts of one write as those of a multipart upload, which is begun with the first of them. */
export function createUpload(tools: WritingTools, writing: Writing): PartStore {
  return new Upload(tools, writing);
}

class Upload implements PartStore {
  readonly #tools: WritingTools;
  readonly #writing: Writing;
  /** Of the upload that is begun, or is being begun. */
  #id: Promise<string> | null = null;

  constructor(tools: WritingTools, writing: Writing) {
    this.#tools = tools;
    this.#writing = writing;
  }

  async list(signal: AbortSignal | undefined): Promise<readonly StoredPart[]> {
    const { place, key } = this.#writing;
    const id = key === null ? null : await this.#tools.records.find(place, key, signal);
    if (id === null) return [];
    const parts = await this.#listParts(id, signal);
    // The upload was ended by someone else, or by a lifecycle rule.
    if (parts === null) return [];
    this.#id = Promise.resolve(id);
    return parts;
  }

  async #listParts(id: string, signal: AbortSignal | undefined): Promise<StoredPart[] | null> {
    const { place } = this.#writing;
    const parts: StoredPart[] = [];
    let marker = '';
    for (;;) {
      const page = await this.#listPage(id, marker, signal);
      if (page === null) return null;
      for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
        if (PartNumber !== undefined && PartNumber >= 1 && PartNumber <= maxParts)
          parts.push({ index: PartNumber - 1, size: Size ?? 0, tag: plainEtag(ETag) });
      }
      if (!page.IsTruncated) return parts;
      const next = page.NextPartNumberMarker ?? '';
      if (Number(next) <= Number(marker)) {
        throw new StowageError('io-error', `The parts of “${visible(place.path)}” cannot be listed: the list does not end.`, {
          subject: place.path,
        });
      }
      marker = next;
    }
  }

  async #listPage(id: string, marker: string, signal: AbortSignal | undefined): Promise<ListPartsCommandOutput | null> {
    const { place } = this.#writing;
    const from = marker === '' ? {} : { PartNumberMarker: marker };
    try {
      return await this.#tools.service.send({ place, signal }, (client, options) =>
        client.send(new ListPartsCommand({ Bucket: place.bucket, Key: place.key, UploadId: id, ...from }), options),
      );
    } catch (error) {
      if (isStowageError(error, 'not-found')) return null;
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<string> {
    const { service, records, inBucket } = this.#tools;
    const { place, key } = this.#writing;
    const { UploadId } = await inBucket(place, signal, () =>
      service.send({ place, signal }, (client, options) =>
        client.send(
          new CreateMultipartUploadCommand({
            Bucket: place.bucket,
            Key: place.key,
            ContentType: contentType,
            Metadata: { ...metadataFor(nanosecondsOf(this.#writing)), ...partMetadata(this.#writing.partBytes) },
          }),
          options,
        ),
      ),
    );
    if (UploadId === undefined) {
      throw new StowageError('io-error', `${service.endpoint} began no upload of “${visible(place.path)}”.`, {
        subject: place.path,
      });
    }
    if (key !== null) await records.keep(place, key, UploadId, signal);
    return UploadId;
  }

  async put(index: number, bytes: Uint8Array, md5: string, signal: AbortSignal): Promise<string> {
    const { place } = this.#writing;
    this.#id ??= this.#begin(signal);
    const beginning = this.#id;
    const UploadId = await beginning.catch((error: unknown) => {
      // The next part begins anew.
      if (this.#id === beginning) this.#id = null;
      throw error;
    });
    try {
      const answer = await this.#tools.service.fetch(place, {
        method: 'PUT',
        query: { partNumber: String(index + 1), uploadId: UploadId },
        headers: { 'content-md5': base64Of(md5) },
        body: bytes,
        signal,
      });
      answer.discard();
      const output = headOf(answer.headers);
      const tag = plainEtag(output.ETag);
      checkStored(place, tag, md5, hidesMd5(output));
      return tag;
    } catch (error) {
      throw isStowageError(error, 'not-found') ? partsLost(place.path, error.data.detail ?? '') : error;
    }
  }

  async complete(parts: readonly StoredPart[], finish: FinishOptions): Promise<StorageEntry> {
    const { service, puts } = this.#tools;
    const { place, key } = this.#writing;
    const { signal, expect } = finish;
    const UploadId = await this.#id;
    if (!UploadId) throw partsLost(place.path, 'no upload was begun');
    // Not every service keeps to conditions here, and to send the parts twice for the sake of knowing would be too much:
    // it is looked at last before the parts become the content.
    await puts.check(place, expect, signal);
    const Parts = parts.map(({ index, tag }) => ({ PartNumber: index + 1, ETag: quotedEtag(tag) }));
    const condition = service.isAmazon && expect ? conditionOf(expect) : {};
    const sent = { attempts: 0 };
    try {
      await service.send({ place, signal }, (client, options, attempt) => {
        sent.attempts = attempt;
        return client.send(
          new CompleteMultipartUploadCommand({
            Bucket: place.bucket,
            Key: place.key,
            UploadId,
            MultipartUpload: { Parts },
            ...condition,
          }),
          options,
        );
      });
    } catch (error) {
      const entry = sent.attempts > 1 ? await this.#completed(parts, finish) : null;
      if (!entry) throw await this.#refusal(error, finish);
    }
    const entry = await this.#tools.reader.head(place, signal);
    if (!entry || entry.size !== finish.size) throw notStored(place, `${entry?.size ?? 0} bytes instead of ${finish.size}`);
    this.#id = null;
    if (key !== null) await this.#tools.records.forget(place, key).catch(() => undefined);
    return entry;
  }

  /** The entry, when an attempt whose answer was lost has made the parts the content. */
  async #completed(parts: readonly StoredPart[], { size, signal }: FinishOptions): Promise<StorageEntry | null> {
    const there = await this.#tools.reader.head(this.#writing.place, signal);
    return there?.size === size && there.etag === etagOfParts(parts) ? there : null;
  }

  async #refusal(error: unknown, { expect, signal }: FinishOptions): Promise<unknown> {
    const { place } = this.#writing;
    const detail = isStowageError(error) ? (error.data.detail ?? '') : '';
    if (expect && isStowageError(error, 'precondition-failed', 'not-found')) {
      checkExpected(place, await this.#tools.reader.head(place, signal), expect);
    }
    if (isStowageError(error, 'not-found') || /^(NoSuchUpload|InvalidPart)\b/.test(detail)) return partsLost(place.path, detail);
    return error;
  }

  async whole(bytes: Uint8Array, { expect, modified, signal, ...finish }: FinishOptions): Promise<StorageEntry> {
    const { puts, inBucket } = this.#tools;
    const { place } = this.#writing;
    const md5 = finish.md5 ?? createHash('md5').update(bytes).digest('hex');
    const known = modified === undefined || modified === this.#writing.modified;
    const time = nanosecondsOf(known ? this.#writing : { modified });
    const headers = { 'content-type': contentType, ...metadataHeaders(time) };
    const output = await inBucket(place, signal, () => puts.put({ place, headers, body: bytes, md5, expect, signal }));
    const etag = plainEtag(output.ETag);
    const hidden = hidesMd5(output);
    checkStored(place, etag, md5, hidden);
    if (md5OfEtag(etag) !== undefined) {
      return { path: place.path, kind: 'file', size: bytes.length, ...timeFields(time), etag, ...(!hidden && { md5 }) };
    }
    // Not an ETag that says what was stored: the service is asked.
    const entry = await this.#tools.reader.head(place, signal);
    if (entry?.size !== bytes.length) throw notStored(place, `${entry?.size ?? 0} bytes instead of ${bytes.length}`);
    return entry;
  }

  async abort(): Promise<void> {
    const { service, records } = this.#tools;
    const { place, key } = this.#writing;
    const UploadId = await this.#id?.catch(() => null);
    this.#id = null;
    if (UploadId) {
      await service
        .send({ place }, (client, options) =>
          client.send(new AbortMultipartUploadCommand({ Bucket: place.bucket, Key: place.key, UploadId }), options),
        )
        .catch((error: unknown) => {
          if (!isStowageError(error, 'not-found')) throw error;
        });
    }
    if (key !== null) await records.forget(place, key);
  }
}

function conditionOf(expect: NonNullable<FinishOptions['expect']>): { IfNoneMatch: string } | { IfMatch: string } {
  return 'absent' in expect ? { IfNoneMatch: '*' } : { IfMatch: quotedEtag(expect.etag) };
}

/** The ETag that services give to what was made of parts. */
export function etagOfParts(parts: readonly StoredPart[]): string {
  const sum = createHash('md5');
  for (const { tag } of parts) sum.update(tag, 'hex');
  return `${sum.digest('hex')}-${parts.length}`;
}

/** @throws `checksum-mismatch` when the service says that it stored something else */
function checkStored(place: Place, etag: string, md5: string, hidden: boolean): void {
  const stored = hidden ? undefined : md5OfEtag(etag);
  if (stored !== undefined && stored !== md5) throw notStored(place, `sent ${md5}, stored ${stored}`);
}

const notStored = ({ path }: Place, detail: string): StowageError =>
  new StowageError('checksum-mismatch', `The service did not store “${visible(path)}” as it was sent.`, {
    subject: path,
    detail,
    hint: 'It may not be fit for this: try another S3 service.',
  });
