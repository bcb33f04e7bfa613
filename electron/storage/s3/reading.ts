import { isStowageError, StowageError } from '#shared/errors.ts';
import { visible } from '#shared/paths.ts';
import type { StorageEntry } from '../provider.ts';
import type { RangeAnswer, RangeSource } from '../remote/ranged-read.ts';
import { entryOfHead, folderEntry, headOf, hidesMd5, quotedEtag } from './entries.ts';
import { statusOf } from './errors.ts';
import type { Place } from './keys.ts';
import type { Lister } from './listing.ts';
import type { S3Service } from './service.ts';

export interface Reader {
  /** The file at a place, or null; a place in a bucket that does not exist fails. */
  head(place: Place, signal: AbortSignal | undefined): Promise<StorageEntry | null>;
  /** The file or folder at a place. @throws `not-found` */
  stat(place: Place, signal: AbortSignal | undefined): Promise<StorageEntry>;
  source(place: Place): RangeSource;
}

export function createReader(service: S3Service, lister: Lister): Reader {
  const head = async (place: Place, signal: AbortSignal | undefined): Promise<StorageEntry | null> => {
    if (place.key === '') return null;
    try {
      const answer = await service.fetch(place, { method: 'HEAD', signal });
      answer.discard();
      const found = headOf(answer.headers);
      if (hidesMd5(found)) lister.distrustEtags(place.bucket);
      return entryOfHead(place.path, found);
    } catch (error) {
      if (isStowageError(error, 'not-found')) return null;
      // The answer to HEAD has no body, so the service could not say what is wrong; a listing tells.
      if (isStowageError(error, 'permission-denied', 'io-error', 'bad-request')) await lister.peek(place, 1, signal);
      throw error;
    }
  };
  const stat = async (place: Place, signal: AbortSignal | undefined): Promise<StorageEntry> => {
    const file = await head(place, signal);
    if (file) return file;
    const below = await lister.peek(place, 1, signal);
    // A bucket, and where the host begins, are there without anything in them.
    if (below.length > 0 || place.key === '') return folderEntry(place.path);
    throw notFound(place);
  };
  return { head, stat, source: (place) => rangeSource(service, place, stat) };
}

export const notFound = (place: Place): StowageError =>
  new StowageError('not-found', `“${visible(place.path) || '/'}” does not exist.`, { subject: place.path });

function rangeSource(service: S3Service, place: Place, stat: Reader['stat']): RangeSource {
  return {
    stat: (signal) => stat(place, signal),
    open: (offset, length, etag, signal) =>
      orFolder(place, signal, stat, () => get(service, place, { offset, length, etag, signal })),
  };
}

/** Runs `open`; when nothing is under the key, tells a folder from nothing. */
async function orFolder<T>(place: Place, signal: AbortSignal, stat: Reader['stat'], open: () => Promise<T>): Promise<T> {
  try {
    if (place.key === '') throw notFound(place);
    return await open();
  } catch (error) {
    if (!isStowageError(error, 'not-found')) throw error;
    const { kind } = await stat(place, signal);
    if (kind !== 'directory') throw error;
    throw new StowageError('is-a-directory', `“${visible(place.path) || '/'}” is a folder.`, { subject: place.path });
  }
}

interface Range {
  readonly offset: number;
  readonly length: number;
  readonly etag: string | undefined;
  readonly signal: AbortSignal;
}

async function get(service: S3Service, place: Place, { offset, length, etag, signal }: Range): Promise<RangeAnswer | null> {
  const headers = {
    range: `bytes=${offset}-${offset + length - 1}`,
    ...(etag !== undefined && { 'if-match': quotedEtag(etag) }),
  };
  const answer = await service.fetch(place, { method: 'GET', headers, signal }).catch((error: unknown) => {
    // Nothing lies at the offset.
    if (isStowageError(error) && statusOf(error.cause) === 416) return null;
    throw error;
  });
  if (answer === null) return null;
  const head = headOf(answer.headers);
  const { total, begin } = rangeOf(answer.headers['content-range'], head.ContentLength ?? 0);
  if (begin !== offset) {
    answer.discard();
    throw new StowageError(
      'io-error',
      `${visible(service.endpoint)} did not send the part of “${visible(place.path)}” that was asked for.`,
      { subject: place.path },
    );
  }
  return { entry: entryOfHead(place.path, head, total), body: answer.body() };
}

/** `bytes 0-9/100`; without it the answer is the whole file. */
function rangeOf(header: string | undefined, contentLength: number): { begin: number; total: number } {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(header ?? '');
  return match ? { begin: Number(match[1]), total: Number(match[2]) } : { begin: 0, total: contentLength };
}
