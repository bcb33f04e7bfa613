import type { EngineStatus } from '#shared/contract/engines.ts';
import { StowageError } from '#shared/errors.ts';
import { type DockerClient, withSignal } from './connection.ts';
import { engineError } from './errors.ts';

/** Well under the 3 s in which a status must be there. */
const patienceMilliseconds = 2_500;

const unknownStatus = {
  id: 'docker',
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
} as const;

interface Info {
  readonly ServerVersion: string;
  readonly OperatingSystem?: string;
  readonly KernelVersion?: string;
  readonly SecurityOptions?: string[] | null;
  readonly NCPU?: number;
  readonly MemTotal?: number;
}

/** How the engine stands; never fails. */
export async function dockerStatus(client: DockerClient): Promise<EngineStatus> {
  const signal = AbortSignal.timeout(patienceMilliseconds);
  try {
    const docker = await client.get(signal);
    const info = await withSignal<Info>(docker.info.bind(docker), signal);
    return {
      ...unknownStatus,
      state: 'ready',
      message: `Docker ${info.ServerVersion} is running.`,
      version: info.ServerVersion,
      local: await client.isLocal(),
      os: info.OperatingSystem ?? null,
      kernel: info.KernelVersion ?? null,
      selinux: info.SecurityOptions?.some((option) => option.includes('name=selinux')) ?? false,
      cpus: info.NCPU ?? null,
      memoryBytes: info.MemTotal ?? null,
    };
  } catch (error) {
    client.forget();
    const known = signal.aborted
      ? new StowageError('engine-error', 'Docker does not answer in time.', { hint: 'Restart Docker.' })
      : engineError(error);
    const state = known.code === 'engine-absent' ? 'absent' : known.code === 'engine-permission' ? 'permission' : 'error';
    return { ...unknownStatus, state, message: [known.message, known.data.hint].filter(Boolean).join(' ') };
  }
}
