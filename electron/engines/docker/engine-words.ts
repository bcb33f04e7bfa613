import type { EngineId } from '#shared/contract/engines.ts';
import { engineName } from '#shared/engines.ts';
import { type DockerConnection, writeEndpoint } from './endpoints.ts';

/** How the messages about an engine call it, and what helps when it does not do its work. */
export interface EngineWords {
  readonly name: string;
  /** After the name: `on this machine`, `at ssh://box`. */
  readonly where: string;
  readonly start: string;
  readonly permission: string;
  readonly silence: string;
}

const processHint = 'use the engine “process”, which runs the command on this machine';

/** `connection`: null when it could not be found out. */
export function engineWords(id: EngineId, connection: DockerConnection | null): EngineWords {
  const name = engineName(id);
  if (connection && 'ssh' in connection) {
    const host = connection.ssh.host;
    return {
      name,
      where: `at ${writeEndpoint(connection)}`,
      start: `Try “ssh ${host} docker version” in a terminal: it must work without a question.`,
      permission: `Try “ssh ${host} docker version” in a terminal: the host must be known, and its key in your agent.`,
      silence: `Check that “${host}” answers.`,
    };
  }
  if (connection && 'host' in connection) {
    return {
      name,
      where: `at ${writeEndpoint(connection)}`,
      start: `Check that the engine runs there and can be reached, or ${processHint}.`,
      permission: 'Check the certificates of the Docker context (ca.pem, cert.pem, key.pem).',
      silence: 'Check the network, or restart the engine there.',
    };
  }
  if (id === 'podman') {
    return {
      name,
      where: 'on this machine',
      start: 'Switch its socket on: systemctl --user enable --now podman.socket',
      permission: 'Use the socket of your own user: systemctl --user enable --now podman.socket',
      silence: 'Restart it: systemctl --user restart podman.socket',
    };
  }
  return {
    name,
    where: 'on this machine',
    start: `Start Docker, or ${processHint}.`,
    permission: 'Add yourself to the “docker” group (sudo usermod -aG docker $USER), then log out and in again.',
    silence: 'Restart Docker.',
  };
}
