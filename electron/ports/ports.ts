import type { portsContract } from '#shared/contract/ports.ts';
import { canTellPorts } from '../engines/engine.ts';
import type { Service } from '../rpc/service.ts';
import type { EngineRegistry, RunningJobs } from '../services.ts';

/** Where the published ports of running jobs are reached. */
export function createPorts({ engines, jobs }: { engines: Pick<EngineRegistry, 'get'>; jobs: RunningJobs }): {
  readonly service: Service<typeof portsContract>;
  /** Whether a running job of this machine has this port: only then a shell opens its address. */
  isPublished(port: number): Promise<boolean>;
} {
  const service: Service<typeof portsContract> = {
    ports: async ({ id }) => {
      const place = jobs.running(id);
      if (!place) return [];
      const engine = engines.get(place.engine);
      if (!canTellPorts(engine)) return [];
      const [ports, { local }] = await Promise.all([engine.publishedPorts(place.reference), engine.status()]);
      return ports.map((port) => ({ ...port, here: local }));
    },
  };
  return {
    service,
    isPublished: async (port) => {
      for (const id of jobs.allRunning()) {
        const ports = await service.ports({ id }, {});
        if (ports.some((one) => one.here && one.port === port)) return true;
      }
      return false;
    },
  };
}
