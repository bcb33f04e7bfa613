import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.ts';
import type { CopyJob, CopyOrder, CopyOutcome, CopyReport } from './copy-protocol.ts';
import { createSharedSync } from './copy-sync.ts';

export interface CopyRequest {
  readonly sourceRoot: string;
  readonly targetRoot: string;
  readonly jobs: readonly CopyJob[];
  readonly control: Int32Array;
  onReport(report: CopyReport): void;
}

/** A few threads that copy files of this machine. Started when first needed, ended when idle for a while. */
export interface CopyPool {
  readonly size: number;
  /** Resolves when every job of the request was reported. A thread that dies reports its jobs as `io-error`. */
  run(request: CopyRequest): Promise<void>;
  close(): Promise<void>;
}

interface Lane {
  readonly worker: Worker;
  /** It has not copied all of its last task: it takes no other. */
  copying: boolean;
  /** When it was given that task. */
  since: number;
  /** Tasks that have not ended. */
  readonly tasks: Map<number, Task>;
}

interface Task {
  readonly id: number;
  readonly request: CopyRequest;
  /** Jobs without an outcome. */
  readonly open: Set<number>;
  readonly resolve: () => void;
}

/** A thread that copies one task for this long waits for a disk, or copies a large file: others may go on beside it. */
const slowMs = 500;

/** At first as many threads as there are processors; `size` are used where those wait for disks. */
export function createCopyPool(size = Math.min(6, Math.max(4, availableParallelism()))): CopyPool {
  const quick = Math.min(size, Math.max(2, availableParallelism()));
  const lanes: Lane[] = [];
  const waiting: Task[] = [];
  const syncing = createSharedSync(() => lanes.some(({ copying }) => copying));
  let nextTask = 1;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const crashed = (lane: Lane, error: unknown): void => {
    const index = lanes.indexOf(lane);
    if (index >= 0) lanes.splice(index, 1);
    const detail = error instanceof Error ? error.message : String(error);
    for (const { id, request, open, resolve } of lane.tasks.values()) {
      const outcomes = [...open].map((seq): CopyOutcome => ({ seq, kind: 'error', code: 'io-error', detail }));
      request.onReport({ type: 'outcomes', task: id, outcomes });
      resolve();
    }
    lane.tasks.clear();
    next();
  };
  const hear = (lane: Lane, report: CopyReport): void => {
    if (report.type === 'sync') {
      const { id, folder } = report;
      void syncing.sync(folder).then((cost) => tell(lane, { type: 'synced', id, cost }));
      return;
    }
    const task = lane.tasks.get(report.task);
    if (report.type === 'copied') lane.copying = false;
    else if (report.type === 'end') {
      lane.tasks.delete(report.task);
      // One that is being ended keeps the process until it has.
      if (lane.tasks.size === 0 && !closed) lane.worker.unref();
      task?.resolve();
    } else {
      if (report.type === 'outcomes') for (const { seq } of report.outcomes) task?.open.delete(seq);
      task?.request.onReport(report);
      return;
    }
    next();
    if (!lanes.some(({ copying }) => copying)) syncing.hurry();
  };
  const tell = (lane: Lane, order: CopyOrder): void => lane.worker.postMessage(order);
  const addLane = (): Lane => {
    const lane: Lane = {
      worker: new Worker(workerFile(import.meta.url, 'copy-worker'), { name: 'copy' }),
      copying: false,
      since: 0,
      tasks: new Map(),
    };
    lane.worker.on('message', (report: CopyReport) => hear(lane, report));
    lane.worker.on('error', (error) => crashed(lane, error));
    lane.worker.on('exit', (code) => crashed(lane, new Error(`the copy thread ended with ${code}`)));
    lanes.push(lane);
    return lane;
  };
  const mayGrow = (): boolean => {
    const slow = performance.now() - slowMs;
    return lanes.length < quick || (lanes.length < size && lanes.every(({ since }) => since <= slow));
  };
  const next = (): void => {
    while (waiting.length > 0 && !closed) {
      const lane = lanes.find(({ copying }) => !copying) ?? (mayGrow() ? addLane() : undefined);
      const task = lane && waiting.shift();
      if (!lane || !task) break;
      const { sourceRoot, targetRoot, jobs, control } = task.request;
      lane.copying = true;
      lane.since = performance.now();
      lane.tasks.set(task.id, task);
      lane.worker.ref();
      tell(lane, { type: 'task', id: task.id, sourceRoot, targetRoot, jobs, control });
    }
    if (timer) clearTimeout(timer);
    timer = waiting.length > 0 && lanes.length < size && !closed ? setTimeout(next, slowMs) : null;
  };
  return {
    size,
    run: (request) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the copy pool is closed'));
        waiting.push({ id: nextTask++, request, open: new Set(request.jobs.map(({ seq }) => seq)), resolve });
        next();
      }),
    close: async () => {
      closed = true;
      if (timer) clearTimeout(timer);
      syncing.close();
      await Promise.all(lanes.splice(0).map((lane) => lane.worker.terminate()));
    },
  };
}
