import { isStowageError, StowageError, toStowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, parseInnerPath, visible } from '#shared/paths.ts';
import { decideConflict, keepBothPath } from '#shared/transfers/conflicts.ts';
import { collisionKey, pathProblem } from '#shared/transfers/names.ts';
import { canResumeWrite, hasLocalPath, type ResumableWrite, type StorageEntry, type WriteOptions } from '../storage/provider.ts';
import { statOrNull } from '../storage/stat-or-null.ts';
import type { Bandwidth } from './bandwidth.ts';
import { sideOf, smallBytes } from './copy-stream.ts';
import type { FileChange, FileRow, Journal, NewFile } from './journal.ts';
import { pausesTransfer } from './patience.ts';
import { fileError, toProblem } from './problems.ts';
import { landingFolder, type Reporter } from './reporter.ts';
import type { Place } from './request.ts';
import { folderKey } from './scan.ts';

/** A file as the page announces it. */
export interface Announced {
  path: string;
  size: number;
  modified: number;
  directory?: boolean | undefined;
  unreadable?: string | undefined;
}

/** What is done with one file of a push. */
export interface PushFiles {
  /** Decides about one file that would be sent next; the offset from which to send it, or null when it is not sent. */
  prepare(id: number, file: FileRow, place: Place): Promise<number | null>;
  /** Takes the bytes from `offset` on; the file lands when they are whole. @throws why it did not, which is noted too */
  receive(
    id: number,
    file: FileRow,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    place: Place,
    signal: AbortSignal,
  ): Promise<{ done: number }>;
}

export function createPushFiles(journal: Journal, reporter: Reporter, bandwidth: Bandwidth): PushFiles {
  async function prepare(id: number, file: FileRow, place: Place): Promise<number | null> {
    const note = (change: FileChange): null => {
      journal.update(id, new Map([[file.seq, change]]));
      return null;
    };
    try {
      const existing = await placeTaken(place, file);
      if (existing && landedBefore(file, existing)) {
        await dropPart(id, file, place);
        return note({ state: 'done', done: file.size, checkpoint: null, problem: null });
      }
      if (existing && !file.checkpoint) {
        const decision = decideConflict(
          file.policy ?? journal.transfer(id).conflict,
          { kind: 'file', size: file.size, modified: file.modified },
          sideOf(existing),
        );
        if (decision === 'skip') return note({ state: 'skipped' });
        if (decision === 'ask') return note({ state: 'conflict' });
        if (decision === 'refuse')
          return note({ state: 'failed', problem: toProblem(fileError('is-a-directory', file.path), file.path) });
        if (decision === 'overwrite') note({ etag: existing.etag ?? null });
        else note({ target: await freeName(id, file, place) });
      }
      // Nothing is kept of a file that was never begun: it need not be looked for.
      if (!goesOn(place, file) || (file.begun === 0 && file.stale === 0)) return 0;
      const write = await openWrite(id, journal.file(id, file.seq) ?? file, place);
      try {
        if (file.stale) {
          await write.truncate(0);
          note({ stale: 0 });
        }
        return write.committed > file.size ? 0 : write.committed;
      } finally {
        await write.close();
      }
    } catch (error) {
      return note({ state: 'failed', problem: toProblem(error, file.path) });
    }
  }

  async function freeName(id: number, file: FileRow, place: Place): Promise<string> {
    for (let n = 2; n < 10_000; n++) {
      const target = keepBothPath(file.path, n);
      if (journal.fileByKey(id, collisionKey(target, place.provider.caseSensitive))) continue;
      if (!(await placeTaken(place, { path: target, target: null }))) return target;
    }
    throw new StowageError('name-taken', `No free name was found beside “${visible(file.path)}”.`, { subject: file.path });
  }

  async function receive(
    id: number,
    file: FileRow,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    place: Place,
    signal: AbortSignal,
  ): Promise<{ done: number }> {
    let got = offset;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of hasLocalPath(place.provider) ? body : bandwidth.pace(body, signal)) {
        got += chunk.length;
        if (got > file.size) throw wrongLength(file, got);
        yield chunk;
        reporter.progress(id, file.seq, got - file.done);
        reporter.changed(id);
      }
    };
    const target = joinPath(place.path, file.target ?? file.path);
    const options: WriteOptions = {
      size: file.size,
      expect: file.etag !== null ? { etag: file.etag } : { absent: true },
      ...(file.modified !== null && { modified: file.modified }),
    };
    try {
      if (goesOn(place, file)) await receiveResumable(id, file, offset, counted(), place, signal, options);
      else {
        if (offset !== 0)
          throw new StowageError('bad-request', 'This host takes a file from its beginning only.', { subject: file.path });
        await place.provider.write(target, counted(), { ...options, signal });
      }
    } catch (error) {
      const known = toStowageError(error);
      if (known.code === 'bad-request') throw known;
      if (known.code === 'precondition-failed') {
        // Somebody took the place meanwhile: the policy decides anew when it is handed out the next time.
        journal.update(id, new Map([[file.seq, { state: 'pending', etag: null, checkpoint: null, done: 0 }]]));
      } else if (
        isStowageError(
          error,
          'source-changed',
          'disk-full',
          'permission-denied',
          'path-refused',
          'is-a-directory',
          'name-invalid',
        )
      ) {
        journal.update(
          id,
          new Map([[file.seq, { state: 'failed', done: 0, checkpoint: null, problem: toProblem(error, file.path) }]]),
        );
      } else {
        // The connection ended or it was paused: what came is kept.
        journal.update(id, new Map([[file.seq, { state: 'pending' }]]));
        if (pausesTransfer(known.code) && journal.transfer(id).state === 'running')
          journal.setState(id, 'paused', toProblem(error, file.path));
      }
      throw known;
    }
    journal.update(id, new Map([[file.seq, { state: 'done', done: file.size, checkpoint: null, problem: null }]]));
    if (place.vfolder) reporter.landed(place.vfolder.name, landingFolder(place.inner, file.target ?? file.path));
    return { done: file.size };
  }

  async function receiveResumable(
    id: number,
    file: FileRow,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    place: Place,
    signal: AbortSignal,
    options: WriteOptions,
  ): Promise<void> {
    const write = await openWrite(id, file, place);
    let keep = true;
    try {
      if (offset > write.committed) {
        throw new StowageError('bad-request', `“${visible(file.path)}” goes on at ${write.committed}, not at ${offset}.`, {
          subject: file.path,
        });
      }
      await write.truncate(offset);
      const total = await write.append(body, { signal });
      if (total !== file.size) throw wrongLength(file, total);
      await write.finish({ ...options, signal });
    } catch (error) {
      keep = !isStowageError(error, 'source-changed', 'disk-full', 'precondition-failed');
      if (keep) {
        const checkpoint = { offset: write.committed, crc: 0 };
        journal.update(id, new Map([[file.seq, { done: Math.min(write.committed, file.size), checkpoint }]]));
      }
      throw error;
    } finally {
      if (keep) await write.close();
      else await write.abort().catch(() => undefined);
    }
  }

  return { prepare, receive };
}

