import type { Problem } from '#shared/contract/base.ts';
import type { InnerPath } from '#shared/paths.ts';
import type { Journal } from './journal.ts';
import { resolveDestination, resolveSource, type StoredRequest } from './request.ts';
import type { RunState, RunTools } from './run.ts';
import { dropPart } from './run-file.ts';

/** A host that does not answer keeps nobody waiting for a cancel; what stays there expires or is hidden. */
const sweepMs = 5000;

/** What is told of a transfer of which files failed. */
export function failures(journal: Journal, id: number, count: number): Problem | null {
  const [first] = journal.rows(id, 'failed', 0, 1);
  if (!first?.problem) return null;
  const problem = JSON.parse(first.problem) as Problem;
  return count === 1 ? problem : { ...problem, message: `${count} files failed, the first of them: ${problem.message}` };
}

/** After a cancel: takes away the parts of files that had begun. */
export async function removeParts(run: Pick<RunState, 'id' | 'sources' | 'destination'>, journal: Journal): Promise<void> {
  const signal = AbortSignal.timeout(sweepMs);
  const late = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  for (let after = 0; !signal.aborted; ) {
    const rows = journal.rows(run.id, 'pending', after, 500);
    if (rows.length === 0) return;
    after = rows.at(-1)?.seq ?? after;
    for (const row of rows) {
      if (row.begun > 0) await Promise.race([dropPart(run, row, signal), late]);
      if (signal.aborted) return;
    }
  }
}

/** After a move: takes away the folders that are empty now, innermost first. */
export async function removeFolders(run: RunState): Promise<void> {
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = run.tools.journal.rowsBackwards(run.id, 'scanned', before, 500);
    if (rows.length === 0) return;
    before = rows.at(-1)?.seq ?? 0;
    for (const row of rows) {
      const place = run.sources[row.source_index];
      // The folder whose contents were meant stays; so does one that still holds what failed.
      if (!place || (place.contents && row.source === place.path)) continue;
      await place.provider.remove(row.source as InnerPath, { signal: run.signal }).catch(() => undefined);
    }
  }
}

/** Takes away the half files of a transfer that does not run. */
export async function sweepParts(id: number, tools: RunTools): Promise<void> {
  const request = JSON.parse(tools.journal.transfer(id).request) as StoredRequest;
  tools.journal.requeue(id, 'active', {});
  const destination = await resolveDestination(request.destination, tools.lookup);
  const sources = await Promise.all(
    request.sources.map((source) => resolveSource(source, tools.lookup, { maybeGone: true, unpack: request.unpack })),
  );
  await removeParts({ id, sources, destination }, tools.journal);
}
