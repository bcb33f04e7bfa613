import type Docker from 'dockerode';
import type { PortCapable, PublishedPort } from '../engine.ts';
import { type CallSubject, statusOf } from './errors.ts';

type Call = <Value>(subject: CallSubject, action: (docker: Docker) => Promise<Value>) => Promise<Value>;

/** Where the engine bound the ports of its containers. */
export const createPorts = (call: Call): PortCapable => ({
  publishedPorts: (reference) =>
    call({ container: reference }, async (docker) => {
      try {
        const { NetworkSettings, State } = await docker.getContainer(reference).inspect();
        // Podman tells also those of a container that has ended.
        return State.Running ? boundPorts(NetworkSettings.Ports ?? {}) : [];
      } catch (error) {
        if (statusOf(error) === 404) return [];
        throw error;
      }
    }),
});

/** One for each binding, in order; the engine tells a port that is exposed and not published as null. */
function boundPorts(ports: Docker.ContainerInspectInfo['NetworkSettings']['Ports']): PublishedPort[] {
  const bound = Object.entries(ports).flatMap(([name, bindings]) =>
    ((bindings ?? []) as { HostPort: string }[]).map(({ HostPort }) => ({
      container: Number.parseInt(name, 10),
      port: Number(HostPort),
    })),
  );
  return bound.sort((one, other) => one.container - other.container || one.port - other.port);
}
