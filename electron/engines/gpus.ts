import { readdir } from 'node:fs/promises';
import type { EngineGpus } from '#shared/contract/engines.ts';

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
