import { StowageError } from '#shared/errors.ts';

/** Where an engine listens, and how it is spoken to. */
export type DockerConnection =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls?: TlsFiles }
  | { readonly ssh: SshPlace };

/** What both sides of a TLS connection show each other: PEM texts. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** False only where the user said so: the engine is not asked who it is. */
  readonly verify: boolean;
}

/** A machine that the `ssh` program logs in at, as its configuration says. */
export interface SshPlace {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
  /** The engine's socket there; null: where the `docker` program there finds it. */
  readonly socketPath: string | null;
}

const windowsPipe = '//./pipe/docker_engine';

/** Where an engine listens when nothing is said. */
export const defaultConnection = (): DockerConnection => ({
  socketPath: process.platform === 'win32' ? windowsPipe : '/var/run/docker.sock',
});

/** An endpoint as the `docker` program writes it. @throws `bad-request` */
export function parseEndpoint(endpoint: string, tls: TlsFiles | null = null): DockerConnection {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(endpoint) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { socketPath: rest || '/var/run/docker.sock' };
    case 'npipe':
      return { socketPath: rest || windowsPipe };
    case 'tcp':
    case 'http':
    case 'https':
      return tcpConnection(endpoint, rest, tls);
    case 'ssh':
      return { ssh: sshPlace(endpoint, rest) };
    default:
      throw refused(endpoint, 'only unix://, npipe://, tcp:// and ssh:// are known');
  }
}

/** As people write it; two connections that read alike lead to the same place. */
export function writeEndpoint(connection: DockerConnection): string {
  if ('socketPath' in connection) return `unix://${connection.socketPath}`;
  const withBrackets = (host: string): string => (host.includes(':') ? `[${host}]` : host);
  if ('host' in connection) return `tcp://${withBrackets(connection.host)}:${connection.port}`;
  const { host, user, port, socketPath } = connection.ssh;
  return `ssh://${user === null ? '' : `${user}@`}${withBrackets(host)}${port === null ? '' : `:${port}`}${socketPath ?? ''}`;
}

function tcpConnection(endpoint: string, rest: string, tls: TlsFiles | null): DockerConnection {
  if (!URL.canParse(`http://${rest}`)) throw refused(endpoint, 'it names no host and port');
  const url = new URL(`http://${rest}`);
  const [host, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || (tls ? 2376 : 2375))];
  return tls ? { host, port, tls } : { host, port };
}

const sshForm = /^(?:([^@/]*)@)?(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^@/:?#[\]\s]+))(?::(\d{1,5}))?(\/[^?#]*)?$/;

/** A host or user that begins with `-` would be an option of the `ssh` program. */
function sshPlace(endpoint: string, rest: string): SshPlace {
  const match = sshForm.exec(rest);
  if (!match) throw refused(endpoint, 'it is not of the form ssh://[USER@]HOST[:PORT][/SOCKET]');
  const [, user, bracketed, plain, port, path] = match;
  const host = bracketed ?? plain ?? '';
  if (host.startsWith('-')) throw refused(endpoint, 'the name of the host begins with “-”');
  if (user?.startsWith('-') || user === '') throw refused(endpoint, 'the name of the user is empty or begins with “-”');
  if (user?.includes(':')) throw refused('ssh://…', 'a password has no place in it; ssh uses keys');
  return {
    host,
    user: user ?? null,
    port: port === undefined ? null : Number(port),
    socketPath: path && path !== '/' ? path : null,
  };
}

const refused = (endpoint: string, why: string): StowageError =>
  new StowageError('bad-request', `Docker at “${endpoint}” cannot be used: ${why}.`, {
    subject: endpoint,
    hint: 'Correct the Docker context (docker context update), or DOCKER_HOST.',
  });