/**
 * A former process was killed after the file had landed and before it could note so: nothing was there when it began, nobody was
 * asked, and what is there now has its size and its time.
 */
const landedBefore = (file: FileRow, { kind, size, modified }: StorageEntry): boolean =>
  file.begun > 0 &&
  file.policy === null &&
  file.etag === null &&
  kind === 'file' &&
  size === file.size &&
  modified !== null &&
  file.modified !== null &&
  Math.abs(modified - file.modified) < 1;

/** True when what came of a file is kept for going on; a small one goes in one request to a host that verifies it. */
const goesOn = (place: Place, file: FileRow): boolean =>
  canResumeWrite(place.provider) && !(place.provider.features.verifiedWrites && file.size <= smallBytes);

const wrongLength = (file: FileRow, got: number): StowageError =>
  new StowageError(
    'source-changed',
    `“${visible(file.path)}” changed while it was sent: ${got} bytes came, ${file.size} were announced.`,
    { subject: file.path, hint: 'Drop it again.' },
  );

async function openWrite(id: number, file: FileRow, place: Place): Promise<ResumableWrite> {
  if (!canResumeWrite(place.provider)) throw new StowageError('unsupported', 'This host cannot go on with a half file.');
  const options = { size: file.size, ...(file.modified !== null && { modified: file.modified }) };
  return place.provider.openWrite(joinPath(place.path, file.target ?? file.path), `p${id}-${file.seq}`, options);
}

const placeTaken = (place: Place, file: Pick<FileRow, 'path' | 'target'>): Promise<StorageEntry | null> =>
  statOrNull(place.provider, joinPath(place.path, file.target ?? file.path));

/** An announced file as a row: its name is checked first, since it comes from outside. Empty folders are made at once. */
export async function toRow(place: Place, file: Announced): Promise<NewFile> {
  const { provider } = place;
  const common = { source_index: 0, source: file.path, path: file.path, size: file.directory ? 0 : file.size };
  const kind = file.directory ? ('directory' as const) : ('file' as const);
  try {
    const path: InnerPath = parseInnerPath(file.path);
    if (path === '') throw fileError('name-invalid', file.path);
    if (file.unreadable !== undefined)
      throw new StowageError('io-error', `“${visible(path)}” could not be read by the browser.`, {
        subject: path,
        detail: file.unreadable,
        hint: 'Check that it is still there and that you may read it, then drop it again.',
      });
    const why = pathProblem(path, provider.nameRules);
    if (why) throw new StowageError('name-invalid', `The destination cannot hold “${visible(path)}”: ${why}.`, { subject: path });
    if (file.directory) {
      await provider.makeDirectory(joinPath(place.path, path));
      return { ...common, path, key: folderKey(0, path), kind, state: 'scanned' };
    }
    return { ...common, path, key: collisionKey(path, provider.caseSensitive), kind, modified: file.modified, state: 'pending' };
  } catch (error) {
    return { ...common, key: `//0/${file.path}`, kind, state: 'failed', problem: toProblem(error, file.path) };
  }
}

/** Takes away what was kept of a file, if anything was. */
async function dropPart(id: number, file: FileRow, place: Place): Promise<void> {
  if (file.begun === 0 || !goesOn(place, file)) return;
  const write = await openWrite(id, file, place).catch(() => null);
  await write?.abort().catch(() => undefined);
}

/** Takes away what was kept of files that were not sent to their end. */
export async function removeParts(journal: Journal, id: number, place: Place): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = journal.rows(id, 'pending', after, 500);
    if (rows.length === 0) return;
    after = rows.at(-1)?.seq ?? after;
    for (const file of rows) {
      await dropPart(id, file, place);
    }
  }
}
