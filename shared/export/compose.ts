import { stringify } from 'yaml';
import type { GpuRequest } from '../contract/plan.ts';
import { fileVariable } from '../jobs/secret-variables.ts';
import type { ContainerRun, ExportedBind } from './container-run.ts';
import { portWord, scratchWord } from './docker-run.ts';

/** A file for `docker compose up` with the job as its one service. */
export function toCompose(run: ContainerRun): string {
  const files = run.secrets.filter(({ as }) => as === 'file');
  const document = {
    services: { job: service(run) },
    ...(files.length > 0 && {
      secrets: Object.fromEntries(files.map(({ name }) => [name, { file: { raw: `\${${fileVariable(name)}:?is not set}` } }])),
    }),
  };
  // Every text in quotes: nothing can be taken for a number, a truth value or a key.
  return stringify(literal(document), { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

function service(run: ContainerRun): object {
  const files = run.secrets.flatMap((secret) => (secret.as === 'file' ? [{ source: secret.name, target: secret.path }] : []));
  return {
    image: run.image,
    ...(run.name !== null && { container_name: run.name }),
    ...(run.command.length > 0 && { command: run.command }),
    init: true,
    restart: 'no',
    ...(run.user !== null && { user: run.user }),
    working_dir: run.workdir,
    environment: [
      ...run.env.map(({ name, value }) => `${name}=${value}`),
      // A name alone takes its value from the shell.
      ...run.secrets.map((secret) => (secret.as === 'env' ? secret.name : `${fileVariable(secret.name)}=${secret.path}`)),
    ],
    ...(files.length > 0 && { secrets: files }),
    ...(run.scratch.length > 0 && { tmpfs: run.scratch.map((path) => scratchWord(run, path)) }),
    ...(run.binds.length > 0 && { volumes: run.binds.map(volume) }),
    ...(!run.network && { network_mode: 'none' }),
    ...(run.cpus !== null && { cpus: run.cpus }),
    ...(run.memoryBytes !== null && { mem_limit: run.memoryBytes, memswap_limit: run.memoryBytes }),
    shm_size: run.shmBytes,
    ...(run.ports.length > 0 && { ports: run.ports.map(portWord) }),
    ...(run.gpus !== null && { deploy: { resources: { reservations: { devices: [devices(run.gpus)] } } } }),
  };
}

const volume = ({ source, brought, target, readOnly }: ExportedBind): object => ({
  type: 'bind',
  source: brought ? `./${source}` : source,
  target,
  ...(readOnly && { read_only: true }),
});

const devices = (gpus: GpuRequest): object => ({
  capabilities: ['gpu'],
  ...(Array.isArray(gpus) ? { device_ids: gpus } : { count: gpus }),
});

/** Compose fills in `$NAME`, so every `$` that is meant as such is written twice. `{ raw }` is a text that it is to fill in. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  if ('raw' in value && typeof value.raw === 'string') return value.raw;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, literal(entry)]));
}
