import type { EngineGpus } from '#shared/contract/engines.ts';
import type { GpuRequest } from '#shared/contract/plan.ts';
import { StowageError } from '#shared/errors.ts';
import { gpuWords } from '../gpus.ts';
import type { Product } from './connection.ts';

/** What `docker info` says that tells about GPUs. */
export interface GpuInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  /** Since API 1.50. */
  readonly DiscoveredDevices?: readonly { readonly Source?: string; readonly ID?: string }[] | null;
}

export interface GpuFacts {
  readonly product: Product;
  readonly info: GpuInfo;
  /** The GPUs of this machine, if the engine runs on it; null: it runs elsewhere. */
  readonly here: EngineGpus | null;
  /** NVIDIA's hook lies on this machine: Docker uses it also where no runtime of that name is set up. */
  readonly hookHere: boolean;
}

const cdiName = /^nvidia\.com\/gpu=(.+)$/;
const toolkit = 'install the NVIDIA container toolkit (nvidia-ctk runtime configure --runtime=docker), then restart Docker';

/** What a job that asks for GPUs would get, as far as it can be told before the start. */
export function dockerGpus({ product, info, here, hookHere }: GpuFacts): EngineGpus {
  if (product === 'Podman')
    return { state: 'absent', count: 0, message: 'Podman gives no GPUs to programs that speak to it as to Docker.' };
  const devices = cdiDevices(info);
  if (devices.length > 0) return { state: 'ready', count: devices.length, message: gpuWords(devices.length) };
  const runtime = 'nvidia' in (info.Runtimes ?? {});
  if (here === null) {
    if (runtime) return { state: 'ready', count: null, message: 'The engine has the NVIDIA runtime.' };
    const message = `The engine shows no NVIDIA runtime: where it has none, ${toolkit} there.`;
    return { state: 'unknown', count: null, message };
  }
  if (here.state === 'absent' || runtime || hookHere) return here;
  return { state: 'absent', count: 0, message: `There are GPUs on this machine, but Docker cannot give them away: ${toolkit}.` };
}

/** What the engine is asked for. @throws `unsupported` on Podman, which would leave them out without a word */
export function deviceRequest(gpus: GpuRequest, product: Product, info: GpuInfo): object {
  if (product === 'Podman')
    throw new StowageError('unsupported', 'Podman gives no GPUs to programs that speak to it as to Docker.', {
      hint: 'Run the job with Docker, or without GPUs.',
    });
  const devices = cdiDevices(info);
  if (devices.length === 0 || 'nvidia' in (info.Runtimes ?? {}))
    return { Capabilities: [['gpu']], ...(Array.isArray(gpus) ? { DeviceIDs: gpus } : { Count: gpus === 'all' ? -1 : gpus }) };
  // An engine without NVIDIA's runtime gives devices by their names only.
  const ids = Array.isArray(gpus) ? gpus : gpus === 'all' ? devices : devices.slice(0, gpus);
  return { Driver: 'cdi', DeviceIDs: ids.map((id) => `nvidia.com/gpu=${id}`) };
}

/** The GPUs that the engine found described, one name for each: a device has its number, its UUID and `all` as names. */
function cdiDevices({ DiscoveredDevices }: GpuInfo): string[] {
  const names = (DiscoveredDevices ?? []).flatMap(({ ID = '' }) => cdiName.exec(ID)?.[1] ?? []);
  const numbers = names.filter((name) => /^\d+$/.test(name));
  return numbers.length > 0 ? numbers : names.filter((name) => name !== 'all');
}
