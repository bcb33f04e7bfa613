import { dirname, join, sep } from 'node:path';
import { StowageError } from '#shared/errors.ts';
import { type InnerPath, joinPath, visible } from '#shared/paths.ts';
import { hasLocalPath } from '../storage/provider.ts';
import type { CopyJob, CopyOutcome } from './copy-protocol.ts';
import type { FileRow } from './journal.ts';
import { fileError, toProblem } from './problems.ts';
import { type Item, type RunState, targetOf } from './run.ts';
import { checkpointOf, type Result, saveCheckpoint } from './run-file.ts';

const partName = (id: number, seq: number): string => `.stowage-part-t${id}-${seq}`;

/** Where the bytes of a file are gathered: a name that listings hide. */
export function partOf(run: Pick<RunState, 'id' | 'destination'>, row: FileRow): string {
  return join(dirname(localTarget(run, row)), partName(run.id, row.seq));
}

/** The absolute path where a file goes. */
export function localTarget(run: Pick<RunState, 'destination'>, row: FileRow): string {
  const { provider } = run.destination;
  if (!hasLocalPath(provider)) throw new StowageError('internal', 'The destination has no path on this machine.');
  return provider.localPath(targetOf(run, row));
}

/** Copies files of one source on a worker thread; `onResult` is called once for each. */
export async function runBatch(
  run: RunState,
  items: readonly Item[],
  onResult: (item: Item, result: Result) => void,
): Promise<void> {
  const { reporter, pool } = run.tools;
  const [first] = items;
  const place = first && run.sources[first.row.source_index];
  const { provider } = run.destination;
  if (!place || !hasLocalPath(place.provider) || !hasLocalPath(provider)) throw new StowageError('internal', 'No paths to copy.');
  const bySeq = new Map(items.map((item) => [item.row.seq, item]));
  const sources = new Map<number, (path: string) => string>();
  const targetAt = byFolder((path) => provider.localPath(joinPath(run.destination.path, path)));
  const jobs: CopyJob[] = [];
  for (const item of items) {
    const { row } = item;
    let sourceAt = sources.get(row.source_index);
    if (!sourceAt) {
      const source = run.sources[row.source_index];
      if (!source || !hasLocalPath(source.provider)) continue;
      const { provider: from } = source;
      sourceAt = byFolder((path) => from.localPath(path as InnerPath));
      sources.set(row.source_index, sourceAt);
    }
    const to = targetAt(row.target ?? row.path);
    jobs.push({
      seq: row.seq,
      from: sourceAt(row.read_path ?? row.source),
      to,
      part: to.slice(0, to.lastIndexOf(sep) + 1) + partName(run.id, row.seq),
      size: row.size,
      modified: row.modified,
      replace: item.replace,
      checkpoint: checkpointOf(row),
    });
  }
  await pool.run({
    sourceRoot: place.provider.localPath(place.boundary),
    targetRoot: provider.localPath(run.destination.boundary),
    jobs,
    control: run.control,
    onReport: (report) => {
      if (report.type === 'outcomes') {
        for (const outcome of report.outcomes) {
          const item = bySeq.get(outcome.seq);
          if (item) onResult(item, toResult(outcome, item.row));
        }
      } else if (report.type === 'progress') {
        const row = bySeq.get(report.seq)?.row;
        if (!row) return;
        if (report.checkpoint) saveCheckpoint(run, row, report.checkpoint);
        reporter.progress(run.id, report.seq, report.done - row.done);
        reporter.changed(run.id);
      }
    },
  });
}

/** The absolute paths of files, which come folder by folder: what `pathOf` makes of a folder is asked once. */
function byFolder(pathOf: (path: string) => string): (path: string) => string {
  let known: string | null = null;
  let base = '';
  return (path) => {
    const cut = path.lastIndexOf('/');
    const name = path.slice(cut + 1);
    if (name === '' || name === '.' || name === '..') return pathOf(path);
    const folder = path.slice(0, Math.max(cut, 0));
    if (folder !== known) {
      known = folder;
      base = pathOf(folder);
      if (!base.endsWith(sep)) base += sep;
    }
    return base + name;
  };
}

export function toResult(outcome: CopyOutcome, row: FileRow): Result {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'stopped':
      return outcome;
    case 'exists':
      return { kind: 'exists', existing: outcome.existing, identity: outcome.existing.identity };
    case 'error': {
      const problem = toProblem(fileError(outcome.code, row.path, outcome.detail), visible(row.path));
      return { kind: 'error', problem };
    }
  }
}
