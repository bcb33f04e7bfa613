import { isStowageError, StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import type { Side } from '#shared/transfers/conflicts.ts';
import { type Reviewed, stillReviewed } from '#shared/transfers/sync-rules.ts';
import { hasLocalPath } from '../storage/provider.ts';
import type { FileChange, FileRow } from './journal.ts';
import { fileError, toProblem } from './problems.ts';
import { landingFolder } from './reporter.ts';
import type { RunState } from './run.ts';

type Applied = Pick<RunState, 'id' | 'tools' | 'destination' | 'signal'>;

const pageRows = 500;
const parallelSteps = 16;

/** Makes the folders of a reviewed plan, before the files that go into them are sent. */
export async function makeFolders(run: Applied): Promise<void> {
  const { journal } = run.tools;
  for (;;) {
    const rows = journal.rows(run.id, 'make', 0, pageRows);
    if (rows.length === 0) return;
    const changes = new Map<number, FileChange>();
    // In their order, in which parents come first; a path is made with its parents anyway.
    await inParallel(rows, async (row) => {
      changes.set(row.seq, await attempt(run, row, () => makeFolder(run, row)));
    });
    journal.update(run.id, changes);
    run.tools.reporter.changed(run.id);
    run.signal.throwIfAborted();
  }
}

async function makeFolder({ destination, signal }: Applied, row: FileRow): Promise<FileChange> {
  await destination.provider.makeDirectory(joinPath(destination.path, row.path), { signal });
  return { state: 'done' };
}

/**
 * Removes what was reviewed to be removed, as the last step and innermost first. Each entry is looked at again before:
 * one that has changed since the review stays, and fails. While a file has failed to arrive nothing is removed; `retry`
 * comes back here.
 */
export async function removeReviewed(run: Applied): Promise<void> {
  const { journal, reporter } = run.tools;
  const sync = journal.sync(run.id);
  const { files_failed: failed, conflicts } = journal.transfer(run.id);
  if (!sync?.approved || !sync.delete || !sync.listed || failed > sync.unplanned || conflicts > 0) return;
  for (;;) {
    const rows = journal.rowsBackwards(run.id, 'remove', Number.MAX_SAFE_INTEGER, pageRows);
    if (rows.length === 0) return;
    const changes = new Map<number, FileChange>();
    const removals: FileRow[] = [];
    const take = async (row: FileRow): Promise<void> => {
      changes.set(row.seq, await attempt(run, row, () => removeOne(run, row)));
    };
    const removeGathered = (): Promise<void> => inParallel(removals.splice(0), take);
    for (const row of rows) {
      if (row.kind === 'file') {
        removals.push(row);
        continue;
      }
      // A folder goes when what was in it has gone.
      await removeGathered();
      await take(row);
    }
    await removeGathered();
    journal.update(run.id, changes);
    reporter.changed(run.id);
    run.signal.throwIfAborted();
  }
}

async function removeOne(run: Applied, row: FileRow): Promise<FileChange> {
  const { provider, vfolder, inner } = run.destination;
  const path = row.source as InnerPath;
  const now = await provider.stat(path, { signal: run.signal });
  if (!stillReviewed(reviewedOf(row), now, provider.features.listedTimes)) throw changedSince(row, 'removed');
  const { etag } = now;
  await provider.remove(path, { signal: run.signal, ...(etag !== undefined && { etag }) }).catch((error: unknown) => {
    throw isStowageError(error, 'precondition-failed') ? changedSince(row, 'removed') : error;
  });
  if (vfolder) run.tools.reporter.landed(vfolder.name, landingFolder(inner, row.path));
  return { state: 'done' };
}

function reviewedOf(row: FileRow): Reviewed {
  if (row.kind !== 'file') return { kind: 'directory', size: 0, modified: null };
  const { kind } = JSON.parse(row.detail ?? '{"kind":"file"}') as Pick<Reviewed, 'kind'>;
  return { kind, size: row.size, modified: row.modified, etag: row.etag };
}

const changedSince = (row: FileRow, what: string): StowageError =>
  new StowageError(
    'precondition-failed',
    `“${visible(row.path)}” changed at the destination after the plan was made, so it was not ${what}.`,
    { subject: row.path, hint: 'Sync again to see it in a new plan.' },
  );

/** What becomes of a row by one step; what stands already as it should is done. */
async function attempt(run: Applied, row: FileRow, step: () => Promise<FileChange>): Promise<FileChange> {
  if (run.signal.aborted) return {};
  try {
    return await step();
  } catch (error) {
    if (run.signal.aborted) return {};
    if (row.action === 'remove' && isStowageError(error, 'not-found')) return { state: 'done' };
    if (row.action === 'remove' && isStowageError(error, 'not-empty')) {
      const stays = new StowageError('not-empty', `The folder “${visible(row.path)}” stays, because something is in it.`, {
        subject: row.path,
        hint: 'What was not in the reviewed plan is not removed: sync again to see it.',
      });
      return { state: 'skipped', kind: 'folder', problem: toProblem(stays, row.path) };
    }
    return { state: 'failed', problem: toProblem(error, row.path) };
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(parallelSteps, items.length) }, worker));
}

/**
 * What to do when something lies where a sync sends a file: it may be overwritten only while it is what was reviewed.
 * @throws `precondition-failed`, `is-a-directory`
 */
export function checkReviewed(run: Pick<RunState, 'destination'>, row: FileRow, existing: Side, identity: string): void {
  const { provider } = run.destination;
  if (existing.kind === 'directory') throw fileError('is-a-directory', row.path);
  const reviewed = row.action === 'update' && row.detail !== null ? (JSON.parse(row.detail) as Reviewed) : null;
  // Copies between folders of this machine tell an identity of their own, which no listing knows.
  const etag = hasLocalPath(provider) && identity !== reviewed?.etag ? null : identity;
  if (!reviewed || !stillReviewed(reviewed, { ...existing, etag }, provider.features.listedTimes))
    throw changedSince(row, 'overwritten');
}

/** The etag of what an update may replace, so that it need not be asked for. */
export const reviewedEtag = (row: FileRow): string | null =>
  row.action === 'update' && row.detail !== null ? ((JSON.parse(row.detail) as Reviewed).etag ?? null) : null;
