import type { GpuRequest, JobSpec } from '#shared/contract/plan.ts';
import { assertNever } from '#shared/errors.ts';
import { parseDuration, parseGpuIds, parseGpus, parsePorts } from '#shared/jobs/resource-words.ts';
import { parseBytes } from '#shared/sizes.ts';
import type { Draft, DraftProblem } from './draft.ts';

/** GPUs as they are chosen: `count` and `ids` are told by a text. */
export type GpuChoice = 'none' | 'all' | 'count' | 'ids';

/** The resources as far as they can be read. */
export function readResources(draft: Draft): { resources: JobSpec['resources']; problems: DraftProblem[] } {
  const problems: DraftProblem[] = [];
  const cpus = Number(draft.cpus);
  if (draft.cpus.trim() !== '' && !(cpus > 0 && cpus <= 4096))
    problems.push({ field: 'cpus', message: `“${draft.cpus}” is not a number of CPUs: write 2 or 0.5.` });
  const bytes = (field: 'memory' | 'shm'): number | null => {
    if (draft[field].trim() === '') return null;
    const value = parseBytes(draft[field]);
    if (value === null) problems.push({ field, message: `“${draft[field]}” is not a size: write 512 MiB or 4 GiB.` });
    return value;
  };
  const memoryBytes = bytes('memory');
  const shmBytes = bytes('shm');
  const gpus = readGpus(draft);
  if (gpus === null) {
    const message =
      draft.gpuChoice === 'count' ? 'Write how many GPUs: a number from 1 to 64.' : 'Write the ids of the GPUs: 0, 1, or UUIDs.';
    problems.push({ field: 'gpus', message });
  }
  return {
    problems,
    resources: {
      ...(draft.cpus.trim() !== '' && cpus > 0 && cpus <= 4096 && { cpus }),
      ...(memoryBytes !== null && { memoryBytes }),
      ...(shmBytes !== null && { shmBytes }),
      ...(gpus !== null && gpus !== 'none' && { gpus }),
    },
  };
}

/** Null: what is written cannot be read. */
function readGpus({ gpuChoice, gpus }: Draft): GpuRequest | 'none' | null {
  switch (gpuChoice) {
    case 'none':
    case 'all':
      return gpuChoice;
    case 'count':
      return /^\s*\d+\s*$/.test(gpus) ? parseGpus(gpus) : null;
    case 'ids':
      return parseGpuIds(gpus);
    default:
      return assertNever(gpuChoice);
  }
}

/** Time and ports as far as they can be read. */
export function readLimits(draft: Draft): { limits: Pick<JobSpec, 'maxSeconds' | 'ports'>; problems: DraftProblem[] } {
  const problems: DraftProblem[] = [];
  const maxSeconds = draft.maxTime.trim() === '' ? undefined : parseDuration(draft.maxTime);
  if (maxSeconds === null) problems.push({ field: 'maxTime', message: `“${draft.maxTime}” is not a time: write 90 min or 2 h.` });
  const ports = parsePorts(draft.ports);
  if (ports === null) problems.push({ field: 'ports', message: 'Write ports as 8888, or as 8080:80 for another one here.' });
  return { problems, limits: { ...(maxSeconds && { maxSeconds }), ...(ports && ports.length > 0 && { ports }) } };
}

export function draftGpus(gpus: GpuRequest | undefined): Pick<Draft, 'gpuChoice' | 'gpus'> {
  if (gpus === undefined) return { gpuChoice: 'none', gpus: '' };
  if (gpus === 'all') return { gpuChoice: 'all', gpus: '' };
  return typeof gpus === 'number' ? { gpuChoice: 'count', gpus: String(gpus) } : { gpuChoice: 'ids', gpus: gpus.join(', ') };
}
