import { hostname } from 'node:os';
import type { EngineId, EngineStatus } from '#shared/contract/engines.ts';
import { engineName } from '#shared/engines.ts';
import { untilAborted } from '../../storage/bodies.ts';
import { hasNvidiaHook, machineGpus } from '../gpus.ts';
import { type DockerClient, isOnThisMachine, type Product, withSignal } from './connection.ts';
import { type DockerConnection, writeEndpoint } from './endpoints.ts';
import { noAnswer } from './errors.ts';
import { dockerGpus, type GpuInfo } from './gpus.ts';

/** Well under the 3 s in which the status of an engine on this machine must be there. */
const patienceMs = 2_500;
/** Another machine may have to be logged in at. */
const remotePatienceMs = 12_000;
/** What an engine is (its version, its machine) hardly changes; that it answers is asked every time, which costs little. */
const infoMs = 60_000;

const unknownStatus = {
  kind: 'docker',
  version: null,
  isolated: true,
  absoluteTargets: true,
  os: null,
  kernel: null,
  selinux: false,
  cpus: null,
  memoryBytes: null,
  limits: true,
  gpus: { state: 'unknown', count: null, message: 'The engine does not answer.' },
} as const;

interface Info extends GpuInfo {
  readonly Name?: string;
  readonly ServerVersion: string;
  readonly OperatingSystem?: string;
  readonly KernelVersion?: string;
  readonly SecurityOptions?: string[] | null;
  readonly NCPU?: number;
  readonly MemTotal?: number;
}

/** Tells how the engine stands; never fails. */
export function createDockerStatus(id: EngineId, client: DockerClient): () => Promise<EngineStatus> {
  let known: { readonly until: number; readonly status: EngineStatus } | null = null;
  return async () => {
    const status = await askStatus(id, client, known && known.until > performance.now() ? known.status : null);
    if (status.state !== 'ready') known = null;
    else if (status !== known?.status) known = { until: performance.now() + infoMs, status };
    return status;
  };
}

/** `known` is given again when the engine answers. */
async function askStatus(id: EngineId, client: DockerClient, known: EngineStatus | null): Promise<EngineStatus> {
  const where = client.where();
  const near = where === null || isOnThisMachine(where);
  const signal = AbortSignal.timeout(near ? patienceMs : remotePatienceMs);
  let connected = false;
  try {
    const docker = await Promise.race([client.get(), untilAborted(signal)]);
    connected = true;
    if (known) {
      await withSignal(docker.ping.bind(docker), signal);
      return known;
    }
    const info = await withSignal<Info>(docker.info.bind(docker), signal);
    return await readyStatus(id, info, { product: await client.product(), where });
  } catch (error) {
    // A connection that only takes long goes on: who asks next has the better of it.
    if (connected) client.forget();
    const { code, message, data } = signal.aborted ? noAnswer(client.words()) : client.error(error);
    const state = code === 'engine-absent' ? 'absent' : code === 'engine-permission' ? 'permission' : 'error';
    return {
      ...unknownStatus,
      id,
      name: engineName(id),
      local: near,
      state,
      message: [message, data.hint].filter(Boolean).join(' '),
    };
  }
}

async function readyStatus(
  id: EngineId,
  info: Info,
  { product, where }: { readonly product: Product; readonly where: DockerConnection | null },
): Promise<EngineStatus> {
  // A port of this machine may be the end of a tunnel: what answers there says whose it is.
  const local = where === null || 'socketPath' in where || (isOnThisMachine(where) && info.Name === hostname());
  const [here, hookHere] = local ? await Promise.all([machineGpus(), hasNvidiaHook()]) : [null, false];
  const place = where === null || 'socketPath' in where ? '' : ` at ${writeEndpoint(where)}`;
  return {
    ...unknownStatus,
    id,
    name: engineName(id),
    state: 'ready',
    message: `${product} ${info.ServerVersion} is running${place}.`,
    version: info.ServerVersion,
    local,
    os: info.OperatingSystem ?? null,
    kernel: info.KernelVersion ?? null,
    selinux: info.SecurityOptions?.some((option) => option.includes('name=selinux')) ?? false,
    cpus: info.NCPU ?? null,
    memoryBytes: info.MemTotal ?? null,
    gpus: dockerGpus({ product, info, here, hookHere }),
  };
}
