import { parentPort } from 'node:worker_threads';
import { type CopyContext, copyToPart, publish, syncFolders, syncParts, type Written } from './copy-local.ts';
import type { CopyOutcome, CopyReport, CopyTask } from './copy-protocol.ts';

/**
 * A copy worker: takes tasks one by one, each many small files or one large one, and works with blocking calls, which
 * cost far less per file than asynchronous ones. Progress is told at most every 100 ms.
 */
const reportMs = 100;
const groupFiles = 256;
const groupBytes = 16 * 1024 * 1024;
const buffer = Buffer.allocUnsafe(1024 * 1024);

parentPort?.on('message', (task: CopyTask) => runTask(task));

const send = (report: CopyReport): void => parentPort?.postMessage(report);

function runTask(task: CopyTask): void {
  let outcomes: CopyOutcome[] = [];
  let reported = performance.now();
  const context: CopyContext = {
    control: task.control,
    sourceRoot: task.sourceRoot,
    targetRoot: task.targetRoot,
    buffer,
    checked: new Map(),
    onProgress: (seq, done, checkpoint) => {
      const now = performance.now();
      if (!checkpoint && now - reported < reportMs) return;
      reported = now;
      send({ type: 'progress', task: task.id, seq, done, checkpoint });
    },
  };
  let group: Written[] = [];
  let bytes = 0;
  const land = (): void => {
    const folders = new Set<string>();
    const durable = syncParts(group, task.targetRoot);
    for (const written of group) outcomes.push(publish(written, folders, durable));
    syncFolders(folders);
    group = [];
    bytes = 0;
    if (performance.now() - reported < reportMs) return;
    reported = performance.now();
    send({ type: 'outcomes', task: task.id, outcomes });
    outcomes = [];
  };
  for (const job of task.jobs) {
    if (Atomics.load(task.control, 0) !== 0) {
      outcomes.push({ seq: job.seq, kind: 'stopped', checkpoint: job.checkpoint });
      continue;
    }
    const result = copyToPart(job, context);
    if ('kind' in result) {
      outcomes.push(result);
      continue;
    }
    group.push(result);
    bytes += job.size;
    if (group.length >= groupFiles || bytes >= groupBytes) land();
  }
  land();
  if (outcomes.length > 0) send({ type: 'outcomes', task: task.id, outcomes });
  send({ type: 'end', task: task.id });
}
