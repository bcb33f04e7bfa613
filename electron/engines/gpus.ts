import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { EngineGpus } from '#shared/contract/engines.ts';
import type { GpuRequest } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';

/** The NVIDIA GPUs that programs of this machine can use: the devices that the driver made, or that of WSL. */
export async function machineGpus(devices = '/dev'): Promise<EngineGpus> {
  const names = await readdir(devices).catch((): string[] => []);
  const count = names.filter((name) => /^nvidia\d+$/.test(name)).length;
  if (count > 0) return { state: 'ready', count, message: gpuWords(count) };
  // WSL gives programs one device for all GPUs of Windows, whoever made them.
  if (names.includes('dxg')) return { state: 'unknown', count: null, message: 'Windows does not tell which GPUs it shares.' };
  return { state: 'absent', count: 0, message: 'There is no NVIDIA GPU on this machine, or its driver is not loaded.' };
}

export const gpuWords = (count: number): string => `${count} NVIDIA GPU${count === 1 ? '' : 's'}`;

/** Whether NVIDIA's program that lays GPUs into containers lies on this machine, where Docker looks for it. */
export async function hasNvidiaHook(path = process.env.PATH ?? ''): Promise<boolean> {
  const folders = new Set([...path.split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin']);
  const found = [...folders].map((folder) => access(join(folder, 'nvidia-container-runtime-hook'), constants.X_OK));
  return Promise.any(found).then(
    () => true,
    () => false,
  );
}

/**
 * The device files that a program needs for the GPUs that it may use, and the value of CUDA_VISIBLE_DEVICES that keeps it
 * to them (null: all). GPUs that are named by UUID cannot be told apart by their files.
 * @throws `unsupported` where there is none
 */
export async function gpuAccess(
  gpus: GpuRequest,
  devices = '/dev',
): Promise<{ readonly files: readonly string[]; readonly visible: string | null }> {
  const { state, message } = await machineGpus(devices);
  if (state === 'absent') throw new StowageError('unsupported', message, { hint: 'Run the job without GPUs.' });
  const ids = gpus === 'all' ? null : Array.isArray(gpus) ? gpus : Array.from({ length: gpus }, (_, index) => String(index));
  const numbered = ids?.every((id) => /^\d+$/.test(id)) ? new Set(ids) : null;
  const files = (await readdir(devices)).filter((name) => {
    const [, number] = /^nvidia(\d+)$/.exec(name) ?? [];
    return number === undefined ? /^nvidia|^dxg$/.test(name) : (numbered?.has(number) ?? true);
  });
  return { files: files.sort().map((name) => join(devices, name)), visible: ids?.join(',') ?? null };
}
