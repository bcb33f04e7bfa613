import { pack } from 'tar-stream';
import type { RunRequest } from '../engine.ts';
import type { Product } from './connection.ts';

export const homeLabel = 'dev.stowage.home';
export const jobLabel = 'dev.stowage.job';
export const probeLabel = 'dev.stowage.probe';
export const probeOwnerLabel = 'dev.stowage.probe.owner';

/** What a job as root may still do; the rest of the engine's defaults (raw sockets, device nodes, audit…) is dropped. */
const keptCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
  'SYS_CHROOT',
];

export const containerName = (homeId: string, jobId: number): string => `stowage-${homeId.slice(0, 8)}-${jobId}`;

/** What the image has at the target does not become part of an empty volume. */
export const volumeMount = (name: string, target: string, readOnly: boolean): object => ({
  Type: 'volume',
  Source: name,
  Target: target,
  ReadOnly: readOnly,
  VolumeOptions: { NoCopy: true },
});

/**
 * The log of a run. Docker's is `local`, which keeps bytes as they are (`json-file` replaces what is not UTF-8), and never
 * rotates, because following a rotating log loses lines: `follow` counts on a whole log. Podman keeps a file as it is.
 */
const logConfigs: Readonly<Record<Product, object>> = {
  Docker: { Type: 'local', Config: { 'max-size': '1000p', 'max-file': '1', compress: 'false', mode: 'blocking' } },
  Podman: { Type: 'k8s-file', Config: {} },
};

/** The container of a run. `gpus`: what the engine is asked for in the words that it knows. */
export function containerConfig(
  homeId: string,
  run: RunRequest,
  { product, gpus }: { readonly product: Product; readonly gpus: object | null },
): object {
  return {
    Image: run.image,
    ...(run.command.length > 0 ? { Cmd: run.command } : {}),
    Env: run.env.map(({ name, value }) => `${name}=${value}`),
    WorkingDir: run.workdir,
    ...(run.user ? { User: `${run.user.uid}:${run.user.gid}` } : {}),
    ExposedPorts: Object.fromEntries(run.ports.map(({ container }) => [`${container}/tcp`, {}])),
    AttachStdout: true,
    AttachStderr: true,
    Labels: { [homeLabel]: homeId, [jobLabel]: String(run.jobId) },
    HostConfig: {
      Init: true,
      Mounts: [
        ...run.binds.map(({ source, target, readOnly }) => ({
          Type: 'bind',
          Source: source,
          Target: target,
          ReadOnly: readOnly,
        })),
        ...run.volumes.map(({ name, target, readOnly }) => volumeMount(name, target, readOnly)),
      ],
      LogConfig: logConfigs[product],
      SecurityOpt: ['no-new-privileges'],
      CapDrop: ['ALL'],
      CapAdd: keptCapabilities,
      ShmSize: run.shmBytes,
      PortBindings: portBindings(run.ports),
      ...(gpus === null ? {} : { DeviceRequests: [gpus] }),
      ...(run.network ? {} : { NetworkMode: 'none' }),
      ...(run.cpus === null ? {} : { NanoCpus: Math.round(run.cpus * 1e9) }),
      // Equal swap: the limit is the limit, and no job slows the machine down by swapping.
      ...(run.memoryBytes === null ? {} : { Memory: run.memoryBytes, MemorySwap: run.memoryBytes }),
    },
  };
}

/** Nobody else on the network reaches a job. */
function portBindings(ports: RunRequest['ports']): object {
  const byPort = Map.groupBy(ports, ({ container }) => `${container}/tcp`);
  const binding = ({ host }: RunRequest['ports'][number]): object => ({ HostIp: '127.0.0.1', HostPort: String(host ?? '') });
  return Object.fromEntries([...byPort].map(([port, requests]) => [port, requests.map(binding)]));
}

/**
 * The directories to lay before the start, without those that lie in a mount (they would be made in its source), and
 * without those that the engine makes in the same way by itself: the working directory and what is above it, as root.
 */
export function directoriesToLay(run: RunRequest): RunRequest['directories'] {
  const isMadeByEngine = ({ path, mode }: RunRequest['directories'][number]): boolean =>
    run.user?.uid === 0 && run.user.gid === 0 && mode === 0o755 && (run.workdir === path || run.workdir.startsWith(`${path}/`));
  const inMount = (path: string): boolean =>
    [...run.binds, ...run.volumes].some(({ target }) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`));
  return run.directories.filter((directory) => directory.path !== '/' && !inMount(directory.path) && !isMadeByEngine(directory));
}

/** A tar of directories, then files and links, all owned by the run's user. `imageUser` owns the files where the image says who runs. */
export async function layoutArchive(
  run: RunRequest,
  directories: RunRequest['directories'],
  imageUser: NonNullable<RunRequest['user']>,
): Promise<Buffer> {
  const archive = pack();
  const owner = { uid: run.user?.uid ?? 0, gid: run.user?.gid ?? 0 };
  const reader = run.user ?? imageUser;
  const relative = (path: string): string => path.replace(/^\/+/, '').replace(/\/+$/, '');
  for (const { path, mode } of directories) archive.entry({ name: `${relative(path)}/`, type: 'directory', mode, ...owner });
  for (const { path, mode, content } of run.files)
    archive.entry({ name: relative(path), mode, uid: reader.uid, gid: reader.gid }, Buffer.from(content));
  for (const { path, target } of run.links) {
    archive.entry({ name: relative(path), type: 'symlink', linkname: target, mode: 0o777, ...owner });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
