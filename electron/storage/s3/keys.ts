import { StowageError } from '#shared/errors.ts';
import { type NameRules, utf8Length } from '#shared/names.ts';
import { type InnerPath, parseInnerPath, visible } from '#shared/paths.ts';
import { checkNames } from '../names.ts';
import { listedNameProblem } from '../remote/listed-names.ts';

/** Bytes of a key, the rule of S3. */
const maxKeyBytes = 1024;

/** Where a path lies at the service. */
export interface Place {
  readonly path: InnerPath;
  readonly bucket: string;
  /** `''`: the bucket, or the host's prefix, itself. */
  readonly key: string;
}

/** How paths and keys belong together on one host. */
export interface Keys {
  readonly nameRules: NameRules;
  /** The bucket of the host; null when its folders at the top are buckets. */
  readonly bucket: string | null;
  /**
   * Null for the root of a host whose folders at the top are buckets.
   * @throws `path-refused` for a name that climbs, also one that does so only where `\` separates
   */
  place(path: InnerPath): Place | null;
  /** Like `place` for something that is to be made or changed; with `/`, for the marker of a folder. @throws `path-refused`, `name-invalid`, `bad-request` for the root itself */
  target(path: InnerPath, suffix?: '/'): Place;
  /** The key prefix of what is in a folder: `''` or ending with `/`. */
  folderPrefix(place: Place): string;
}

export function createKeys(settings: { bucket: string | null; prefix: string }): Keys {
  const root = parseInnerPath(settings.prefix);
  const top = root === '' ? '' : `${root}/`;
  const nameRules: NameRules = { maxSegmentBytes: maxKeyBytes - utf8Length(top), windows: false };
  const place = (path: InnerPath): Place | null => {
    checkSafe(path);
    if (settings.bucket !== null) return { path, bucket: settings.bucket, key: path === '' ? '' : top + path };
    if (path === '') return null;
    const cut = path.indexOf('/');
    return { path, bucket: cut < 0 ? path : path.slice(0, cut), key: cut < 0 ? '' : path.slice(cut + 1) };
  };
  return {
    nameRules,
    bucket: settings.bucket,
    place,
    target: (path, suffix) => {
      const at = place(path);
      if (!at || path === '') throw rootRefused(path);
      const found = suffix ? { ...at, key: at.key + suffix } : at;
      checkNames(path, nameRules);
      const bytes = utf8Length(found.key);
      if (bytes > maxKeyBytes) {
        const why = `its whole name has ${bytes} bytes, ${maxKeyBytes} are allowed here`;
        throw new StowageError('name-invalid', `“${visible(path)}” cannot be stored: ${why}.`, { subject: path });
      }
      if (settings.bucket === null) checkBucket(found.bucket, path);
      return found;
    },
    folderPrefix: ({ key }) => (key === '' ? top : `${key}/`),
  };
}

const rootRefused = (path: InnerPath): StowageError =>
  new StowageError('bad-request', '“/” is the storage host itself and cannot be changed.', { subject: path });

/** A path that was made past `parseInnerPath` never reaches the SDK, which would take `..` for what it says. */
function checkSafe(path: InnerPath): void {
  if (path === '') return;
  for (const segment of path.split('/')) {
    const problem = listedNameProblem(segment);
    if (problem === null) continue;
    throw new StowageError('path-refused', `“${visible(path)}” is refused: ${problem}.`, { subject: path });
  }
}

const bucketShape = /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/;
const address = /^\d+\.\d+\.\d+\.\d+$/;

/** @throws `name-invalid` */
function checkBucket(bucket: string, path: InnerPath): void {
  if (bucketShape.test(bucket) && !address.test(bucket)) return;
  throw new StowageError('name-invalid', `“${visible(bucket)}” cannot be the name of a bucket.`, {
    subject: path,
    hint: 'Bucket names have 3 to 63 characters: a–z, 0–9, “-” and “.”, with a letter or digit at both ends.',
  });
}

/** True for what can be asked of the SDK as a bucket; it would take other things (`arn:…`) for more than names. */
export const isBucketName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name);

/** A name that S3 takes for a bucket, made of any name. */
export function bucketNameFor(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/[.-]*\.[.-]*/g, '.')
    .slice(0, 63)
    .replace(/^[.-]+|[.-]+$/g, '');
  const bucket = plain.length < 3 || address.test(plain) ? `stowage-${plain}`.replace(/-+$/, '') : plain;
  return bucket.startsWith('xn--') ? `stowage-${bucket}`.slice(0, 63).replace(/[.-]+$/, '') : bucket;
}
