import { parentPort } from 'node:worker_threads';
import { copyLargeToPart, type LargeContext, largeBytes } from './copy-large.ts';
import { copyToPart, type Written } from './copy-local.ts';
import { type CopyOutcome, type CopyReport, type CopyTask, controlWords } from './copy-protocol.ts';
import { publish, syncFolders, syncParts } from './copy-publish.ts';

/**
 * A copy worker: takes tasks one by one, each many small files or one large one, and works with blocking calls, which
 * cost far less per file than asynchronous ones. Progress is told at most every 100 ms.
 */
const reportMs = 100;
const groupFiles = 512;
const groupBytes = 16 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;
const back = Buffer.allocUnsafe(chunkBytes + 1);

parentPort?.on('message', (task: CopyTask) => void runTask(task));

const send = (report: CopyReport): void => parentPort?.postMessage(report);

async function runTask(task: CopyTask): Promise<void> {
  let outcomes: CopyOutcome[] = [];
  let reported = performance.now();
  const context: LargeContext = {
    control: task.control,
    sourceRoot: task.sourceRoot,
    targetRoot: task.targetRoot,
    buffer: buffers[0],
    buffers,
    back,
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
    const durable = syncParts(group, task);
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
    if (Atomics.load(task.control, controlWords.stop) !== 0) {
      outcomes.push({ seq: job.seq, kind: 'stopped', checkpoint: job.checkpoint });
      continue;
    }
    const large = job.size >= largeBytes && !job.content;
    const result = large ? await copyLargeToPart(job, context) : copyToPart(job, context);
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
