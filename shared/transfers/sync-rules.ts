/** A file of one side of a sync. Times are milliseconds since the epoch; `md5` is 32 hex digits. */
export interface SyncFile {
  readonly size: number;
  readonly modified: number | null;
  readonly md5?: string | undefined;
}

export interface SyncRules {
  /** Content is compared rather than times. */
  readonly checksum: boolean;
  /** Both hosts keep the modification times that they are given. */
  readonly timesKept: boolean;
}

/** Times are rounded to milliseconds on either side, so equal ones may be told one apart. */
const precisionMs = 1.001;

export const sameTime = (a: number | null, b: number | null): boolean =>
  a !== null && b !== null && Math.abs(a - b) <= precisionMs;

/**
 * Whether a file has to be sent, by rclone's rules: files of different size differ; else their times decide, or with
 * `checksum` their content. Where a host keeps no times there is nothing but the size to go by. `content`: the bytes
 * have to be read to know.
 */
export function compareFiles(source: SyncFile, destination: SyncFile, rules: SyncRules): 'same' | 'differs' | 'content' {
  if (source.size !== destination.size) return 'differs';
  if (rules.checksum) {
    if (source.md5 === undefined || destination.md5 === undefined) return 'content';
    return source.md5.toLowerCase() === destination.md5.toLowerCase() ? 'same' : 'differs';
  }
  if (!rules.timesKept) return 'same';
  return sameTime(source.modified, destination.modified) ? 'same' : 'differs';
}

/** Whether the times of two listed files have to be known exactly to compare them. */
export const timesMatter = (source: SyncFile, destination: SyncFile, rules: SyncRules): boolean =>
  source.size === destination.size && rules.timesKept && !rules.checksum;

/** What was seen of an entry of the destination when the plan was made. */
export interface Reviewed {
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  readonly size: number;
  readonly modified: number | null;
  readonly etag?: string | null | undefined;
}

/**
 * Whether what is at the destination now is what was reviewed. The etag decides where both have one; times only where
 * the host lists those that it keeps (`listedTimes`).
 */
export function stillReviewed(reviewed: Reviewed, now: Reviewed, listedTimes: boolean): boolean {
  if (reviewed.kind !== now.kind) return false;
  if (reviewed.kind === 'directory') return true;
  if (reviewed.size !== now.size) return false;
  if (reviewed.etag && now.etag) return reviewed.etag === now.etag;
  return !listedTimes || reviewed.modified === null || sameTime(reviewed.modified, now.modified);
}
