import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, parseInnerPath } from '#shared/paths.ts';
import { type ListedFile, versionOf } from '../listings/listing.ts';
import { checkSignal } from '../storage/bodies.ts';
import { createLocalProvider } from '../storage/local/provider.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { createBufferGate } from '../storage/remote/gate.ts';
import type { Bandwidth } from '../transfers/bandwidth.ts';
import type { Checkpoint } from '../transfers/copy-protocol.ts';
import type { Reading } from '../transfers/copy-source.ts';
import { copyStream, receive } from '../transfers/copy-stream.ts';
import { createLanes } from '../transfers/lanes.ts';
import { createPatience, noTries, type PatienceLimits } from '../transfers/patience.ts';
import { codeOfErrno, fileError, toProblem } from '../transfers/problems.ts';
import { onDisk, type StepError } from './cache-thread.ts';
import type { CacheLayout } from './layout.ts';
import type { Room } from './room.ts';
import type { CacheRows } from './rows.ts';

/** Up to here a file is received in memory and written with others. */
const smallBytes = 1024 * 1024;
/** Small files that were received and are not written yet. */
const heldBytes = 32 * 1024 * 1024;
const batchFiles = 128;
const batchBytes = 4 * 1024 * 1024;
/** How long a batch gathers. */
const gatherMs = 20;
/** Large files at once: each of them comes in several ranges at once. */
const largeAtOnce = 2;

export interface FetchTools {
  readonly rows: CacheRows;
  readonly layout: CacheLayout;
  readonly room: Room;
  readonly bandwidth: Bandwidth;
  readonly patience: PatienceLimits;
}

/** A file that is wanted. */
export interface Wanted {
  readonly file: ListedFile;
  /** In its provider, and in its vfolder. */
  readonly source: InnerPath;
  readonly inner: InnerPath;
  /** Where it is linked to. */
  readonly to: string;
}

/** A file that came. */
export interface Landed {
  readonly inner: InnerPath;
  readonly version: string;
  readonly size: number;
  readonly executable: boolean;
  /** Where it is linked to; null: nowhere yet. */
  readonly to: string | null;
}

export interface Fetcher {
  /**
   * Makes an object of bytes that came in another way, and were verified. @throws `disk-full` and what else the disk says
   */
  land(landed: Landed, content: Uint8Array, modified: number | null): Promise<void>;
  /** Resolves when the file is an object and linked; `onBytes` hears how far a large one is. @throws `source-changed`, `disk-full`, what `read` throws, `cancelled` */
  fetch(wanted: Wanted, onBytes?: (done: number) => void): Promise<void>;
  /** Lets go of what is held. */
  close(): void;
}

/** A large file on its way, in a folder of its own. */
interface Large {
  readonly id: number;
  readonly name: string;
  checkpoint: Checkpoint | null;
  done: number;
  whole: boolean;
}

interface Landing {
  readonly landed: Landed;
  readonly content: Uint8Array;
  readonly modified: number | null;
  done(error: unknown): void;
}

