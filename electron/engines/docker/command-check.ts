import { posix } from 'node:path';
import type Docker from 'dockerode';
import { commandNotExecutable, commandNotFound } from './errors.ts';
import { statThroughLinks } from './probe.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Looks for the command of a created container as its init process will: init itself starts in any case, so the engine
 * would report a missing command as a run that ended. What was found in an image is remembered.
 */
export function createCommandCheck(): (container: Docker.Container, facts: Docker.ContainerInspectInfo) => Promise<void> {
  const found = new Set<string>();
  return async (container, facts) => {
    // Podman tells its own init process as the path.
    const command = programOf(facts);
    const path = facts.Config.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) || defaultPath;
    const hasMounts = facts.Mounts.length > 0;
    const key = JSON.stringify([facts.Image, path, command]);
    if (!command || found.has(key)) return;
    const workdir = facts.Config.WorkingDir || '/';
    const candidates = command.includes('/')
      ? [posix.resolve(workdir, command)]
      : path.split(':').map((folder) => posix.resolve(workdir, folder, command));
    const stats = await Promise.all(candidates.map((candidate) => statThroughLinks(container, candidate)));
    if (stats.some((stat) => stat?.isExecutable)) {
      if (!hasMounts || !command.includes('/')) found.add(key);
      return;
    }
    const subject = facts.Config.Image;
    throw stats.some((stat) => stat !== null) ? commandNotExecutable(command, subject) : commandNotFound(command, subject);
  };
}

/** The first word of what a container runs. */
export function programOf({ Path, Config: { Entrypoint, Cmd } }: Docker.ContainerInspectInfo): string {
  const [first] = [Entrypoint ?? [], Cmd ?? []].flat();
  return first ?? Path;
}
