import { Worker } from 'node:worker_threads';
import { StowageError } from '#shared/errors.ts';
import { workerFile } from '../worker-file.ts';
import { type ByteSource, NotShown } from './byte-source.ts';
import { deadlineMs, threadHeapMb } from './limits.ts';
import type { JobResults, ThreadAnswer, ThreadJob, ThreadOrder } from './thread-protocol.ts';

/** At a time; who comes later waits. */
const maxThreads = 2;
/** An idle thread ends after this. */
const idleMs = 60_000;
/** A thread whose job was given up may take this long to let go before it is ended. */
const letGoMs = 500;

export interface PreviewThreads {
  /**
   * Reads a format in a thread, which can cost no more than its memory and its time, whatever the file holds.
   * @throws NotShown when the format cannot be read so; what `source` throws; `cancelled`
   */
  run<Type extends keyof JobResults>(
    job: Extract<ThreadJob, { type: Type }>,
    source: ByteSource,
    signal?: AbortSignal,
  ): Promise<JobResults[Type]>;
  close(): Promise<void>;
}

const damaged = (): NotShown => new NotShown('This file is damaged or of an unusual form, and could not be read as what it is.');
const cancelled = (): StowageError => new StowageError('cancelled', 'Cancelled.');

export function createPreviewThreads(deadline = deadlineMs): PreviewThreads {
  const idle: { worker: Worker; timer: NodeJS.Timeout }[] = [];
  const all = new Set<Worker>();
  const queue: (() => void)[] = [];
  let busy = 0;

  const forget = (worker: Worker): void => {
    const at = idle.findIndex((one) => one.worker === worker);
    clearTimeout(at < 0 ? undefined : idle.splice(at, 1)[0]?.timer);
  };
  const take = async (signal: AbortSignal | undefined): Promise<Worker> => {
    if (busy >= maxThreads) {
      await new Promise<void>((resolve, reject) => {
        queue.push(resolve);
        signal?.addEventListener(
          'abort',
          () => {
            const at = queue.indexOf(resolve);
            if (at >= 0) queue.splice(at, 1);
            reject(cancelled());
          },
          { once: true },
        );
      });
    } else busy += 1;
    const kept = idle.pop();
    clearTimeout(kept?.timer);
    if (kept) return kept.worker;
    const worker = new Worker(workerFile(import.meta.url, 'preview-worker'), {
      name: 'preview',
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMb, maxYoungGenerationSizeMb: 32 },
    });
    all.add(worker);
    worker.on('exit', () => {
      all.delete(worker);
      forget(worker);
    });
    return worker;
  };
  /** Null: it was ended. */
  const giveBack = (worker: Worker | null): void => {
    if (worker) {
      worker.unref();
      const timer = setTimeout(() => {
        forget(worker);
        void worker.terminate();
      }, idleMs);
      timer.unref();
      idle.push({ worker, timer });
    }
    // The place goes to the next in line.
    const next = queue.shift();
    if (next) next();
    else busy -= 1;
  };

  return {
    run: async (job, source, signal) => {
      if (signal?.aborted) throw cancelled();
      const worker = await take(signal);
      worker.ref();
      return runIn(worker, job, source, { deadline, signal, giveBack }) as Promise<JobResults[typeof job.type]>;
    },
    close: async () => {
      for (const { timer } of idle) clearTimeout(timer);
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

interface Running {
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  giveBack(worker: Worker | null): void;
}

function runIn(worker: Worker, job: ThreadJob, source: ByteSource, { deadline, signal, giveBack }: Running): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let readFailure: unknown = null;
    let givenUp: unknown = null;
    let ending: NodeJS.Timeout | undefined;
    const order = (message: ThreadOrder): void => worker.postMessage(message);
    const finish = (kept: Worker | null): void => {
      clearTimeout(timer);
      clearTimeout(ending);
      signal?.removeEventListener('abort', abort);
      worker.removeAllListeners('message').removeAllListeners('error').removeListener('exit', onExit);
      // A thread that is being ended may still fail.
      worker.on('error', () => undefined);
      giveBack(kept);
    };
    /** Settles at once; the thread is kept when it lets go soon. */
    const giveUp = (error: unknown): void => {
      if (givenUp) return;
      givenUp = error;
      reject(error);
      ending = setTimeout(() => {
        finish(null);
        void worker.terminate();
      }, letGoMs);
    };
    const abort = (): void => giveUp(cancelled());
    const timer = setTimeout(() => giveUp(new NotShown('Reading this file took too long for a preview.')), deadline);
    const onExit = (): void => {
      reject(damaged());
      finish(null);
    };
    const answerRead = async ({ read, offset, length }: Extract<ThreadAnswer, { type: 'read' }>): Promise<void> => {
      try {
        if (givenUp) throw givenUp;
        order({ type: 'bytes', read, bytes: await source.read(offset, length), refused: null });
      } catch (error) {
        const refused = error instanceof NotShown ? error.message : null;
        if (refused === null) readFailure ??= error;
        order({ type: 'bytes', read, bytes: null, refused });
      }
    };
    worker.on('message', (answer: ThreadAnswer) => {
      if (answer.type === 'read') return void answerRead(answer);
      if (answer.type === 'done') resolve(answer.result);
      else if (answer.reason === 'not-shown') reject(new NotShown(answer.message));
      else reject(readFailure ?? damaged());
      finish(worker);
    });
    // Out of memory, for one.
    worker.on('error', () => undefined);
    worker.on('exit', onExit);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    order({ type: 'job', job });
  });
}
