import { createHash } from 'node:crypto';
import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import { hostFolder } from '../host-folder.ts';
import { md5Of } from '../remote/digests.ts';
import type { Keys, Place } from './keys.ts';
import type { S3Service } from './service.ts';

/**
 * Which unfinished upload belongs to a write. S3 gives an upload a name of its own and lists nothing by which it could be
 * told from others of the same key, so the name is noted in a small object under `.stowage/uploads`, beside the data.
 */
export interface UploadRecords {
  find(place: Place, key: string, signal: AbortSignal | undefined): Promise<string | null>;
  keep(place: Place, key: string, uploadId: string, signal: AbortSignal | undefined): Promise<void>;
  forget(place: Place, key: string): Promise<void>;
}

const maxRecordBytes = 16_384;

export function createUploadRecords(service: S3Service, keys: Keys): UploadRecords {
  /** The key belongs to one writer; the path is in the name too, so that no two writes of it can meet. */
  const recordOf = (place: Place, key: string): Place => {
    const name = createHash('sha256').update(`${key}\n${place.key}`).digest('hex').slice(0, 40);
    const top = keys.folderPrefix({ ...place, path: '' as InnerPath, key: '' });
    return { ...place, key: `${top}${hostFolder}/uploads/${name}` };
  };
  return {
    find: async (place, key, signal) => {
      try {
        const answer = await service.fetch(recordOf(place, key), { method: 'GET', signal });
        return (await answer.bytes(maxRecordBytes)).toString('utf8');
      } catch (error) {
        if (isStowageError(error, 'not-found')) return null;
        throw error;
      }
    },
    keep: async (place, key, uploadId, signal) => {
      const body = Buffer.from(uploadId);
      const headers = { 'content-md5': Buffer.from(md5Of(body), 'hex').toString('base64') };
      (await service.fetch(recordOf(place, key), { method: 'PUT', headers, body, signal })).discard();
    },
    forget: async (place, key) => {
      (await service.fetch(recordOf(place, key), { method: 'DELETE' })).discard();
    },
  };
}
