import { createHash } from 'node:crypto';
import { isStowageError } from '#shared/errors.ts';
import type { InnerPath } from '#shared/paths.ts';
import { compareFiles, type SyncFile, type SyncRules, timesMatter } from '#shared/transfers/sync-rules.ts';
import type { StorageEntry, StorageProvider } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { NewFile } from './journal.ts';
import type { Place } from './request.ts';

/** A file that both sides have under one name. */
export interface Candidate {
  /** As it would be sent; a link as what it points to. */
  readonly step: NewFile;
  readonly entry: StorageEntry;
  readonly against: StorageEntry;
}

interface Sides {
  readonly source: Place;
  readonly destination: Place;
  readonly signal: AbortSignal;
}

/** Whether two files of one name need not be sent; asks and reads only what the rules need. */
export async function isSame(sides: Sides, rules: SyncRules, { step, entry, against }: Candidate): Promise<boolean> {
  const { source, destination, signal } = sides;
  const from = (step.read_path ?? step.source) as InnerPath;
  // The digest of a link is not that of what it points to.
  const md5 = step.read_path ? undefined : entry.md5;
  let left: SyncFile = { size: step.size, modified: step.modified ?? null, md5 };
  let right: SyncFile = against;
  if (timesMatter(left, right, rules)) {
    const [a, b] = await Promise.all([
      exactTime(source.provider, from, left, signal),
      exactTime(destination.provider, against.path, right, signal),
    ]);
    // One of them is gone: what happens when the file is sent tells why.
    if (!a || !b) return false;
    [left, right] = [a, b];
  }
  const verdict = compareFiles(left, right, rules);
  if (verdict !== 'content') return verdict === 'same';
  const [a, b] = await Promise.all([
    left.md5 ?? digest(source.provider, from, signal),
    right.md5 ?? digest(destination.provider, against.path, signal),
  ]);
  return a !== null && a.toLowerCase() === b?.toLowerCase();
}

/** The file with the time that `stat` tells, where listings tell another. */
async function exactTime(
  provider: StorageProvider,
  path: InnerPath,
  file: SyncFile,
  signal: AbortSignal,
): Promise<SyncFile | null> {
  return provider.features.listedTimes ? file : statOrNull(provider, path, { signal });
}

/** MD5 of the content; null for a file that cannot be read, which is told when it is sent. */
async function digest(provider: StorageProvider, path: InnerPath, signal: AbortSignal): Promise<string | null> {
  const hash = createHash('md5');
  try {
    const { body } = await provider.read(path, { signal });
    for await (const chunk of body) hash.update(chunk);
    return hash.digest('hex');
  } catch (error) {
    if (isStowageError(error, 'not-found', 'permission-denied', 'path-refused', 'special-file', 'source-changed')) return null;
    throw error;
  }
}
