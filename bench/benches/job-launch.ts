import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '#shared/contract/plan.ts';
import { hasEnded } from '#shared/jobs/state.ts';
import { openCore } from '../../electron/core.ts';
import { type Bench, timeCommand, timeWork } from '../harness.ts';

const image = 'busybox:local';

/**
 * `true` in a local image: from submit until the exit is known, with everything Stowage keeps of a job. The container is
 * removed after that; the next round begins when it is gone, so that the removal costs the peer nothing.
 */
export const jobLaunch: Bench = {
  name: 'job-launch',
  about: '`true` in a local image, submit → exit known; peer: docker run --rm',
  unit: 'ms',
  smallerIsBetter: true,
  rounds: 15,
  prepare: async () => {
    const home = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
    const core = await openCore({ home, localRoot: join(home, 'vfolders'), shell: 'cli' });
    await core.start();
    await core.services.vfolders.create({ name: 'data' }, {});
    const spec: JobSpec = { engine: 'docker', image, command: ['true'], mounts: [], output: null, env: [], resources: {} };
    const launch = (): Promise<void> =>
      new Promise((resolve, reject) => {
        let id: number | null = null;
        const off = core.changes.on((change) => {
          if (change.type !== 'job' || change.job.id !== id || !hasEnded(change.job.state)) return;
          off();
          if (change.job.exitCode === 0) resolve();
          else reject(new Error(change.job.problem?.message ?? change.job.state));
        });
        Promise.resolve(core.services.jobs.run({ spec }, {})).then((job) => {
          id = job.id;
        }, reject);
      });
    return {
      ours: {
        name: 'stowage',
        run: async () => {
          const sample = await timeWork(launch);
          // Waits until the container is gone.
          for (const { id } of await core.services.jobs.list(undefined, {})) await core.services.jobs.remove({ id }, {});
          return sample;
        },
      },
      peers: [{ name: 'docker run --rm', run: () => timeCommand('docker', ['run', '--rm', image, 'true']) }],
      cleanUp: async () => {
        await core.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};
