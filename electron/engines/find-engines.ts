import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineId } from '#shared/contract/engines.ts';
import { contextConnection, contextNames, currentContext, defaultContext } from './docker/contexts.ts';
import { type DockerConnection, parseEndpoint, writeEndpoint } from './docker/endpoints.ts';
import { createDockerEngine } from './docker/engine.ts';
import type { Engine } from './engine.ts';

/** Engines that come and go beside those that are always listed: the other Docker contexts, and Podman. */
export interface EngineFinder {
  /** Those that are there now. One that is reached at the same place as another is left out. */
  ids(): EngineId[];
  /** The engine of such an id, there or not; null for what is none. */
  make(id: EngineId): Engine | null;
}

const contextPrefix = 'docker:';

export function createEngineFinder({
  homeId,
  environment = process.env,
}: {
  readonly homeId: string;
  readonly environment?: NodeJS.ProcessEnv;
}): EngineFinder {
  // As the engine `docker` does: what it was at the start.
  const current = currentContext(environment);
  const connectionOf = (id: EngineId): DockerConnection =>
    id === 'podman' ? podmanConnection(environment) : contextConnection(id.slice(contextPrefix.length), environment);
  return {
    ids: () => {
      const contexts = [...new Set([defaultContext, ...contextNames(environment)])].filter((name) => name !== current);
      const seen = new Set([placeOf(() => contextConnection(current, environment), current)]);
      return [...contexts.map((name) => `${contextPrefix}${name}`), 'podman'].filter((id) => {
        const place = placeOf(() => connectionOf(id), id);
        // A context is there because somebody made it; these two only where their sockets are.
        const given = id !== 'podman' && id !== `${contextPrefix}${defaultContext}`;
        if (seen.has(place) || !(given || isSocket(place))) return false;
        seen.add(place);
        return true;
      });
    },
    make: (id) => {
      if (id !== 'podman' && !id.startsWith(contextPrefix)) return null;
      return createDockerEngine({ homeId, id, environment, connection: () => connectionOf(id) });
    },
  };
}

/** The socket that Podman offers to programs that speak to it as to Docker: CONTAINER_HOST, else that of this user. */
export function podmanConnection(environment: NodeJS.ProcessEnv): DockerConnection {
  const given = environment.CONTAINER_HOST;
  if (given && /^(unix|tcp):/.test(given)) return parseEndpoint(given);
  const runtime = process.getuid?.() === 0 ? '/run' : (environment.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`);
  return { socketPath: join(runtime, 'podman', 'podman.sock') };
}

/** The sockets through which engines of this machine can be reached: who can mount one may be root here. */
export function engineSocketPaths(environment: NodeJS.ProcessEnv = process.env): string[] {
  const paths = ['/var/run/docker.sock', '/run/docker.sock', join(environment.HOME ?? '/root', '.docker', 'run', 'docker.sock')];
  const connections = [
    ...[defaultContext, currentContext(environment), ...contextNames(environment)].map(
      (name) => () => contextConnection(name, environment),
    ),
    () => podmanConnection(environment),
  ];
  for (const connection of connections) {
    const place = placeOf(connection, '');
    if (place.startsWith('unix://')) paths.push(place.slice('unix://'.length));
  }
  return [...new Set(paths)];
}

/** Two engines with one place are one; `otherwise` where the place cannot be found out. */
function placeOf(connection: () => DockerConnection, otherwise: string): string {
  try {
    const found = connection();
    return 'socketPath' in found ? `unix://${realPath(found.socketPath)}` : writeEndpoint(found);
  } catch {
    return otherwise;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isSocket(place: string): boolean {
  if (!place.startsWith('unix://')) return place.startsWith('tcp://');
  try {
    return statSync(place.slice('unix://'.length)).isSocket();
  } catch {
    return false;
  }
}
