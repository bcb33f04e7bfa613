import { parentPort } from 'node:worker_threads';
import { copyLargeToPart, type LargeContext, largeBytes } from './copy-large.ts';
import { copyToPart, type Written } from './copy-local.ts';
import { type CopyOrder, type CopyOutcome, type CopyReport, type CopyTask, controlWords } from './copy-protocol.ts';
import { land } from './copy-publish.ts';

/**
 * A copy worker: copies task after task, each many small files or one large one, and works with blocking calls, which
 * cost far less per file than asynchronous ones. What is copied becomes durable in groups while it goes on with the
 * next. Progress is told at most every 100 ms.
 */
const reportMs = 100;
const groupFiles = 512;
const groupBytes = 16 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;
const back = Buffer.allocUnsafe(chunkBytes + 1);

const syncs = new Map<number, (cost: number | null) => void>();
let lastSync = 0;

parentPort?.on('message', (order: CopyOrder) => {
  if (order.type === 'task') return void runTask(order);
  syncs.get(order.id)?.(order.cost);
  syncs.delete(order.id);
});

const send = (report: CopyReport): void => parentPort?.postMessage(report);

/** Asked of the pool, which lets one sync serve all threads. */
const sync = (folder: string): Promise<number | null> =>
  new Promise((resolve) => {
    syncs.set(++lastSync, resolve);
    send({ type: 'sync', id: lastSync, folder });
  });

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
  const tell = (): void => {
    if (outcomes.length > 0) send({ type: 'outcomes', task: task.id, outcomes });
    outcomes = [];
    reported = performance.now();
  };
  let group: Written[] = [];
  let bytes = 0;
  const landings: Promise<void>[] = [];
  const landGroup = (): void => {
    if (group.length === 0) return;
    const landed = land(group, task.targetRoot, sync);
    group = [];
    bytes = 0;
    landings.push(
      landed.then((more) => {
        outcomes = outcomes.concat(more);
        if (performance.now() - reported >= reportMs) tell();
      }),
    );
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
    if (group.length >= groupFiles || bytes >= groupBytes) landGroup();
    // What is written and not durable stays bounded: one group lands while the next is copied.
    if (landings.length > 1) await landings.shift();
  }
  landGroup();
  send({ type: 'copied', task: task.id });
  await Promise.all(landings);
  tell();
  send({ type: 'end', task: task.id });
}
