import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { signalChild } from '../signal-child.ts';

/** What some GPUs of this machine do now, together. */
export interface GpuUse {
  /** GPUs kept busy: two that are half busy are one. */
  readonly busy: number;
  readonly memoryBytes: number;
}

/** Watches the GPUs of this machine for as long as somebody wants to know. */
export interface GpuWatch {
  /** Begins to look; returns what ends it. Where there is no NVIDIA driver there is nothing to see. */
  want(): () => void;
  /** Of these GPUs (numbers or UUIDs, null: all); null: not known. */
  use(ids: readonly string[] | null): GpuUse | null;
}

interface Gpu {
  readonly at: number;
  readonly use: GpuUse;
}

const query = ['--query-gpu=index,uuid,utilization.gpu,memory.used', '--format=csv,noheader,nounits', '--loop-ms=1000'];
/** A figure that is older is none of now. */
const freshMilliseconds = 5000;

/** `program`: what tells; it prints a line for each GPU about once a second. */
export function createGpuWatch(program = 'nvidia-smi'): GpuWatch {
  const gpus = new Map<string, Gpu & { readonly uuid: string }>();
  let wanted = 0;
  let child: ChildProcess | null = null;
  const begin = (): void => {
    const started = spawn(program, query, { stdio: ['ignore', 'pipe', 'ignore'] });
    child = started;
    // Without a driver there is no such program: then nothing is known.
    started.on('error', () => {});
    createInterface({ input: started.stdout }).on('line', (line) => {
      const gpu = readGpu(line);
      if (gpu) gpus.set(gpu.index, { at: Date.now(), uuid: gpu.uuid, use: gpu.use });
    });
  };
  return {
    want: () => {
      wanted += 1;
      if (wanted === 1) begin();
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        wanted -= 1;
        if (wanted > 0) return;
        if (child) signalChild(child);
        gpus.clear();
      };
    },
    use: (ids) => {
      const since = Date.now() - freshMilliseconds;
      const known = [...gpus].filter(
        ([index, { at, uuid }]) => at > since && (ids?.some((id) => id === index || id === uuid) ?? true),
      );
      if (known.length === 0) return null;
      return {
        busy: known.reduce((sum, [, { use }]) => sum + use.busy, 0),
        memoryBytes: known.reduce((sum, [, { use }]) => sum + use.memoryBytes, 0),
      };
    },
  };
}

/** A line as `0, GPU-6fb2…, 37, 1024`: its number, its UUID, percent busy, MiB in use. Null where it tells nothing. */
function readGpu(line: string): { index: string; uuid: string; use: GpuUse } | null {
  const match = /^(\d+), (\S+), (\d+), (\d+)$/.exec(line.trim());
  const [, index, uuid, percent, mebibytes] = match ?? [];
  if (index === undefined || uuid === undefined) return null;
  return { index, uuid, use: { busy: Number(percent) / 100, memoryBytes: Number(mebibytes) * 2 ** 20 } };
}
