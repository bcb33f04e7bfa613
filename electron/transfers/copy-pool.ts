import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CopyJob, CopyOutcome, CopyReport, CopyTask } from './copy-protocol.ts';

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
  worker: Worker;
  current: Waiting | null;
  /** Jobs of the current task that have no outcome yet. */
  open: Map<number, CopyJob>;
}

interface Waiting {
  task: CopyTask;
  request: CopyRequest;
  resolve: () => void;
}

/** The worker stands beside this file in the sources, and beside the entries (or one folder above) once bundled. */
function workerFile(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('./copy-worker.ts', import.meta.url);
  const beside = new URL('./copy-worker.js', import.meta.url);
  return existsSync(fileURLToPath(beside)) ? beside : new URL('../copy-worker.js', import.meta.url);
}

export function createCopyPool(size = Math.min(6, Math.max(4, availableParallelism()))): CopyPool {
  const lanes: Lane[] = [];
  const waiting: Waiting[] = [];
  let nextTask = 1;
  let closed = false;

  const finish = (lane: Lane): void => {
    const { current } = lane;
    lane.current = null;
    lane.open.clear();
    lane.worker.unref();
    current?.resolve();
    next();
  };
  const crashed = (lane: Lane, error: unknown): void => {
    const index = lanes.indexOf(lane);
    if (index >= 0) lanes.splice(index, 1);
    const { current } = lane;
    if (!current) return;
    const detail = error instanceof Error ? error.message : String(error);
    const outcomes = [...lane.open.keys()].map((seq): CopyOutcome => ({ seq, kind: 'error', code: 'io-error', detail }));
    current.request.onReport({ type: 'outcomes', task: current.task.id, outcomes });
    finish(lane);
  };
  const addLane = (): Lane => {
    const lane: Lane = { worker: new Worker(workerFile(), { name: 'copy' }), current: null, open: new Map() };
    lane.worker.on('message', (report: CopyReport) => {
      if (report.type === 'end') return finish(lane);
      if (report.type === 'outcomes') for (const outcome of report.outcomes) lane.open.delete(outcome.seq);
      lane.current?.request.onReport(report);
    });
    lane.worker.on('error', (error) => crashed(lane, error));
    lane.worker.on('exit', (code) => crashed(lane, new Error(`the copy thread ended with ${code}`)));
    lanes.push(lane);
    return lane;
  };
  const next = (): void => {
    while (waiting.length > 0) {
      const lane = lanes.find((candidate) => !candidate.current) ?? (lanes.length < size ? addLane() : undefined);
      if (!lane) return;
      const item = waiting.shift();
      if (!item) return;
      lane.current = item;
      lane.open = new Map(item.task.jobs.map((job) => [job.seq, job]));
      lane.worker.ref();
      lane.worker.postMessage(item.task);
    }
  };
  return {
    size,
    run: (request) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the copy pool is closed'));
        const { sourceRoot, targetRoot, jobs, control } = request;
        waiting.push({ task: { id: nextTask++, sourceRoot, targetRoot, jobs, control }, request, resolve });
        next();
      }),
    close: async () => {
      closed = true;
      await Promise.all(lanes.splice(0).map((lane) => lane.worker.terminate()));
    },
  };
}
