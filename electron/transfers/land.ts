import { lstat } from 'node:fs/promises';
import { StowageError } from '#shared/errors.ts';
import { hasLocalPath } from '../storage/provider.ts';
import { localTarget, partOf, toResult } from './copy-batch.ts';
import { describe } from './copy-local.ts';
import type { CopyJob } from './copy-protocol.ts';
import type { FileRow } from './journal.ts';
import type { Item, RunState } from './run.ts';
import type { Result } from './run-file.ts';

/** Up to here a file from elsewhere is gathered in memory and written by a copy thread. */
export const landBytes = 1024 * 1024;

const batchFiles = 512;
const heldBytes = 32 * 1024 * 1024;
/** While these write and sync, the next batch gathers. */
const batchesAtOnce = 2;
/** How long a batch gathers while more files are on their way. */
const gatherMs = 150;

/** Writes small files that were received, many at a time: a sync of the disk then serves all of a batch. */
export interface Lander {
  /** Resolves when there is room in memory to receive another file of this size. */
  room(bytes: number): Promise<Room>;
}

/** The room of one file. */
export interface Room {
  /** Writes what was received, soon and together with others. */
  land(item: Item, content: Uint8Array, modified: number | null): Promise<Result>;
  /** Gives the room back; to be called once, however it ended. */
  give(): void;
}

interface Waiting {
  readonly item: Item;
  readonly job: CopyJob;
  readonly resolve: (result: Result) => void;
}

type Landing = Pick<RunState, 'id' | 'tools' | 'destination' | 'control'>;

export function createLander(run: Landing): Lander {
  const waiting: Waiting[] = [];
  const wanting: { bytes: number; go: () => void }[] = [];
  let held = 0;
  let writing = 0;
  /** Files that have room and were neither landed nor given up. */
  let coming = 0;
  let timer: NodeJS.Timeout | null = null;

  const pump = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    while (writing < batchesAtOnce && waiting.length > 0) {
      writing++;
      void writeBatch(run, waiting.splice(0, batchFiles)).finally(() => {
        writing--;
        pump();
      });
    }
  };
  const gather = (): void => {
    if (coming <= 0 || waiting.length >= batchFiles) pump();
    else timer ??= setTimeout(pump, gatherMs);
  };
  const admit = (): void => {
    for (let next = wanting[0]; next && (held === 0 || held + next.bytes <= heldBytes); next = wanting[0]) {
      wanting.shift();
      held += next.bytes;
      coming++;
      next.go();
    }
  };
  const roomOf = (bytes: number): Room => {
    let landed = false;
    const arrive = (): void => {
      if (!landed) coming--;
      landed = true;
      gather();
    };
    return {
      land: (item, content, modified) =>
        new Promise((resolve) => {
          waiting.push({ item, job: jobOf(run, item, content, modified), resolve });
          arrive();
        }),
      give: () => {
        held -= bytes;
        arrive();
        admit();
      },
    };
  };
  return {
    room: (bytes) =>
      new Promise((resolve) => {
        wanting.push({ bytes, go: () => resolve(roomOf(bytes)) });
        admit();
      }),
  };
}

function jobOf(run: Landing, { row, replace }: Item, content: Uint8Array, modified: number | null): CopyJob {
  return {
    seq: row.seq,
    from: row.source,
    content,
    to: localTarget(run, row),
    part: partOf(run, row),
    size: row.size,
    modified,
    replace,
    checkpoint: null,
  };
}

async function writeBatch(run: Landing, batch: readonly Waiting[]): Promise<void> {
  const bySeq = new Map(batch.map((entry) => [entry.job.seq, entry]));
  const { provider, boundary } = run.destination;
  try {
    if (!hasLocalPath(provider)) throw new StowageError('internal', 'The destination has no path on this machine.');
    const root = provider.localPath(boundary);
    await run.tools.pool.run({
      sourceRoot: root,
      targetRoot: root,
      jobs: batch.map(({ job }) => job),
      control: run.control,
      onReport: (report) => {
        if (report.type !== 'outcomes') return;
        for (const outcome of report.outcomes) {
          const entry = bySeq.get(outcome.seq);
          entry?.resolve(toResult(outcome, entry.item.row));
        }
      },
    });
  } catch {
    // The pool was closed: the application ends.
    for (const { resolve } of batch) resolve({ kind: 'stopped', checkpoint: null });
  }
}

/** What lies where a file is to land, unless it is what may be replaced. */
export async function obstacleAt(run: Landing, row: FileRow, replace: string | null): Promise<Result | null> {
  const stats = await lstat(localTarget(run, row), { bigint: true }).catch(() => null);
  if (!stats) return null;
  const existing = describe(stats);
  return existing.identity === replace ? null : { kind: 'exists', existing, identity: existing.identity };
}