/** Fetches files of one vfolder from its provider into the cache, many at a time, each verified as a transfer's is. */
export function createFetcher(
  tools: FetchTools,
  from: StorageProvider,
  vfolderId: string,
  usedAt: number,
  caller: AbortSignal,
): Fetcher {
  const { rows, layout, room } = tools;
  const to = createLocalProvider(layout.directory);
  const lanes = createLanes(largeAtOnce);
  const gate = createBufferGate(heldBytes);
  const stop = new AbortController();
  const signal = AbortSignal.any([caller, stop.signal]);
  let waiting: Landing[] = [];
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  const patience = createPatience(tools.patience, signal, ({ code, message, ...data }) =>
    stop.abort(new StowageError(code, message, data)),
  );

  const readingOf = ({ file, source }: Wanted): Reading => ({
    from,
    source,
    to,
    size: file.size,
    modified: file.modified,
    etag: file.etag,
    signal,
    bandwidth: tools.bandwidth,
    onProgress: () => undefined,
  });
  const landedOf = ({ file, inner, to: name }: Wanted): Landed => ({
    inner,
    version: versionOf(file),
    size: file.size,
    executable: file.executable,
    to: name,
  });
  const begin = ({ inner, version, size }: Landed): number => rows.begin(vfolderId, inner, version, size, usedAt);
  const finish = (id: number, { size }: Landed): void => {
    rows.setWhole(id, true);
    room.added(vfolderId, size);
  };

  const landBatch = async (batch: readonly Landing[]): Promise<void> => {
    const ids = rows.transaction(() => batch.map(({ landed }) => begin(landed)));
    const results = await onDisk({
      kind: 'land',
      items: batch.map(({ landed, content, modified }, index) => ({
        object: layout.object(ids[index] ?? 0),
        content,
        modified,
        executable: landed.executable,
        to: landed.to,
      })),
    });
    rows.transaction(() => {
      batch.forEach(({ landed }, index) => {
        const id = ids[index] ?? 0;
        if (results[index]) rows.forget(id);
        else finish(id, landed);
      });
    });
    batch.forEach(({ landed, done }, index) => {
      const failed = results[index];
      done(failed ? stepError(failed, landed.inner) : null);
    });
  };
  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    const batch = waiting;
    waiting = [];
    waitingBytes = 0;
    if (batch.length === 0) return;
    landBatch(batch).catch((error: unknown) => {
      for (const { done } of batch) done(error);
    });
  };
  const land = (landed: Landed, content: Uint8Array, modified: number | null): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ landed, content, modified, done: (error) => (error === null ? resolve() : reject(error)) });
      waitingBytes += content.length;
      if (waiting.length >= batchFiles || waitingBytes >= batchBytes) flush();
      else timer ??= setTimeout(flush, gatherMs);
    });

  const fetchSmall = async (wanted: Wanted): Promise<void> => {
    const give = await gate.enter(wanted.file.size, signal);
    try {
      const leave = await lanes.enter(false);
      let received: { content: Uint8Array; modified: number | null };
      try {
        checkSignal(signal);
        received = await receive(readingOf(wanted));
        lanes.arrived(wanted.file.size);
      } finally {
        leave();
      }
      await land(landedOf(wanted), received.content, received.modified);
    } finally {
      give();
    }
  };
  /** One try; what it leaves is gone on with by the next. */
  const fetchLarge = async (wanted: Wanted, large: Large, onBytes: (done: number) => void): Promise<void> => {
    const leave = await lanes.enter(true);
    try {
      checkSignal(signal);
      await copyStream({
        ...readingOf(wanted),
        target: parseInnerPath(`incoming/${large.name}/data`),
        key: large.name,
        expect: { absent: true },
        checkpoint: large.checkpoint,
        onProgress: (done, checkpoint) => {
          large.checkpoint = checkpoint ?? large.checkpoint;
          large.done = done;
          onBytes(done);
        },
      });
      const from = join(layout.incoming, large.name, 'data');
      const { executable } = wanted.file;
      const [failed] = await onDisk({
        kind: 'adopt',
        items: [{ from, object: layout.object(large.id), executable, to: wanted.to }],
      });
      if (failed) throw stepError(failed, wanted.inner);
      finish(large.id, landedOf(wanted));
      large.whole = true;
    } finally {
      leave();
    }
  };
  const beginLarge = (wanted: Wanted): Large => {
    const id = begin(landedOf(wanted));
    return { id, name: `o${id}`, checkpoint: null, done: 0, whole: false };
  };
  const endLarge = async ({ id, name, whole }: Large): Promise<void> => {
    await rm(join(layout.incoming, name), { recursive: true, force: true });
    if (!whole) rows.forget(id);
  };
  /** Tries until it is there, or there is no more hope. */
  const fetchPatiently = async (wanted: Wanted, large: Large | null, onBytes: (done: number) => void): Promise<void> => {
    const tries = noTries();
    for (;;) {
      try {
        await (large ? fetchLarge(wanted, large, onBytes) : fetchSmall(wanted));
        patience.relief();
        return;
      } catch (error) {
        // Given up for good: what the host said last is why, and not that this was ended.
        if (stop.signal.aborted && !caller.aborted) throw stop.signal.reason;
        if (signal.aborted) throw error;
        const problem = toProblem(error, wanted.inner);
        if (problem.code === 'throttled') lanes.throttled();
        // A connection that breaks again and again, but brings something each time, gets there.
        if (large && large.done > tries.furthest) Object.assign(tries, { furthest: large.done, own: 0 });
        if (!(await patience.again(problem, tries))) throw stop.signal.aborted && !caller.aborted ? stop.signal.reason : error;
      }
    }
  };
  return {
    land,
    fetch: async (wanted, onBytes = () => undefined) => {
      const large = wanted.file.size > smallBytes ? beginLarge(wanted) : null;
      try {
        await fetchPatiently(wanted, large, onBytes);
      } finally {
        if (large) await endLarge(large);
      }
    },
    close: () => {
      if (timer) clearTimeout(timer);
      void to.close();
    },
  };
}

/** What a failed step on the disk of the cache means. */
export function stepError({ code, message }: StepError, path: string): StowageError {
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') {
    return new StowageError('name-invalid', `“${path}” cannot lie on this machine beside what has the same name there.`, {
      subject: path,
      detail: message,
      hint: 'Rename one of them on the host, or share the folder instead of copying it.',
    });
  }
  const known = fileError(codeOfErrno(code), path, message);
  if (known.code !== 'disk-full') return known;
  return new StowageError('disk-full', `The disk of the cache is full: “${path}” could not be written.`, {
    subject: path,
    hint: 'Free some space, lower the limit of the cache in Settings, or share the folder instead of copying it.',
  });
}
