import type { EngineGpus } from '../contract/engines.ts';
import type { GpuRequest } from '../contract/plan.ts';

/** A request for GPUs in words, for the middle of a sentence. */
export function askedGpus(gpus: GpuRequest): string {
  if (gpus === 'all') return 'all GPUs';
  if (typeof gpus === 'number') return gpus === 1 ? 'a GPU' : `${gpus} GPUs`;
  return gpus.length === 1 ? `the GPU ${gpus[0]}` : `the GPUs ${gpus.join(', ')}`;
}

/** Whether an engine can give what is asked for: null when it can, else the end of a sentence about the engine. */
export function judgeGpuRequest(
  gpus: GpuRequest,
  { state, count, message }: EngineGpus,
): { readonly severity: 'error' | 'warning'; readonly why: string } | null {
  if (state === 'absent') return { severity: 'error', why: `cannot give: ${message}` };
  if (state === 'unknown') return { severity: 'warning', why: `may not be able to give: ${message}` };
  if (count === null || gpus === 'all') return null;
  const has = `does not have: there ${count === 1 ? 'is 1' : `are ${count}`}`;
  if (typeof gpus === 'number') return gpus > count ? { severity: 'error', why: `${has}.` } : null;
  const beyond = gpus.find((id) => /^\d+$/.test(id) && Number(id) >= count);
  if (beyond !== undefined) return { severity: 'error', why: `${has}, numbered from 0.` };
  return null;
}
