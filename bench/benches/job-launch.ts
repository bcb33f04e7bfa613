import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '#shared/contract/plan.ts';
import { openCore } from '../../electron/core.ts';
import { type Bench, timeCommand, timeWork } from '../harness.ts';

const image = 'busybox:local';

/** `true` in a local image: from submit until the exit is known and the container is gone, with everything Stowage keeps of a job. */
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
          if (change.type !== 'job' || change.job.id !== id || change.job.endedAt === null) return;
          off();
          if (change.job.exitCode === 0) resolve();
          else reject(new Error(change.job.problem?.message ?? change.job.state));
        });
        Promise.resolve(core.services.jobs.run({ spec }, {})).then((job) => {
          id = job.id;
        }, reject);
      });
    return {
      ours: { name: 'stowage', run: () => timeWork(launch) },
      peer: { name: 'docker run --rm', run: () => timeCommand('docker', ['run', '--rm', image, 'true']) },
      cleanUp: async () => {
        await core.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};
