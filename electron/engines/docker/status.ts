import type { EngineStatus } from '#shared/contract/engines.ts';
import { untilAborted } from '../../storage/bodies.ts';
import { type DockerClient, withSignal } from './connection.ts';
import { engineError, noAnswer } from './errors.ts';

/** Well under the 3 s in which a status must be there. */
const patienceMilliseconds = 2_500;
/** What an engine is (its version, its machine) hardly changes; that it answers is asked every time, which costs little. */
const infoMilliseconds = 60_000;

const unknownStatus = {
  id: 'docker',
  kind: 'docker',
  name: 'Docker',
  version: null,
  isolated: true,
  absoluteTargets: true,
  local: true,
  os: null,
  kernel: null,
  selinux: false,
  cpus: null,
  memoryBytes: null,
  limits: true,
  gpus: { state: 'unknown', count: null, message: 'The engine does not answer.' },
} as const;

interface Info {
  readonly ServerVersion: string;
  readonly OperatingSystem?: string;
  readonly KernelVersion?: string;
  readonly SecurityOptions?: string[] | null;
  readonly NCPU?: number;
  readonly MemTotal?: number;
}

/** Tells how the engine stands; never fails. */
export function createDockerStatus(client: DockerClient): () => Promise<EngineStatus> {
  let known: { readonly until: number; readonly status: EngineStatus } | null = null;
  return async () => {
    const status = await askStatus(client, known && known.until > performance.now() ? known.status : null);
    if (status.state !== 'ready') known = null;
    else if (status !== known?.status) known = { until: performance.now() + infoMilliseconds, status };
    return status;
  };
}

/** `known` is given again when the engine answers. */
async function askStatus(client: DockerClient, known: EngineStatus | null): Promise<EngineStatus> {
  const signal = AbortSignal.timeout(patienceMilliseconds);
  try {
    const docker = await Promise.race([client.get(), untilAborted(signal)]);
    if (known) {
      await withSignal(docker.ping.bind(docker), signal);
      return known;
    }
    return readyStatus(await withSignal<Info>(docker.info.bind(docker), signal), await client.isLocal());
  } catch (error) {
    client.forget();
    const known = signal.aborted ? noAnswer() : engineError(error);
    const state = known.code === 'engine-absent' ? 'absent' : known.code === 'engine-permission' ? 'permission' : 'error';
    return { ...unknownStatus, state, message: [known.message, known.data.hint].filter(Boolean).join(' ') };
  }
}

const readyStatus = (info: Info, local: boolean): EngineStatus => ({
  ...unknownStatus,
  state: 'ready',
  message: `Docker ${info.ServerVersion} is running.`,
  version: info.ServerVersion,
  local,
  os: info.OperatingSystem ?? null,
  kernel: info.KernelVersion ?? null,
  selinux: info.SecurityOptions?.some((option) => option.includes('name=selinux')) ?? false,
  cpus: info.NCPU ?? null,
  memoryBytes: info.MemTotal ?? null,
});
