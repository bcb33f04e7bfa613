import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type Docker from 'dockerode';
import type { StowageError } from '#shared/errors.ts';
import type { DockerConnection } from './endpoints.ts';
import { type EngineWords, engineWords } from './engine-words.ts';
import { engineError, noAnswer } from './errors.ts';
import { createSshAgent } from './ssh-agent.ts';

/** The newest version of the engine's interface that this code was written against. */
const newestApi = [1, 51] as const;

/** The version of the interface to speak: the engine's own, but none newer than this code knows unless it insists. */
export function chooseApiVersion(engine: { ApiVersion: string; MinAPIVersion?: string | undefined }): string {
  const isNewer = (version: string): boolean => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > newestApi[0] || (major === newestApi[0] && minor > newestApi[1]);
  };
  if (!isNewer(engine.ApiVersion)) return `v${engine.ApiVersion}`;
  return engine.MinAPIVersion && isNewer(engine.MinAPIVersion) ? `v${engine.MinAPIVersion}` : `v${newestApi.join('.')}`;
}

/** Whose engine answers: what speaks as Docker does may be Podman, whatever its address is called. */
export type Product = 'Docker' | 'Podman';

/** A client that speaks the engine's version, made at the first use and again after the engine was away. */
export interface DockerClient {
  /** @throws `engine-absent`, `engine-permission`, `engine-error` */
  get(): Promise<Docker>;
  /** @throws as `get` */
  product(): Promise<Product>;
  /** Where the engine is; null when that cannot be found out. */
  where(): DockerConnection | null;
  words(): EngineWords;
  /** A failure of a call as an error of the closed set. */
  error(error: unknown, subject?: Parameters<typeof engineError>[1]): StowageError;
  /** The engine was away: it may come back as another version. */
  forget(): void;
  close(): void;
}

/** Who is asked, and how it is called in messages. */
export interface ClientOptions {
  readonly id: string;
  /** Asked at every connection, because the user may change it meanwhile. @throws what speaks against it */
  readonly connection: () => DockerConnection;
  /** Of the `ssh` program. */
  readonly environment: NodeJS.ProcessEnv;
}

interface Version {
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly Components?: readonly { readonly Name: string }[] | null;
}

/** An engine that takes longer to say its version hangs. */
const connectMs = 10_000;

export function createDockerClient(options: ClientOptions): DockerClient {
  const agents = new Map<string, Agent>();
  let client: Promise<{ docker: Docker; product: Product }> | null = null;
  const where = (): DockerConnection | null => {
    try {
      return options.connection();
    } catch {
      return null;
    }
  };
  const words = (): EngineWords => engineWords(options.id, where());
  const error: DockerClient['error'] = (thrown, subject = {}) => engineError(thrown, subject, words());
  const agentFor = (connection: DockerConnection): Agent => {
    const key = JSON.stringify(connection);
    const agent = agents.get(key) ?? createAgent(connection, options.environment);
    agents.set(key, agent);
    return agent;
  };
  const connect = async (): Promise<{ docker: Docker; product: Product }> => {
    const connection = options.connection();
    // With what it brings along it takes longer to load than all else: the app does not wait for it to start.
    const { default: Client } = await import('dockerode');
    const base = { agent: agentFor(connection), ...addressOf(connection) };
    const probe = new Client({ ...base, version: undefined } as unknown as Docker.DockerOptions);
    // Everybody waits for this one answer, so it is not bound to any one's patience.
    const signal = AbortSignal.timeout(connectMs);
    const version = await withSignal<Version>(probe.version.bind(probe), signal).catch((thrown: unknown) => {
      throw signal.aborted ? noAnswer(words()) : thrown;
    });
    return {
      docker: new Client({ ...base, version: chooseApiVersion(version) } as unknown as Docker.DockerOptions),
      product: version.Components?.some(({ Name }) => Name === 'Podman Engine') ? 'Podman' : 'Docker',
    };
  };
  const connected = (): Promise<{ docker: Docker; product: Product }> => {
    const current = client ?? connect();
    client = current;
    return current.catch((thrown: unknown) => {
      if (client === current) client = null;
      throw error(thrown);
    });
  };
  return {
    get: async () => (await connected()).docker,
    product: async () => (await connected()).product,
    where,
    words,
    error,
    forget: () => {
      client = null;
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function createAgent(connection: DockerConnection, environment: NodeJS.ProcessEnv): Agent {
  if ('ssh' in connection) return createSshAgent(connection.ssh, environment);
  if (!('host' in connection) || !connection.tls) return new Agent({ keepAlive: true });
  const { verify, ...files } = connection.tls;
  return new TlsAgent({ keepAlive: true, ...files, rejectUnauthorized: verify });
}

/** Every field is named: those left out would be filled from DOCKER_HOST by the client itself. */
function addressOf(connection: DockerConnection): object {
  const none = { host: undefined, port: undefined, socketPath: undefined };
  // The agent knows the way; the name only stands in the request.
  if ('ssh' in connection) return { ...none, protocol: 'http', host: 'docker.invalid' };
  if ('socketPath' in connection) return { ...none, protocol: 'http', ...connection };
  return { ...none, protocol: connection.tls ? 'https' : 'http', host: connection.host, port: connection.port };
}

/** Calls that the client's types give no options, though it takes the signal of each. */
export const withSignal = <Answer>(method: unknown, signal: AbortSignal | undefined): Promise<Answer> =>
  (method as (options: { abortSignal?: AbortSignal }) => Promise<Answer>)(signal ? { abortSignal: signal } : {});

const loopback = new Set(['localhost', '127.0.0.1', '::1']);

/** The engine shares this machine's file system, as far as its address tells: a port here may lead anywhere. */
export const isOnThisMachine = (connection: DockerConnection): boolean =>
  'socketPath' in connection || ('host' in connection && !connection.tls && loopback.has(connection.host));
