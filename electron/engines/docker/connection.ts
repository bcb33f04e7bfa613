import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { StowageError } from '#shared/errors.ts';
import { engineError, noAnswer } from './errors.ts';

export type DockerConnection = { readonly socketPath: string } | { readonly host: string; readonly port: number };

const windowsPipe = '//./pipe/docker_engine';
/** The newest version of the engine's interface that this code was written against. */
const newestApi = [1, 51] as const;

/** Where the engine listens, as the `docker` program itself would choose: DOCKER_HOST, the current context, the default. */
export function findConnection(environment: NodeJS.ProcessEnv = process.env): DockerConnection {
  const fromEnvironment = environment.DOCKER_HOST;
  if (fromEnvironment) return parseEndpoint(fromEnvironment);
  const fromContext = contextEndpoint(environment);
  if (fromContext) return parseEndpoint(fromContext);
  return { socketPath: process.platform === 'win32' ? windowsPipe : '/var/run/docker.sock' };
}

/** @throws `unsupported` for ssh and TLS endpoints */
export function parseEndpoint(endpoint: string): DockerConnection {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/i.exec(endpoint) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { socketPath: rest || '/var/run/docker.sock' };
    case 'npipe':
      return { socketPath: rest || windowsPipe };
    case 'tcp':
    case 'http': {
      const url = new URL(`http://${rest}`);
      return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 2375) };
    }
    default:
      throw new StowageError('unsupported', `Docker at “${endpoint}” cannot be used: only local sockets and plain TCP are.`, {
        subject: endpoint,
        hint: 'Choose another Docker context, or set DOCKER_HOST to a unix:// address.',
      });
  }
}

/** The endpoint of the context that `docker context use` chose, or null for the default one. */
function contextEndpoint(environment: NodeJS.ProcessEnv): string | null {
  const directory = environment.DOCKER_CONFIG || join(homedir(), '.docker');
  const context = environment.DOCKER_CONTEXT || readJson(join(directory, 'config.json'))?.currentContext;
  if (typeof context !== 'string' || context === '' || context === 'default') return null;
  const folder = createHash('sha256').update(context).digest('hex');
  const meta = readJson(join(directory, 'contexts', 'meta', folder, 'meta.json'));
  const endpoints = meta?.Endpoints as Record<string, { Host?: unknown }> | undefined;
  const host = endpoints?.docker?.Host;
  return typeof host === 'string' && host !== '' ? host : null;
}

function readJson(path: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Absent or damaged: the docker program then uses the default context as well.
    return null;
  }
}

/** The version of the interface to speak: the engine's own, but none newer than this code knows unless it insists. */
export function chooseApiVersion(engine: { ApiVersion: string; MinAPIVersion?: string | undefined }): string {
  const isNewer = (version: string): boolean => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > newestApi[0] || (major === newestApi[0] && minor > newestApi[1]);
  };
  if (!isNewer(engine.ApiVersion)) return `v${engine.ApiVersion}`;
  return engine.MinAPIVersion && isNewer(engine.MinAPIVersion) ? `v${engine.MinAPIVersion}` : `v${newestApi.join('.')}`;
}

/** A client that speaks the engine's version, made at the first use and again after the engine was away. */
export interface DockerClient {
  /** @throws `engine-absent`, `engine-permission`, `engine-error` */
  get(): Promise<Docker>;
  /** The engine shares this machine's file system. */
  isLocal(): Promise<boolean>;
  /** The engine was away: it may come back as another version. */
  forget(): void;
  close(): void;
}

/** An engine that takes longer to say its version hangs. */
const connectMs = 10_000;

export function createDockerClient(fixed: DockerConnection | undefined): DockerClient {
  const agent = new Agent({ keepAlive: true });
  let client: Promise<Docker> | null = null;
  const connection = async (): Promise<DockerConnection> => fixed ?? findConnection();
  const connect = async (): Promise<Docker> => {
    const where = await connection();
    // With what it brings along it takes longer to load than all else: the app does not wait for it to start.
    const { default: Client } = await import('dockerode');
    // Every field is named: those left out would be filled from DOCKER_HOST by the client itself.
    const base = { protocol: 'http', agent, host: undefined, port: undefined, socketPath: undefined, ...where } as const;
    const probe = new Client({ ...base, version: undefined } as unknown as Docker.DockerOptions);
    // Everybody waits for this one answer, so it is not bound to any one's patience.
    const signal = AbortSignal.timeout(connectMs);
    const version = await withSignal<{ ApiVersion: string; MinAPIVersion?: string }>(probe.version.bind(probe), signal).catch(
      (error: unknown) => {
        throw signal.aborted ? noAnswer() : error;
      },
    );
    return new Client({ ...base, version: chooseApiVersion(version) } as unknown as Docker.DockerOptions);
  };
  return {
    get: () => {
      const current = client ?? connect();
      client = current;
      return current.catch((error: unknown) => {
        if (client === current) client = null;
        throw engineError(error);
      });
    },
    isLocal: async () => {
      const where = await connection();
      return 'socketPath' in where || ['localhost', '127.0.0.1', '::1'].includes(where.host);
    },
    forget: () => {
      client = null;
    },
    close: () => agent.destroy(),
  };
}

/** Calls that the client's types give no options, though it takes the signal of each. */
export const withSignal = <Answer>(method: unknown, signal: AbortSignal | undefined): Promise<Answer> =>
  (method as (options: { abortSignal?: AbortSignal }) => Promise<Answer>)(signal ? { abortSignal: signal } : {});

/** The sockets through which this machine's engine can be reached: who can mount one is root here. */
export function dockerSocketPaths(): string[] {
  const paths = ['/var/run/docker.sock', '/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock')];
  try {
    const current = findConnection();
    if ('socketPath' in current) paths.push(current.socketPath);
  } catch {
    // An endpoint that this program cannot use has no socket of its own to protect.
  }
  return [...new Set(paths)];
}
